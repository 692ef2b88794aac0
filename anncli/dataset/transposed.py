"""Tables whose columns are samples, as MATLAB keeps them: turned round, so that every row is a sample."""

from __future__ import annotations

import numpy as np

from anncli.tables import MISSING, Table, TableColumn


def transposed(table: Table, may_name: bool = True) -> Table:
    """The table with a row for each column, and a column for each row.

    A first column of different words names the columns of the result, unless `may_name` forbids it; without it they are
    called by their positions.
    Names of the columns, if there are any, are those of samples and are left out.
    """
    columns, names = list(table.columns), tuple(str(k + 1) for k in range(table.n_rows))
    first = columns[0]
    # As many words as rows, and a word in every row.
    is_named = may_name and len(columns) > 1 and len(first.words) == table.n_rows > 0 and not first.is_missing.any()
    if is_named and first.codes is not None:
        names = tuple(first.words[code] for code in first.codes.tolist())
        del columns[0]
    if all(column.numbers is not None for column in columns):
        matrix = np.ascontiguousarray(np.stack([column.numbers for column in columns if column.numbers is not None]))
        turned = tuple(TableColumn(name, matrix[:, k]) for k, name in enumerate(names))
        return Table(turned, len(columns), is_named, labels=table.labels, matrix=matrix)
    words = [_words(column) for column in columns]
    turned = tuple(_column(name, [cells[k] for cells in words]) for k, name in enumerate(names))
    return Table(turned, len(columns), is_named)


def _words(column: TableColumn) -> list[str | None]:
    """The cells as words, None for a missing one."""
    worded = column.as_words()
    assert worded.codes is not None
    known: list[str | None] = [*worded.words, None]
    return [known[code] for code in worded.codes.tolist()]


def _column(name: str, cells: list[str | None]) -> TableColumn:
    """A column of these cells; of numbers if all of them are."""
    places: dict[str, int] = {}
    codes = [MISSING if word is None else places.setdefault(word, len(places)) for word in cells]
    column = TableColumn(name, codes=np.array(codes, dtype=np.int32), words=tuple(places))
    return column.as_numbers() or column
