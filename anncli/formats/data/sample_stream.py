"""Samples of several rows as a stream: from files of any format that has such, and from a pipe as soon as a sample is whole."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence

import numpy as np

from anncli.arrays import Array, Rows, Tokens
from anncli.compiled.number_text import is_number
from anncli.compiled.row_text import content_lines, strip_comment
from anncli.dataset.roles import Place
from anncli.dataset.table_data import token_fault, token_faults, tokens_of
from anncli.errors import DataError, count_of, quoted
from anncli.formats.data.base import Want
from anncli.formats.data.data_kind import beginning
from anncli.formats.data.implied_encoder import encoder_of
from anncli.formats.data.libsvm_tokens import has_pairs
from anncli.formats.data.registry import data_format, table_format_of
from anncli.formats.data.row_blocks import two_empty_lines
from anncli.formats.data.row_buffer import RowBuffer
from anncli.formats.data.sample_sets import sample_reader
from anncli.formats.data.sample_tables import in_sequences
from anncli.formats.data.table_columns import TableMatcher
from anncli.formats.data.table_sets import TableReader, read_file
from anncli.formats.data.table_use import informed, stream_encoded
from anncli.formats.data.vectors import VectorReader
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import Path, shown_name
from anncli.network.encoders.table import EncodingFault
from anncli.network.network import Network
from anncli.network.spikes.trains import check_pairs

Samples = Rows | Tokens
_BETWEEN = re.compile(rb"[,;\s]+")


def stream_samples(path: Path, reader: TableReader, network: Network) -> Iterator[Samples]:
    """The samples of a file in order, in batches of whole samples; a label is not needed, and one that is there is passed over.

    From a pipe each sample comes as soon as the empty line behind it has, unless rows have words. Raises: DataError with the place of a fault, after
    the samples above it were given.
    """
    stored = None if network.encoder is None else network.encoder.roles.sequence
    if reader.request.sequence is None and stored is not None and _has(path, stored, reader):
        reader = reader._replace(request=reader.request._replace(sequence=stored))
    elif reader.request.sequence is None and stored is not None:
        text = "an empty line separates samples here, and rows without one are a single sample"
        reader.remarks.warn(
            f"{shown_name(path)}: no column {quoted(stored)}, which told the samples of the training apart: {text}"
        )
    reader = sample_reader(reader, network)
    if reader.request.sequence is not None:
        yield _sequences(path, reader, network)
        return
    source = ByteSource(path)
    plain: object = data_format("csv")
    if network.topology.inputs.spikes and not has_pairs(source):
        # As a table its first line would be the names of columns.
        check_pairs(not _has_row(source), source.shown)
    if (
        _is_pipe(path)
        and not (reader.read.tokens and has_pairs(source))
        and table_format_of(source, _named(reader)) is plain
        and not (network.encoder is not None and network.encoder.roles.labels and _has_words(source))
    ):
        yield from _as_they_come(source, reader, network)
    else:
        yield from _whole(source, reader, network)


def _has_row(source: ByteSource) -> bool:
    return bool(content_lines(source.peek(lambda read: bool(content_lines(read[: read.rfind(b"\n") + 1], 1))), 1))


def _has(path: Path, name: str, reader: TableReader) -> bool:
    """Whether a file has the column; of a pipe, which can be read only once, it is taken to have it."""
    if _is_pipe(path):
        return True
    table = beginning(path, reader.read)
    return table is None or name in table.by_name


def _named(reader: TableReader) -> str:
    return "auto" if reader.read.format == "vectors" else reader.read.format


def _is_pipe(path: Path) -> bool:
    try:
        return os.fspath(path) == "-" or not stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _has_words(source: ByteSource) -> bool:
    """Whether the second row of a text has a cell that is no number, as a column of answers may have: those of the first row
    may be names. Rows with words are read as a table, from a pipe in larger pieces."""
    head = source.peek(lambda read: len(content_lines(read[: read.rfind(b"\n") + 1], 2)) == 2)
    rows = content_lines(head, 2)
    return bool(rows) and not all(map(is_number, filter(None, _BETWEEN.split(rows[-1]))))


def as_samples(network: Network, values: Array, starts: Array, place: Place) -> Samples:
    """Rows of a file as the network takes them: rows of numbers, or the number of a token each."""
    shape = network.topology.inputs.samples
    if not shape.tokens:
        return Rows(values, starts)
    check_pairs(not shape.spikes, place.shown)
    wrong = token_faults(values, shape.columns, network.first_token)
    if wrong.any():
        raise place.fault(*token_fault(values[np.argmax(wrong), 0], shape.columns, network.first_token))
    return tokens_of(values, starts, shape.columns, network.first_token)


def _numbered(network: Network, tokens: Tokens, lines: Sequence[int], place: Place) -> Tokens:
    """Tokens with the numbers of a file as the network counts them."""
    first, width = network.first_token, network.n_inputs
    wrong = (tokens.indices < first) | (tokens.indices >= first + width)
    if wrong.any():
        row = int(np.searchsorted(tokens.starts, at := int(np.argmax(wrong)), side="right")) - 1
        message, advice = token_fault(tokens.indices[at], width, first, network.topology.inputs.spikes)
        raise place.fault(message, advice, lines[row] if row < len(lines) else None)
    return Tokens(tokens.indices - first, tokens.values, tokens.starts, width)


def _sequences(path: Path, reader: TableReader, network: Network) -> Samples:
    """The rows of each sequence, which may stand anywhere in the file."""
    reader = informed(reader, network)
    file = read_file(path, reader)
    place = Place(file.shown)
    encoder = encoder_of(network, file.table, reader.request, place)
    roles = encoder.roles._replace(sequence=reader.request.sequence, order=reader.request.order or encoder.roles.order)
    needed = (*roles.inputs, *filter(None, (roles.sequence, roles.order)))
    fitted = TableMatcher(roles, needed, reader.remarks).fit(file.table, file.shown)
    file = in_sequences(file._replace(table=fitted), roles)
    assert file.table.samples is not None
    try:
        inputs = encoder.encode(file.table).inputs
    except EncodingFault as fault:
        line = None if fault.row is None else file.table.line_of(fault.row)
        raise DataError(fault.message, path=file.shown, line=line, advice=fault.advice) from None
    return as_samples(network, inputs, _starts(file.table.samples), place)


def _starts(samples: Array) -> Array:
    return np.r_[np.flatnonzero(np.diff(samples, prepend=samples[0] - 1)), len(samples)]


def _whole(source: ByteSource, reader: TableReader, network: Network) -> Iterator[Samples]:
    """The samples of a file whose batches of rows may end within a sample."""
    waiting: list[Array] = []
    last, place = -1, Place(source.shown)
    for table, encoded in stream_encoded(source, reader, network):
        if table.tokens is not None:
            yield _numbered(network, table.tokens, table.lines, place)
            continue
        assert table.samples is not None
        inputs, samples = encoded.inputs, table.samples
        # The last sample of a batch may go on in the next one.
        cut = int(np.searchsorted(samples, samples[-1]))
        if waiting and samples[0] != last:
            rows = np.concatenate(waiting)
            yield as_samples(network, rows, np.array([0, len(rows)]), place)
            waiting = []
        if cut:
            head = np.concatenate([*waiting, inputs[:cut]])
            counts = np.diff(_starts(samples[:cut]))
            counts[0] += sum(map(len, waiting))
            yield as_samples(network, head, np.cumsum([0, *counts]), place)
            waiting = []
        waiting.append(inputs[cut:])
        last = int(samples[-1])
    if waiting:
        rows = np.concatenate(waiting)
        yield as_samples(network, rows, np.array([0, len(rows)]), place)


def _as_they_come(source: ByteSource, reader: TableReader, network: Network) -> Iterator[Samples]:
    """The blocks of a text of numbers, each when it is whole."""
    rows, place = VectorReader(source, None, None, Want(remarks=reader.remarks)), Place(source.shown)
    columns: list[int] | None = None
    for text, counts in _blocks(source):
        buffer, fault = RowBuffer(), None
        try:
            rows.feed(buffer, text)
        except DataError as error:
            fault = error
        values = buffer.matrix() if buffer.n else np.empty((0, 1), dtype=np.float32)
        if buffer.n:
            if columns is None:
                columns = input_places(network, values.shape[1], rows.columns, source.shown)
                counts[0] -= bool(rows.columns)
                counts = [count for count in counts if count]
            starts = np.cumsum([0, *counts])
            n_whole = int(np.searchsorted(starts, len(values), side="right")) - 1
            if n_whole > 0:
                starts = starts[: n_whole + 1]
                yield as_samples(network, np.ascontiguousarray(values[: starts[-1], columns]), starts, place)
        if fault:
            raise fault
    if columns is None:
        raise DataError("holds no rows", path=source.shown, advice="write one row of values per line")


def _blocks(source: ByteSource) -> Iterator[tuple[bytes, list[int]]]:
    """The lines of whole samples, and the rows of each; at first as many as two lines of rows, where the source has two."""
    whole, counts = list[bytes](), list[int]()
    lines, n_rows, n_empty, number, is_first = list[bytes](), 0, 0, 0, True
    for block in source.blocks():
        for line in block.removesuffix(b"\n").split(b"\n"):
            number += 1
            if not line.strip() and n_rows:
                whole, counts = [*whole, *lines], [*counts, n_rows]
                lines, n_rows = [], 0
            if strip_comment(line):
                if (n_empty > 1 and counts) or (n_empty > 1 and not is_first):
                    if counts:
                        yield b"\n".join(whole) + b"\n", counts
                    raise two_empty_lines(number - 1, source.shown)
                n_rows, n_empty = n_rows + 1, 0
            elif not line.strip():
                n_empty += 1
            lines.append(line)
        if counts and (sum(counts) > 1 or not is_first):
            yield b"\n".join(whole) + b"\n", counts
            whole, counts, is_first = [], [], False
    if counts or n_rows:
        yield b"\n".join([*whole, *lines]) + b"\n", [*counts, *([n_rows] if n_rows else [])]


def input_places(network: Network, width: int, names: tuple[str, ...], shown: str) -> list[int]:
    """The places of the inputs among the columns of a file; raises DataError where they are not there."""
    wanted, cells = network.columns, network.topology.inputs.samples.cells
    if names and wanted:
        if missing := [name for name in wanted if name not in names]:
            raise DataError(
                f"no column {quoted(missing[0])}", path=shown, advice=f"the columns are {', '.join(names[:10])}"
            )
        return [names.index(name) for name in wanted]
    if width in cells:
        return list(range(width))
    roles = None if network.encoder is None else network.encoder.roles
    if roles is not None and width == len(roles.columns):
        return [roles.columns.index(name) for name in roles.inputs]
    message = f"{count_of(width, 'column')} for {count_of(cells[0], 'input')} of the network"
    raise DataError(message, path=shown, advice="give rows of the inputs alone")
