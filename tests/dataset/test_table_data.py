"""Tables: rows, columns and names of them, and numbers as words."""

from pathlib import Path

import numpy as np
import pytest
from small_tables import matrix_table, numbers, table, words

from anncli.errors import DataError
from anncli.formats.data.base import TableWant
from anncli.formats.data.joined import join_tables
from anncli.formats.data.table_files import read_table
from anncli.tables import Roles, word_number


def test_a_float32_number_has_the_word_of_the_number_in_the_file() -> None:
    assert numbers("x", 0.1, 2, 1e-7, dtype=np.float32).as_words().words == ("0.1", "2", "1e-07")
    assert numbers("x", 0.1, 2, 1e-7).as_words().words == ("0.1", "2", "1e-07")


def test_words_as_numbers() -> None:
    column = words("x", "2", None, "0.5", "2").as_numbers()
    np.testing.assert_array_equal(column.numbers, [2, np.nan, 0.5, 2])
    assert words("x", "2", "b").as_numbers() is None
    assert numbers("x", 1).as_numbers().numbers.tolist() == [1]
    assert np.isnan(words("x", None).as_numbers().numbers).all()


@pytest.mark.parametrize(
    "word", ["1_000", "nan", "inf", "-Infinity", "\u0663", " 1", "1e", "", "0x10", "1e999", "-1e400"]
)
def test_words_that_only_python_takes_as_numbers(word) -> None:
    assert words("x", "2", word).as_numbers() is None
    assert word_number(word) is None


def test_a_word_is_a_number_where_the_cell_of_a_file_is_one(tmp_path: Path) -> None:
    """The text reader decides by itself which cells are numbers, so that it can say whether a word is one."""
    ends = ("", "e5", "E-5", "e+", "e", "e309", "e-400")
    middles = ("", "7", "0.5", ".5", "5.", ".", "1.2.3")
    found = [f"{sign}{digits}{end}" for sign in ("", "+", "-", "--") for digits in middles for end in ends]
    for word in [*filter(None, found), "nan7", "1_000", "inf", "0x10"]:
        (tmp_path / "t.csv").write_text(f"a;b\n{word};x\n{word};x\n")
        try:
            column = read_table(tmp_path / "t.csv", TableWant(header=True, decimal=".", na=())).column("a")
        except DataError:
            # The whole column is a number in another spelling, or too large.
            assert word_number(word) is None, word
            continue
        assert (column.numbers is not None) == (word_number(word) is not None), word


def test_rows_of_a_table() -> None:
    given = table(numbers("a", 1, 2, 3), words("b", "x", None, "y"))
    taken = given.take(np.array([0, 2]))
    assert (taken.n_rows, list(taken.lines)) == (2, [2, 4])
    assert taken.column("a").numbers.tolist() == [1, 3]
    assert (taken.column("b").codes.tolist(), taken.column("b").words) == ([0, 1], ("x", "y"))


def test_rows_of_a_matrix_stay_a_matrix() -> None:
    taken = matrix_table("ab", [[1, 2], [3, 4], [5, 6]]).take(np.array([1, 2]))
    assert taken.matrix.tolist() == [[3, 4], [5, 6]]
    assert taken.column("b").numbers.base is taken.matrix


def test_selected_and_renamed_columns() -> None:
    given = table(numbers("a", 1), words("b", "x"), numbers("c", 3))
    assert given.select(["c", "a"]).names == ("c", "a")
    assert given.select(["a", "b", "c"]) is given
    with pytest.raises(KeyError):
        given.select(["d"])
    renamed = given.rename(["x", "y", "z"])
    assert renamed.names == ("x", "y", "z")
    assert renamed.column("y").words == ("x",)


def test_roles_name_what_is_left_over() -> None:
    roles = Roles(("id", "a", "w", "y"), ("y",), ("a",), weight="w")
    assert roles.used == ("y", "a", "w")
    assert roles.ignored == ("id",)


def test_joined_numbers_and_words_are_words() -> None:
    joined = join_tables([table(numbers("a", 1, 2)), table(words("a", "2", "x"))])
    assert joined.column("a").words == ("1", "2", "x")
    assert joined.column("a").codes.tolist() == [0, 1, 1, 2]
