"""What the data words of a command are: labelled tables, one set together, or one file per class, of numbers or a table."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from anncli.dataset.request import ReadRequest, TableRequest
from anncli.errors import DataError, UsageError
from anncli.formats.data.base import TableWant
from anncli.formats.data.folders import is_several
from anncli.formats.data.names import DATA_FORMAT_NAMES
from anncli.formats.data.registry import data_format, format_of, has_table_mark
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_files import stream_table
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import Path
from anncli.network.network import Network
from anncli.tables import Table

_PEEKED_ROWS = 200


def are_tables(
    paths: Sequence[Path],
    request: TableRequest,
    read: ReadRequest,
    network: Network | None = None,
    labelled: bool = True,
) -> bool:
    """Whether the files are read as tables with named columns, whose answers are one of them.

    They are where --label is given, where the network takes tables and the first file has its columns, where the format
    of the first file is one of tables, where a word is a folder, a glob or a query, and where there is one file only that is no list of ann1dn.
    Args: labelled: the command needs answers; one file of rows of numbers is then a table, because it has none otherwise.
    """
    if request.label or request.label_files or read.transpose:
        return True
    if labelled and are_class_tables(paths, request, read, network):
        return False
    if any(ByteSource(path).query or is_several(os.fspath(path)) for path in paths):
        return True
    if read.format != "auto" and read.format in DATA_FORMAT_NAMES:
        info = DATA_FORMAT_NAMES[read.format]
        return info.table or (read.format == "vectors" and labelled and len(paths) == 1 and _was_table(network))
    if network is not None and network.needs_encoder:
        return True
    first = paths[0]
    if network is not None and network.encoder is not None:
        roles = network.encoder.roles
        if len(paths) == 1 or not network.encoder.is_plain or (labelled and _have(paths, roles.labels, read)):
            return not is_list(first)
    if not _is_on_disk(first):
        # What a pipe gives can be read once, so it is not looked into.
        return network is None
    if has_table_mark(ByteSource(first)):
        return True
    return labelled and len(paths) == 1 and not is_list(first)


def are_class_tables(
    paths: Sequence[Path], request: TableRequest, read: ReadRequest, network: Network | None = None
) -> bool:
    """Whether several files are one class each and are read as tables, whose columns have roles and kinds.

    They are where the user says something about columns that are not the answers, and where the network takes tables and
    its answers are in no column of these files. Files of formats that carry answers, lists and pipes never are.
    """
    if len(paths) < 2 or request.label or request.label_files or read.transpose or read.format in ("vectors", "list"):
        return False
    if any(ByteSource(path).query or is_several(os.fspath(path)) for path in paths):
        return False
    answers: Sequence[str] = ()
    encoder = None if network is None else network.encoder
    if encoder is not None:
        answers = encoder.roles.labels
    elif network is not None and network.table is not None:
        answers = network.table.label
    if not (request.is_about_inputs or answers):
        return False
    first = beginning(paths[0], read)
    if first is None or first.labels or (answers and _have(paths, answers, read)):
        return False
    if encoder is None:
        return request.is_about_inputs or len(answers) == 1
    # Rows of the inputs alone need no encoder.
    needed = not encoder.is_plain or encoder.missing != "error"
    needed = needed or (first.is_named and set(first.names) != set(encoder.names))
    return len(answers) == 1 and encoder.roles.task == "classification" and (request.is_about_inputs or needed)


def _have(paths: Sequence[Path], names: Sequence[str], read: ReadRequest) -> bool:
    """Whether every file is a table that has these columns."""
    tables = (beginning(path, read) for path in paths)
    return all(table is not None and set(names) <= set(table.names) for table in tables)


def _was_table(network: Network | None) -> bool:
    return network is None or network.encoder is not None


def is_list(path: Path) -> bool:
    """Whether a file on a disk is a list of ann1dn, or of another format of rows with a mark of its own; a pipe is none."""
    if not _is_on_disk(path):
        return False
    try:
        found = format_of(ByteSource(path))
    except DataError:
        # Whoever reads it says what is wrong.
        return False
    return found is not data_format("vectors")


def _is_on_disk(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def beginning(path: Path, read: ReadRequest) -> Table | None:
    """The first rows of a file on a disk, None where they are no table."""
    try:
        if not _is_on_disk(path) or is_list(path):
            return None
        want = TableWant(decimal=read.decimal, remarks=Remarks(), header=read.header, block_rows=_PEEKED_ROWS)
        return next(stream_table(ByteSource(path), want), None)
    except (DataError, UsageError, OSError, ValueError):
        return None
