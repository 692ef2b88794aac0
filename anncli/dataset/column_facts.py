"""What the numbers in columns of a table look like, found in one pass over its rows, which may lie on the disk."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, blocks_of_rows
from anncli.tables import Table

_BLOCK_VALUES = 1 << 18


class Facts(NamedTuple):
    """Of a column of numbers: n_present: the cells that are not missing; low, high: the least and greatest of them; is_whole:
    whether all of them are whole; counts_rows: whether they are 0, 1, 2, ... or 1, 2, 3, ..., without a gap."""

    n_present: int
    low: float
    high: float
    is_whole: bool
    counts_rows: bool

    @property
    def is_constant(self) -> bool:
        return self.low == self.high

    @property
    def can_differ(self) -> bool:
        """Whether they may be different whole numbers: there are enough of them; from 2^53 on every number is a whole one."""
        return self.is_whole and self.high - self.low >= self.n_present - 1 and max(-self.low, self.high) < 2**53


def number_parts(table: Table) -> list[Array]:
    """The columns of numbers in their order, as matrices (n_rows, k): those of Table.matrix together."""
    parts, start = list[Array](), table.matrix_start
    stop = start + (0 if table.matrix is None else table.matrix.shape[1])
    for place, column in enumerate(table.columns):
        if table.matrix is not None and start <= place < stop:
            parts += [table.matrix] if place == start else []
        elif column.numbers is not None:
            parts.append(column.numbers[:, None])
    return parts


def number_blocks(table: Table) -> Iterator[Array]:
    """The columns of numbers in their order, block by block: matrices (n, m) of whole rows, because columns one by one would
    be read from the disk as often."""
    parts = number_parts(table)
    width = sum(part.shape[1] for part in parts)
    for block in blocks_of_rows(table.n_rows if parts else 0, width, _BLOCK_VALUES):
        yield parts[0][block] if len(parts) == 1 else np.concatenate([part[block] for part in parts], axis=1)


def number_facts(table: Table, names: Collection[str]) -> dict[str, Facts]:
    """The facts of those of the named columns that hold numbers."""
    chosen = table.select([c.name for c in table.columns if c.numbers is not None and c.name in names])
    m = len(chosen.columns)
    present, low, high = np.zeros(m, dtype=np.int64), np.full(m, np.inf), np.full(m, -np.inf)
    is_whole, counts, first, start = np.ones(m, dtype=bool), np.ones(m, dtype=bool), np.zeros(m), 0
    for values in number_blocks(chosen):
        gaps = np.isnan(values)
        present += len(values) - gaps.sum(axis=0)
        low, high = np.fmin(low, np.fmin.reduce(values, axis=0)), np.fmax(high, np.fmax.reduce(values, axis=0))
        if is_whole.any():
            is_whole &= ((values == np.rint(values)) | gaps).all(axis=0)
        if not start:
            first, counts = values[0].astype(np.float64), np.isin(values[0], (0, 1))
        if counts.any():
            counts &= (values == np.arange(start, start + len(values))[:, None] + first).all(axis=0)
        start += len(values)
    rows = zip(present.tolist(), low.tolist(), high.tolist(), is_whole.tolist(), counts.tolist(), strict=True)
    return {name: Facts(*row) for name, row in zip(chosen.names, rows, strict=True)}
