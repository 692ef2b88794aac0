"""Tables on which a trained network is evaluated or used: matched with its columns and encoded as its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.dataset.request import TableRequest
from anncli.dataset.roles import Place, find_all_columns, inputs_are_answers, refuse_other_inputs, with_column
from anncli.dataset.table_data import TableData
from anncli.errors import DataError, UsageError, quoted
from anncli.formats.data.disk_tables import in_pieces
from anncli.formats.data.implied_encoder import encoder_of
from anncli.formats.data.table_columns import TableMatcher
from anncli.formats.data.table_input import open_tables
from anncli.formats.data.table_sets import TableReader, joined_sets, read_files
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import Path
from anncli.network.encoders.table import Encoded, EncodingFault, TableEncoder
from anncli.network.network import Network
from anncli.network.spikes.trains import check_table
from anncli.tables import Roles, Table


def read_labelled(paths: Sequence[Path], reader: TableReader, network: Network) -> Dataset:
    """The samples in tables on which a trained network is to be evaluated, encoded as the network's inputs.

    Raises: DataError for columns and classes that the network does not know, for rows without a label and for cells that
        cannot be encoded; UsageError where no column is known to be the label.
    """
    sets, request = read_files({"test": paths}, informed(reader, network), network)
    first = sets["test"][0]
    reader = reader._replace(request=request)
    place = Place(first.shown)
    encoder = encoder_of(network, first.table, reader.request, place)
    roles = _with_labels(encoder, first.table, reader.request, place)
    for role in ("weight", "sequence", "order", "row_names"):
        roles = with_column(roles, first.table, role, getattr(request, role), place)
    about = (
        (roles.weight, encoder.roles.weight),
        (roles.sequence, encoder.roles.sequence),
        (roles.order, encoder.roles.order),
        (roles.row_names, encoder.roles.row_names),
    )
    asked = tuple(name for name, known in about if name and name != known)
    if network.encoder is not None:
        refuse_other_inputs(roles, first.table, request, place)
    matcher = TableMatcher(roles, (*roles.labels, *roles.inputs, *asked), reader.remarks)
    kinds = {column.name: column.kind for column in encoder.columns}
    data, _ = joined_sets(sets, matcher, kinds, reader, network.classes or network.target_names)
    if roles.weight and data.weights is None:
        text = f"no column {quoted(roles.weight)} with the weights of the rows: every row counts once"
        reader.remarks.note(first.shown, text)
    try:
        inputs, unknown = encoder.encode(data.table, data.unknown, memory=data.memory)
    except EncodingFault as fault:
        path, line = data.place_of(fault.row)
        raise DataError(fault.message, path=path or first.shown, line=line, advice=fault.advice) from None
    for name, n in unknown.items():
        reader.remarks.note(first.shown, _unknown_text(name, n))
    return _samples(network, data, inputs, encoder.names if roles.is_named else ())


def _samples(network: Network, data: TableData, inputs: Array, columns: tuple[str, ...]) -> Dataset:
    """The samples with the inputs (n_rows, d), which may be tokens."""
    shape = network.topology.inputs.samples
    check_table(shape, inputs, data.table.tokens is not None, data.place_of, data.shown[0] if data.shown else None)
    if shape.tokens:
        return data.with_tokens(inputs, shape.columns, network.first_token, shape.spikes)
    return data.with_inputs(inputs, columns)


def informed(reader: TableReader, network: Network) -> TableReader:
    """The reader, which then knows the columns of the network."""
    if network.encoder is not None:
        return reader.knowing(*network.encoder.roles.shape)
    asked = reader.asking(reader.request)
    return asked._replace(names=(*asked.names, *network.columns))


def _with_labels(encoder: TableEncoder, table: Table, request: TableRequest, place: Place) -> Roles:
    """The roles of the columns, with the label that the user names, which may be called otherwise than in training."""
    roles = encoder.roles
    if roles.reconstructs or inputs_are_answers(table, request):
        if not roles.reconstructs or request.label not in ((), ("inputs",)):
            predicted = "its own inputs" if roles.reconstructs else ", ".join(map(quoted, roles.labels)) or "classes"
            raise place.usage(f"--label {request.label[0]}: the network predicts {predicted}", "leave it out")
        return roles
    if not roles.labels and not request.label:
        raise place.usage(
            "the network does not know which column is the label", "say --label NAME, or give one file per class"
        )
    if not request.label or not roles.labels:
        return roles
    asked = find_all_columns(table, request.label, "--label", place)
    if len(asked) != len(roles.labels):
        raise UsageError(f"--label names {len(asked)} columns, the network has {len(roles.labels)}")
    renamed = dict(zip(roles.labels, asked, strict=True))
    columns = tuple(renamed.get(name, name) for name in roles.columns)
    return roles._replace(columns=columns, labels=tuple(asked))


class EncodedRows(NamedTuple):
    """Consecutive rows of a table: their cells, and the inputs of the network."""

    table: Table
    encoded: Encoded


def stream_encoded(path: Path | ByteSource, reader: TableReader, network: Network) -> Iterator[EncodedRows]:
    """The rows of a table in order, as they arrive, in constant memory; a label column is not needed.

    Raises: DataError with the place of a fault, after the rows of the batches before it.
    """
    counts: dict[str, int] = {}
    n_rows = 0
    reader = informed(reader, network)
    source, batches = open_tables(path, reader.read, reader.remarks, reader.width, reader.names)
    encoder = matcher = None
    for raw in in_pieces(batches):
        if encoder is None or matcher is None:
            encoder = encoder_of(network, raw, reader.request, Place(source.shown))
            matcher = TableMatcher(encoder.roles, encoder.roles.inputs, reader.remarks)
        table = matcher.fit(raw, source.shown)
        try:
            encoded = encoder.encode(table, reader.request.unknown or "zeros")
        except EncodingFault as fault:
            line = None if fault.row is None else table.line_of(fault.row)
            raise DataError(fault.message, path=source.shown, line=line, advice=fault.advice) from None
        if (code := network.topology.inputs.code) is not None:
            code.check(encoded.inputs, lambda row: (source.shown, table.line_of(row)))  # noqa: B023
        for name, n in encoded.unknown.items():
            counts[name] = counts.get(name, 0) + n
        n_rows += table.n_rows
        yield EncodedRows(table, encoded)
    if not n_rows:
        raise DataError("holds no rows", path=source.shown, advice="write one row of values per line")
    for name, n in counts.items():
        reader.remarks.note(source.shown, _unknown_text(name, n))


def _unknown_text(name: str, n: int) -> str:
    """What is said about words that are no level of a category."""
    cells = "1 cell has a word" if n == 1 else f"{n} cells have words"
    return f"column {quoted(name)}: {cells} that the network does not know; its inputs are 0 there"
