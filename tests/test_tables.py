"""Tables: words and numbers in one column, and batches that are joined."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from anncli.formats.data.joined import join_tables
from anncli.tables import MISSING, Table, TableColumn, number_word

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "word"),
    [(1.0, "1"), (-2.0, "-2"), (0.5, "0.5"), (1e16, "1e+16"), (123456789012.0, "123456789012"), (-0.0, "0")],
)
def test_a_number_as_a_word(value: float, word: str) -> None:
    assert number_word(value) == word
    assert float(word) == value


def test_numbers_become_words_in_order_of_appearance() -> None:
    column = TableColumn("a", np.array([3.0, NAN, 1.0, 3.0, 0.5])).as_words()
    assert column.words == ("3", "1", "0.5")
    assert column.codes is not None
    assert column.codes.tolist() == [0, MISSING, 1, 0, 2]
    assert column.is_missing.tolist() == [False, True, False, False, False]
    assert column.as_words() is column


def test_batches_are_joined() -> None:
    one = Table((TableColumn("a", np.array([1.0, NAN])), TableColumn("b", np.array([5.0, 6.0]))), 2, lines=(2, 3))
    words = TableColumn("a", codes=np.array([1, 0, 0], dtype=np.int32), words=("1", "x"))
    two = Table((words, TableColumn("b", np.array([7.0, 8.0, 9.0]))), 3, lines=(5,))
    table = join_tables([one, two])
    assert (table.n_rows, table.names, list(table.lines)) == (5, ("a", "b"), [2, 3, 5])
    assert table.column("a").words == ("1", "x")
    assert table.column("a").codes is not None
    assert table.column("a").codes.tolist() == [0, MISSING, 1, 0, 0]
    assert table.column("b").numbers is not None
    assert table.column("b").numbers.tolist() == [5, 6, 7, 8, 9]
    assert (table.line_of(2), table.line_of(3)) == (5, None)
    with pytest.raises(KeyError):
        table.column("c")


def test_the_matrix_of_batches_stays_one_matrix() -> None:
    parts = []
    for start in (0, 4):
        matrix = np.arange(start, start + 4, dtype=np.float32).reshape(2, 2)
        text = TableColumn("t", codes=np.zeros(2, dtype=np.int32), words=("w",))
        columns = (text, TableColumn("a", matrix[:, 0]), TableColumn("b", matrix[:, 1]))
        parts.append(Table(columns, 2, matrix=matrix, matrix_start=1))
    table = join_tables(parts)
    assert table.matrix is not None
    assert table.matrix.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]
    numbers = table.column("b").numbers
    assert numbers is not None
    assert numbers.base is table.matrix or np.shares_memory(numbers, table.matrix)
    assert table.column("t").codes is not None
    assert len(table.column("t")) == 4


def test_the_numbers_of_a_matrix_are_sent_once() -> None:
    matrix = np.arange(3_000, dtype=np.float64).reshape(1_000, 3)
    columns = [TableColumn("w", codes=np.zeros(1_000, dtype=np.int32), words=("one",))]
    columns += [TableColumn(f"x{k}", matrix[:, k]) for k in range(3)]
    made = Table(tuple(columns), 1_000, matrix=matrix, matrix_start=1)
    text = pickle.dumps(made)
    assert len(text) < matrix.nbytes + columns[0].codes.nbytes + 1_000  # type: ignore[union-attr]
    found = pickle.loads(text)
    assert (type(found), found.names) == (Table, made.names)
    assert found.column("x2").numbers.tolist() == matrix[:, 2].tolist()
    assert found.column("x2").numbers.base is found.matrix
    assert found.column("w").words == ("one",)
    assert pickle.loads(pickle.dumps(made.select(["x1", "w"]))).column("x1").numbers.tolist() == matrix[:, 1].tolist()
