"""Datasets from files: one file per class, or a list that carries the classes, read into one matrix; and vectors as a stream."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from anncli.arrays import Array, row_range
from anncli.compiled.row_text import DELIMITERS
from anncli.dataset.dataset import UNLABELLED, Dataset
from anncli.errors import DataError, UsageError, did_you_mean
from anncli.formats.data.class_files import ClassFiles, check_entry, look_ahead
from anncli.formats.data.lists import ListReader
from anncli.formats.data.row_buffer import RowBuffer
from anncli.formats.data.vectors import VectorReader, Width
from anncli.formats.files.source import Source
from anncli.formats.files.textfile import shown_name

Path = str | os.PathLike[str]

DATA_FORMATS = ("auto", "vectors", "list")


class VectorBlock(NamedTuple):
    """Some vectors of a stream: inputs float32 (n, n_inputs) and entry names, () for plain vectors."""

    inputs: Array
    names: tuple[str, ...]


def read_dataset(
    paths: Path | Sequence[Path],
    *,
    class_names: Sequence[str] | None = None,
    n_inputs: int | None = None,
    labelled: bool = True,
    delimiter: str | None = None,
    data_format: str = "auto",
) -> Dataset:
    """One file per class in class order; or one file for all classes, a list whose entries carry their labels.

    Args: paths: may be a single one; class_names: default the file names without ending, for a labelled list '1', '2', ...; n_inputs: values per
        vector that are wanted, default those of the first vector; labelled: False where the files are no classes, so
        that only a list gives labels; delimiter: '' for blanks, or one of , ; tab |, default found out by looking;
        data_format: 'vectors' or 'list', default found out.
    Raises: DataError with file, line and column for anything that is not clean data.
    """
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    groups = {"data": paths}
    data, _ = _read(groups, class_names, n_inputs, delimiter, data_format, labelled=labelled)
    if labelled and (data.labels == UNLABELLED).all():
        raise DataError("no vector carries a class", path=shown_name(paths[0]), advice="give one file per class")
    return data


def read_parts(
    groups: Mapping[str, Sequence[Path]],
    *,
    class_names: Sequence[str] | None = None,
    n_inputs: int | None = None,
    delimiter: str | None = None,
    data_format: str = "auto",
) -> tuple[Dataset, dict[str, Array]]:
    """Several groups of class files in one Dataset, and the row numbers of each group; arguments as read_dataset().

    The first group decides the number of classes where class_names is None. A group holds one file per class, or a
    single list of labelled entries; an entry without label is UNLABELLED there.
    Raises: as read_dataset(), and for a single file in a later group that carries no class at all.
    """
    data, parts = _read(groups, class_names, n_inputs, delimiter, data_format, labelled=True)
    for group, paths in list(groups.items())[1:]:
        if (data.labels[parts[group]] == UNLABELLED).all():
            advice = "give one file per class, or write the number of its class after each name of a list"
            raise DataError("no vector carries a class", path=shown_name(paths[0]), advice=advice)
    return data, parts


def stream_vectors(
    path: Path,
    n_inputs: int,
    *,
    block_rows: int = 1 << 14,
    delimiter: str | None = None,
    data_format: str = "auto",
) -> Iterator[VectorBlock]:
    """The vectors of a file or of stdin ('-') in order, as they come, in constant memory; arguments as read_dataset().

    block_rows: at most so many at a time. The vectors before a fault come before it is raised.
    """
    _check_options(delimiter, data_format)
    source = Source(path)
    is_list, blocks = look_ahead(source, data_format, delimiter)
    stream = _list_stream(source, blocks, n_inputs) if is_list else _vector_stream(source, blocks, n_inputs, delimiter)
    found = False
    for block in stream:
        found = True
        for start in range(0, len(block.inputs), block_rows):
            stop = start + block_rows
            yield VectorBlock(block.inputs[start:stop], block.names[start:stop])
    if not found:
        raise DataError("holds no vectors", path=source.shown, advice="write one vector per line")


def _vector_stream(
    source: Source, blocks: Iterable[bytes], n_inputs: int, delimiter: str | None
) -> Iterator[VectorBlock]:
    reader = VectorReader(source, Width(n_inputs), delimiter)
    for block in blocks:
        rows, fault = RowBuffer(n_inputs), None
        try:
            reader.feed(rows, block)
        except DataError as error:
            fault = error
        if rows.n:
            yield VectorBlock(rows.matrix(), ())
        if fault:
            raise fault


def _list_stream(source: Source, blocks: Iterable[bytes], n_inputs: int) -> Iterator[VectorBlock]:
    reader = ListReader(source)
    for block in blocks:
        yield from _gathered(source, reader.feed(block), n_inputs)
    yield from _gathered(source, reader.finish(), n_inputs)


def _gathered(source: Source, entries: Iterable[Any], n_inputs: int) -> Iterator[VectorBlock]:
    """The entries at hand in blocks: one by one they would cost more than their numbers."""
    rows, names, fault = RowBuffer(n_inputs), list[str](), None
    try:
        for entry in entries:
            check_entry(source, entry, Width(n_inputs))
            rows.append(entry.vectors)
            names += entry.names
            if rows.n >= 1 << 12:
                yield VectorBlock(rows.matrix(), tuple(names))
                rows, names = RowBuffer(n_inputs), []
    except DataError as error:
        fault = error
    if rows.n:
        yield VectorBlock(rows.matrix(), tuple(names))
    if fault:
        raise fault


def _read(
    groups: Mapping[str, Sequence[Path]],
    class_names: Sequence[str] | None,
    n_inputs: int | None,
    delimiter: str | None,
    data_format: str,
    *,
    labelled: bool,
) -> tuple[Dataset, dict[str, Array]]:
    _check_options(delimiter, data_format)
    first = next(iter(groups.values()), ())
    names = tuple(class_names) if class_names else names_of_files(first)
    # What a single file holds is known when it has been read: one class, or a list of several.
    open_ended = not class_names and len(first) == 1
    _check_groups(groups, names, class_names is not None, labelled=labelled)
    files = ClassFiles(n_inputs, delimiter, data_format, None if open_ended else len(names))
    seen = _Seen()
    parts = {}
    for group, paths in groups.items():
        start = files.n_samples
        for number, path in enumerate(paths):
            single = not labelled or len(paths) != len(names) or open_ended
            label = UNLABELLED if single else number
            seen.check_file(path, label)
            files.read(path, label)
            seen.check_bytes(path, label, files.origins[-1].sha256)
        parts[group] = row_range(start, files.n_samples)
    if open_ended:
        return _of_single_file(files, names, labelled), parts
    return files.dataset(names), parts


def _of_single_file(files: ClassFiles, names: tuple[str, ...], labelled: bool) -> Dataset:
    """The data of one file for which no classes were given: those its labels name, or one class that is the file."""
    n_classes = files.largest_label + 1
    if n_classes:
        return files.dataset(tuple(str(k) for k in range(1, n_classes + 1)))
    data = files.dataset(names)
    if labelled:
        data.labels[:] = 0
    return data


def names_of_files(paths: Sequence[Path]) -> tuple[str, ...]:
    """File names without folder and ending, made different where they are not."""
    names: list[str] = []
    for path in paths:
        stem = os.path.basename(os.fspath(path)).removesuffix(".gz")
        stem = "stdin" if stem == "-" else os.path.splitext(stem)[0] or stem
        name, number = stem, 2
        while name in names:
            name, number = f"{stem}-{number}", number + 1
        names.append(name)
    return tuple(names)


class _Seen:
    """Which files were read for which class: the same vectors cannot belong to two."""

    def __init__(self) -> None:
        self._paths: dict[str, tuple[int, Path]] = {}
        self._digests: dict[str, tuple[int, Path]] = {}

    def check_file(self, path: Path, label: int) -> None:
        real = os.path.realpath(path) if os.fspath(path) != "-" else "-"
        twin_label, twin = self._paths.setdefault(real, (label, path))
        if UNLABELLED not in (label, twin_label) and label != twin_label:
            raise DataError(f"is the same file as {os.fspath(twin)}, which is another class", path=path, advice="give one file per class")  # fmt: skip

    def check_bytes(self, path: Path, label: int, sha256: str) -> None:
        twin_label, twin = self._digests.setdefault(sha256, (label, path))
        if UNLABELLED not in (label, twin_label) and label != twin_label:
            raise DataError(f"holds the same bytes as {os.fspath(twin)}, which is another class", path=path, advice="give one file per class")  # fmt: skip


def _check_options(delimiter: str | None, data_format: str) -> None:
    if data_format not in DATA_FORMATS:
        raise UsageError(f"unknown data format '{data_format}'", advice=did_you_mean(data_format, DATA_FORMATS))
    if delimiter is not None and delimiter not in DELIMITERS:
        raise UsageError(f"values cannot be separated by '{delimiter}'", advice="use blanks, a tab, ',', ';' or '|'")


def _check_groups(groups: Mapping[str, Sequence[Path]], names: tuple[str, ...], given: bool, *, labelled: bool) -> None:
    if not names:
        raise UsageError("no data files", advice="give one file per class")
    if sum(os.fspath(path) == "-" for paths in groups.values() for path in paths) > 1:
        raise UsageError("stdin (-) can be read only once", advice="name files for the others")
    if not labelled:
        return
    for group, paths in groups.items():
        if len(paths) not in (1, len(names)):
            raise UsageError(f"{group}: {len(paths)} files for {len(names)} classes", advice="give one file per class")
        # Class files named like the classes must stand in their order.
        own = names_of_files(paths)
        if given and own != names and sorted(own) == sorted(names):
            raise UsageError(
                f"the class files are {', '.join(own)}, the network's classes are {', '.join(names)}",
                advice="give the files in the network's order",
            )
