"""Folds as numbers, and the splits that they stand for: which rows each training learns from and is tested on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, random_stream, row_range
from anncli.dataset.dataset import Dataset
from anncli.dataset.folds import (
    ending_before,
    grouped_folds,
    ordered_folds,
    spread_folds,
    stratified_folds,
    without_groups_of,
)
from anncli.errors import UsageError, count_of
from anncli.options.readers import LEAVE_ONE_OUT


class Split(NamedTuple):
    """One training: its number of repeat and fold, from 1, and row numbers (n,) to train and to test on."""

    repeat: int
    fold: int
    training: Array
    test: Array


def draw_folds(data: Dataset, folds: int | str, repeats: int, seed: int) -> Array:
    """int32 (repeats, n_samples): the fold of each row, from 1; 0: never tested on, -1: left out, as its weight is 0.

    Folds hold whole groups where the data have groups, follow the time where they have times (then they are the same in
    every repeat), and otherwise have nearly the same classes, or the same spread of the first target.
    Args: folds: their number, or LEAVE_ONE_OUT for a fold for each row or group.
    Raises: UsageError for folds that the rows cannot fill.
    """
    rows = _counting(data)
    count = _count(data, folds, rows)
    if count > len(rows):
        advice = f"use at most --folds {len(rows)}" if len(rows) > 1 else "give more rows"
        raise UsageError(
            f"--folds {folds}: there {'is' if len(rows) == 1 else 'are'} {count_of(len(rows), 'sample' if data.has_several_rows else 'row')}",
            advice=advice,
        )
    found = np.full((repeats, data.n_samples), -1, dtype=np.int32)
    for repeat in range(repeats):
        rng = random_stream(seed, "folds", repeat + 1)
        try:
            blocks = _blocks(data, rows, count, rng)
        except ValueError as fault:
            raise UsageError(f"--folds {folds}: {fault}", advice="use fewer folds") from None
        for number, block in enumerate(blocks, 0 if data.times is not None else 1):
            found[repeat, block] = number
    return found


def splits_of(data: Dataset, folds: Array) -> list[Split]:
    """The splits of folds as draw_folds() gives them: each fold is tested on once, by what was learnt from all others.

    With times, only from the folds before it, and of these not from rows of a group that is in the fold. Rows of weight 0
    are in no split.
    Raises: UsageError for a fold without rows to learn from, or without those of a class, for a group that two folds divide, and, with times, for a fold
        that is not later than those before it.
    """
    rows, splits = _counting(data), list[Split]()
    counts = data.class_counts(rows)
    for repeat, numbers in enumerate(folds, 1):
        own = numbers[rows]
        _check_groups(data, rows, own)
        for fold in range(1, int(own.max(initial=0)) + 1):
            test = rows[own == fold]
            training = rows[(own >= 0) & ((own < fold) if data.times is not None else (own != fold))]
            if data.times is not None:
                training = _before(data, training, test, fold)
            if not len(training):
                message = f"fold {fold} of repeat {repeat} leaves no rows to learn from"
                advice = (
                    "more folds, or rows of more groups" if data.groups is not None else "fewer folds, or more rows"
                )
                raise UsageError(message, advice=f"give {advice}")
            _check_classes(data, counts, training, f"fold {fold} of repeat {repeat}")
            splits.append(Split(repeat, fold, training, test))
    return splits


def make_splits(data: Dataset, folds: int | str, repeats: int, seed: int) -> list[Split]:
    """The splits of `repeats` cross-validations whose folds are drawn; see draw_folds() and splits_of()."""
    return splits_of(data, draw_folds(data, folds, repeats, seed))


def _counting(data: Dataset) -> Array:
    """The rows whose weight is not 0."""
    rows = row_range(0, data.n_samples)
    return rows if data.weights is None else rows[data.weights > 0]


def _count(data: Dataset, folds: int | str, rows: Array) -> int:
    if folds != LEAVE_ONE_OUT:
        return int(folds)
    if data.times is not None:
        raise UsageError(f"--folds {folds} is not for rows in the order of time", advice="give a number of folds")
    count = len(rows) if data.groups is None else len(np.unique(data.groups[rows]))
    if count < 2:
        one = "row" if data.groups is None else "group"
        raise UsageError(f"--folds {folds}: there is {count_of(count, one)}", advice=f"give more {one}s")
    return count


def _blocks(data: Dataset, rows: Array, count: int, rng: np.random.Generator) -> list[Array]:
    """The rows of each fold; with times, first those that are never tested on."""
    if data.times is not None:
        pairs = ordered_folds(data.times, rows, count)
        return [pairs[0][0], *(test for _, test in pairs)]
    if data.groups is not None:
        return grouped_folds(data.groups, rows, count, rng)
    if data.targets is not None:
        return spread_folds(data.levels, rows, count, rng)
    return stratified_folds(data.strata, rows, count, rng)


def _check_groups(data: Dataset, rows: Array, own: Array) -> None:
    """Raises UsageError where two folds have rows of one group; own (n,): the fold of each of the rows."""
    if data.groups is None or data.times is not None:
        return
    pairs = np.unique(np.stack([data.groups[rows], own]), axis=1)
    divided = np.flatnonzero(pairs[0, 1:] == pairs[0, :-1])
    if len(divided):
        group, one, other = pairs[0, divided[0]], pairs[1, divided[0]], pairs[1, divided[0] + 1]
        row = rows[(data.groups[rows] == group) & (own == other)][0]
        message = f"the group of row {row + 1} is in fold {int(one)} and in fold {int(other)}"
        raise UsageError(message, advice="give folds that do not divide groups, or leave --group out")


def _check_classes(data: Dataset, counts: Array, training: Array, what: str) -> None:
    """Raises UsageError where a class has rows, by counts (n_classes,), but none of them is to be learnt from."""
    missing = np.flatnonzero((data.class_counts(training) == 0) & (counts > 0))
    if len(missing):
        name, count = data.classes[missing[0]], count_of(int(counts[missing[0]]), "row")
        message = f"{what} leaves no row of class '{name}' to learn from, which has {count}"
        raise UsageError(message, advice="make other folds, or give more rows of that class")


def _before(data: Dataset, training: Array, test: Array, fold: int) -> Array:
    """The training rows of other groups than the test rows; raises UsageError where one is not earlier than all of these."""
    assert data.times is not None
    if len(training) and data.times[training].max() >= data.times[test].min():
        late = training[np.argmax(data.times[training])]
        message = f"row {late + 1}, before fold {fold}, is not earlier than all rows of that fold"
        raise UsageError(message, advice="give folds in the order of time, or leave --order out")
    training = ending_before(training, test, data.times, data.until)
    return without_groups_of(training, test, data.groups)
