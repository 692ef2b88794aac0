"""The layout of a table: names, numbered columns, delimiters, and texts that can be read in two ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from anncli.compiled import native_module
from anncli.compiled.row_text import numbered_lines
from anncli.errors import DataError
from anncli.formats.data import vectors
from anncli.formats.data.assemble import read_dataset, stream_rows
from anncli.formats.data.layout import Layout, find_layout
from anncli.formats.data.remarks import Remarks

NATIVE = native_module()
PARSERS = [None, pytest.param(NATIVE, marks=pytest.mark.skipif(NATIVE is None, reason="no compiled parser"))]


@pytest.fixture(params=PARSERS, ids=["numpy", "native"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(vectors, "_native", lambda: request.param)
    return request.param


def layout(text: str, **options: Any) -> Layout:
    return find_layout(numbered_lines(text.encode(), 20), "d.csv", **options)


def fault(text: str, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        layout(text, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "delimiter", "names", "n_values"),
    [
        ("1 2\n", "", (), 2),
        ("a b\n1,2\n", ",", None, 0),
        ('"x; m",y\n1,2\n', ",", ("x; m", "y"), 2),
        ("a,b,c,\n1,2,3,\n", ",", ("a", "b", "c"), 3),
        ("a,b\n1,2,\n3,4,\n", ",", ("a", "b"), 2),
        ("a\tb\n1\t2\n", "\t", ("a", "b"), 2),
        ("a,#visits,b\n1,2,3\n", ",", ("a", "#visits", "b"), 3),
        ("a #visits b\n1 2 3\n", "", ("a", "#visits", "b"), 3),
        ("a b # units\n1 2\n", "", ("a", "b"), 2),
        ("a b #units\n1 2\n", "", ("a", "b"), 2),
        ("0,1,2\n0.5,1,2\n", ",", ("0", "1", "2"), 3),
        ("0,1\n0.5,1.5\n", ",", ("0", "1"), 2),
        ('"0","1","2"\n0.5,1,2\n', ",", ("0", "1", "2"), 3),
        ("0 1\n1 0\n", "", (), 2),
        ("0 1\n0.5 1\n", "", (), 2),
        ("0\n0.5\n0.7\n", "", (), 1),
        ("1 2 3\n4 5 6\n", "", (), 3),
        ("0 1 2\n0 1 2\n3 4 5\n", "", (), 3),
        ("0.0 1 2\n3 4 5\n", "", (), 3),
        ("1\t\t22\n333\t4\n", "", (), 2),
        ("1 2\t3\n", "", (), 3),
        ("1|2\n", "|", (), 2),
    ],
)
def test_what_the_first_lines_show(text: str, delimiter: str, names: tuple[str, ...] | None, n_values: int) -> None:
    if names is None:
        assert "line 2 has 2 values, line 1 1 name" in fault(text)
    else:
        assert layout(text)[:3] == (delimiter, n_values, names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b c d\n1 2 3\n4 5 6\n", "d.csv: line 2 has 3 values, line 1 4 names; correct the names, or take their line out"),
        ('"a" "b"\n"1" 2 3\n', "d.csv: line 2 has 3 values, line 1 2 names; if row names come first, write the file without them (R: row.names=FALSE)"),
        (",a,b\n0,1,2\n", "d.csv:1: has an empty first name, as of an index column; write the file without it (pandas: index=False)"),
        (",0,1\n0,1.5,2\n", "d.csv:1: has an empty first name, as of an index column; write the file without it (pandas: index=False)"),
        ("a,,c\n1,2,3\n", "d.csv:1:2: column 2 has no name; write one, or take the line out"),
        ("id,2019,2020\n1,2,3\n", "d.csv:1:1: expected a number, found 'id'; correct it; if the line names the columns, '2019' is no name: write one with a letter"),
        ("% x\n1 2\n", "d.csv:1:1: expected a number, found '%'; comments begin with #"),
        ("// x\n1 2\n", "d.csv:1:1: expected a number, found '//'; comments begin with #"),
        ("\n\na,b\n", "d.csv: holds no rows, only a line of names; write one row of values per line"),
        ("1\t2\t\t3\n4\t\t5\t6\n", "d.csv:1: two tabs in a row: 4 columns with empty cells, or 3 columns with wide gaps; write a value into every cell, or a single tab between values"),
        ("0,1,2\n3,4,5\n", "d.csv: line 1 (0, 1, 2, ...) can be a row of values, or the numbers of the columns; write 0.0 for a value; take the line out, or write names with a letter, if it numbers the columns"),
        ("0,1,2\n3,4.5,5\n3,4,5\n", "d.csv: line 1 (0, 1, 2, ...) can be a row"),
        ("1,2,3,4,5,6,7,8\n0,4,4,1,0,9,9,3\n", "d.csv: line 1 (1, 2, 3, ...) can be a row of values, or the numbers of the columns; write 1.0"),
        ("2019,2020,2021\n0.5,0.1,0.7\n", "d.csv: line 1 (2019, 2020, 2021, ...) can be a row of values, or the numbers of the columns; write 2019.0"),
        ("2,5, 3,5\n1,5, 4,5\n", "d.csv:1: commas inside values and between them: '2,5, 3,5'; write decimals with a point"),
        ("2,095,2,25\n2,992,0,741\n", "d.csv:1: looks like decimal commas: '2,095,2,25'; write decimals with a point"),
    ],
)  # fmt: skip
def test_what_is_refused_with_both_readings_or_the_way_out(text: str, message: str) -> None:
    assert fault(text).startswith(message)


def test_a_missing_last_value_is_not_a_delimiter_at_the_end() -> None:
    assert layout("1,2,\n3,4,\n").trailing
    assert not layout("1,2,\n3,4,\n", n_wanted=3).trailing
    assert not layout("1,2,\n3,4,5\n").trailing
    assert not layout("a,b,c\n1,2,\n").trailing


@pytest.mark.parametrize("text", ["1\t2\t\n\t3\t4\n", "\t2\t3\n\t5\t6\n1\t5\t\n", "a\tb\tc\n1\t\t3\n", "1\t2\t3\n4\t\t6\n", "1 2 3\n4 #N/A 6\n"])  # fmt: skip
def test_an_empty_cell_never_shifts_the_columns(tmp_path: Path, parser: Any, text: str) -> None:
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(DataError, match=r"the value is missing|two tabs in a row|found '#N/A'"):
        read_dataset(tmp_path / "a.txt", labelled=False)


def test_a_list_with_a_wrong_header_is_refused_unless_the_network_decides(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for text, names in (("a b c d\n1 2 3\n4 5 6\n", "4 column names"), ("title\n1 2 3\n4 5 6\n", "1 column name")):
        path.write_text(text)
        with pytest.raises(
            DataError, match=rf"can be the name of one row in a list, or {names} above rows of 3 values"
        ):
            read_dataset(path, labelled=False)
        assert read_dataset(path, labelled=False, n_inputs=6).inputs.tolist() == [[1, 2, 3, 4, 5, 6]]
        assert read_dataset(path, labelled=False, data_format="list").n_inputs == 6
        with pytest.raises(DataError):
            read_dataset(path, labelled=False, n_inputs=3)


def test_words_in_a_whole_column_are_a_class_or_no_data(tmp_path: Path, parser: Any) -> None:
    path = tmp_path / "a b.csv"
    path.write_text("x,y,kind\n1,2,cat\n3,4,dog\n")
    with pytest.raises(DataError) as caught:
        read_dataset(path, labelled=False)
    text = str(caught.value).replace(str(path), "P")
    assert text == (
        "P:2:3: column 3 ('kind') holds words ('cat', 'dog'), not numbers; if it holds the classes, say --label kind; "
        "ann predict leaves it out with --ignore kind"
    )
    path.write_text("1,2,cat\n3,4,5\n")
    with pytest.raises(DataError, match="1:3: expected a number, found 'cat'"):
        read_dataset(path, labelled=False)


def test_every_guess_is_told(tmp_path: Path) -> None:
    path, remarks = tmp_path / "a.csv", Remarks()
    path.write_text("0,1,2\n0.5,1.5,2.5\n")
    assert [batch.inputs.tolist() for batch in stream_rows(path, 3, remarks=remarks)] == [[[0.5, 1.5, 2.5]]]
    assert remarks.guesses == [f"{path}: 3 values per row, separated by ','; the first line names the columns 0, 1, 2"]
    assert remarks.notes == [f"{path}: line 1 (0, 1, 2, ...) is taken as the numbers of the columns"]
    path.write_text("p 1\n1 2 3\n")
    list(stream_rows(path, 3, remarks=remarks))
    assert remarks.guesses[1:] == [f"{path}: a list of named rows, as ann1dn has them"]


def test_quotes_and_comments_do_not_slow_the_line_numbers(tmp_path: Path, parser: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_text('"1","2" # c\n\n# c\n3,"4"\n5,x\n')
    with pytest.raises(DataError, match=r"a\.csv:5:2: expected a number, found 'x'"):
        read_dataset(path, labelled=False)


@pytest.mark.parametrize(
    ("text", "place"), [("a\tb\tc\n\t2\t3\n4\t5\t6\n", "2:1"), ("a\tb\tc\n1\t2\t\n4\t5\t\n", "2:3")]
)
def test_a_table_with_an_empty_cell_at_an_end_of_its_first_row_is_no_list(
    tmp_path: Path, text: str, place: str
) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(text)
    with pytest.raises(DataError, match=f"{place}: the value is missing"):
        read_dataset(path)
