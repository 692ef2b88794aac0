"""The encoder of tables: inputs worked by hand, what it refuses, and where it makes no copy."""

import numpy as np
import pytest

from anncli.network.encoders.table import EncodingFault, InputColumn, TableEncoder
from anncli.tables import Roles, Table, TableColumn, make_table


def encoder(*columns: InputColumn, missing: str = "median") -> TableEncoder:
    names = tuple(column.name for column in columns)
    return TableEncoder(Roles(names, (), names), columns, missing)


CITY = InputColumn("city", "category", ("Berlin", "Paris"), ("Rome", "Oslo"), indicator=True)


def test_inputs_by_hand() -> None:
    given = encoder(InputColumn("age", fill=30.5, indicator=True), CITY)
    table = make_table({"city": ["Paris", "Oslo", None, "Berlin", "Bonn"], "age": [1, None, 3, 4, 5]})
    found = given.encode(table)
    # age, is age missing, Berlin, Paris, Rome or Oslo, is city missing
    assert found.inputs.tolist() == [
        [1, 0, 0, 1, 0, 0],
        [30.5, 1, 0, 0, 1, 0],
        [3, 0, 0, 0, 0, 1],
        [4, 0, 1, 0, 0, 0],
        [5, 0, 0, 0, 0, 0],
    ]
    assert found.unknown == {"city": 1}
    assert found.inputs.dtype == np.float32
    assert given.width == 6
    assert given.names == ("age", "age (missing)", "city=Berlin", "city=Paris", "city (rare)", "city (missing)")


def test_numbers_that_are_categories() -> None:
    """The word of a number is the same however the file was read: as numbers or among words, in 32 bits or in 64."""
    given = encoder(InputColumn("code", "category", ("0.1", "2")))
    for dtype in (np.float32, np.float64):
        table = Table((TableColumn("code", np.array([2, 0.1, 7], dtype=dtype)),), 3)
        assert given.encode(table).inputs.tolist() == [[0, 1], [1, 0], [0, 0]]
    assert given.encode(make_table({"code": ["0.1", "2", "x"]})).inputs.tolist() == [[1, 0], [0, 1], [0, 0]]


def test_words_that_are_numbers() -> None:
    """A batch in which a column of numbers has words only because another batch had them, or no cell at all."""
    given = encoder(InputColumn("a", fill=9.0))
    words = Table((TableColumn("a", codes=np.array([0, -1], np.int32), words=("2.5",)),), 2)
    assert given.encode(words).inputs.tolist() == [[2.5], [9]]
    empty = Table((TableColumn("a", codes=np.array([-1], np.int32), words=()),), 1)
    assert given.encode(empty).inputs.tolist() == [[9]]


@pytest.mark.parametrize(
    ("column", "cells", "row", "message"),
    [
        (
            InputColumn("a"), [1, None, None], 1,
            "cells are missing in 'a' (2); fill them, or train the network anew with --missing median (or mean, indicator, "
            "median+indicator)",
        ),
        (
            InputColumn("a"), ["1", "x"], 1,
            "column 'a': expected a number, found 'x'; correct it; --na names words that stand for a missing cell",
        ),
        (InputColumn("a"), [1, 2, -1e39], 2, "column 'a': -1e+39 is too large for a 32-bit float; scale the values down"),
    ],
)  # fmt: skip
def test_cells_that_cannot_be_encoded(column: InputColumn, cells: list, row: int, message: str) -> None:
    with pytest.raises(EncodingFault) as caught:
        encoder(column, missing="error").encode(make_table({"a": cells}))
    assert (str(caught.value), caught.value.row) == (message, row)


def test_gaps_of_all_columns_are_counted_at_once() -> None:
    given = encoder(InputColumn("a"), InputColumn("b", "category", ("x",)), InputColumn("c"), missing="error")
    table = make_table({"a": [1, 2, 3], "b": ["x", None, "x"], "c": [None, 1, None]})
    with pytest.raises(EncodingFault, match=r"cells are missing in 'b' \(1\), 'c' \(2\); ") as caught:
        given.encode(table)
    assert caught.value.row == 0


def test_unknown_words_can_be_refused() -> None:
    with pytest.raises(EncodingFault) as caught:
        encoder(CITY).encode(make_table({"city": ["Rome", "Bonn"]}), unknown="error")
    assert (str(caught.value), caught.value.row) == (
        "column 'city': 'Bonn' was not among the training rows; --unknown zeros takes such words as none of the known ones",
        1,
    )


def matrix_table(dtype: type = np.float32) -> Table:
    matrix = np.arange(12, dtype=dtype).reshape(3, 4)
    columns = tuple(TableColumn(name, matrix[:, k]) for k, name in enumerate("abcd"))
    labels = TableColumn("y", codes=np.zeros(3, np.int32), words=("x",))
    return Table((labels, *columns), 3, matrix=matrix, matrix_start=1)


def test_a_matrix_of_numbers_is_not_copied() -> None:
    table = matrix_table()
    found = encoder(*map(InputColumn, "abcd"), missing="error").encode(table).inputs
    assert np.shares_memory(found, table.matrix)
    assert found.flags.c_contiguous
    assert found.tolist() == table.matrix.tolist()
    part = encoder(*map(InputColumn, "bc"), missing="error").encode(table).inputs
    assert np.shares_memory(part, table.matrix)
    assert part.tolist() == [[1, 2], [5, 6], [9, 10]]


@pytest.mark.parametrize("names", ["ac", "ba", "dcba"])
def test_other_columns_of_a_matrix_are_copied(names: str) -> None:
    table = matrix_table()
    found = encoder(*map(InputColumn, names), missing="error").encode(table).inputs
    assert not np.shares_memory(found, table.matrix)
    assert found.tolist() == np.stack([table.column(name).numbers for name in names], axis=1).tolist()


def test_a_matrix_with_gaps_is_filled_in_a_copy() -> None:
    table = matrix_table()
    table.matrix[1, 2] = np.nan
    found = encoder(*(InputColumn(name, fill=-1.0) for name in "abcd")).encode(table).inputs
    assert found[1].tolist() == [4, 5, -1, 7]
    assert np.isnan(table.matrix[1, 2])


def test_a_matrix_of_64_bits_is_checked() -> None:
    table = matrix_table(np.float64)
    table.matrix[0, 0] = 1e300
    with pytest.raises(EncodingFault, match="column 'a': 1e"):
        encoder(*map(InputColumn, "abcd"), missing="error").encode(table)


def test_no_rows() -> None:
    table = Table((TableColumn("city", codes=np.empty(0, np.int32)),), 0)
    assert encoder(CITY).encode(table).inputs.shape == (0, 4)
