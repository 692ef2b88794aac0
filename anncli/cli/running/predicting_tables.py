"""`ann predict` on tables: CSV with a header, JSON lines, or a table of any other format, as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from anncli.cli.asking.network_options import refuse_numbers
from anncli.cli.asking.values import Values
from anncli.cli.running.decisions import Decisions
from anncli.cli.running.written_tables import can_read_again, check_target, format_of_target, refuse_read_target
from anncli.cli.showing.not_finite import NotFinite
from anncli.cli.showing.table_predictions import (
    Batch,
    Shape,
    csv_header,
    csv_writer,
    json_lines_writer,
    prediction_table,
)
from anncli.dataset.roles import Place, find_all_columns
from anncli.errors import UsageError, count_of, quoted
from anncli.formats.data.arrow_columns import pyarrow
from anncli.formats.data.names import DATA_FORMAT_NAMES, SAMPLE_FORMATS, WRITTEN_FORMATS
from anncli.formats.data.registry import writer_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_sets import TableReader
from anncli.formats.data.table_stream import TableStream, write_stream
from anncli.formats.data.table_use import stream_encoded
from anncli.formats.files.output import opened_output, shown_output
from anncli.formats.files.textfile import shown_name
from anncli.inference.predict import predict
from anncli.network.class_names import class_names
from anncli.tables import Table, TableColumn

# Formats that are written as text, row by row, with the digits of ann's own output; the others are written as tables.
_TEXTS = ("csv", "tsv", "jsonl")
_OF_PREDICTIONS = tuple(name for name in WRITTEN_FORMATS if name not in SAMPLE_FORMATS)


class Destination(NamedTuple):
    """Where predictions go: the file, '-' for stdout, and the name of the format."""

    target: str
    format: str


def destination_of(values: Values, sources: Sequence[str]) -> Destination:
    """What --output and --to say; sources: what is read.

    Raises: UsageError for a format that cannot hold predictions, and for a file that must not be written.
    """
    target, said = values["output"] or "-", values["to"]
    name = "csv" if target == "-" and said is None else prediction_format(target, said)
    if "delimiter" in values.on_command_line and name != "csv":
        raise UsageError(f"--delimiter is for csv, and {name} is written", advice="leave it out")
    check_target(target, name, sources, values["force"], "--output")
    return Destination(target, name)


def prediction_format(target: str, said: str | None) -> str:
    """The name of the format: what was said, or what the ending of the file names.

    Raises: UsageError where neither names one, and for a format that cannot hold predictions.
    """
    name = format_of_target(target, said, _OF_PREDICTIONS)
    if name in SAMPLE_FORMATS:
        message = f"{name} is a format of inputs and answers, not of predictions"
        raise UsageError(message, advice=f"use one of {', '.join(_OF_PREDICTIONS)}")
    return name


def check_writer(name: str) -> None:
    """Raises UsageError where the format needs a library that is not installed."""
    if DATA_FORMAT_NAMES[name].extra == "arrow":
        pyarrow()


def prediction_texts(shape: Shape, name: str, batches: Iterator[Batch]) -> Iterator[str]:
    """The text of every batch in the format `name`, one of _TEXTS; the header of CSV comes with the first."""
    as_lines, is_first = name == "jsonl", True
    write = (json_lines_writer if as_lines else csv_writer)(shape)
    for batch in batches:
        names = [column.name for column in batch.columns]
        head = csv_header(shape, names) if is_first and not as_lines else ""
        is_first = False
        yield head + write(*batch)


def write_predictions(
    destination: Destination, shape: Shape, batches: Callable[[], Iterator[Batch]], can_repeat: bool = True
) -> None:
    """Write batches to a file; batches: gives them from the beginning; can_repeat: more than once."""
    target, name = destination
    if name in _TEXTS:
        with opened_output(target) as file:
            for text in prediction_texts(shape, name, batches()):
                file.write(text.encode())
    else:
        stream = TableStream(lambda: (prediction_table(shape, *batch) for batch in batches()), can_repeat)
        write_stream(writer_of(name), target, stream)


class Predictions:
    """The predictions for the rows of tables, each time from the beginning.

    remarks, not_finite, n_rows: of the last time.
    """

    def __init__(self, values: Values, decisions: Decisions, files: Sequence[str], reader: TableReader) -> None:
        self._values, self._decisions, self._files = values, decisions, files
        self._reader = reader
        self.destination = destination_of(values, [*files])
        self.shape = _shape(values, decisions, self.destination.format)
        self.remarks, self.not_finite, self.n_rows = Remarks(), NotFinite(), 0

    def texts(self) -> Iterator[str]:
        """The text of every batch; the header of CSV comes with the first."""
        return prediction_texts(self.shape, self.destination.format, self._batches())

    def write(self) -> None:
        """Write them to a file, or as bytes to stdout, and say so."""
        target, name = self.destination
        can_repeat = all(map(can_read_again, self._files))
        write_predictions(self.destination, self.shape, self._batches, can_repeat)
        self._values.console.note(f"{shown_output(target)}: {count_of(self.n_rows, 'row')}, written as {name}")

    @property
    def is_text_on_stdout(self) -> bool:
        """Whether texts() is what the user sees."""
        return self.destination.target == "-" and self.destination.format in _TEXTS

    def _batches(self) -> Iterator[Batch]:
        self.remarks, self.not_finite, self.n_rows = Remarks(), NotFinite(), 0
        network, values = self._decisions.network, self._values
        for file in self._files:
            place, is_first = Place(shown_name(file)), True
            for table, encoded in stream_encoded(file, self._reader._replace(remarks=self.remarks), network):
                if is_first:
                    refuse_read_target(*self.destination, "--output")
                    is_first = False
                columns = columns_with(table, values["with"], self.shape.names, place)
                outputs = predict(network, encoded.inputs, threads=values["threads"])
                self.not_finite.look(outputs)
                self.n_rows += len(outputs)
                chosen = None if network.task == "regression" else self._decisions.places(outputs)
                yield Batch(columns, outputs, chosen)
            # Files may have been read since the first rows, such as the names of a further array.
            refuse_read_target(*self.destination, "--output")


def columns_with(table: Table, words: Sequence[str], own: Sequence[str], place: Place) -> list[TableColumn]:
    """The columns of the data that are written; own: the names of the columns of the predictions."""
    names = find_all_columns(table, words, "--with", place)
    both = next((name for name in names if name in own), None)
    if both is not None:
        raise place.usage(f"--with: {quoted(both)} is called like a column of the predictions", "rename it in the file")
    return [table.column(name) for name in names]


def _shape(values: Values, decisions: Decisions, format_name: str) -> Shape:
    top: int | None = values["top"]
    network = decisions.network
    task = network.task or "classification"
    if top is not None and (task != "classification" or network.n_outputs == 1):
        raise UsageError("--top is for networks with more than two classes", advice="leave it out")
    for name in ("scores", "classes"):
        if top is not None and values[name]:
            raise UsageError(f"--top and --{name} exclude each other", advice="leave one of them out")
    for name in ("scores", "classes"):
        if values[name]:
            refuse_numbers(network, f"--{name}")
    classes = class_names(network)
    delimiter = values["delimiter"] if "delimiter" in values.given else ","
    return Shape(
        classes=classes,
        n_outputs=network.n_outputs,
        task=task,
        with_class=not values["scores"],
        with_scores=not values["classes"],
        leaves_open=bool(decisions.abstain),
        top=None if top is None else min(top, len(classes)),
        delimiter="\t" if format_name == "tsv" else delimiter,
    )
