"""Columns matched by name with those of the network, or of the first file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from anncli.errors import DataError
from anncli.formats.data.assemble import read_dataset, read_sets, stream_rows
from anncli.formats.data.remarks import Remarks
from anncli.network.network import Network

NETWORK = Network.create(3, [(1, "logistic")], columns=("a", "b", "c"), classes=("p", "n"))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    monkeypatch.chdir(tmp_path)

    def make(text: str, name: str = "d.csv") -> str:
        Path(name).write_text(text)
        return name

    return make


def rows(path: str, remarks: Remarks | None = None) -> list[list[float]]:
    """The rows as predict reads them, after a check that test reads the same."""
    streamed = [
        row for b in stream_rows(path, 3, columns=NETWORK.columns, remarks=remarks) for row in b.inputs.tolist()
    ]
    assert read_dataset(path, network=NETWORK, labelled=False).inputs.tolist() == streamed
    return streamed


def test_another_order_is_put_right_and_told_to_who_asks(write: Callable[..., str]) -> None:
    remarks = Remarks()
    assert rows(write("c,b,a\n3,2,1\n6,5,4\n"), remarks) == [[1, 2, 3], [4, 5, 6]]
    assert remarks.notes == []
    assert remarks.guesses[1:] == ["d.csv: the columns are matched with those of the network by name"]


def test_further_columns_are_left_out_and_told(write: Callable[..., str]) -> None:
    remarks = Remarks()
    assert rows(write("id,c,a,b\n9,3,1,2\n8,6,4,5\n"), remarks) == [[1, 2, 3], [4, 5, 6]]
    assert remarks.notes == ["d.csv: columns that the network does not have are left out: id"]


def test_a_missing_column_is_named_with_the_nearest(write: Callable[..., str]) -> None:
    for text, message in (
        ("a,b,C\n1,2,3\n", "d.csv:1: no column 'c'; is it 'C'?"),
        ("a,b\n1,2\n", "d.csv:1: no column 'c'; the columns of the network are a, b, c"),
        ("x,y,z\n1,2,3\n", "d.csv:1: no column 'a', 'b', 'c'; the columns of the network are a, b, c"),
        ("a,b,c,c\n1,2,3,4\n", "d.csv:1: two columns are called 'c'; rename one"),
    ):
        with pytest.raises(DataError) as caught:
            rows(write(text))
        assert str(caught.value) == message


def test_without_names_the_order_counts(write: Callable[..., str]) -> None:
    remarks = Remarks()
    assert rows(write("3,2,1\n"), remarks) == [[3, 2, 1]]
    assert remarks.guesses[1:] == ["d.csv: no column names; the columns are taken in the order of the network"]
    with pytest.raises(DataError, match=r"expected 3 values, found 4 .*; the network has 3 inputs"):
        rows(write("3,2,1,0\n"))


def test_files_of_one_command_are_matched_with_the_first(write: Callable[..., str]) -> None:
    one, other = write("a,b\n1,2\n", "p.csv"), write("b,a\n4,3\n", "n.csv")
    data, _ = read_sets({"training": [one, other]})
    assert (data.inputs.tolist(), data.columns) == ([[1, 2], [3, 4]], ("a", "b"))
    with pytest.raises(DataError, match=r"n\.csv:1: columns that p\.csv does not have: z; give files with the same"):
        read_sets({"training": [one, write("b,a,z\n4,3,1\n", "n.csv")]})
    with pytest.raises(DataError, match=r"n\.csv:1: no column 'a'; the columns of p\.csv are a, b"):
        read_sets({"training": [one, write("b,z\n4,3\n", "n.csv")]})


def test_a_fault_below_names_in_another_order_has_the_place_in_the_file(write: Callable[..., str]) -> None:
    with pytest.raises(DataError, match=r"d\.csv:3:1: expected a number, found 'x'"):
        rows(write("c,b,a\n3,2,1\nx,5,4\n"))
    with pytest.raises(DataError, match=r"d\.csv:3: expected 3 values, found 2 \('1,2'\); line 1 has 3"):
        rows(write("c,b,a\n3,2,1\n1,2\n"))
