"""Spike trains, and values that become such, as they are given to a network: what may be wrong with them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.errors import DataError
from anncli.network.layers.base import Shape

# The file and the line of a row, where they are known.
Place = Callable[[int], tuple[str | None, int | None]]

_ADVICE = "write a line of source:time pairs for each sample, as in `1:0 3:0.012`"


def check_pairs(has_pairs: bool, path: str | None = None) -> None:
    """Raises DataError for a file whose lines are no pairs."""
    if not has_pairs:
        raise DataError("the network reads spikes, and the lines are no pairs", path=path, advice=_ADVICE)


def check_table(shape: Shape, inputs: Array, has_pairs: bool, place: Place, path: str | None) -> None:
    """Raises DataError where a spiking network cannot read the inputs (n, columns) of a table: values outside the range of its code,
    or lines that are no pairs."""
    if shape.code is not None:
        shape.code.check(inputs, place)
    check_pairs(has_pairs or not shape.spikes, path)


def check_times(spikes: Tokens, place: Place | None = None) -> None:
    """Raises DataError for a time below 0; place: the file and the line of a sample, where they are known."""
    if (early := spikes.values < 0).any():
        at = int(np.argmax(early))
        sample = int(np.searchsorted(spikes.starts, at, side="right")) - 1
        path, line = (None, None) if place is None else place(sample)
        message = f"sample {sample + 1} has a spike at {spikes.values[at]:g}, before 0"
        raise DataError(message, path=path, line=line, advice="times are seconds from the beginning of a sample")
