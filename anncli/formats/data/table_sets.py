"""Tables in files as samples: the sets of a training, and the rows on which a network is evaluated or used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, row_range
from anncli.dataset.class_labels import check_labelled, classes_of, number_labels
from anncli.dataset.dataset import Dataset, Source
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.dataset.roles import Place
from anncli.dataset.table_data import TableData
from anncli.errors import DataError, UsageError, quoted
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_columns import TableMatcher
from anncli.formats.data.table_input import open_tables, read_table
from anncli.formats.data.table_request import columns_of, refuse_unused, with_head
from anncli.formats.files.textfile import Path
from anncli.network.encoders.table import Encoded, EncodingFault
from anncli.network.network import Network
from anncli.tables import Roles, Table, join_tables


class TableReader(NamedTuple):
    """How tables are read for a command: what the user said about columns and files, and where remarks go."""

    request: TableRequest
    read: ReadRequest
    remarks: Remarks


class _File(NamedTuple):
    """A table that was read, its file as messages name it, and as the record of a network names it."""

    table: Table
    shown: str
    source: Source


def read_table_sets(
    sets: Mapping[str, Sequence[Path]], reader: TableReader, network: Network | None = None, stored: Roles | None = None
) -> tuple[TableData, dict[str, Array]]:
    """Sets of labelled tables as one, and the row numbers of each set; the first set is the training set, whose columns
    the files of the others must have.

    Args: network: whose definition says something about columns, or whose encoder the tables must fit; stored: the roles
        of their columns, where they are not those of the encoder.
    Raises: DataError with file and line for faults in files and for labels that are missing or unknown; UsageError where
        it is not clear what the columns are.
    """
    request = with_head(reader.request, None if network is None else network.table)
    refuse_unused(request)
    files = {name: [_read(path, reader) for path in paths] for name, paths in sets.items()}
    first = next(iter(files.values()))
    encoder = None if network is None else network.encoder
    if encoder is not None:
        roles, kinds = (
            stored or _stored_roles(encoder.roles, request),
            {column.name: column.kind for column in encoder.columns},
        )
    else:
        table = join_tables([_like(file, first[0], reader).table for file in first])
        roles, kinds = columns_of(table, request, network, first[0].shown, reader.remarks)
    needed = (*roles.labels, *roles.inputs, *filter(None, (roles.weight, roles.group, roles.order)))
    matcher = TableMatcher(roles, needed, reader.remarks, "the network" if encoder else first[0].shown)
    matched = {
        name: [file._replace(table=matcher.fit(file.table, file.shown)) for file in own] for name, own in files.items()
    }
    labelled = {name: [_labelled(file, roles, request) for file in own] for name, own in matched.items()}
    classes = _classes(labelled, roles, request, network, reader.remarks)
    return _joined(labelled, TableData(
        first[0].table, roles, kinds, np.empty(0), classes, missing=request.missing or "error",
        unknown=request.unknown or "zeros",
    ), needed)  # fmt: skip


def _read(path: Path, reader: TableReader) -> _File:
    table, shown, source = read_table(path, reader.read, reader.remarks)
    if not table.n_rows:
        raise DataError("holds no rows", path=shown, advice="write one row of values per line")
    return _File(table, shown, source)


def _like(file: _File, first: _File, reader: TableReader) -> _File:
    """The file with the columns of the first one, in its order."""
    if file is first:
        return file
    names = first.table.names
    roles = Roles(names, (), names, is_named=first.table.is_named)
    fitted = TableMatcher(roles, names, reader.remarks, first.shown).fit(file.table, file.shown)
    return file._replace(table=fitted.select(names))


def _stored_roles(roles: Roles, request: TableRequest) -> Roles:
    """The roles of a network that training goes on with; raises UsageError where the user asks for others."""
    asked = {"label": request.label, "weight": request.weight, "group": request.group, "order": request.order}
    for name, words in asked.items():
        stored = roles.labels if name == "label" else getattr(roles, name)
        if words and words != stored:
            shown = ", ".join(stored) if isinstance(stored, tuple) else stored or "none"
            message = f"--{name}: this network was trained with another column ({shown})"
            raise UsageError(message, advice="leave the option out, or train anew without --continue")
    return roles


def _labelled(file: _File, roles: Roles, request: TableRequest) -> _File:
    """The file without the rows that have no label, where the user leaves them out."""
    place = Place(file.shown)
    for name in roles.labels:
        rows = check_labelled(file.table, name, request.missing_label, place.fault)
        if rows is not None:
            file = file._replace(table=file.table.take(rows), source=file.source._replace(n_samples=len(rows)))
    return file


def _classes(
    files: Mapping[str, Sequence[_File]], roles: Roles, request: TableRequest, network: Network | None, remarks: Remarks
) -> tuple[str, ...]:
    if roles.task != "classification" or len(roles.labels) > 1:
        raise UsageError(
            f"a table with {'several labels' if len(roles.labels) > 1 else 'numbers as answers'} cannot be trained yet",
            advice="name one column of classes with --label",
        )
    if network is not None and network.classes:
        return network.classes
    first = next(iter(files.values()))
    column = join_tables([file.table.select(roles.labels) for file in first]).columns[0]
    place = Place(first[0].shown)
    classes, why = classes_of(column, request.positive, place.fault)
    if why:
        remarks.note(
            place.shown, f"the positive class is {quoted(classes[0])}: {why} (--positive NAME takes the other)"
        )
    return classes


def _joined(
    files: Mapping[str, Sequence[_File]], data: TableData, needed: Sequence[str]
) -> tuple[TableData, dict[str, Array]]:
    """All files below each other."""
    all_files = [file for own in files.values() for file in own]
    tables = [file.table for file in all_files]
    # One file keeps its matrix, which need not be copied.
    table = tables[0] if len(tables) == 1 else join_tables([table.select(needed) for table in tables])
    labels = [
        number_labels(file.table, data.roles.labels[0], data.classes, Place(file.shown).fault) for file in all_files
    ]
    rows, start = {}, 0
    for name, own in files.items():
        stop = start + sum(file.table.n_rows for file in own)
        rows[name], start = row_range(start, stop), stop
    weights = None if data.roles.weight is None else weights_of(table, data.roles.weight, all_files[0].shown)
    sources = tuple(file.source for file in all_files)
    return TableData(
        table,
        data.roles,
        data.kinds,
        np.concatenate(labels),
        data.classes,
        weights,
        data.missing,
        data.unknown,
        sources,
    ), rows


def weights_of(table: Table, name: str, shown: str) -> Array:
    """The weights (n,) float32 in a column; raises DataError for a cell that is none."""
    column = table.column(name).as_numbers()
    values = np.empty(0) if column is None or column.numbers is None else column.numbers
    good = np.isfinite(values) & (values >= 0)
    if len(values) != table.n_rows or not good.all():
        row = int(np.argmin(good)) if len(values) else 0
        message = f"the weights in column {quoted(name)} must be numbers, 0 or more"
        raise DataError(message, path=shown, line=table.line_of(row), advice="correct the column")
    if not values.any():
        raise DataError(f"the weights in column {quoted(name)} are all 0", path=shown, advice="no row is left")
    weights: Array = values.astype(np.float32)
    return weights


def read_labelled(paths: Sequence[Path], reader: TableReader, network: Network) -> Dataset:
    """The samples in tables on which a trained network is to be evaluated, encoded as the network's inputs.

    Raises: as read_table_sets(); DataError for cells that cannot be encoded.
    """
    encoder = network.encoder
    assert encoder is not None
    roles = encoder.roles
    if asked := reader.request.label:
        # Another name of the same answers.
        renamed = dict(zip(roles.labels, asked, strict=False))
        columns = tuple(renamed.get(name, name) for name in roles.columns)
        roles = roles._replace(columns=columns, labels=asked)
    data, _ = read_table_sets({"test": paths}, reader, network, roles)
    shown = os_names(paths)
    try:
        inputs, unknown = encoder.encode(data.table, data.unknown)
    except EncodingFault as fault:
        path, line = data.place_of(fault.row)
        raise DataError(fault.message, path=path or shown, line=line, advice=fault.advice) from None
    for name, n in unknown.items():
        reader.remarks.note(shown, unknown_text(name, n))
    return data.with_inputs(inputs, encoder.names if roles.is_named else ())


def os_names(paths: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in paths)


def unknown_text(name: str, n: int) -> str:
    """What is said about words that are no level of a category."""
    cells = "1 cell has a word" if n == 1 else f"{n} cells have words"
    return f"column {quoted(name)}: {cells} that the network does not know; its inputs are 0 there"


class EncodedRows(NamedTuple):
    """Consecutive rows of a table: their cells, and the inputs of the network."""

    table: Table
    encoded: Encoded


def stream_encoded(path: Path, reader: TableReader, network: Network) -> Iterator[EncodedRows]:
    """The rows of a table in order, as they arrive, in constant memory, for a network that has an encoder.

    A label column is not needed. Raises: DataError with the place of a fault, after the rows of the batches before it.
    """
    encoder = network.encoder
    assert encoder is not None
    matcher = TableMatcher(encoder.roles, encoder.roles.inputs, reader.remarks)
    counts: dict[str, int] = {}
    found = False
    source, batches = open_tables(path, reader.read, reader.remarks)
    for raw in batches:
        table = matcher.fit(raw, source.shown)
        try:
            encoded = encoder.encode(table, reader.request.unknown or "zeros")
        except EncodingFault as fault:
            line = None if fault.row is None else table.line_of(fault.row)
            raise DataError(fault.message, path=source.shown, line=line, advice=fault.advice) from None
        for name, n in encoded.unknown.items():
            counts[name] = counts.get(name, 0) + n
        found = found or bool(table.n_rows)
        yield EncodedRows(table, encoded)
    if not found:
        raise DataError("holds no rows", path=source.shown, advice="write one row of values per line")
    for name, n in counts.items():
        reader.remarks.note(source.shown, unknown_text(name, n))
