"""Whether samples have rows enough for every layer: a window that must lie whole in a sample needs as many rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from anncli.arrays import Array, Inputs, Tokens
from anncli.errors import DataError, count_of
from anncli.network.topology import Topology


class SampleFile(Protocol):
    """A file and how many samples it gave."""

    @property
    def name(self) -> str: ...

    @property
    def n_samples(self) -> int: ...


def check_lengths(topology: Topology, inputs: Inputs, files: Sequence[SampleFile] = ()) -> None:
    """Raises DataError for the first sample with fewer rows than the layers need, or without tokens that they need; files: where
    the samples are from, if they all stand in their order."""
    short = short_samples(topology, inputs)
    if not len(short):
        return
    number, name = int(short[0]), None
    if sum(file.n_samples for file in files) == len(inputs):
        for file in files:
            name = file.name
            if number < file.n_samples:
                break
            number -= file.n_samples
    raise length_fault(topology, inputs, short, number + 1, name)


def short_samples(topology: Topology, inputs: Inputs) -> Array:
    """The places of the samples that are too short."""
    if isinstance(inputs, np.ndarray):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(inputs.lengths < topology.least_rows)


def length_fault(topology: Topology, inputs: Inputs, short: Array, number: int, name: str | None = None) -> DataError:
    """The error about the first of the short samples, which is this one of a file, counted from 1."""
    assert not isinstance(inputs, np.ndarray)
    noun = "token" if isinstance(inputs, Tokens) else "row"
    least = topology.least_rows
    message = (
        f"sample {number} has {count_of(int(inputs.lengths[short[0]]), noun)}, and the layers need at least {least}"
    )
    if len(short) > 1:
        message += f"; so have {len(short) - 1} others"
    advice = "leave it out" + (
        ", or use smaller windows, or such that reach beyond the ends (`same`)" if least > 1 else ""
    )
    return DataError(message, path=name, advice=advice)


def rows_above(topology: Topology, lengths: Array) -> Array:
    """How many outputs samples with so many rows have, where a network answers for every row."""
    for layer in topology.layers:
        size, stride = getattr(layer, "size", (1,)), getattr(layer, "stride", (1,))
        is_same = getattr(layer, "padding", "valid") == "same"
        lengths = -(-lengths // stride[0]) if is_same else np.maximum((lengths - size[0]) // stride[0] + 1, 0)
    return lengths
