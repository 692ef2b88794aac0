"""Data files as they are examined: labels are not needed, and nothing is encoded or filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from anncli.dataset.findings import Examined, Part
from anncli.dataset.request import TableRequest
from anncli.dataset.roles import Place, choose_roles, find_all_columns, refuse_other_inputs, with_column
from anncli.dataset.row_columns import weights_of
from anncli.errors import DataError, UsageError
from anncli.formats.data.answer_files import TableFile
from anncli.formats.data.implied_encoder import encoder_of
from anncli.formats.data.joined import empty_column, join_tables
from anncli.formats.data.table_columns import TableMatcher
from anncli.formats.data.table_request import with_head
from anncli.formats.data.table_sets import TableReader, read_files, task_name
from anncli.formats.files.textfile import Path
from anncli.network.encoders.table import TableEncoder
from anncli.network.network import Network
from anncli.tables import Roles, Table, TableColumn

# More different whole numbers than these are no classes.
_MOST_CLASSES = 20


class Read(NamedTuple):
    """The sets, the training set first, and the columns of the network that they are compared with, or None."""

    sets: dict[str, Examined]
    encoder: TableEncoder | None = None


def read_examined(sets: Mapping[str, Sequence[Path]], reader: TableReader, network: Network | None) -> Read:
    """Tables of several sets, matched by the names of their columns; the first set decides which there are.

    Args: network: whose columns the tables must have if it is trained, and whose definition may name the label.
    Raises: DataError for files that cannot be read and columns that are not there; UsageError for options that do not fit.
    """
    is_trained = network is not None and network.is_trained
    request = with_head(reader.request, None if network is None or is_trained else network.table)
    reader = reader.asking(request)._replace(request=request)
    encoder = None if network is None or not is_trained else network.encoder
    if encoder is not None:
        reader = reader.knowing(*encoder.roles.shape)
    files, request = read_files(sets, reader, network)
    first = next(iter(files.values()))[0]
    place = Place(first.shown)
    if network is not None and is_trained:
        encoder = encoder_of(network, first.table, request, place)
        roles = _roles_of_network(encoder, first.table, request, place)
    else:
        table = join_tables([_shaped(file, first) for file in next(iter(files.values()))])
        roles = _roles_of(table, request, place, reader)
    matcher = TableMatcher(roles, roles.inputs, reader.remarks, "the network" if encoder else first.shown)
    matched = {name: [_fitted(file, matcher, request) for file in own] for name, own in files.items()}
    categories = frozenset(find_all_columns(first.table, request.category, "--category", place))
    if encoder is not None:
        categories |= {column.name for column in encoder.columns if column.kind == "category"}
    positions = {
        name: k for k, name in enumerate(first.table.names, 1) if not reader.classes or name not in roles.labels
    }
    like = Examined(
        first.table,
        roles.inputs,
        roles.labels,
        task_name(roles) if roles.labels else "",
        (),
        positions,
        categories,
        roles.group,
    )
    return Read(_joined(matched, like), encoder)


def _shaped(file: TableFile, first: TableFile) -> Table:
    """The table with the columns of the first one, whose roles are looked for."""
    names = first.table.names
    if not file.table.is_named and len(file.table.names) == len(names):
        return file.table.rename(names)
    missing = [name for name in names if name not in file.table.by_name]
    empty = [empty_column(first.table.column(name), file.table.n_rows) for name in missing]
    return file.table._replace(columns=(*file.table.columns, *empty)).select(names)


def _roles_of(table: Table, request: TableRequest, place: Place, reader: TableReader) -> Roles:
    """What the columns are for; without a label where nothing says which column it is."""

    def choose(asked: TableRequest) -> Roles:
        said = list[str]()
        roles = choose_roles(table, asked, place, said.append)
        for text in said:
            reader.remarks.note(place.shown, text)
        return roles

    try:
        return choose(request)
    except (UsageError, DataError) as fault:
        # Classes or numbers: the examination needs a reading, and not the right one.
        for task in ("classification", "regression") if request.task is None else ():
            with suppress(UsageError, DataError):
                asked = request._replace(task=task)
                names = choose_roles(table, asked, place, lambda text: None).labels
                is_few = all(len(set(table.column(name).as_words().words)) <= _MOST_CLASSES for name in names)
                if is_few == (task == "classification"):
                    return choose(asked)
        if request.label or table.labels:
            raise
        try:
            roles = choose(request._replace(label=("inputs",), task=None))
        except (UsageError, DataError):
            raise fault from None
        text = "no column is known to be the label, so that nothing is said about it (--label NAME)"
        reader.remarks.note(place.shown, text)
        return roles


def _roles_of_network(encoder: TableEncoder, table: Table, request: TableRequest, place: Place) -> Roles:
    """The roles of the network's columns; data without the answers are examined without them."""
    roles = encoder.roles
    if request.label and not roles.reconstructs:
        labels = find_all_columns(table, request.label, "--label", place)
    else:
        labels = tuple(name for name in roles.labels if name in table.by_name or not table.is_named)
    if not table.is_named and len(table.names) == len(roles.inputs):
        labels = ()
    roles = roles._replace(labels=labels)
    refuse_other_inputs(roles, table, request, place)
    for role in ("weight", "group"):
        roles = with_column(roles, table, role, getattr(request, role), place)
    return roles


def _fitted(file: TableFile, matcher: TableMatcher, request: TableRequest) -> TableFile:
    """The file with the columns that are examined, without the rows of weight 0."""
    roles = matcher.roles
    table = matcher.fit(file.table, file.shown)
    wanted = [*roles.inputs, *roles.labels, *([roles.group] if roles.group else [])]
    if roles.weight and roles.weight in table.by_name:
        weights = weights_of(
            table, roles.weight, lambda message, advice, row: _fault(file, table, message, advice, row)
        )
        if not np.all(weights):
            table = table.take(np.flatnonzero(weights))
    absent = [
        empty_column(TableColumn(name, codes=np.empty(0, dtype=np.int32)), table.n_rows)
        for name in wanted
        if name not in table.by_name
    ]
    return file._replace(table=table._replace(columns=(*table.columns, *absent)).select(tuple(dict.fromkeys(wanted))))


def _fault(file: TableFile, table: Table, message: str, advice: str, row: int | None) -> DataError:
    line = None if row is None else table.line_of(row)
    return DataError(message, path=file.shown, line=line, advice=advice)


def _joined(matched: Mapping[str, Sequence[TableFile]], like: Examined) -> dict[str, Examined]:
    """The sets as parts of one table, so that equal words have equal codes."""
    flat = [file for own in matched.values() for file in own]
    table = flat[0].table if len(flat) == 1 else join_tables([file.table for file in flat])
    table = like._replace(table=table).with_words().table
    found, start = dict[str, Examined](), 0
    for name, own in matched.items():
        stop = start + sum(file.table.n_rows for file in own)
        parts = tuple(Part(file.shown, file.table.n_rows) for file in own)
        part = table if len(matched) == 1 else table.part(slice(start, stop))
        found[name] = like._replace(table=part, parts=parts, title="" if not found else name)
        start = stop
    return found
