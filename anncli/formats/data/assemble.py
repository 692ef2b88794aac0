"""Datasets from files of any format: one file per class, or a file whose rows carry their classes; and rows as a stream."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence

from anncli.arrays import Array, row_range
from anncli.compiled.row_text import DELIMITERS
from anncli.dataset.dataset import UNLABELLED, Dataset
from anncli.errors import DataError, UsageError, paths_of
from anncli.formats.data.agreement import (
    ClassNumbers,
    Expected,
    SeenFiles,
    check_files,
    check_labels,
    check_paths,
    expected_of,
    names_of_files,
)
from anncli.formats.data.base import RowBatch, Want, Width
from anncli.formats.data.collector import Collector
from anncli.formats.data.columns import ColumnMatcher
from anncli.formats.data.registry import data_format as format_named
from anncli.formats.data.registry import format_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import Path
from anncli.network.network import Network
from anncli.network.spikes.code import LatencyCode


def read_dataset(
    paths: Path | Sequence[Path],
    *,
    network: Network | None = None,
    class_names: Sequence[str] | None = None,
    n_inputs: int | Sequence[str] | None = None,
    labelled: bool = True,
    delimiter: str | None = None,
    data_format: str = "auto",
    remarks: Remarks | None = None,
) -> Dataset:
    """The rows of one file per class, in class order; or of one file for all classes, whose rows carry their classes.

    Args: paths, may be a single one; network, whose inputs and classes the files must fit; class_names, default those of
        the network, then those in the rows, then the file names without ending; n_inputs, the values per row or the names
        of their columns, default those of the network, then of the first row; labelled, False where the files are no
        classes, so that only rows give labels; delimiter, '' for blanks, or one of , ; tab |, default found in the file;
        data_format, a name of DATA_FORMAT_NAMES, default found in each file; remarks, takes what the reader has to say;
        without it a warning of Python tells of numbers that 32 bits do not hold.
    Raises: DataError with file, line and column for anything that is not clean data; UsageError for files that do not
        agree with the classes.
    """
    paths = [] if paths is None else paths_of(paths)
    expected = expected_of(network, class_names)
    if network is not None and n_inputs is None:
        n_inputs = network.columns or network.n_inputs
    want = _want(n_inputs, delimiter, data_format, remarks, None if network is None else network.topology.inputs.code)
    data, _ = _read({"data": paths}, expected, want, data_format, labelled=labelled)
    if labelled:
        check_labels(data, paths[0], expected)
    if remarks is None and want.remarks is not None:
        for text in want.remarks.warnings():
            warnings.warn(text, stacklevel=2)
    return data


def read_sets(
    sets: Mapping[str, Sequence[Path]],
    *,
    network: Network | None = None,
    delimiter: str | None = None,
    data_format: str = "auto",
    remarks: Remarks | None = None,
) -> tuple[Dataset, dict[str, Array]]:
    """Several sets of files in one Dataset, and the row numbers of each set; other arguments as read_dataset().

    The first set decides what is not known of the classes. A row without a class is UNLABELLED, but no set has only those.
    Raises: as read_dataset().
    """
    expected = expected_of(network, None)
    inputs, code = (
        (None, None) if network is None else (network.columns or network.n_inputs, network.topology.inputs.code)
    )
    want = _want(inputs, delimiter, data_format, remarks, code)
    data, rows = _read(sets, expected, want, data_format, labelled=True, training=True)
    for number, (name, paths) in enumerate(sets.items()):
        check_labels(data, paths[0], expected, rows[name], asked=number == 0 and len(paths) == 1)
    return data, rows


def stream_rows(
    path: Path,
    n_inputs: int,
    *,
    block_rows: int = 1 << 14,
    delimiter: str | None = None,
    data_format: str = "auto",
    columns: Sequence[str] = (),
    remarks: Remarks | None = None,
    code: LatencyCode | None = None,
) -> Iterator[RowBatch]:
    """The rows of a file or of stdin ('-') in order, as they arrive, in constant memory; arguments as read_dataset().

    block_rows: the most rows in one batch, which has inputs and names; columns: the names of the network's inputs, which
    those of the file are matched with; code: of a network that makes spikes of values. The rows before a fault come before it is raised.
    """
    source, want = ByteSource(path), _want(columns or n_inputs, delimiter, data_format, remarks, code)
    matcher = ColumnMatcher(columns, want.remarks or Remarks())
    batch = None
    for raw in format_of(source, data_format, delimiter, want.width).open(source, want):
        batch = matcher.fit(raw, source.shown)
        batch.check_code(code, source.shown)
        for start in range(0, len(batch.inputs), block_rows):
            stop = start + block_rows
            yield RowBatch(batch.inputs[start:stop], names=batch.names[start:stop])
    if batch is None:
        raise DataError("holds no rows", path=source.shown, advice="write one row of values per line")


def _want(
    inputs: int | Sequence[str] | None, delimiter: str | None, data_format: str, remarks: Remarks | None,
    code: LatencyCode | None,
) -> Want:  # fmt: skip
    """Raises UsageError for an unknown format or delimiter."""
    if data_format != "auto":
        format_named(data_format)
    if delimiter is not None and delimiter not in DELIMITERS:
        raise UsageError(f"values cannot be separated by '{delimiter}'", advice="use blanks, a tab, ',', ';' or '|'")
    columns = () if inputs is None or isinstance(inputs, int) else tuple(inputs)
    n_inputs = inputs if isinstance(inputs, int) else len(columns) or None
    return Want(None if n_inputs is None else Width(n_inputs), delimiter, columns, remarks or Remarks(), code=code)


def _read(
    sets: Mapping[str, Sequence[Path]],
    expected: Expected,
    want: Want,
    data_format: str,
    *,
    labelled: bool,
    training: bool = False,
) -> tuple[Dataset, dict[str, Array]]:
    check_paths(sets)
    if labelled:
        check_files(sets, expected)
    first = next(iter(sets.values()))
    numbers = ClassNumbers(expected, first)
    collector, seen, rows = Collector(want, data_format, numbers), SeenFiles(), {}
    for name, paths in sets.items():
        start = collector.n_samples
        for number, path in enumerate(paths):
            label = number if labelled and len(paths) > 1 else UNLABELLED
            seen.check_path(path, label)
            seen.check_bytes(path, label, collector.read(path, label))
        rows[name] = row_range(start, collector.n_samples)
        if training and len(rows) == 1:
            numbers.check_all_labelled()
    found, renumbered = numbers.settle()
    if found:
        return collector.dataset(found, renumbered), rows
    # A single file of rows without classes is one class.
    data = collector.dataset(names_of_files(first))
    if labelled:
        data.labels[:] = 0
    return data, rows
