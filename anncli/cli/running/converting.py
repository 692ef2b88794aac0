"""`ann convert` at work: a table of any format, read in batches and written in another format."""

from __future__ import annotations

from collections.abc import Iterator

from anncli.cli.asking.tables import read_request
from anncli.cli.asking.values import Values
from anncli.cli.running.written_tables import can_read_again, check_target, format_of_target, refuse_read_target
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.dataset.roles import Place, find_all_columns
from anncli.errors import UsageError, count_of, printable
from anncli.formats.data.disk_tables import in_pieces
from anncli.formats.data.registry import writer_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_files import stream_table
from anncli.formats.data.table_input import table_format, table_want
from anncli.formats.data.table_stream import TableStream, write_stream
from anncli.formats.files.output import shown_output
from anncli.formats.files.source import ByteSource
from anncli.tables import Table, TableColumn, word_number

# Formats that cannot say that a number is the name of a category.
_WITHOUT_KINDS = ("csv", "tsv", "npz", "libsvm")


def run_convert(values: Values, source: str, target: str) -> None:
    """Write the table; raises UsageError for a target of unknown format, that exists, or that is the source."""
    if target == "-" and values["json"]:
        raise UsageError("--json and OUT cannot both go to stdout", advice="name a file for OUT")
    name = format_of_target(target, values["to"])
    check_target(target, name, [source], values["force"], "OUT")
    write = writer_of(name)
    reading = _Reading(values, source, target, name)
    write_stream(write, target, TableStream(reading.batches, can_read_again(source)))
    reading.note_kinds()
    show_remarks(values.console, reading.remarks)
    if values["json"]:
        document = {"input": printable(source), "output": printable(target), "format": name}
        print_json({"command": "convert", **document, "rows": reading.n_rows, "columns": list(reading.names)})
    else:
        counts = f"{count_of(reading.n_rows, 'row')}, {count_of(len(reading.names), 'column')}"
        values.console.note(f"{shown_output(target)}: {counts}, written as {name}")


def _is_numbered(column: TableColumn) -> bool:
    """Whether the words of a column are all numbers."""
    return column.numbers is None and all(word_number(word) is not None for word in column.words)


class _Reading:
    """The batches of the source, each time from the beginning, with the label that was asked for.

    n_rows, names, remarks: of the last time.
    """

    def __init__(self, values: Values, source: str, target: str, name: str) -> None:
        self._read = read_request(values)
        self._label: tuple[str, ...] = values["label"] or ()
        self._source, self._target, self._format = source, target, name
        self._numbered: set[str] = set()
        for word in self._label:
            if word == "inputs" or word.startswith("file:"):
                raise UsageError(f"--label {word} does not name a column", advice="name columns of the table")
        self.n_rows, self.names, self.remarks = 0, tuple[str, ...](), Remarks()

    def batches(self) -> Iterator[Table]:
        self.n_rows, self.remarks = 0, Remarks()
        source = ByteSource(self._source)
        # A first row with the label in it names the columns.
        want = table_want(self._read, self.remarks)._replace(names=self._label)
        for table in in_pieces(stream_table(source, want, table_format(self._read))):
            if not self.n_rows:
                refuse_read_target(self._target, self._format, "OUT")
                self.names = table.names
                self._numbered = set(table.names) if self._format in _WITHOUT_KINDS else set()
            self.n_rows += table.n_rows
            self._numbered -= {column.name for column in table.columns if not _is_numbered(column)}
            yield self._labelled(table, source.shown)
        # Files may have been read since the first rows, such as the names of a further array.
        refuse_read_target(self._target, self._format, "OUT")

    def note_kinds(self) -> None:
        """Say which categories will be read as numbers again."""
        if self._numbered:
            names = sorted(self._numbered, key=self.names.index)
            shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
            text = f"categories that are numbers ({shown}) will be read as numbers; --category says what they are"
            self.remarks.note(shown_output(self._target), text)

    def _labelled(self, table: Table, shown: str) -> Table:
        if not self._label:
            return table
        place = Place(shown)
        labels = find_all_columns(table, self._label, "--label", place)
        return table if labels == table.labels else table._replace(labels=labels, task="")
