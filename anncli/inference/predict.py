"""predict(): the outputs of a network for raw input vectors."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.choice import active_kernel
from anncli.errors import DataError
from anncli.network.network import Network


def predict(network: Network, inputs: Array, *, in_place: bool = False, threads: int = 1) -> Array:
    """Outputs (n_samples, n_outputs), float32, for raw inputs (n_samples, n_inputs); scaling is applied here.

    threads: of the compiled kernel, 0 = as many as pay; in_place: `inputs` is a float32 array of the caller's that may
    be overwritten by its scaled form.
    Raises: ValueError for an untrained network, DataError for vectors of another width or not finite.
    """
    if network.parameters is None:
        raise ValueError("the network is untrained: it has no weights yet")
    vectors = np.ascontiguousarray(inputs, dtype=np.float32)
    if vectors.ndim != 2 or vectors.shape[1] != network.n_inputs:
        raise DataError(
            f"the vectors have shape {vectors.shape}, the network has {network.n_inputs} inputs",
            advice=f"give an array of shape (n, {network.n_inputs}), a vector per row",
        )
    if not np.isfinite(vectors).all():
        raise DataError("inputs must be finite", advice="remove or replace nan and inf first")
    scaled = network.scaling.apply(vectors, in_place=in_place)
    return active_kernel(threads).forward(network.topology, network.parameters, scaled)


def decide(network: Network, outputs: Array, threshold: float | None = None) -> Array:
    """The class index (n_samples,) the network answers: by threshold with one output, else the largest output."""
    if network.n_outputs == 1:
        limit = network.decision_threshold if threshold is None else threshold
        return np.where(outputs[:, 0] > np.float32(limit), 0, 1)
    return np.argmax(outputs, axis=1)
