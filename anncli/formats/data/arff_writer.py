"""Tables as ARFF: columns of numbers are numeric, columns of words nominal, or strings where nearly every word differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from anncli.formats.data.cell_text import cell_texts, with_labels
from anncli.formats.data.joined import join_tables
from anncli.formats.files.output import Output, opened_output
from anncli.tables import Table, TableColumn

_BARE = re.compile(r"[A-Za-z0-9_.+-]+")
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """Write the tables below each other; the answer is the last attribute, where readers look for it.

    Raises: DataError for a label that is no column, AnnError where the file cannot be written.
    """
    # The levels of all rows stand above the first row.
    table = join_tables(list(with_labels(tables, labels)))
    columns = [column for column in table.columns if column.name not in (*table.labels, table.weight)]
    columns += [table.column(name) for name in table.labels]
    head = "".join(f"@attribute {quoted_word(column.name)} {_kind(column, table.labels)}\n" for column in columns)
    texts = [_texts(column) for column in columns]
    if table.weight:
        texts.append([f"{{{text}}}" for text in cell_texts(table.column(table.weight), "1")])
    with opened_output(target) as file:
        file.write(f"@relation table\n\n{head}\n@data\n".encode())
        file.write("".join(",".join(row) + "\n" for row in zip(*texts, strict=True)).encode())


def _kind(column: TableColumn, labels: Sequence[str]) -> str:
    if column.numbers is not None:
        return "numeric"
    many = not column.words or 2 * len(column.words) > len(column)
    is_string = many and not column.is_declared and column.name not in labels
    return "string" if is_string else "{" + ",".join(map(quoted_word, column.words)) + "}"


def _texts(column: TableColumn) -> list[str]:
    if column.numbers is None:
        column = TableColumn(column.name, codes=column.codes, words=tuple(map(quoted_word, column.words)))
    return cell_texts(column, "?")


def quoted_word(word: str) -> str:
    """A name or a level as ARFF files write it."""
    if _BARE.fullmatch(word):
        return word
    return "'" + "".join(_ESCAPES.get(character, character) for character in word) + "'"
