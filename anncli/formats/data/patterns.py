"""Patterns: rows of inputs and declared answers, as the files of FANN, PROBEN1 and SNNS hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, blocks
from anncli.errors import DataError, count_of, printable
from anncli.formats.data.base import TableWant
from anncli.formats.data.cell_text import number_texts, numbers_only, with_labels
from anncli.formats.data.dense import check_columns
from anncli.formats.data.joined import join_tables
from anncli.tables import MISSING, Table, TableColumn

CLASS = "class"


class Declared(NamedTuple):
    """What a file says of its rows: n_inputs, n_outputs; is_boolean: whether it declares that the answers are yes or no;
    sets: as Table.sets."""

    n_inputs: int
    n_outputs: int
    is_boolean: bool = False
    sets: tuple[tuple[str, int], ...] = ()


def output_names(n: int) -> tuple[str, ...]:
    return tuple(f"output {k}" for k in range(1, n + 1))


def pattern_tables(
    values: Array, declared: Declared, lines: Sequence[int], shown: str, want: TableWant
) -> Iterator[Table]:
    """The rows as tables. Where every row has one high answer, the answers are one column of classes, `class`, whose
    levels are the names of the outputs; otherwise they are numbers, one column for each output.

    Args: values, float64 (n, n_inputs + n_outputs).
    """
    check_columns(values.shape[1], values.nbytes, shown)
    inputs, answers = values[:, : declared.n_inputs], values[:, declared.n_inputs :]
    names = output_names(declared.n_outputs)
    classes = high_answers(answers)
    task = "classification" if classes is not None else _task(answers, declared.is_boolean)
    if want.remarks is not None and declared.n_outputs:
        kind = (
            "one of the outputs is high in every row: classes"
            if classes is not None
            else count_of(declared.n_outputs, "answer")
        )
        want.remarks.guess(shown, f"{count_of(declared.n_inputs, 'input')}, {kind}")
    for taken in blocks(max(len(values), 1), want.block_rows):
        part = inputs[taken]
        columns = [TableColumn(str(k), part[:, k - 1]) for k in range(1, declared.n_inputs + 1)]
        if classes is not None:
            columns.append(TableColumn(CLASS, codes=classes[taken], words=names, is_declared=True))
        else:
            columns += [TableColumn(name, answers[taken, k]) for k, name in enumerate(names)]
        labels = (CLASS,) if classes is not None else names
        yield Table(
            tuple(columns), len(part), False, lines[taken], labels=labels, task=task, matrix=np.ascontiguousarray(part), sets=declared.sets
        )  # fmt: skip


def high_answers(answers: Array) -> Array | None:
    """The place of the high answer of each row, int32 (n,), where all answers (n, k > 1) have two values and every row has
    the higher one exactly once; else None."""
    if answers.shape[1] < 2 or not len(answers):
        return None
    low, high = answers.min(), answers.max()
    is_high = answers == high
    if low == high or not (is_high | (answers == low)).all() or not (is_high.sum(axis=1) == 1).all():
        return None
    return is_high.argmax(axis=1).astype(np.int32)


def _task(answers: Array, is_boolean: bool) -> str:
    """'regression' where there are more than two different answers, whatever the file declares; two may be classes."""
    is_two_valued = not answers.size or ((answers == answers.min()) | (answers == answers.max())).all()
    if not is_two_valued:
        return "regression"
    return "classification" if is_boolean else ""


def pattern_rows(tables: Iterable[Table], labels: Sequence[str], format_name: str) -> tuple[Array, Array, Table]:
    """Inputs (n, m), answers (n, k), float64, and the whole table. Of a label with words each level is an answer, 0 or 1.

    Raises: DataError for inputs that are words, and for missing cells.
    """
    table = join_tables(list(with_labels(tables, labels)))
    inputs = [name for name in table.names if name not in table.labels]
    answers = [_answer(table, name, format_name) for name in table.labels]
    joined = np.concatenate([np.empty((table.n_rows, 0)), *answers], axis=1)
    return numbers_only(table, inputs, "output", format_name), joined, table


def _answer(table: Table, name: str, format_name: str) -> Array:
    column = table.column(name)
    if column.codes is None:
        return numbers_only(table, [name], "output", format_name)
    if (column.codes == MISSING).any():
        message = f"column {printable(name)} has {int((column.codes == MISSING).sum())} missing cells"
        raise DataError(message, advice=f"leave these rows out: {format_name} files cannot hold them")
    one_hot = np.zeros((table.n_rows, len(column.words)))
    one_hot[np.arange(table.n_rows), column.codes] = 1
    return one_hot


def row_texts(matrix: Array) -> list[str]:
    """The rows (n, k) as texts, a blank between the numbers."""
    if not matrix.shape[1]:
        return [""] * len(matrix)
    columns = [number_texts(matrix[:, k]) for k in range(matrix.shape[1])]
    return [" ".join(row) for row in zip(*columns, strict=True)]
