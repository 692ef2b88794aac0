"""Which rows a search uses for what: the parts that choose a trial, and the rows that it never sees, which judge what it kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, random_stream, row_range
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError
from anncli.experiments.search import Part
from anncli.experiments.splits import Split, make_splits
from anncli.options.table import TrainingOptions
from anncli.training.sets import divide

# With more rows than these, a part of them says enough, and folds would cost too much.
FEW_ROWS = 2000
FOLDS, OUTER_FOLDS, TEST_FRACTION, VALIDATION_FOLDS = 3, 3, 0.2, 5


class Outer(NamedTuple):
    """Rows that a search may use, and the rows (n,) that judge what it keeps."""

    training: Array
    test: Array


class SearchRows(NamedTuple):
    """everything: the rows of the search whose trial is kept; outers: of the searches whose results are tested; they are the
    same search where there is one test set."""

    everything: Array
    outers: tuple[Outer, ...]

    @property
    def has_test_set(self) -> bool:
        return len(self.outers) == 1


def search_rows(
    data: Dataset, sets: Mapping[str, Array], options: TrainingOptions, outer_folds: int | None, seed: int
) -> SearchRows:
    """The rows of all searches.

    Args: sets: row numbers of sets that files or data name; options: with the test set that was asked for.
    Raises: UsageError for folds that the rows cannot fill.
    """
    rows = sets["training"] if "training" in sets else row_range(0, data.n_samples)
    rows = rows if data.weights is None else rows[data.weights[rows] > 0]
    if "test" in sets:
        return SearchRows(rows, (Outer(rows, sets["test"]),))
    fraction = options.test if isinstance(options.test, float) else 0.0
    if not fraction and outer_folds is None and len(rows) > FEW_ROWS:
        fraction = TEST_FRACTION
    if fraction:
        drawn = divide(
            data, options._replace(test=fraction, validation=0.0), {"training": rows}, random_stream(seed, "split")
        )
        return SearchRows(drawn["training"], (Outer(drawn["training"], drawn["test"]),))
    splits = _splits(data, outer_folds or OUTER_FOLDS, seed, rows, "--outer-folds")
    return SearchRows(rows, tuple(Outer(split.training, split.test) for split in splits))


def inner_parts(
    data: Dataset, rows: Array, sets: Mapping[str, Array], folds: int | str | None, seed: int
) -> list[Part]:
    """The trainings of each trial of a search on `rows`: one with the validation set that files name, or one for each fold."""
    if "validation" in sets:
        return [Part({"training": rows, "validation": sets["validation"]}, "validation")]
    is_one = folds is None and len(rows) > FEW_ROWS
    splits = _splits(data, VALIDATION_FOLDS if is_one else folds or FOLDS, seed, rows, "--folds")
    if is_one:
        # In the order of time, the latest rows.
        splits = splits[-1:]
    return [Part({"training": split.training, "test": split.test}, "test") for split in splits]


def _splits(data: Dataset, folds: int | str, seed: int, rows: Array, option: str) -> list[Split]:
    """The splits of the rows alone: the others count as if they had no weight."""
    weights = np.zeros(data.n_samples, dtype=np.float32)
    weights[rows] = 1
    try:
        return make_splits(replace(data, weights=weights), folds, 1, seed)
    except UsageError as fault:
        reason = fault.message.removeprefix(f"--folds {folds}: ")
        raise UsageError(f"{option} {folds}: {reason}", advice="use fewer folds, or --test") from None
