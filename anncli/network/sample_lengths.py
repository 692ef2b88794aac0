"""Whether samples have rows enough for every layer: a window that must lie whole in a sample needs as many rows."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Inputs, Tokens
from anncli.errors import DataError, count_of
from anncli.network.topology import Topology


def check_lengths(topology: Topology, inputs: Inputs) -> None:
    """Raises DataError for the first sample with fewer rows than the layers need, or without tokens that they need."""
    if isinstance(inputs, np.ndarray) or not len(inputs):
        return
    noun = "token" if isinstance(inputs, Tokens) else "row"
    least = topology.least_rows
    short = np.flatnonzero(inputs.lengths < least)
    if not len(short):
        return
    first = int(short[0])
    message = (
        f"sample {first + 1} has {count_of(int(inputs.lengths[first]), noun)}, and the layers need at least {least}"
    )
    if len(short) > 1:
        message += f"; so have {len(short) - 1} others"
    advice = "leave it out" + (
        ", or use smaller windows, or such that reach beyond the ends (`same`)" if least > 1 else ""
    )
    raise DataError(message, advice=advice)
