"""Files that are taken as one class each, although their columns say that they are labelled tables; and the order of classes."""

from __future__ import annotations

import os
from collections.abc import Sequence

from anncli.dataset.request import ReadRequest
from anncli.dataset.roles import LABEL_NAMES
from anncli.errors import UsageError, count_of, quoted
from anncli.formats.data.agreement import names_of_files
from anncli.formats.data.data_kind import beginning
from anncli.formats.files.textfile import Path, shown_name
from anncli.tables import Table

# `y` names a measure as often as an answer, so that it is not asked about.
_LABEL_NAMES = tuple(name for name in LABEL_NAMES if name != "y")


def refuse_labelled(paths: Sequence[Path], read: ReadRequest) -> None:
    """Raises UsageError where each of several files has a column called like a label, or the same column of words.

    Files that are no tables, and what a pipe gives, are left to whoever reads them.
    """
    if len(paths) < 2:
        return
    common: set[str] | None = None
    for path in paths:
        table = beginning(path, read)
        found = set() if table is None else _suspects(table)
        common = found if common is None else common & found
        if not common:
            return
    assert common is not None
    name = min(common, key=lambda name: (name.lower() not in _LABEL_NAMES, name))
    what = "called like a label" if name.lower() in _LABEL_NAMES else "of words"
    message = f"{count_of(len(paths), 'file')} are {len(paths)} classes, and each has a column {quoted(name)} {what}"
    advice = f"if it holds the classes, say --label {name}; if not, take it out of the files"
    raise UsageError(message, path=shown_name(paths[0]), advice=advice)


def _suspects(table: Table) -> set[str]:
    """The columns that can hold the answers: those called so, and those that hold words."""
    if not table.n_rows:
        return set()
    named = {column.name for column in table.columns if column.name.lower() in _LABEL_NAMES}
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
