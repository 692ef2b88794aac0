"""Pieces: the samples of a batch, side by side, a number of rows at a time, for networks whose state goes on between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Inputs, places_of_runs
from anncli.backends.base import Samples
from anncli.backends.checks import Answers, answers_of

# Rows per block of a full-batch pass: activations of a block stay in the cache, memory does not grow with the data.
BLOCK_ROWS = 512


class Piece(NamedTuple):
    """Some rows of each sample of a batch, from number first_row on.

    inputs: of all samples of the batch; those that have ended have no rows in it. answers: of these rows, None of samples
    without targets; places: where its rows stand among all rows of the batch; goes_on: whether another piece follows.
    """

    inputs: Inputs
    answers: Answers | None
    places: Array | slice
    first_row: int = 0
    goes_on: bool = False

    def put(self, values: Array, given: Array, begin: int) -> None:
        """Write `values`, one for each of its rows, to their places in `given`, where the batch begins at `begin`."""
        if isinstance(self.places, slice):
            first = begin + (self.places.start or 0)
            given[first : first + len(values)] = values
        else:
            given[begin + self.places] = values


def pieces(samples: Samples, rows: Array | slice, length: int) -> Iterator[Piece]:
    """The chosen samples, `length` rows of each at a time; 0, or none that is longer: all of them at once."""
    inputs = samples.inputs[rows]
    answers = None if samples.targets is None else answers_of(samples, rows)
    longest = 0 if isinstance(inputs, np.ndarray) or not len(inputs) else int(inputs.lengths.max())
    if not length or isinstance(inputs, np.ndarray) or longest <= length:
        yield Piece(inputs, answers, slice(None))
        return
    for first in range(0, longest, length):
        begins = np.minimum(inputs.starts[:-1] + first, inputs.starts[1:])
        counts = np.minimum(begins + length, inputs.starts[1:]) - begins
        places: Array | slice
        if len(counts) == 1:
            # A view of the rows, not a copy.
            places, starts = slice(int(begins[0]), int(begins[0] + counts[0])), np.array([0, counts[0]])
        else:
            places, starts = places_of_runs(begins, counts)
        here = None
        if answers is not None:
            here = Answers(answers.targets[places], None if answers.weights is None else answers.weights[places])
        yield Piece(inputs.taken(places, starts), here, places, first, first + length < longest)
