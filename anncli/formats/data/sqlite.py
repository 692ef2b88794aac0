"""The data format `sqlite`: a table of a SQLite database, or the result of a query: `data.db::SELECT ...`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from anncli.errors import DataError, UsageError, count_of, did_you_mean, quoted
from anncli.formats.data.base import TableWant
from anncli.formats.data.cell_text import with_labels
from anncli.formats.data.table_stream import settled
from anncli.formats.data.typed import RoundedNumbers, are_named, cell_column, check_finite, column_names, missing_words
from anncli.formats.files.output import Output, output_name
from anncli.formats.files.seekable import is_plain_file
from anncli.formats.files.source import ByteSource, split_query
from anncli.tables import Table, TableColumn

if TYPE_CHECKING:
    import sqlite3

MARK = b"SQLite format 3\0"
_QUERY = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:select|with|values)\b", re.IGNORECASE | re.DOTALL)
_STATEMENT = re.compile(
    r"\s*(?:insert|update|delete|drop|create|alter|replace|pragma|attach|detach|vacuum|begin|commit|explain|reindex|analyze)\s",
    re.IGNORECASE,
)
_TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"


class SQLite:
    """Rows in the order in which the database gives them; numbers and words as each cell says."""

    def sniff(self, head: bytes) -> bool:
        return head.startswith(MARK)

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        import sqlite3

        try:
            with _connection(source) as connection:
                yield from _rows(connection, _query_of(source, connection), source.shown, want)
        except (sqlite3.Error, UnicodeDecodeError) as fault:
            raise _fault(fault, source) from None


@contextmanager
def _connection(source: ByteSource) -> Iterator[sqlite3.Connection]:
    """The database, which cannot be written to; one that is packed or comes from a pipe is held in memory."""
    import sqlite3

    is_plain, pieces = is_plain_file(source), []
    for chunk in source.chunks():
        # For the digest all bytes are read.
        pieces += [] if is_plain else [chunk]
    if is_plain:
        quoted_path = re.sub(r"[%?#]", lambda match: f"%{ord(match[0]):02x}", os.path.abspath(source.path))
        opened = sqlite3.connect(f"file:{quoted_path}?mode=ro", uri=True)
    else:
        opened = sqlite3.connect(":memory:")
    with closing(opened) as connection:
        if not is_plain:
            connection.deserialize(b"".join(pieces))
        connection.execute("PRAGMA query_only=ON")
        yield connection


def _query_of(source: ByteSource, connection: sqlite3.Connection) -> str:
    """The query to run: the one that was given, or all columns of the table that was named or is the only one."""
    tables = [str(name) for (name,) in connection.execute(_TABLES)]
    said = source.query
    if said in tables:
        return f"SELECT * FROM {_identifier(said)}"
    if not said and len(tables) == 1:
        return f"SELECT * FROM {_identifier(tables[0])}"
    if not said:
        message = f"holds {count_of(len(tables), 'table')}"
        shown = ", ".join(tables[:20]) + (", ..." if len(tables) > 20 else "")
        advice = f"say which: {source.path}::{tables[0]}" if tables else "name another file"
        raise DataError(f"{message}: {shown}" if tables else message, path=source.shown, advice=advice)
    if _QUERY.match(said):
        return said
    if _STATEMENT.match(said + " "):
        message = f"only SELECT and WITH are run, not {quoted(said)}"
        raise UsageError(message, path=source.shown, advice=f"write for example '{source.path}::SELECT a, b FROM t'")
    raise DataError(f"no table {quoted(said)}", path=source.shown, advice=did_you_mean(said, tables))


def _identifier(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _rows(connection: sqlite3.Connection, query: str, shown: str, want: TableWant) -> Iterator[Table]:
    cursor = connection.execute(query)
    if cursor.description is None:
        raise UsageError("the query gives no rows", path=shown, advice="write a SELECT")
    names = column_names([entry[0] for entry in cursor.description], shown, "say in the query: SELECT a AS name")
    missing, first, n_rows = missing_words(want), 1, max(1, min(want.block_rows, 1 << 14))
    rounded = RoundedNumbers(shown, want.remarks)
    while (rows := cursor.fetchmany(n_rows)) or first == 1:
        cells = list(zip(*rows, strict=True)) if rows else [()] * len(names)
        columns = []
        for name, column in zip(names, cells, strict=True):
            _check_cells(name, column, first, shown)
            columns.append(cell_column(name, column, missing))
            check_finite(columns[-1], first, shown)
        table = Table(tuple(columns), len(rows), are_named(names))
        rounded.watch(table)
        yield table
        first += len(rows)
        if not rows:
            break


def _check_cells(name: str, cells: tuple[object, ...], first_row: int, shown: str) -> None:
    if bytes in set(map(type, cells)):
        row = first_row + next(k for k, cell in enumerate(cells) if isinstance(cell, bytes))
        advice = "leave the column out: SELECT the others"
        raise DataError(f"column {quoted(name)}, row {row}: a blob, not a number or a word", path=shown, advice=advice)


def _fault(fault: sqlite3.Error | UnicodeDecodeError, source: ByteSource) -> DataError:
    """sqlite's message in our form; Python's where a name, or sqlite's message with a piece of the file, is no UTF-8."""
    if isinstance(fault, UnicodeDecodeError):
        message = "is a damaged SQLite database, or has names that are not UTF-8"
        return DataError(message, path=source.shown, advice="copy or restore it")
    text = str(fault)
    if "not a database" in text or "malformed" in text or "corrupt" in text:
        return DataError(f"is a damaged SQLite database ({text})", path=source.shown, advice="copy or restore it")
    if "one statement" in text:
        return DataError("holds more than one statement in its query", path=source.shown, advice="write one SELECT")
    if "readonly" in text or "read-only" in text or "query only" in text:
        return DataError("the query would change the database", path=source.shown, advice="write a SELECT")
    if "unable to open" in text or "locked" in text or "disk I/O" in text:
        return DataError(f"cannot be read: {text}", path=source.shown, advice="check who uses it, and its mode")
    advice = "correct the query" if source.query else "check that this is the right file"
    return DataError(f"the database says: {text}", path=source.shown, advice=advice)


FORMAT = SQLite()


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """A new database with the table `data`; for `FILE::TABLE` that table in the database FILE, whose others stay.

    Raises: UsageError for a target that is no file; DataError for columns that SQLite cannot hold.
    """
    import sqlite3

    if not isinstance(target, (str, os.PathLike)):
        raise UsageError("a database can only be written to a file", advice="name a file")
    path, name = split_query(target)
    refuse_open_database(path)
    batches = with_labels(settled(tables), labels)
    try:
        with output_name(path) as temporary, closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
            if name and os.path.exists(path):
                with _connection(ByteSource(path)) as old:
                    old.backup(connection)
            # The file is new, so nothing is lost if the program stops: it is renamed at the end.
            connection.execute("PRAGMA journal_mode=OFF")
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("BEGIN")
            _insert(connection, _identifier(name or "data"), batches)
            connection.execute("COMMIT")
    except sqlite3.Error as fault:
        raise DataError(f"cannot be written: {fault}", path=path, advice="write another format") from None


def _insert(connection: sqlite3.Connection, name: str, batches: Iterator[Table]) -> None:
    first = next(batches)
    columns = [f"{_identifier(c.name)} {'TEXT' if c.numbers is None else 'REAL'}" for c in first.columns]
    connection.execute(f"DROP TABLE IF EXISTS {name}")
    connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
    insert = f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})"
    for table in chain([first], batches):
        connection.executemany(insert, zip(*map(_cells, table.columns), strict=True))


def _cells(column: TableColumn) -> list[object]:
    """Python's numbers and texts, None where a cell is missing."""
    if column.codes is not None:
        words = (*column.words, None)
        return [words[code] for code in column.codes.tolist()]
    assert column.numbers is not None
    cells: list[object] = column.numbers.tolist()
    for row in np.flatnonzero(np.isnan(column.numbers)).tolist():
        cells[row] = None
    return cells


def has_table(path: str, name: str) -> bool:
    """Whether the database, which exists, has a table of that name; raises DataError where it is none."""
    import sqlite3

    try:
        with _connection(ByteSource(path)) as connection:
            return name.lower() in [str(found).lower() for (found,) in connection.execute(_TABLES)]
    except (sqlite3.Error, UnicodeDecodeError) as fault:
        raise _fault(fault, ByteSource(path)) from None


def refuse_open_database(path: str) -> None:
    """Raises UsageError where a journal stands beside a database that would be replaced: it would spoil the new one."""
    for ending in ("-wal", "-journal"):
        with suppress(OSError):
            if os.path.getsize(path + ending):
                message = f"is in use by another program, which keeps {os.path.basename(path)}{ending}"
                raise UsageError(message, path=path, advice="end that program first, or write to another file")
