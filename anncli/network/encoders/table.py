"""The encoder of tables: how named columns of numbers and words become the inputs of a network.

It is fitted on the training rows (training/table_encoder.py), belongs to the network and stands in its file.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault, count_of, quoted
from anncli.tables import Roles, Table, TableColumn, word_number

MISSING_POLICIES = ("error", "mean", "median", "indicator", "median+indicator")
_TREATMENTS = "--missing median (or mean, indicator, median+indicator)"
# What to do about missing cells when an encoder is fitted, and when it was fitted before.
MISSING_ADVICE = f"say how to fill them: {_TREATMENTS}, or leave columns out with --ignore"
FITTED_ADVICE = f"fill them, or train the network anew with {_TREATMENTS}"


class EncodingFault(ValueFault):
    """A cell that cannot be encoded. row: its row in the table, None where it is about no single one."""

    def __init__(self, message: str, advice: str | None = None, row: int | None = None) -> None:
        self.row = row
        super().__init__(message, advice)


class InputColumn(NamedTuple):
    """One column of a table as inputs of a network.

    kind: 'number', which is one input, or 'category': an input for each of `levels`, 1 where the cell is that word and
    0 elsewhere, and one for all words of `rare` together. Other words, and a missing category, are 0 everywhere.
    fill: the number in place of a missing one, None where there is none; indicator: a last input is 1 where the cell is
    missing.
    """

    name: str
    kind: str = "number"
    levels: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()
    fill: float | None = None
    indicator: bool = False

    @property
    def width(self) -> int:
        """The number of inputs."""
        own = 1 if self.kind == "number" else len(self.levels) + bool(self.rare)
        return own + self.indicator

    @property
    def names(self) -> list[str]:
        """The names of the inputs."""
        own = [self.name] if self.kind == "number" else [f"{self.name}={level}" for level in self.levels]
        return own + [f"{self.name} (rare)"] * bool(self.rare) + [f"{self.name} (missing)"] * self.indicator


class TableInputs(NamedTuple):
    """What the head of a network file says about the columns of its table; () and None: found when it is trained.

    label: the answers; kinds: 'number', 'category' or 'ignore' for some columns; the others as in Roles and TableEncoder.
    """

    label: tuple[str, ...] = ()
    task: str | None = None
    positive: str | None = None
    missing: str | None = None
    weight: str | None = None
    group: str | None = None
    order: str | None = None
    kinds: Mapping[str, str] = {}


class Encoded(NamedTuple):
    """inputs: float32 (n, width), finite; unknown: for each column with words that are no level of it, how many cells."""

    inputs: Array
    unknown: dict[str, int]


class _TableEncoder(NamedTuple):
    roles: Roles
    columns: tuple[InputColumn, ...]
    missing: str = "error"


class TableEncoder(_TableEncoder):
    """A fitted encoder. roles: of all columns of the file it was fitted on; columns: the inputs, in its order; missing: one
    of MISSING_POLICIES, as it was asked for."""

    @cached_property
    def width(self) -> int:
        """The number of inputs of the network."""
        return sum(column.width for column in self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the network's inputs."""
        return tuple(name for column in self.columns for name in column.names)

    @property
    def is_plain(self) -> bool:
        """Whether the inputs are columns of numbers as they stand, so that rows of numbers can take their place."""
        return all(column.kind == "number" and not column.indicator for column in self.columns)

    def encode(self, table: Table, unknown: str = "zeros", advice: str = FITTED_ADVICE) -> Encoded:
        """The inputs of a table that has the columns of this encoder; no copy where they are a float32 matrix already.

        Args: unknown: 'zeros', or 'error' to refuse words that are no level of their column; advice: about missing cells.
        Raises: EncodingFault for missing cells that nothing fills (with their number in each column), words in a column
            of numbers, numbers beyond 32 bits, and refused words.
        """
        cells = [table.column(column.name) for column in self.columns]
        if (matrix := self._as_they_are(table)) is not None:
            return Encoded(matrix, {})
        self._check_gaps(table, cells, advice)
        inputs = np.zeros((table.n_rows, self.width), dtype=np.float32)
        counts: dict[str, int] = {}
        at = 0
        for column, cell in zip(self.columns, cells, strict=True):
            own = inputs[:, at : at + column.width]
            if column.indicator:
                own[:, -1] = cell.is_missing
            if column.kind == "number":
                own[:, 0] = _numbers(column, cell)
            elif n := _mark_levels(column, cell.as_words(), own, unknown):
                counts[column.name] = n
            at += column.width
        return Encoded(inputs, counts)

    def _as_they_are(self, table: Table) -> Array | None:
        """The columns of the table's matrix that are the inputs as they stand, None where they are not."""
        matrix, names = table.matrix, tuple(column.name for column in self.columns)
        if matrix is None or matrix.dtype != np.float32 or self.width != len(names):
            return None
        held = table.names[table.matrix_start : table.matrix_start + matrix.shape[1]]
        if any(column.kind != "number" for column in self.columns) or names[0] not in held:
            return None
        start = held.index(names[0])
        if held[start : start + len(names)] != names:
            return None
        found = matrix[:, start : start + len(names)]
        # min and max return nan and inf where there are some, without an array of one flag per value.
        is_finite = not found.size or bool(np.isfinite(found.min()) and np.isfinite(found.max()))
        return found if is_finite else None

    def _check_gaps(self, table: Table, cells: list[TableColumn], advice: str) -> None:
        gaps, first = {}, table.n_rows
        for column, cell in zip(self.columns, cells, strict=True):
            filled = self.missing != "error" and (column.kind == "category" or column.fill is not None)
            missing = cell.is_missing
            if not filled and missing.any():
                gaps[column.name] = int(missing.sum())
                first = min(first, int(np.argmax(missing)))
        if gaps:
            shown = ", ".join(f"{quoted(name)} ({n})" for name, n in list(gaps.items())[:20])
            more = f" and {count_of(len(gaps) - 20, 'more column')}" if len(gaps) > 20 else ""
            raise EncodingFault(f"cells are missing in {shown}{more}", advice, first)


def _numbers(column: InputColumn, cell: TableColumn) -> Array:
    """The cells (n,) float32 of a column of numbers, filled."""
    given = cell.as_numbers()
    if given is None or given.numbers is None:
        raise _word_fault(column, cell)
    with np.errstate(over="ignore"):
        numbers = given.numbers.astype(np.float32)
    if column.fill is not None:
        numbers[np.isnan(numbers)] = np.float32(column.fill)
    if not np.isfinite(numbers).all():
        row = int(np.argmax(~np.isfinite(numbers)))
        message = f"column {quoted(column.name)}: {given.numbers[row]:g} is too large for a 32-bit float"
        raise EncodingFault(message, "scale the values down", row)
    return numbers


def _word_fault(column: InputColumn, cell: TableColumn) -> EncodingFault:
    """The error for the first row with a word that is no number."""
    assert cell.codes is not None
    is_word = np.array([*(word_number(word) is None for word in cell.words), False])[cell.codes]
    row = int(np.argmax(is_word))
    message = f"column {quoted(column.name)}: expected a number, found {quoted(cell.words[cell.codes[row]])}"
    return EncodingFault(message, "correct it; --na names words that stand for a missing cell", row)


def _mark_levels(column: InputColumn, cell: TableColumn, own: Array, unknown: str) -> int:
    """Set the input of each row's level in `own` (n, width), which holds zeros; returns the number of unknown words."""
    assert cell.codes is not None
    places = {level: place for place, level in enumerate(column.levels)}
    places.update(dict.fromkeys(column.rare, len(column.levels)))
    strange, gap = -2, -1
    at = np.array([*(places.get(word, strange) for word in cell.words), gap])[cell.codes]
    known = np.flatnonzero(at >= 0)
    own[known, at[known]] = 1
    is_strange = at == strange
    n = int(is_strange.sum())
    if n and unknown == "error":
        row = int(np.argmax(is_strange))
        message = f"column {quoted(column.name)}: {quoted(cell.words[cell.codes[row]])} was not among the training rows"
        raise EncodingFault(message, "--unknown zeros takes such words as none of the known ones", row)
    return n
