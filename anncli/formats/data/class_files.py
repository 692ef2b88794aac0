"""Files of one class each: those whose columns say that they are labelled tables, those that are tables without labels,
and the order of classes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.dataset.roles import LABEL_NAMES, Place, find_all_columns
from anncli.dataset.table_data import TableData
from anncli.errors import UsageError, count_of, quoted
from anncli.formats.data.agreement import check_files, check_paths, expected_of, names_of_files, wrong_number
from anncli.formats.data.data_kind import beginning
from anncli.formats.data.table_request import with_head
from anncli.formats.data.table_sets import TableReader, read_table_sets
from anncli.formats.data.table_use import read_labelled
from anncli.formats.files.textfile import Path, shown_name
from anncli.network.network import Network
from anncli.tables import Table

_NOTHING = TableRequest()
# `y` names a measure as often as an answer, so that it is not asked about.
_LABEL_NAMES = tuple(name for name in LABEL_NAMES if name != "y")


def read_class_tables(
    sets: Mapping[str, Sequence[Path]], reader: TableReader, network: Network | None
) -> tuple[TableData, dict[str, Array]]:
    """Sets of tables, one file per class in the order of the classes, as read_table_sets() gives them.

    Raises: UsageError where files and classes do not agree; DataError where a file is two classes.
    """
    classes = classes_of_files(sets, network)
    if network is None or network.encoder is None:
        request = with_head(reader.request, None if network is None else network.table)
        refuse_labelled(next(iter(sets.values())), reader.read, request)
    return read_table_sets(sets, reader._replace(classes=classes), network)


def read_labelled_classes(paths: Sequence[Path], reader: TableReader, network: Network) -> Dataset:
    """The samples in such files on which a trained network is to be evaluated; raises as read_labelled() too."""
    return read_labelled(paths, reader._replace(classes=classes_of_files({"test": paths}, network)), network)


def classes_of_files(sets: Mapping[str, Sequence[Path]], network: Network | None) -> tuple[str, ...]:
    """The classes of the files of each set."""
    expected, first = expected_of(network, None), next(iter(sets.values()))
    check_paths(sets)
    check_files(sets, expected)
    for number, (name, paths) in enumerate(sets.items()):
        if len(paths) == 1:
            raise wrong_number(1, expected.n_classes or len(first), expected, "" if number == 0 else name)
    return expected.classes or names_of_files(first)


def refuse_labelled(paths: Sequence[Path], read: ReadRequest, request: TableRequest = _NOTHING) -> None:
    """Raises UsageError where each of several files has a column called like a label, or the same column of words.

    Files that are no tables, what a pipe gives, and columns that the user speaks of are left to whoever reads them.
    """
    if len(paths) < 2 or not (common := _common_suspects(paths, read, request)):
        return
    name = min(common, key=lambda name: (name.lower() not in _LABEL_NAMES, name))
    what = "called like a label" if name.lower() in _LABEL_NAMES else "of words"
    message = f"{count_of(len(paths), 'file')} are {len(paths)} classes, and each has a column {quoted(name)} {what}"
    advice = f"if it holds the classes, say --label {name}; if not, --ignore {name} leaves it out, and --category {name} takes it as an input"
    raise UsageError(message, path=shown_name(paths[0]), advice=advice)


def is_labelled(paths: Sequence[Path], read: ReadRequest) -> bool:
    """Whether each of several files has a column called like a label, or the same column of words."""
    return len(paths) > 1 and bool(_common_suspects(paths, read, _NOTHING))


def _common_suspects(paths: Sequence[Path], read: ReadRequest, request: TableRequest) -> set[str]:
    """The columns that can hold the answers in every file."""
    common: set[str] | None = None
    for path in paths:
        table = beginning(path, read)
        found = set() if table is None else _suspects(table, request, Place(shown_name(path)))
        common = found if common is None else common & found
        if not common:
            break
    return common or set()


def _suspects(table: Table, request: TableRequest, place: Place) -> set[str]:
    """The columns that can hold the answers: those called so, and, where nothing is said about columns, those that hold
    words."""
    if not table.n_rows or request.use:
        return set()
    named = {column.name for column in table.columns if column.name.lower() in _LABEL_NAMES}
    if request.ignore or request.category:
        ignored = find_all_columns(table, request.ignore, "--ignore", place)
        return named.difference(ignored, find_all_columns(table, request.category, "--category", place))
    # A number in another spelling is a fault of its row.
    worded = {column.name for column in table.columns if column.words and all(w[:1].isalpha() for w in column.words)}
    return named | worded


def sorted_by_shell(paths: Sequence[Path]) -> str | None:
    """A remark where two class files are all files of their ending in their folder, in alphabetical order, as a shell
    writes them for `*.csv`: nobody has chosen then which class is the positive one. None otherwise."""
    names = [os.fspath(path) for path in paths]
    folders = {os.path.dirname(name) for name in names}
    endings = {os.path.splitext(name)[1] for name in names}
    if len(names) != 2 or names != sorted(names) or len(folders) > 1 or len(endings) > 1 or not max(endings):
        return None
    try:
        beside = [name for name in os.listdir(folders.pop() or ".") if name.endswith(max(endings))]
    except OSError:
        return None
    if len(beside) != 2:
        return None
    first, second = names_of_files(paths)
    return f"the files are in alphabetical order: {quoted(first)} is the positive class; name {quoted(second)} first for the other"
