"""Tables turned round against numpy's transpose and a table written by hand."""

from __future__ import annotations

import numpy as np

from anncli.dataset.transposed import transposed
from anncli.tables import Table, TableColumn


def test_numbers_are_transposed() -> None:
    values = np.arange(12.0).reshape(3, 4)
    values[1, 2] = np.nan
    table = Table(tuple(TableColumn(f"s{k}", values[:, k]) for k in range(4)), 3)
    turned = transposed(table)
    assert (turned.n_rows, turned.names, turned.is_named) == (4, ("1", "2", "3"), False)
    found = np.column_stack([column.numbers for column in turned.columns])  # type: ignore[misc]
    np.testing.assert_array_equal(found, values.T)
    np.testing.assert_array_equal(turned.matrix, values.T)


def test_a_first_column_of_words_names_the_inputs() -> None:
    names = TableColumn("gene", codes=np.array([0, 1, 2], dtype=np.int32), words=("g1", "g2", "kind"))
    samples = [
        TableColumn("a", codes=np.array([0, 1, 2], dtype=np.int32), words=("0.25", "7", "ill")),
        TableColumn("b", codes=np.array([0, -1, 1], dtype=np.int32), words=("1", "well")),
        TableColumn("c", codes=np.array([-1, 0, 1], dtype=np.int32), words=("2", "ill")),
    ]
    turned = transposed(Table((names, *samples), 3))
    assert (turned.n_rows, turned.names, turned.is_named) == (3, ("g1", "g2", "kind"), True)
    np.testing.assert_array_equal(turned.column("g1").numbers, [0.25, 1, np.nan])  # type: ignore[arg-type]
    np.testing.assert_array_equal(turned.column("g2").numbers, [7, np.nan, 2])  # type: ignore[arg-type]
    kind = turned.column("kind")
    assert kind.codes is not None
    assert [kind.words[code] for code in kind.codes] == ["ill", "well", "ill"]


def test_a_first_column_of_words_that_come_back_is_a_sample() -> None:
    words = TableColumn("1", codes=np.array([0, 0], dtype=np.int32), words=("x",))
    turned = transposed(Table((words, TableColumn("2", np.array([1.0, 2.0]))), 2, is_named=False))
    assert (turned.n_rows, turned.names) == (2, ("1", "2"))
    missing = TableColumn("1", codes=np.array([0, -1], dtype=np.int32), words=("x",))
    assert not transposed(Table((missing, TableColumn("2", np.array([1.0, 2.0]))), 2)).is_named
