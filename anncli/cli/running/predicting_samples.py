"""`ann predict` for samples of several rows: a line for each sample, or for each row with an empty line between samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Rows, Tokens
from anncli.cli.asking.network_options import refuse_with
from anncli.cli.asking.values import Values
from anncli.cli.running.decisions import Decisions
from anncli.cli.running.predicting_tables import Predictions
from anncli.cli.showing.not_finite import NotFinite
from anncli.cli.showing.table_predictions import Batch
from anncli.errors import UsageError
from anncli.formats.data.base import RowBatch
from anncli.formats.data.class_texts import blocks_of_texts
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.row_stream import stream_rows_come
from anncli.formats.data.sample_stream import stream_samples
from anncli.formats.data.table_sets import TableReader
from anncli.formats.data.texts import takes_texts
from anncli.formats.files.textfile import shown_name
from anncli.inference.predict import predict
from anncli.inference.row_answers import RowAnswers
from anncli.network.encoders.symbols import blanks_text
from anncli.network.network import Network
from anncli.network.sample_lengths import length_fault, rows_above, short_samples
from anncli.tables import TableColumn

# Makes text of a batch of lines, their outputs and the predicted classes.
Writer = Callable[[RowBatch, Any, Any], str]


def asks_for_table(values: Values) -> bool:
    """Whether predictions are written as a table: to a file, or in a format; raises UsageError for options about columns of
    the data, whose rows are no samples of their own."""
    if "with" in values.on_command_line:
        refuse_with(False)
    asked = [name for name in ("to", "output") if name in values.given]
    asked += ["top"] if "top" in values.on_command_line else []
    if values["json"] and asked:
        raise UsageError(
            f"--json and --{asked[0]} exclude each other", advice="--to jsonl writes a document per prediction"
        )
    return bool(asked)


def sample_texts(
    values: Values, decisions: Decisions, data: tuple[Sequence[str], TableReader], write: Writer, not_finite: NotFinite
) -> Iterator[str]:
    """The text of the predictions for the samples in all files, as a stream; write: makes it of a batch of lines."""
    network, last = decisions.network, 1
    # Where a sample has several lines, an empty one separates samples.
    by_row, has_classes = network.topology.answers_rows or values["stateful"], network.task in (None, "classification")
    for numbers, outputs in _answered(values, network, *data):
        not_finite.look(outputs)
        text = write(RowBatch(outputs), outputs, decisions.places(outputs) if has_classes else None)
        if values["json"]:
            entries = zip(text.split("\n"), numbers.tolist(), strict=True)
            text = "\n".join([f'{{"sample": {number}, {entry[1:]}' for entry, number in entries])
        elif by_row and len(numbers):
            lines, changes = text.splitlines(keepends=True), np.flatnonzero(np.diff(numbers, prepend=last))
            for place in reversed(changes.tolist()):
                lines.insert(place, "\n")
            text, last = "".join(lines), int(numbers[-1])
        yield text


class Answered(NamedTuple):
    """The outputs (n, n_outputs) of consecutive lines, and the number of the sample of each, counted from 1 through all files."""

    numbers: Any
    outputs: Any


def _answered(values: Values, network: Network, files: Sequence[str], reader: TableReader) -> Iterator[Answered]:
    if values["stateful"]:
        yield from _row_by_row(network, files, reader)
        return
    n_samples = 0
    for samples in _blocks(network, files, reader):
        outputs = predict(network, samples, in_place=True, threads=values["threads"])
        numbers = n_samples + 1 + np.arange(len(samples))
        if network.topology.answers_rows:
            # A convolution with a stride has fewer outputs than rows.
            numbers = np.repeat(numbers, rows_above(network.topology, samples.lengths))
        n_samples += len(samples)
        yield Answered(numbers, outputs)


def _row_by_row(network: Network, files: Sequence[str], reader: TableReader) -> Iterator[Answered]:
    """The answer to each row as soon as it has come."""
    number = 0
    with closing(RowAnswers(network)) as answers:
        for file in files:
            for rows, begins in stream_rows_come(file, network, reader.remarks):
                if begins:
                    answers.begin()
                    number += 1
                yield Answered(np.full(len(rows.values), number), answers.answers(rows))


def _blocks(network: Network, files: Sequence[str], reader: TableReader) -> Iterator[Rows | Tokens]:
    """The samples of all files; raises DataError for one that is too short for the layers, after those above it were given."""
    for file in files:
        n_above = 0
        for samples in _samples(network, file, reader):
            short = short_samples(network.topology, samples)
            if len(short):
                if short[0]:
                    yield samples[: short[0]]
                number = n_above + int(short[0]) + 1
                raise length_fault(network.topology, samples, short, number, shown_name(file))
            n_above += len(samples)
            yield samples


def _samples(network: Network, file: str, reader: TableReader) -> Iterator[Rows | Tokens]:
    """The samples of a file; of a text its lines."""
    if not takes_texts(network):
        yield from stream_samples(file, reader, network)
        return
    assert network.vocabulary is not None
    n_texts = n_blank = 0
    for lines in blocks_of_texts([file], network, reader.remarks):
        tokens = network.vocabulary.tokens(lines)
        n_texts, n_blank = n_texts + len(tokens), n_blank + network.vocabulary.blanks(tokens)
        yield tokens
    if n_blank:
        reader.remarks.warn(f"{shown_name(file)}: {blanks_text(n_blank, n_texts)}")


class SamplePredictions(Predictions):
    """The predictions for samples, as Predictions has them for rows of tables; the first column is the number of the sample."""

    def _batches(self) -> Iterator[Batch]:
        self.remarks, self.not_finite, self.n_rows = Remarks(), NotFinite(), 0
        network, reader = self._decisions.network, self._reader._replace(remarks=self.remarks)
        for numbers, outputs in _answered(self._values, network, self._files, reader):
            self.not_finite.look(outputs)
            self.n_rows += len(outputs)
            chosen = None if network.task == "regression" else self._decisions.places(outputs)
            yield Batch([TableColumn("sample", numbers.astype(np.float64))], outputs, chosen)
