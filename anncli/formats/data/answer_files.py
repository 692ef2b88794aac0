"""Answers that are no column of the data: in files of their own (`--label file:y.txt`), a column for each answer and a row
for each row of the data; or the class that a whole file is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Source
from anncli.dataset.request import ReadRequest
from anncli.dataset.roles import Place
from anncli.dataset.transposed import transposed
from anncli.errors import DataError, UsageError, count_of, quoted
from anncli.formats.data.agreement import names_of_files
from anncli.formats.data.joined import rows_within
from anncli.formats.data.labelled_files import CLASS
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_input import read_table
from anncli.formats.files.textfile import Path, shown_name
from anncli.tables import Table, TableColumn

# What the class of a file is called where a column has the first of these names.
_OTHER_CLASS = ("file", "class of the file")
# Words of --label that say where the answers are, and do not name them.
_NO_NAMES = ("first", "last", "inputs")


class AnswerFile(NamedTuple):
    """The answers of a file, the file as messages name it, and as the record of a network names it: it gives no samples."""

    table: Table
    shown: str
    source: Source


class TableFile(NamedTuple):
    """A table that was read, its file as messages name it, and as the record of a network names it.

    answers: the file that the label columns of `table` come from, None where they are its own; its table holds these columns.
    """

    table: Table
    shown: str
    source: Source
    answers: AnswerFile | None = None

    @property
    def labelled(self) -> Table:
        """The table that has the label columns, with their lines."""
        return self.table if self.answers is None else self.answers.table

    @property
    def label_place(self) -> Place:
        """Where the answers stand, for messages."""
        return Place(self.shown if self.answers is None else self.answers.shown)

    def take(self, rows: Array, memory: int | None) -> TableFile:
        """The file with these rows (m,) alone, ascending; see rows_within()."""
        answers = self.answers
        if answers is not None:
            answers = answers._replace(table=answers.table.take(rows))
        source = self.source._replace(n_samples=len(rows))
        return TableFile(rows_within(self.table, rows, memory), self.shown, source, answers)


def check_counts(files: Sequence[str], data: Sequence[Path]) -> None:
    """Raises UsageError unless there is a file of answers for each file of data, and stdin is read once."""
    if len(files) != len(data):
        own = ", ".join(shown_name(path) for path in data[:5]) + (", ..." if len(data) > 5 else "")
        message = f"--label names {count_of(len(files), 'file')} of answers for {count_of(len(data), 'file')} of data"
        raise UsageError(
            message, advice=f"write a file:NAME for each of {own}, in this order, with commas between them"
        )
    if [*files, *(os.fspath(path) for path in data)].count("-") > 1:
        raise UsageError("stdin (-) can be read only once", advice="name files for the others")


def known_names(label: Sequence[str]) -> tuple[str, ...]:
    """The names that a network has for its answers, () where its definition only says where they are."""
    return () if any(word in _NO_NAMES or word.startswith("last:") for word in label) else tuple(label)


def with_answers(file: TableFile, path: str, known: Sequence[str], read: ReadRequest, remarks: Remarks) -> TableFile:
    """The file with the answers in the file `path` as its last columns, which are then its labels.

    Args: known: the names that the answers must have, () for those in the file, or its own name. read: as of the data;
        the format, whether the first row names the columns, and of transposed data whether the answers are a row or
        a column are found out, where several readings are possible by the number of rows; where both a row and a column
        can be meant, it is the row.
    Raises: DataError where there are not as many rows; UsageError where data and answers have columns of one name.
    """
    answers = _read(path, file, read, remarks)
    answers = answers._replace(table=_named(answers, known))
    table, names = file.table, answers.table.names
    if table.labels:
        listed = ", ".join(map(quoted, table.labels))
        remarks.note(file.shown, f"its answers, {listed}, are left out: those in {answers.shown} take their place")
        table = table.select([name for name in table.names if name not in table.labels])
    both = next((name for name in names if name in table.names), None)
    if both is not None:
        message = f"the answers in {answers.shown} are called {quoted(both)}, as a column of this file is"
        advice = f"take the column out of one of them, or say --label {both} without the file"
        raise UsageError(message, path=file.shown, advice=advice)
    columns = (*table.columns, *answers.table.columns)
    joined = table._replace(columns=columns, labels=names, task=answers.table.task)
    return file._replace(table=joined, answers=answers)


def with_class(
    file: TableFile, known: Sequence[str], classes: tuple[str, ...], number: int, remarks: Remarks
) -> TableFile:
    """The file, all of whose rows are of the class of this number, with the class as its last column.

    Args: known: what the column is called in the network or in the files before; () for a name that no column has. remarks: takes
        what is said of a column that has this name already.
    """
    table = file.table
    names = known or [name for name in (CLASS, *_OTHER_CLASS) if name not in table.names][:1]
    if given_way := [name for name in names if name in table.by_name]:
        text = (
            f"its column {quoted(given_way[0])} is left out: the class of the file, which is called so, takes its place"
        )
        remarks.note(file.shown, text)
    codes = np.full(table.n_rows, number, dtype=np.int32)
    columns = [column for column in table.columns if column.name not in names]
    columns += [TableColumn(name, codes=codes, words=classes, is_declared=True) for name in names]
    joined = table._replace(columns=tuple(columns), labels=tuple(names), task="classification", matrix=None)
    return file._replace(table=joined)


def _read(path: str, data: TableFile, read: ReadRequest, remarks: Remarks) -> AnswerFile:
    """The answers, with as many rows as the data: this decides whether a first row of words is one of them, and whether
    the samples of transposed data have their answers in a row or in a column."""
    plain, first = read._replace(format="auto", header=None, transpose=False), None
    # Turned round, a first row would be one of samples, which has no names.
    headers = (False, None, True) if read.transpose else (None, False, True)
    for header in headers if os.path.isfile(path) else (None,):
        found = Remarks()
        try:
            table, shown, source = read_table(path, plain._replace(header=header), found)
        except DataError as fault:
            first = first or fault
            continue
        forms = [transposed(table), transposed(table, may_name=False)] if read.transpose and table.n_rows else []
        forms.append(table)
        fitting = [form for form in forms if form.n_rows == data.table.n_rows and not _name_is_answer(form)]
        if fitting:
            remarks.take(found)
            return AnswerFile(fitting[0], shown, source._replace(n_samples=0))
        first = first or _wrong_count(max(form.n_rows + _name_is_answer(form) for form in forms), shown, data)
    assert first is not None
    raise first


def _name_is_answer(table: Table) -> bool:
    """Whether the name of the only column is also one of its words, and so an answer itself."""
    return table.is_named and len(table.columns) == 1 and table.names[0] in table.columns[0].words


def _wrong_count(n: int, shown: str, data: TableFile) -> DataError:
    message = f"holds {count_of(n, 'row')} of answers, and {data.shown} {count_of(data.table.n_rows, 'row')}"
    return DataError(message, path=shown, advice="give one row of answers for each row of data, in the same order")


def _named(answers: AnswerFile, known: Sequence[str]) -> Table:
    """The answers under the names that they are known by."""
    table, n = answers.table, len(answers.table.columns)
    if not known:
        if table.is_named:
            return table
        stem = names_of_files([answers.source.name])[0]
        return table.rename([stem] if n == 1 else [f"{stem}_{k}" for k in range(1, n + 1)])
    listed = ", ".join(map(quoted, known[:10])) + (", ..." if len(known) > 10 else "")
    if n != len(known):
        message = f"holds {count_of(n, 'column')} of answers, and there must be {len(known)}: {listed}"
        raise DataError(message, path=answers.shown, advice="give a column for each answer")
    if n == 1 or not table.is_named:
        return table.rename(known)
    missing = [name for name in known if name not in table.names]
    if missing:
        message = f"has no column {quoted(missing[0])} of answers, which are {listed}"
        raise DataError(message, path=answers.shown, line=table.header_line or None, advice="name the columns so")
    return table.select(known)
