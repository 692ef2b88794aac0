"""The registry of data formats: an object per name, and the format of a file whose format was not said."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module

from anncli.compiled.row_text import content_lines, starts_with_value
from anncli.errors import DataError, UsageError, did_you_mean
from anncli.formats.data.base import DataFormat, TableFormat, Width
from anncli.formats.data.foreign import check_kind
from anncli.formats.data.layout import could_be_numbered
from anncli.formats.data.list_head import refuse_two_readings
from anncli.formats.data.names import DATA_FORMAT_NAMES, WRITTEN_FORMATS
from anncli.formats.files.packers import without_packing
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import BOM
from anncli.formats.loading import load_format

# As many lines of content show whether the first one is a header, and whether the file is a list.
_TELLING_LINES = 4


@cache
def data_format(name: str) -> DataFormat:
    """The format of a name; its module is imported on first use; raises UsageError for an unknown name."""
    if name not in DATA_FORMAT_NAMES:
        known = ("auto", *DATA_FORMAT_NAMES)
        raise UsageError(f"unknown data format '{name}'", advice=did_you_mean(name, known))
    found: DataFormat = load_format("data", "data format", name, DATA_FORMAT_NAMES[name])
    return found


def format_of(
    source: ByteSource, name: str = "auto", delimiter: str | None = None, width: Width | None = None
) -> DataFormat:
    """The format to read a source with: the one of that name, or for 'auto' the one that recognises its beginning.

    width: the values per row, where they are known. Raises: UsageError for an unknown name, DataError where several
    formats recognise the file, or none and it is a file of another program.
    """
    if name != "auto":
        if name in DATA_FORMAT_NAMES and DATA_FORMAT_NAMES[name].table:
            raise UsageError(
                f"the data format {name} reads tables, not files of one class each", advice="name one file"
            )
        said = data_format(name)
        if DATA_FORMAT_NAMES[name].general:
            check_kind(_head(source), source.shown)
        return said
    if source.query:
        raise UsageError(
            "a query gives a table, not rows of one class", path=source.shown, advice="leave out ::" + source.query
        )
    head = _head(source)
    if delimiter is not None:
        check_kind(head, source.shown)
        # Only rows of numbers have a delimiter to choose.
        return data_format("vectors")
    if b"\0" not in head and not content_lines(head, 1):
        return data_format("vectors")
    found = _marked(head, source, table=False)
    if found:
        return data_format(found)
    check_kind(head, source.shown)
    general = (name for name, info in DATA_FORMAT_NAMES.items() if info.general and not info.table)
    chosen = next(name for name in general if data_format(name).sniff(head))
    if chosen == "list":
        refuse_two_readings(head, source.shown, width)
    return data_format(chosen)


def table_format_of(source: ByteSource, name: str = "auto") -> TableFormat:
    """The format to read a table with, as format_of(): `csv` where no other format of tables recognises the file."""
    if name != "auto":
        said: TableFormat = data_format(name)  # type: ignore[assignment]
        if not DATA_FORMAT_NAMES[name].table:
            tables = ", ".join(name for name, info in DATA_FORMAT_NAMES.items() if info.table)
            raise UsageError(f"the data format {name} reads no tables", advice=f"use one of {tables}")
        if DATA_FORMAT_NAMES[name].general:
            check_kind(_head(source), source.shown)
        return said
    head = _head(source)
    found = _marked(head, source, table=True)
    if source.query and found != "sqlite":
        raise UsageError(
            "is no SQLite database, so it cannot be asked", path=source.shown, advice="leave out ::" + source.query
        )
    if not found:
        check_kind(head, source.shown)
    return data_format(found or "csv")  # type: ignore[return-value]


def has_table_mark(source: ByteSource) -> bool:
    """Whether a file shows by its beginning that it is of a format of tables; raises DataError where it can be of several."""
    return bool(_marked(_head(source), source, table=True))


def _marked(head: bytes, source: ByteSource, table: bool) -> str:
    """The name of the format with a mark of its own that a file begins with, or ''; raises DataError where several do."""
    # A format whose mark is not there is not loaded.
    found = [
        name
        for name, info in DATA_FORMAT_NAMES.items()
        if not info.general
        and info.table == table
        and head.startswith(info.marks or b"")
        and data_format(name).sniff(head)
    ]
    if len(found) > 1:
        ending = without_packing(source.name.lower())
        found = [name for name in found if ending.endswith(DATA_FORMAT_NAMES[name].endings)] or found
    if len(found) > 1:
        readings = " and ".join(found)
        advice = f"say which with {'--format' if table else '--data-format'} " + " or ".join(found)
        raise DataError(f"can be read as {readings}", path=source.shown, advice=advice)
    return found[0] if found else ""


def writer_of(name: str) -> Callable[..., None]:
    """The function write(path, tables) of a format, see table_stream.TableStream; raises UsageError where there is none."""
    if name not in WRITTEN_FORMATS:
        raise UsageError(f"cannot write the format '{name}'", advice=did_you_mean(name, WRITTEN_FORMATS))
    found: Callable[..., None] = import_module(f"anncli.formats.data.{DATA_FORMAT_NAMES[name].module}").write
    return found


def _head(source: ByteSource) -> bytes:
    """The beginning of a source, in whole lines where it is text."""
    telling = _Telling()
    head = source.peek(telling.is_enough)
    if telling.is_told and b"\0" not in head:
        head = head[: head.rfind(b"\n") + 1]
    return head.removeprefix(BOM)


class _Telling:
    """Whether the format can be told from a growing beginning; asks for little, so that a slow pipe is read line by line.

    Every byte is looked at once: a file may begin with many empty lines or comments.
    """

    def __init__(self) -> None:
        self.is_told = False
        self._at, self._seen = 0, 0
        self._found: list[bytes] = []

    def is_enough(self, head: bytearray) -> bool:
        end = head.rfind(b"\n", self._seen) + 1 or self._at
        new = bytes(memoryview(head)[self._at : end])
        binary = head.find(b"\0", self._seen) >= 0
        self._found += content_lines(new if self._at else new.removeprefix(BOM), _TELLING_LINES - len(self._found))
        self._at, self._seen = end, len(head)
        self.is_told = binary or self._is_telling()
        return self.is_told

    def _is_telling(self) -> bool:
        found = self._found
        # A number at the start rules out a header and a list. Commas rule out a list, and a second line shows a header.
        few_do = found and (
            (starts_with_value(found[0]) and (len(found) > 1 or not could_be_numbered(found[0])))
            or (len(found) > 1 and re.search(rb"[,;|]", found[0]) is not None)
        )
        return len(found) == _TELLING_LINES or bool(few_do)
