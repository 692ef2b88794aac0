"""Tables in files as samples: the sets of a training, and the rows on which a network is evaluated or used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, row_range
from anncli.dataset.class_labels import check_labelled, classes_of, number_labels
from anncli.dataset.dataset import UNLABELLED
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.dataset.roles import Place, needed_columns
from anncli.dataset.row_columns import groups_of, times_of, weights_of
from anncli.dataset.table_data import TableData
from anncli.dataset.target_columns import flags_of, targets_of
from anncli.dataset.word_columns import same_but_for_case
from anncli.errors import DataError, quoted
from anncli.formats.data.agreement import SeenFiles
from anncli.formats.data.answer_files import TableFile, check_counts, known_names, with_answers, with_class
from anncli.formats.data.dense import human_bytes
from anncli.formats.data.joined import empty_column, join_tables, join_within
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.sample_tables import (
    in_sequences,
    of_one_answer,
    packed,
    refuse_parts,
    renumbered,
    rows_of_sets,
)
from anncli.formats.data.table_columns import TableMatcher
from anncli.formats.data.table_input import read_table
from anncli.formats.data.table_request import columns_of, stored_roles, with_head
from anncli.formats.files.textfile import Path
from anncli.network.network import Network
from anncli.tables import Roles


class TableReader(NamedTuple):
    """How tables are read for a command.

    request, read: what the user said about columns and files; remarks: where remarks go; width: how many columns without
    answers there are, for formats in which a file need not show it, None: unknown; names: that columns may have; classes:
    the class of each file of a set, in order, where the files are the answers, () where the tables hold them;
    by_row: of samples of several rows, whether each row has an answer, None: if those of a sample differ.
    """

    request: TableRequest
    read: ReadRequest
    remarks: Remarks
    width: int | None = None
    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    by_row: bool | None = None

    def knowing(self, columns: Sequence[str], labels: Sequence[str], is_named: bool) -> TableReader:
        """The reader of further tables with these columns."""
        width = len([name for name in columns if name not in labels])
        return self._replace(width=width, names=tuple(columns) if is_named else ())

    def asking(self, request: TableRequest) -> TableReader:
        """The reader of the first table, whose columns may have the names that a request uses."""
        one = (request.weight, request.group, request.order, request.row_names)
        words = (*request.label, *request.ignore, *request.use, *request.category, *filter(None, one))
        return self._replace(names=tuple(word for word in words if not word.isdecimal()))


def read_table_sets(
    sets: Mapping[str, Sequence[Path]], reader: TableReader, network: Network | None = None
) -> tuple[TableData, dict[str, Array]]:
    """Sets of labelled tables as one, and the row numbers of each set; the first set is the training set, whose columns
    the files of the others must have.

    Args: network: whose definition says something about columns, or whose encoder the tables must fit.
    Raises: DataError with file and line for faults in files and for labels that are missing or unknown; UsageError where
        it is not clear what the columns are.
    """
    request = with_head(reader.request, None if network is None else network.table)
    encoder = None if network is None else network.encoder
    informed = reader.asking(request) if encoder is None else reader.knowing(*encoder.roles.shape)
    files, request = read_files(sets, informed._replace(request=request), network)
    first = next(iter(files.values()))
    if encoder is not None:
        roles, kinds = stored_roles(encoder, request), {column.name: column.kind for column in encoder.columns}
    else:
        roles, kinds = _columns_of(first, reader, request, network)
    matcher = TableMatcher(roles, roles.used, reader.remarks, "the network" if encoder else first[0].shown)
    known = () if network is None else network.classes or network.target_names
    return joined_sets(files, matcher, kinds, reader._replace(request=request), known or reader.classes)


def _columns_of(
    files: Sequence[TableFile], reader: TableReader, request: TableRequest, network: Network | None
) -> tuple[Roles, dict[str, str]]:
    """The roles of the columns of the first set, and the kinds of the inputs. A joined table on the disk ends with the call."""
    table = join_within([_like(file, files[0], request, reader.remarks).table for file in files], reader.read.memory)
    return columns_of(table, request, network, files[0].shown, reader.remarks)


def joined_sets(
    files: Mapping[str, Sequence[TableFile]],
    matcher: TableMatcher,
    kinds: Mapping[str, str],
    reader: TableReader,
    classes: Sequence[str],
) -> tuple[TableData, dict[str, Array]]:
    """Sets of files as one table, and the row numbers of each set.

    Args: classes: those of the network, or the names of its targets, or () where the first set decides.
    """
    roles, request, memory = matcher.roles, reader.request, reader.read.memory
    matched = {
        name: [
            _labelled(in_sequences(file._replace(table=matcher.fit(file.table, file.shown)), roles), reader, roles)
            for file in own
        ]
        for name, own in files.items()
    }
    flat = renumbered([file for own in matched.values() for file in own])
    answers = [file.answers for file in flat if file.answers is not None]
    # One file keeps its matrix, which need not be copied.
    shared = [name for name in roles.used if all(name in file.table.by_name for file in flat)]
    table = flat[0].table if len(flat) == 1 else join_within([file.table.select(shared) for file in flat], memory)
    rows = rows_of_sets(matched)
    data = TableData(
        table, roles, kinds, np.full(table.n_rows, UNLABELLED, dtype=np.int8), missing=request.missing or "error",
        unknown=request.unknown or "zeros", sources=(*(file.source for file in flat), *(file.source for file in answers)),
        task=task_name(roles), shown=(*(file.shown for file in flat), *(file.shown for file in answers)), memory=memory,
    )  # fmt: skip
    data = replace(data, **_about_rows(data))
    _check_positive(reader.request.positive, data.task, classes, Place(flat[0].shown))
    if data.task == "classification":
        known = tuple(classes) or _classes(next(iter(matched.values())), matcher, request, reader.by_row)
        labels = [number_labels(file.labelled, roles.labels[0], known, file.label_place.fault) for file in flat]
        return packed(replace(data, labels=np.concatenate(labels), classes=known), rows, reader.by_row)
    names = tuple(classes) or roles.labels or roles.inputs
    return packed(replace(data, targets=_targets(flat, roles, data), target_names=names), rows, reader.by_row)


def _targets(files: Sequence[TableFile], roles: Roles, data: TableData) -> Array:
    """The targets (n, n_targets) of the rows of all files."""
    if roles.reconstructs:
        # They will be the encoded inputs, see TableData.with_inputs().
        shape = (data.n_samples, len(roles.inputs))
        if data.memory is not None and (size := 4 * shape[0] * shape[1]) > data.memory:
            message = f"--label inputs keeps the targets in memory, and they take {human_bytes(size)}"
            raise DataError(message, path=files[0].shown, advice="raise --memory-limit, or give fewer rows")
        return np.zeros(shape, dtype=np.float32)
    take = targets_of if data.task == "regression" else flags_of
    return np.concatenate([take(file.labelled, roles.labels, file.label_place.fault) for file in files])


def _check_positive(positive: str | None, task: str, classes: Sequence[str], place: Place) -> None:
    """Raises UsageError for a positive class where there is none, or where the network has another one."""
    if positive is None:
        return
    if task != "classification":
        answers = "numbers" if task == "regression" else "several labels"
        raise place.usage(f"--positive is for two classes, and the answers are {answers}", "leave it out")
    if classes and positive != classes[0]:
        message = f"--positive: the positive class of this network is {quoted(classes[0])}"
        raise place.usage(message, "leave the option out, or train anew without --continue")


def _about_rows(data: TableData) -> dict[str, Any]:
    """Weights, groups and times of the rows, as far as the table has these columns."""
    roles = data.roles

    def fault(message: str, advice: str, row: int | None) -> DataError:
        path, line = data.place_of(row)
        return DataError(message, path=path or data.shown[0], line=line, advice=advice)

    readers = {
        "weights": (roles.weight, weights_of),
        "groups": (roles.group, groups_of),
        "times": (roles.order, times_of),
    }
    known = data.table.by_name
    return {what: read(data.table, name, fault) for what, (name, read) in readers.items() if name and name in known}


def declared_sets(data: TableData) -> dict[str, Array]:
    """The row numbers of the sets into which the format of the one file divides its rows; {} where it does not."""
    counts = dict(data.table.sets)
    if not counts or sum(source.n_samples > 0 for source in data.sources) > 1 or sum(counts.values()) != data.n_samples:
        return {}
    rows, start = {}, 0
    for name, count in counts.items():
        rows[name], start = row_range(start, start + count), start + count
    return rows


def task_name(roles: Roles) -> str:
    """The task of a dataset: several labels of classes are a task of their own."""
    return "multi-label" if roles.task == "classification" and len(roles.labels) > 1 else roles.task


def read_files(
    sets: Mapping[str, Sequence[Path]], reader: TableReader, network: Network | None
) -> tuple[dict[str, list[TableFile]], TableRequest]:
    """The tables of all sets, with the answers that are in files of their own; and the request, which then names them.

    Raises: DataError as read_file() and with_answers(); UsageError for another number of files of answers.
    """
    request, files = reader.request, dict[str, list[TableFile]]()
    known = _known_answers(network)
    if request.label_files:
        check_counts(request.label_files, [path for paths in sets.values() for path in paths])
    answers, seen = iter(request.label_files), SeenFiles()
    for name, paths in sets.items():
        files[name] = []
        for number, path in enumerate(paths):
            if reader.classes:
                seen.check_path(path, number)
            file = read_file(path, reader)
            if reader.width is None:
                reader = reader.knowing(file.table.names, file.table.labels, file.table.is_named)
            if own := next(answers, None):
                file = with_answers(file, own, known, reader.read, reader.remarks)
                known = file.table.labels
            if reader.classes:
                seen.check_bytes(path, number, file.source.sha256)
                file = with_class(file, known, reader.classes, number, reader.remarks)
                known = file.table.labels
            files[name].append(file)
    if request.label_files or reader.classes:
        request = request._replace(label=known, label_files=())
    return files, request


def _known_answers(network: Network | None) -> tuple[str, ...]:
    """What the answers of a network are called, () where nothing says it."""
    if network is None:
        return ()
    if network.encoder is not None:
        return network.encoder.roles.labels
    return network.target_names or known_names(() if network.table is None else network.table.label)


def read_file(path: Path, reader: TableReader) -> TableFile:
    """The table in a file; raises DataError for one without rows."""
    table, shown, source = read_table(path, reader.read, reader.remarks, reader.width, reader.names)
    if not table.n_rows:
        raise DataError("holds no rows", path=shown, advice="write one row of values per line")
    return TableFile(table, shown, source)


def _like(file: TableFile, first: TableFile, request: TableRequest, remarks: Remarks) -> TableFile:
    """The file with the columns of the first one, in its order; one that it lacks and that is not used has no values."""
    if file is first:
        return file
    names = first.table.names
    roles = Roles(names, (), names, is_named=first.table.is_named)
    needed = needed_columns(first.table, request, Place(first.shown))
    fitted = TableMatcher(roles, needed, remarks, first.shown).fit(file.table, file.shown)
    empty = [empty_column(first.table.column(name), fitted.n_rows) for name in names if name not in fitted.by_name]
    if empty:
        fitted = fitted._replace(columns=(*fitted.columns, *empty))
    return file._replace(table=fitted.select(names))


def _labelled(file: TableFile, reader: TableReader, roles: Roles) -> TableFile:
    """The file without the rows that have no label, where the user leaves them out; what is said about rows is in memory."""
    about_rows = [name for name in roles.used if name not in roles.inputs]
    file = file._replace(table=file.table.held(about_rows))
    if reader.by_row and file.table.samples is not None:
        # A row without an answer is a part of its sample all the same.
        return file
    for name in roles.labels:
        rows = check_labelled(file.labelled, name, reader.request.missing_label, file.label_place.fault)
        if rows is not None:
            refuse_parts(file.table, rows, name, file.label_place.fault)
            taken = file.take(rows, reader.read.memory)
            file = taken._replace(table=taken.table.held(about_rows))
    return file


def _classes(
    files: Sequence[TableFile], matcher: TableMatcher, request: TableRequest, by_row: bool | None
) -> tuple[str, ...]:
    roles, remarks = matcher.roles, matcher.remarks
    tables = [file.table.select(roles.labels) for file in files]
    column = join_tables([table if by_row else of_one_answer(table) for table in tables]).columns[0]
    place = files[0].label_place
    classes, why = classes_of(column, request.positive, place.fault)
    if alike := same_but_for_case(classes):
        remarks.note(
            place.shown,
            f"the label {quoted(column.name)}: classes that differ only in case are different ones: {alike}",
        )
    if why:
        remarks.note(
            place.shown, f"the positive class is {quoted(classes[0])}: {why} (--positive NAME takes the other)"
        )
    return classes
