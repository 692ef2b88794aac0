"""Files of inputs and declared answers: FANN, PROBEN1 and SNNS; their heads, tasks, sets and faults."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from typed_tables import content

from anncli.compiled import native_module
from anncli.errors import DataError
from anncli.formats.data.base import TableWant
from anncli.formats.data.registry import data_format, table_format_of
from anncli.formats.data.table_files import read_table
from anncli.formats.files.source import ByteSource
from anncli.tables import Table

PROBEN1 = "bool_in=1\nreal_in=1\nbool_out=2\nreal_out=0\ntraining_examples=2\nvalidation_examples=0\ntest_examples=1\n"
SNNS = "SNNS pattern definition file V3.2\ngenerated at Mon Apr 25 18:08:50 1994\n\n\nNo. of patterns : 2\nNo. of input units : 3\nNo. of output units : 1\n\n"


@pytest.fixture(params=["native", "numpy"], autouse=True)
def kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "native" and native_module() is None:
        pytest.skip("no compiled code")
    monkeypatch.setenv("ANN_KERNELS", request.param)


def read(folder: Path, text: str, name: str = "auto", want: TableWant | None = None) -> Table:
    (folder / "a").write_text(text)
    return read_table(folder / "a", want, name)


def fault(folder: Path, text: str, name: str) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, text, name)
    return str(caught.value).replace(str(folder / "a"), "FILE")


# ------------------------------------------------------------------------------------------------------------- FANN


def test_one_high_output_in_every_row_is_a_class(tmp_path: Path) -> None:
    table = read(tmp_path, "3 2 3\n0.5 -1\n0 1 0\n2 3\n1 0 0\n4 5\n0 1 0\n")
    assert content(table) == {"1": [0.5, 2, 4], "2": [-1, 3, 5], "class": ["output 2", "output 1", "output 2"]}
    assert (table.labels, table.task, table.is_named) == (("class",), "classification", False)
    assert table.columns[2].words == ("output 1", "output 2", "output 3")
    assert table.columns[2].is_declared
    assert [table.line_of(row) for row in range(3)] == [2, 4, 6]
    assert table.matrix is not None
    assert table.matrix.flags.c_contiguous


@pytest.mark.parametrize(
    ("answers", "task"),
    [(["1 1", "0 1"], ""), (["0.1 0.9", "0.9 0.1"], "classification"), (["0.1 0.8", "0.9 0.1"], "regression"), (["1 0", "0 0"], ""),
     (["1", "-1"], ""), (["1", "2.5"], ""), (["0 0", "0 0"], "")],
)  # fmt: skip
def test_the_task_that_the_answers_show(tmp_path: Path, answers: list[str], task: str) -> None:
    table = read(tmp_path, f"2 1 {len(answers[0].split())}\n5\n{answers[0]}\n6\n{answers[1]}\n", "fann")
    assert table.task == task
    expected = (
        ("class",) if task == "classification" else tuple(f"output {k + 1}" for k in range(len(answers[0].split())))
    )
    assert table.labels == expected


def test_three_different_answers_are_numbers(tmp_path: Path) -> None:
    table = read(tmp_path, "3 1 1\r\n1\r\n0\r\n2\r\n1\r\n3\r\n2\r\n")
    assert (table.labels, table.task) == (("output 1",), "regression")


def test_fann_rows_may_be_divided_into_lines_in_any_way(tmp_path: Path) -> None:
    table = read(tmp_path, "2 2 1 1 2\n3 4 5 6", "fann")
    assert content(table) == {"1": [1, 4], "2": [2, 5], "output 1": [3, 6]}
    assert table.line_of(0) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2 1 1\n1\n0\n2\n", ":4: the head announces 2 rows of 2 numbers, 4 in all, found 3; the file may be cut short: copy it again, or correct the head"),
        ("1 1 1\n1\n0\n2\n0\n", ":5: the head announces 1 row of 2 numbers, 2 in all, found more; correct the count of rows in the head"),
        ("1 2 1\n1 x\n0\n", ":2:2: expected a number, found 'x'; correct it, or take the row out"),
        ("1 2 1\n1 nan\n0\n", ":2:2: 'nan' is not allowed; replace the value, or take the row out"),
        ("1 2\n", ":1: expected three counts, found 2; begin the file with the number of rows, of inputs and of outputs"),
        ("1.5 2 1\n", ":1:1: expected the number of rows, found '1.5'; write a whole number"),
        ("3 0 1\n", ":1:2: expected the number of inputs, found '0'; write a whole number"),
        ("9999999999 9 9\n1\n1\n", ":1:1: expected the number of rows, found '1e+10'; write a whole number"),
        ("2147483647 2147483647 2147483647\n1\n", ":2: the head announces 2147483647 rows of 4294967294 numbers, 9223372028264841218 in all, found 1; the file may be cut short: copy it again, or correct the head"),
    ],
)  # fmt: skip
def test_faults_of_fann_files(tmp_path: Path, text: str, message: str) -> None:
    assert fault(tmp_path, text, "fann") == "FILE" + message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fann", "0 2000000000 1\n"),
        ("proben1", PROBEN1.replace("in=1", "in=2000000000").replace("examples=2", "examples=0").replace("examples=1", "examples=0")),
        ("snns", SNNS.replace("units : 3", "units : 2000000000").replace("patterns : 2", "patterns : 0")),
    ],
)  # fmt: skip
def test_a_head_with_very_many_columns_asks_for_no_memory(tmp_path: Path, name: str, text: str) -> None:
    assert "000 columns, and 0 bytes of rows; check that its head is right" in re.sub(
        "[1-9] columns", "0 columns", fault(tmp_path, text, name)
    )


def test_libfann_files_are_read_as_numpy_reads_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    inputs, answers = rng.normal(size=(300, 7)).round(4), rng.normal(size=(300, 2))
    lines = [
        f"{' '.join(map(repr, one.tolist()))} \n{' '.join(map(repr, other.tolist()))} \n"
        for one, other in zip(inputs, answers, strict=True)
    ]
    table = read(tmp_path, "300 7 2\n" + "".join(lines), want=TableWant(block_rows=77))
    assert table.matrix.tolist() == inputs.tolist()  # type: ignore[union-attr]
    assert [table.column(name).numbers.tolist() for name in table.labels] == answers.T.tolist()  # type: ignore[union-attr]


# ---------------------------------------------------------------------------------------------------------- PROBEN1


def test_a_proben1_file_with_its_sets(tmp_path: Path) -> None:
    table = read(tmp_path, PROBEN1 + "0 0.25 1 0\n1 0.5 0 1\n\n1 0.75 1 0\n")
    assert content(table) == {"1": [0, 1, 1], "2": [0.25, 0.5, 0.75], "class": ["output 1", "output 2", "output 1"]}
    assert (table.sets, table.task) == ((("training", 2), ("test", 1)), "classification")
    assert [table.line_of(row) for row in range(3)] == [8, 9, 11]


def test_a_declared_boolean_answer_is_a_class_unless_it_takes_other_values(tmp_path: Path) -> None:
    head = PROBEN1.replace("bool_out=2", "bool_out=1")
    assert read(tmp_path, head + "0 1 1\n0 1 0\n0 1 1\n").task == "classification"
    assert read(tmp_path, head + "0 1 1\n0 1 0\n0 1 0.5\n").task == "regression"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PROBEN1 + "0 1 1 0\n0 1 1\n0 1 1 0\n", ":9: expected 4 values, found 3; the head has 2 inputs and 2 outputs"),
        (PROBEN1 + "0 1 1 0\n0 1 1 0\n", ":9: the head announces 3 rows of 4 numbers, 12 in all, found 8; the file may be cut short: copy it again, or correct the head"),
        (PROBEN1 + "0 1 1 0\n" * 4, ":11: the head announces 3 rows of 4 numbers, 12 in all, found more; correct the count of rows in the head"),
        (PROBEN1 + "0 1 1 0\n0 ? 1 0\n0 1 1 0\n", ":9:2: expected a number, found '?'; correct it, or take the row out"),
        (PROBEN1.replace("real_in=1\n", ""), ":7: the head has no real_in; write a line real_in=N before the rows"),
        (PROBEN1.replace("real_in=1", "real_in=x"), ":2: real_in: expected a count, found 'x'; write a whole number"),
        (PROBEN1.replace("real_in=1", "bool_in=1"), ":2: bool_in is given twice; remove one"),
        (PROBEN1.replace("real_in", "reel_in"), ":2: unknown line of the head 'reel_in'; did you mean 'real_in'?"),
        (PROBEN1.replace("in=1", "in=0"), ":7: the head declares no inputs; correct the head"),
    ],
)  # fmt: skip
def test_faults_of_proben1_files(tmp_path: Path, text: str, message: str) -> None:
    assert fault(tmp_path, text, "proben1") == "FILE" + message


# ------------------------------------------------------------------------------------------------------------- SNNS


def test_an_snns_file_with_comments(tmp_path: Path) -> None:
    table = read(tmp_path, SNNS + "# Input pattern 1:\n0 1\n2 # half\n# Output pattern 1:\n0.5\n3 4 5\n-1.5\n")
    assert content(table) == {"1": [0, 3], "2": [1, 4], "3": [2, 5], "output 1": [0.5, -1.5]}


def test_an_snns_file_without_answers(tmp_path: Path) -> None:
    table = read(tmp_path, SNNS.replace("No. of output units : 1\n", "") + "0 1 2\n3 4 5\n")
    assert (table.names, table.labels) == (("1", "2", "3"), ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SNNS + "1 2 3\n0\n1 2 3\n", ":11: the head announces 2 rows of 4 numbers, 8 in all, found 7; the file may be cut short: copy it again, or correct the head"),
        (SNNS + "1 2 3\n0\n1 2 3\n1 1\n", ":12: the head announces 2 rows of 4 numbers, 8 in all, found more; correct the count of rows in the head"),
        (SNNS + "1 2 3\n0\n[ 3 1 ]\n1 2 3\n1\n", ":11: has patterns of variable dimensions, which are not read; remove the dimensions: give every pattern the same number of values"),
        (SNNS.replace("No. of output units : 1", "No. of variable input dimensions : 1"), ":7: has patterns of variable dimensions, which are not read; remove the dimensions: give every pattern the same number of values"),
        (SNNS.replace("No. of output units : 1", "No. of classes : 2"), ":7: has classes of patterns, which are not read; save the patterns without classes"),
        (SNNS.replace("No. of patterns : 2", "No. of patterns : x"), ":5: no. of patterns: expected one count, found 'x'; write a whole number, once"),
        (SNNS.replace("No. of patterns : 2\n", "") + "1 2\n", ":8: the head has no line 'no. of patterns'; write it before the patterns"),
        (SNNS + "1 2 3\nyes\n1 2 3\n0\n", ":10:1: expected a number, found 'yes'; correct it, or take the row out"),
    ],
)  # fmt: skip
def test_faults_of_snns_files(tmp_path: Path, text: str, message: str) -> None:
    assert fault(tmp_path, text, "snns") == "FILE" + message


def test_the_formats_are_recognised(tmp_path: Path) -> None:
    texts = {"fann": "2 2 1\n1 2\n0\n3 4\n1\n", "proben1": PROBEN1, "snns": SNNS}
    for name, text in texts.items():
        (tmp_path / "a").write_text(text)
        assert table_format_of(ByteSource(tmp_path / "a")) is data_format(name)
