"""Files of samples of several rows: those of a training, and those on which a network is evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from anncli.arrays import Array, Rows
from anncli.dataset.dataset import Dataset
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.dataset.table_data import TableData
from anncli.errors import DataError, UsageError
from anncli.formats.data.class_files import read_class_tables, read_labelled_classes
from anncli.formats.data.registry import data_format, table_format_of
from anncli.formats.data.table_sets import TableReader, read_table_sets
from anncli.formats.data.table_use import read_labelled
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import Path
from anncli.network.network import Network


def has_samples(network: Network | None, request: TableRequest) -> bool:
    """Whether a sample is several rows or tokens: where the network takes such, and where a column says whose the rows are.

    Raises: UsageError for such a column, and a network whose samples are one row each.
    """
    if request.sequence is not None and network is not None and network.topology.takes_vectors:
        message = f"--sequence {request.sequence}: a sample of this network is one row"
        raise UsageError(
            message, advice="write `inputs: any x N` in the network file, N for the columns that are inputs"
        )
    return request.sequence is not None or (network is not None and not network.topology.takes_vectors)


def sample_reader(reader: TableReader, network: Network | None) -> TableReader:
    """The reader of such files. Raises: UsageError for what is said about rows that are no samples of their own."""
    request, read = reader.request, reader.read
    if read.transpose:
        raise UsageError("--transpose is for samples of one row each", advice="leave it out")
    if request.label_files:
        raise UsageError(
            "--label file:NAME is for samples of one row each", advice="write the answers into a column of the file"
        )
    if request.label == ("inputs",):
        raise UsageError("--label inputs is for samples of one row each", advice="name the column of the answers")
    if request.order is not None and request.sequence is None:
        raise UsageError("--order is the order of the rows of a sequence here", advice="add --sequence NAME")
    if "indicator" in (request.missing or ""):
        message = f"--missing {request.missing} makes inputs that are no columns"
        raise UsageError(message, advice="say --missing mean or median")
    own: Literal["blocks", "column"] = "blocks" if request.sequence is None else "column"
    by_row = None if network is None else network.topology.answers_rows
    tokens = 0 if network is None or not network.topology.inputs.tokens else network.n_inputs
    spikes = network is not None and network.topology.inputs.spikes
    read = read._replace(samples=own, memory=None, tokens=tokens, spikes=spikes)
    return reader._replace(read=read, by_row=by_row)


def read_sample_sets(
    sets: Mapping[str, Sequence[Path]], reader: TableReader, network: Network | None
) -> tuple[TableData, dict[str, Array]]:
    """Sets of files as one, and the numbers of the samples of each set; see table_sets.read_table_sets().

    Several files are one class each, unless the user or the format says where the answers are; where the network has an
    answer for every row, that class is the answer of each.
    """
    reader = sample_reader(reader, network)
    if are_classes(next(iter(sets.values())), reader):
        return read_class_tables(sets, _of_classes(reader, network), network)
    data, rows = read_table_sets(sets, reader, network)
    _say_of_one(reader, data.shown[0], data.n_samples, data.table.n_rows)
    return data, rows


def read_labelled_samples(paths: Sequence[Path], reader: TableReader, network: Network) -> Dataset:
    """The samples on which a trained network is evaluated; see table_use.read_labelled()."""
    reader = sample_reader(reader, network)
    if are_classes(paths, reader):
        data = read_labelled_classes(paths, _of_classes(reader, network), network)
    else:
        data = read_labelled(paths, reader, network)
        if isinstance(data.inputs, Rows):
            _say_of_one(reader, data.sources[0].name, data.n_samples, len(data.inputs.values))
    if network.mixture is not None and isinstance(data.inputs, Rows):
        return data.as_vectors(network.mixture.encode(data.inputs))
    return data


def _say_of_one(reader: TableReader, shown: str, n_samples: int, n_rows: int) -> None:
    """A table that was not meant as one long sample would give wrong figures without a word."""
    if n_samples == 1 < n_rows and reader.request.sequence is None and not reader.read.tokens:
        text = "an empty line separates samples, and --sequence NAME says whose the rows are"
        reader.remarks.warn(f"{shown}: all {n_rows} rows are one sample; {text}")


def are_classes(paths: Sequence[Path], reader: TableReader) -> bool:
    """Whether several files are one class each."""
    if len(paths) < 2 or reader.request.label:
        return False
    return not carries_answers(paths[0], reader.read)


def _of_classes(reader: TableReader, network: Network | None) -> TableReader:
    """The reader of files of one class each, whose rows are the inputs and nothing else unless something is said about columns."""
    if network is None or network.topology.inputs.tokens or reader.request.is_about_inputs:
        return reader
    if network.encoder is not None and not network.encoder.is_plain:
        return reader
    return reader._replace(read=reader.read._replace(values=network.topology.inputs.samples.columns))


def carries_answers(path: Path, read: ReadRequest) -> bool:
    """Whether the format of a file says itself what the answers are."""
    source = ByteSource(path)
    if path == "-":
        return False
    try:
        found: object = table_format_of(source, "auto" if read.format == "vectors" else read.format)
    except (DataError, UsageError):
        # Whoever reads it says what is wrong.
        return False
    return found in (data_format("ts"), data_format("libsvm"), data_format("arff"))
