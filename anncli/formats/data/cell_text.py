"""The cells of a table as texts, for the formats that are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, printable, quoted
from anncli.tables import Table, TableColumn

_LARGEST_WHOLE = 1e16


def number_texts(numbers: Array) -> list[str]:
    """Finite numbers (n,) as number_word() writes them; of a float32 the shortest decimals that give it back."""
    values = numbers
    if len(values) and (np.abs(values) < _LARGEST_WHOLE).all() and (values == np.floor(values)).all():
        return list(map(str, values.astype(np.int64).tolist()))
    if values.dtype == np.float32:
        values = values.astype("U32").astype(np.float64)
    return [text[:-2] if text.endswith(".0") else text for text in map(repr, values.tolist())]


def cell_texts(column: TableColumn, missing: str) -> list[str]:
    """Every cell of a column; `missing` where there is none."""
    if column.numbers is None:
        assert column.codes is not None
        words = (*column.words, missing)
        return [words[code] for code in column.codes.tolist()]
    gaps = np.isnan(column.numbers)
    if not gaps.any():
        return number_texts(column.numbers)
    texts = np.full(len(gaps), missing, dtype=object)
    texts[~gaps] = number_texts(column.numbers[~gaps])
    return texts.tolist()


def numbers_only(table: Table, names: Iterable[str], shown: str, format_name: str) -> Array:
    """The columns of these names as float64 (n_rows, columns).

    Raises: DataError for columns with words, and for missing cells, which the format cannot hold.
    """
    columns = [table.column(name) for name in names]
    worded = [column.name for column in columns if column.numbers is None]
    if worded:
        message = f"columns with words: {printable(', '.join(worded[:5]))}; {format_name} files hold numbers only"
        raise DataError(message, path=shown, advice="leave these columns out, or write another format")
    if not columns:
        return np.empty((table.n_rows, 0))
    matrix = np.stack([column.numbers for column in columns if column.numbers is not None], axis=1).astype(np.float64)
    gaps = np.isnan(matrix)
    if gaps.any():
        name = columns[int(np.flatnonzero(gaps.any(axis=0))[0])].name
        message = f"column {printable(name)} has {int(gaps.sum())} missing cells; {format_name} files cannot hold them"
        raise DataError(message, path=shown, advice="fill them, or write another format")
    return matrix


def with_labels(tables: Iterable[Table], labels: Sequence[str]) -> Iterator[Table]:
    """The tables, with these answers where they are given; raises DataError for an answer that is no column."""
    for table in tables:
        missing = [name for name in labels if name not in table.names]
        if missing:
            raise DataError(
                f"no column is named {quoted(missing[0])}",
                advice="use one of " + printable(", ".join(table.names[:20])),
            )
        yield table._replace(labels=tuple(labels)) if labels else table
