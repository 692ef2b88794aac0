"""The format libsvm: labels, queries, widths, faults with their places; scikit-learn's loader is the second opinion."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
from typed_tables import cells

from anncli.compiled import native_module
from anncli.errors import DataError
from anncli.formats.data.base import TableWant
from anncli.formats.data.registry import data_format, table_format_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_columns import TableMatcher
from anncli.formats.data.table_files import read_table
from anncli.formats.files.source import ByteSource
from anncli.tables import Roles, Table


@pytest.fixture(params=["native", "numpy"], autouse=True)
def kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "native" and native_module() is None:
        pytest.skip("no compiled code")
    monkeypatch.setenv("ANN_KERNELS", request.param)


def read(folder: Path, text: str | bytes, want: TableWant | None = None) -> Table:
    path = folder / "a.svm"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, want, "libsvm")


def fault(folder: Path, text: str, want: TableWant | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, text, want)
    return str(caught.value).replace(str(folder / "a.svm"), "FILE")


def test_a_table_of_two_rows(tmp_path: Path) -> None:
    table = read(tmp_path, "+1 1:0.5 3:-2\n\n# all zeros\n-1 # note\n")
    assert table.names == ("label", "1", "2", "3")
    assert (table.labels, table.task, table.is_named, table.group) == (("label",), "classification", True, "")
    assert table.matrix is not None
    assert table.matrix.tolist() == [[0.5, 0, -2], [0, 0, 0]]
    assert table.matrix_start == 1
    assert all(np.shares_memory(column.numbers, table.matrix) for column in table.columns[1:])
    assert table.column("label").as_words().words == ("1", "-1")
    assert [table.line_of(0), table.line_of(1)] == [1, 4]


def test_fractions_are_numbers_and_words_are_classes(tmp_path: Path) -> None:
    table = read(tmp_path, "0.5 1:1\n2 1:2\n? 1:3\n")
    assert (table.task, str(table.columns[0].numbers)) == ("regression", "[0.5 2.  nan]")
    table = read(tmp_path, "2 1:1\n1,3 1:2\nspam 1:3\n? 1:2\n02 1:4\n")
    assert table.task == "classification"
    assert (table.columns[0].words, table.columns[0].codes.tolist()) == (("2", "1,3", "spam"), [0, 1, 2, -1, 0])  # type: ignore[union-attr]


def test_queries_are_a_column_and_the_group(tmp_path: Path) -> None:
    table = read(tmp_path, "1 qid:3 1:1\n2 1:5\n3 qid:4\n")
    assert (table.names, table.group, table.matrix_start) == (("label", "qid", "1"), "qid", 2)
    assert repr(table.column("qid").numbers.tolist()) == "[3.0, nan, 4.0]"  # type: ignore[union-attr]


def test_index_0_makes_a_column_of_that_name(tmp_path: Path) -> None:
    assert read(tmp_path, "1 1:1 2:2\n1 0:3\n").names == ("label", "0", "1", "2")
    assert read(tmp_path, "1 1:1\n1 2:3\n").names == ("label", "1", "2")


def test_the_width_of_a_network(tmp_path: Path) -> None:
    table = read(tmp_path, "1 2:1\n", TableWant(width=4))
    assert table.names == ("label", "1", "2", "3", "4")
    assert (
        fault(tmp_path, "1 4:1\n1 5:2\n", TableWant(width=4))
        == "FILE:2: index 5 is beyond 1 to 4; the network has 4 inputs"
    )
    assert (
        fault(tmp_path, "1 0:1\n1 4:2\n", TableWant(width=4))
        == "FILE:2: index 4 is beyond 0 to 3; the network has 4 inputs"
    )
    assert read(tmp_path, "", TableWant(width=2)).names == ("label", "1", "2")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "1:2 2:3",
            ":1: the row begins with '1:2', where its label should stand; write the label of the row first, 0 where it is not known",
        ),
        ("1 3:1 3:2", ":3: index 3 follows 3; sort the pairs of a row by index, and give each index once"),
        ("1 3:1 x:2", ":3: expected index:value, found 'x:2'; write for example 3:0.5"),
        ("1 7", ":2: expected index:value, found '7'; write for example 3:0.5"),
        ("1 7:", ":2: expected index:value, found '7:'; write for example 3:0.5"),
        ("1 1:2 qid:3", ":3: a misplaced or wrong query 'qid:3'; write qid:N after the label"),
        ("1 qid:x", ":2: a misplaced or wrong query 'qid:x'; write qid:N after the label"),
        ("1 1:1,5", ":2: expected a number, found '1,5'; write decimals with a point"),
        ("1 1:inf", ":2: 'inf' is not allowed; replace the value, or take the row out"),
        ("1 1:1e39", ":2: '1e39' is too large for a 32-bit float; scale the values down"),
        ("1 9999999999:1", ":2: index 9999999999 is too large; count the columns from 1"),
    ],
)
def test_faults_have_a_place(tmp_path: Path, row: str, message: str) -> None:
    assert fault(tmp_path, f"1 1:1\n\n{row}\n") == f"FILE:3{message}"


def test_rows_above_a_fault_are_given(tmp_path: Path) -> None:
    (tmp_path / "a.svm").write_text("1 1:1\n2 2:2\n3 x\n")
    tables = data_format("libsvm").open_table(ByteSource(tmp_path / "a.svm"), TableWant())  # type: ignore[attr-defined]
    assert next(tables).matrix.tolist() == [[1, 0], [0, 2]]
    with pytest.raises(DataError):
        next(tables)


def test_what_would_be_huge_when_dense_is_refused_with_numbers(tmp_path: Path) -> None:
    expected = (
        "FILE: is sparse: 2 rows of 900000000 values would take 14.4 GB, the file has 20 bytes; "
        "leave out columns that are nearly always 0, or rows"
    )
    assert fault(tmp_path, "1 1:1\n1 900000000:1\n") == expected
    assert fault(tmp_path, "1 1:1\n" * 3 + "1 99999999:1\n", TableWant(width=100_000_000)).startswith(
        "FILE: is sparse: 4 rows of"
    )


def test_very_many_columns_of_few_rows_are_refused(tmp_path: Path) -> None:
    assert fault(tmp_path, "1 1000000:1\n").startswith("FILE: has 1000000 columns, and 12 bytes of rows; check that")


def test_the_format_is_recognised(tmp_path: Path) -> None:
    for text in ("1 1:2\n-1\n", "# note\n+1 qid:3 1:2 4:5\n0 2:1\n", "a 1:1\n"):
        (tmp_path / "a.txt").write_text(text)
        assert table_format_of(ByteSource(tmp_path / "a.txt")) is data_format("libsvm"), text
    (tmp_path / "a.txt").write_text("12:30 1\n12:31 2\n")
    assert table_format_of(ByteSource(tmp_path / "a.txt")) is not data_format("libsvm")


def test_what_was_found_is_said(tmp_path: Path) -> None:
    remarks = Remarks()
    read(tmp_path, "1 1:1 2:1\n", TableWant(remarks=remarks))
    assert remarks.guesses == [
        f"{tmp_path / 'a.svm'}: libsvm, indices from 1, 2 inputs, the labels of the first rows are classes"
    ]


def test_batches_have_the_same_columns(tmp_path: Path) -> None:
    text = "".join(f"{k % 2} {1 + k % 50}:{k}\n" for k in range(1000))
    (tmp_path / "a.svm").write_text(text)
    tables = list(data_format("libsvm").open_table(ByteSource(tmp_path / "a.svm"), TableWant(block_rows=300)))  # type: ignore[attr-defined]
    assert [table.n_rows for table in tables] == [300, 300, 300, 100]
    assert {table.names for table in tables} == {("label", *map(str, range(1, 51)))}
    assert read(tmp_path, text, TableWant(block_rows=7)).matrix.tolist() == read(tmp_path, text).matrix.tolist()  # type: ignore[union-attr]


def test_scikit_learn_reads_the_same(tmp_path: Path) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    dice = random.Random(4)
    for number in range(30):
        width, lines = dice.choice((1, 7, 300)), []
        for _ in range(dice.choice((1, 20, 200))):
            indices = sorted(dice.sample(range(1, width + 1), dice.randrange(width + 1)))
            pairs = " ".join(
                f"{index}:{dice.choice((repr(dice.gauss(0, 1)), str(round(dice.gauss(0, 1e6))), '7', '-0'))}"
                for index in indices
            )
            query = f" qid:{dice.randrange(9)}" if number % 3 == 0 else ""
            lines.append(f"{dice.choice(('+1', '-1', '2.5', '1e2'))}{query} {pairs}{dice.choice(('', ' # c', '#c'))}\n")
        lines.append(f"1 {'qid:1 ' if number % 3 == 0 else ''}{width}:1\n")
        text = "".join(lines).encode()
        inputs, labels, queries = datasets.load_svmlight_file(io.BytesIO(text), query_id=True)
        table = read(tmp_path, text)
        assert table.matrix.tolist() == inputs.toarray().tolist()  # type: ignore[union-attr]
        assert table.column("label").numbers.tolist() == labels.tolist()  # type: ignore[union-attr]
        if number % 3 == 0:
            assert table.column("qid").numbers.tolist() == queries.tolist()  # type: ignore[union-attr]


def test_columns_that_a_file_leaves_out_are_0(tmp_path: Path) -> None:
    roles = Roles(("label", "1", "2", "3"), ("label",), ("1", "2", "3"))
    remarks = Remarks()
    table = TableMatcher(roles, roles.columns, remarks).fit(read(tmp_path, "1 2:5\n"), "FILE")
    assert [cells(table.column(name)) for name in roles.inputs] == [[0], [5], [0]]
    assert remarks.guesses == ["FILE: columns that are 0 in every row: '3'"]
    # An index from 0 on is a name too: nothing is shifted.
    table = TableMatcher(roles, roles.columns, remarks).fit(read(tmp_path, "1 0:7 2:5\n"), "FILE")
    assert [cells(table.column(name)) for name in roles.inputs] == [[0], [5], [0]]
    assert remarks.notes == ["FILE: columns that the network does not have are left out: '0'"]
