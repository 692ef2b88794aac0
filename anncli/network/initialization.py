"""Initial parameters: a seeded draw of the whole parameter vector, layer by layer."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault, did_you_mean
from anncli.network.layers.base import Start
from anncli.network.names import INITIALIZATION_NAMES
from anncli.network.topology import Topology


def initialize(
    topology: Topology,
    method: str,
    rng: np.random.Generator,
    *,
    input_low: Array | None = None,
    input_high: Array | None = None,
) -> Array:
    """Initial parameters (P,), float32.

    Args: method, a name of INITIALIZATION_NAMES; rng, the only source of randomness; input_low, input_high (n_inputs,):
        the range of the scaled training inputs, over which nguyen-widrow spreads its units (default -1..1).
    Raises: ValueFault for an unknown method; OverflowError where the range of an input is so narrow or so wide that its
        weights do not fit a float32.
    """
    if method not in INITIALIZATION_NAMES:
        raise ValueFault(f"unknown initialisation '{method}'", did_you_mean(method, INITIALIZATION_NAMES))
    parameters = np.zeros(topology.n_parameters, dtype=np.float32)
    last = len(topology.layers) - 1
    for number, (layer, blocks) in enumerate(zip(topology.layers, topology.blocks(parameters), strict=True)):
        low, high = (input_low, input_high) if number == 0 else (None, None)
        # What does not fit is found below; numpy's warning would only repeat it.
        with np.errstate(all="ignore"):
            layer.initialize(blocks, Start(method, rng, number == 0, number == last, low, high))
    if not np.isfinite(parameters).all():
        raise OverflowError(
            f"initial weights of --init {method} overflow: an input has a very narrow or very wide range"
        )
    return parameters
