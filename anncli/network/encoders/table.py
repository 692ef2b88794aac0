"""The encoder of tables: how named columns of numbers and words become the inputs of a network.

It is fitted on the training rows (training/table_encoder.py), belongs to the network and stands in its file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, all_finite, blocks_of_rows
from anncli.errors import ValueFault, count_of, quoted
from anncli.forecasts import Forecast
from anncli.maps import disk_array
from anncli.tables import Roles, Table, TableColumn, word_number

MISSING_POLICIES = ("error", "mean", "median", "indicator", "median+indicator")
_TREATMENTS = "--missing median (or mean, indicator, median+indicator)"
# What to do about missing cells when an encoder is fitted, and when it was fitted before.
MISSING_ADVICE = f"say how to fill them: {_TREATMENTS}, or leave columns out with --ignore"
FITTED_ADVICE = f"fill them, or train the network anew with {_TREATMENTS}"


_FLOAT_BYTES = 4


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

    label: the answers; window, horizon: of a forecast, or None; kinds: 'number', 'category' or 'ignore' for some columns; the
    others as in Roles, Forecast and TableEncoder.
    """

    label: tuple[str, ...] = ()
    task: str | None = None
    positive: str | None = None
    missing: str | None = None
    weight: str | None = None
    group: str | None = None
    order: str | None = None
    kinds: Mapping[str, str] = {}
    sequence: str | None = None
    window: int | None = None
    horizon: int | None = None
    row_names: str | None = None


class Encoded(NamedTuple):
    """inputs: float32 (n, width), finite; unknown: for each column with words that are no level of it, how many cells."""

    inputs: Array
    unknown: dict[str, int]


class _TableEncoder(NamedTuple):
    roles: Roles
    columns: tuple[InputColumn, ...]
    missing: str = "error"
    forecast: Forecast | None = None


class TableEncoder(_TableEncoder):
    """A fitted encoder. roles: of all columns of the file it was fitted on; columns: the inputs, in its order; missing: one
    of MISSING_POLICIES, as it was asked for; forecast: how the rows of a file become the windows whose columns these are, None
    where a row is a sample."""

    def __repr__(self) -> str:
        return f"<TableEncoder of {len(self.columns)} columns, {self.width} inputs, missing: {self.missing}>"

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

    def may_miss(self, column: InputColumn) -> bool:
        """Whether the cells of one of its columns may be missing."""
        return self.missing != "error" and (column.kind == "category" or column.fill is not None)

    def encode(
        self, table: Table, unknown: str = "zeros", advice: str = FITTED_ADVICE, memory: int | None = None
    ) -> Encoded:
        """The inputs of a table that has the columns of this encoder; no copy where they are a float32 matrix already, in memory
        or a map that cannot be written to.

        Args: unknown: 'zeros', or 'error' to refuse words that are no level of their column; advice: about missing cells; memory:
            inputs of more bytes than these are always a copy, on the disk, see disk_array().
        Raises: EncodingFault for missing cells that nothing fills (with their number in each column), words in a column
            of numbers, numbers beyond 32 bits, and refused words; AnnError where the disk has no room.
        """
        if memory is not None and table.n_rows * self.width * _FLOAT_BYTES > memory:
            return self._encode_to_disk(table, unknown, advice)
        if (held := self._held(table)) is not None:
            with np.errstate(over="ignore"):
                inputs = held.astype(np.float32, copy=False)
            if all_finite(inputs):
                return Encoded(inputs, {})
        self._check_gaps(table, advice)
        inputs = np.zeros((table.n_rows, self.width), dtype=np.float32)
        return Encoded(inputs, self._fill(inputs, table, unknown))

    def _encode_to_disk(self, table: Table, unknown: str, advice: str) -> Encoded:
        counts: dict[str, int] = {}

        def parts() -> Iterator[Array]:
            for block in blocks_of_rows(table.n_rows, self.width):
                try:
                    inputs, found = self.encode(table.part(block), unknown, advice)
                except EncodingFault as fault:
                    self._check_gaps(table, advice)  # with their number in all rows
                    row = None if fault.row is None else block.start + fault.row
                    raise EncodingFault(fault.message, fault.advice, row) from None
                counts.update({name: n + counts.get(name, 0) for name, n in found.items()})
                yield inputs

        return Encoded(disk_array((table.n_rows, self.width), np.float32, parts()), counts)

    def _held(self, table: Table) -> Array | None:
        """The columns of the table's matrix that are the inputs if no cell is missing, None where there are none."""
        matrix, names = table.matrix, tuple(column.name for column in self.columns)
        if matrix is None or not self.is_plain:
            return None
        held = table.names[table.matrix_start : table.matrix_start + matrix.shape[1]]
        start = held.index(names[0]) if names[0] in held else 0
        return matrix[:, start : start + len(names)] if held[start : start + len(names)] == names else None

    def _fill(self, inputs: Array, table: Table, unknown: str) -> dict[str, int]:
        """Write the inputs of a table without gaps that nothing fills into zeros (n, width); returns Encoded.unknown."""
        counts: dict[str, int] = {}
        at = 0
        for column in self.columns:
            cell, own = table.column(column.name), inputs[:, at : at + column.width]
            if column.indicator:
                own[:, -1] = cell.is_missing
            if column.kind == "number":
                own[:, 0] = _numbers(column, cell)
            elif n := _mark_levels(column, cell.as_words(), own, unknown):
                counts[column.name] = n
            at += column.width
        return counts

    def _check_gaps(self, table: Table, advice: str) -> None:
        gaps, first = {}, table.n_rows
        for column in self.columns:
            cell = table.column(column.name)
            missing = cell.is_missing
            if not self.may_miss(column) and missing.any():
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
