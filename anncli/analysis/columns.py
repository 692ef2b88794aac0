"""The columns of the data behind the inputs of a network: several inputs may stand for one column of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from anncli.errors import UsageError, did_you_mean, quoted
from anncli.network.network import Network


class ColumnInputs(NamedTuple):
    """A column of the data, and the inputs start .. stop - 1 that stand for it.

    kind: 'number' or 'category'; levels: of a category, a word or a text for each of its inputs; has_indicator: the last
    input is 1 where the cell is missing.
    """

    name: str
    start: int
    stop: int
    kind: str = "number"
    levels: tuple[str, ...] = ()
    has_indicator: bool = False

    @property
    def inputs(self) -> slice:
        return slice(self.start, self.stop)


def columns_of(network: Network, names: Sequence[str] = ()) -> list[ColumnInputs]:
    """The columns in the order of the inputs; names: of the inputs where the network has none and the data have."""
    if (descriptors := network.topology.inputs.descriptors) is not None:
        own = () if network.encoder is None else [column.name for column in network.encoder.columns]
        return [ColumnInputs(name, k, k + 1) for k, name in enumerate(descriptors.names(own))]
    if network.encoder is not None:
        found, at = [], 0
        for column in network.encoder.columns:
            levels = (*column.levels, *(["(rare)"] if column.rare else [])) if column.kind == "category" else ()
            found.append(ColumnInputs(column.name, at, at + column.width, column.kind, tuple(levels), column.indicator))
            at += column.width
        return found
    known = network.columns or tuple(names)
    if len(known) != network.n_inputs:
        known = tuple(f"input {k}" for k in range(1, network.n_inputs + 1))
    return [ColumnInputs(name, k, k + 1) for k, name in enumerate(known)]


def input_names(columns: Sequence[ColumnInputs]) -> list[str]:
    """A name for each input: that of its column, `column=word` for a word of a category, `column missing`."""
    found: list[str] = []
    for column in columns:
        names = [f"{column.name}={level}" for level in column.levels] or [column.name]
        names += [f"{column.name} missing"] if column.has_indicator else []
        n = column.stop - column.start
        found += names if len(names) == n else [f"{column.name} {k}" for k in range(1, n + 1)]
    return found


def find_column(columns: Sequence[ColumnInputs], wanted: str) -> ColumnInputs:
    """The column of this name, or at this position, counted from 1; raises UsageError for one that is no input."""
    for column in columns:
        if column.name == wanted:
            return column
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(columns):
        return columns[int(wanted) - 1]
    names = [column.name for column in columns]
    raise UsageError(f"--column: the network has no input column {quoted(wanted)}", advice=did_you_mean(wanted, names))
