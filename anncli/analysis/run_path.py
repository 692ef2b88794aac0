"""The path of a training through the space of the parameters, from the checkpoints that it wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import NetworkError, count_of
from anncli.formats.files.checkpoint import Checkpoint, load_checkpoint
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.storage import parse
from anncli.network.network import Network

_OTHERWISE = "name checkpoints of the training that made NETWORK"


class RunPath(NamedTuple):
    """epochs (n,): ascending, 0 for the initial weights; parameters: float32 (n, P), those that the trainer had then."""

    epochs: tuple[int, ...]
    parameters: Array


def read_run(paths: Sequence[Path], network: Network) -> RunPath:
    """The path of the training that made a network, from its checkpoints in any order; of an ensemble that of its first network,
    of several starts that of the start that was kept.

    Raises: NetworkError for a file that is no checkpoint, or one of another network or of another training.
    """
    found: dict[int, Array] = {}
    start: Array | None = None
    for path in paths:
        state = _attempt(path, load_checkpoint(path, otherwise=_OTHERWISE), network)
        if state is None:
            continue
        initial, parameters = state["initial_parameters"], state["parameters"]
        if start is not None and not np.array_equal(initial, start):
            raise _fault(path, "begins with other weights than the checkpoints before it")
        start = initial
        found[len(state["history"])] = parameters
    if start is None:
        raise _fault(paths[0], "does not hold the start that was kept")
    found[0] = start
    epochs = sorted(found)
    return RunPath(tuple(epochs), np.stack([found[epoch] for epoch in epochs]))


def _attempt(path: Path, checkpoint: Checkpoint, network: Network) -> Mapping[str, Any] | None:
    """The state of the start that was kept, None where it had not begun; checked as far as a path needs."""
    own = parse(checkpoint.network, path)
    if own.layers_text != network.layers_text:
        raise _fault(path, f"is of a network of {own.layers_text}, and NETWORK has {network.layers_text}")
    try:
        state = checkpoint.state["members"][0] if "members" in checkpoint.state else checkpoint.state
        number = _kept(network)
        if number >= len(state["attempts"]):
            return None
        attempt: Mapping[str, Any] = state["attempts"][number]
        vectors = attempt["initial_parameters"], attempt["parameters"]
        sizes, n_parameters = {vector.shape for vector in vectors}, network.topology.n_parameters
        is_whole = isinstance(attempt["history"], list) and all(np.isfinite(vector).all() for vector in vectors)
    except (KeyError, IndexError, TypeError, AttributeError):
        raise _fault(path, "is a damaged checkpoint") from None
    if sizes != {(n_parameters,)}:
        found = sum(sizes.pop())
        raise _fault(path, f"has {count_of(found, 'parameter')}, and NETWORK {n_parameters}")
    if not is_whole:
        raise _fault(path, "holds weights that are not finite")
    return attempt


def _kept(network: Network) -> int:
    """The number of the start that was kept, from 0."""
    return max(0, int(network.record.get("start", 1)) - 1)


def _fault(path: Path, message: str) -> NetworkError:
    return NetworkError(message, path=shown_name(path), advice=_OTHERWISE)
