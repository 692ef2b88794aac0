"""The format ARFF: heads, rows dense and sparse, quotes, weights, dates, faults; scipy and liac-arff are second opinions."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from typed_tables import cells, content

from anncli.compiled import native_module
from anncli.errors import DataError
from anncli.formats.data.base import TableWant
from anncli.formats.data.registry import data_format, table_format_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_files import read_table
from anncli.formats.files.source import ByteSource
from anncli.tables import Table

HEAD = """% A remark
@RELATION 'two words'

@attribute age numeric
@Attribute 'home town' {york, 'new york', "o'hara"}
@attribute x{1,2.0,03}   % levels like numbers
@attribute note string
@attribute day date 'yyyy-MM-dd'
@data
"""


@pytest.fixture(params=["native", "numpy"], autouse=True)
def kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "native" and native_module() is None:
        pytest.skip("no compiled code")
    monkeypatch.setenv("ANN_KERNELS", request.param)


def read(folder: Path, text: str | bytes, want: TableWant | None = None) -> Table:
    (folder / "a.arff").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(folder / "a.arff", want, "arff")


def fault(folder: Path, text: str | bytes) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, text)
    return str(caught.value).replace(str(folder / "a.arff"), "FILE")


def simple(rows: str, *attributes: str) -> str:
    return "@relation a\n" + "".join(f"@attribute {attribute}\n" for attribute in attributes) + "@data\n" + rows


def test_every_kind_of_attribute(tmp_path: Path) -> None:
    rows = "30,york,1,'a, b',2026-11-25\n\n%,\n?, 'new york' ,03,?,?\n1e1,\"o'hara\",2.0, 007 ,'2026-01-02' % remark\n 5 , ? , ? , '?' , '2026-01-02'\n"
    table = read(tmp_path, HEAD + rows)
    assert content(table) == {
        "age": [30, None, 10, 5],
        "home town": ["york", "new york", "o'hara", None],
        "x": ["1", "3", "2", None],
        "note": ["a, b", None, "7", "?"],
        "day": ["2026-11-25T00:00:00", None, "2026-01-02T00:00:00", "2026-01-02T00:00:00"],
    }
    assert (table.columns[1].words, table.columns[1].is_declared) == (("york", "new york", "o'hara"), True)
    assert table.columns[2].words == ("1", "2", "3")
    assert not table.columns[3].is_declared
    assert [table.line_of(row) for row in range(4)] == [10, 13, 14, 15]


def test_levels_that_would_become_the_same_number_stay_texts(tmp_path: Path) -> None:
    assert read(tmp_path, simple("01\n1\n", "a {1,01,2}")).columns[0].words == ("1", "01", "2")


@pytest.mark.parametrize(
    ("attributes", "label", "task"),
    [
        (["x numeric", "Class {a,b}", "y numeric"], ("Class",), "classification"),
        (["x numeric", "kind {a,b}", "y numeric"], ("y",), "regression"),
        (["x numeric", "kind {a,b}"], ("kind",), "classification"),
        (["class real", "kind {a,b}"], ("class",), "regression"),
        (["x numeric", "text string"], (), ""),
        (["x numeric"], (), ""),
    ],
)
def test_the_answer(tmp_path: Path, attributes: list[str], label: tuple[str, ...], task: str) -> None:
    remarks = Remarks()
    table = read(tmp_path, simple("", *attributes), TableWant(remarks=remarks))
    assert (table.labels, table.task, table.n_rows) == (label, task, 0)
    assert remarks.guesses[0].endswith(f"arff, the answer is {label[0] if label else 'not declared'}")


def test_sparse_rows(tmp_path: Path) -> None:
    text = simple("{1 2.5, 2 'x y'}\n{ }\n{0 ?,1 -1},{2}\n{2 ?}\n", "a numeric", "b numeric", "c {first, 'x y'}")
    table = read(tmp_path, text)
    assert content(table) == {
        "a": [0, 0, None, 0],
        "b": [2.5, 0, -1, 0],
        "c": ["x y", "first", "first", None],
        "weight": [1, 1, 2, 1],
    }
    assert table.weight == "weight"


def test_weights_of_dense_rows(tmp_path: Path) -> None:
    table = read(tmp_path, simple("1,a,{2.5}\n2,b\n3,a, {0}\n", "weight numeric", "c {a,b}"))
    assert (table.weight, content(table)["row weight"]) == ("row weight", [2.5, 1, 0])
    assert (
        fault(tmp_path, simple("1,a,{-1}\n", "x numeric", "c {a,b}"))
        == "FILE:5:3: expected the weight of the row, found '{-1}'; write for example {2.5}"
    )


def test_separators(tmp_path: Path) -> None:
    for rows in (
        "1,2,a\n3,4,b\n",
        "1 2\ta\n3   4 b\n",
        "1, 2, a\n3,\t4 ,b\n",
        "1,2,a,\n3,4,b,\n",
        "1,2,a\r\n3,4,b\r\n",
        "1,2,a\n\n% x\n3,4,b\n%\n",
        "1,2,'a'\n3,4,\"b\"",
    ):
        table = read(tmp_path, simple(rows, "x real", "y integer [0,9]", "c {a,b}"))
        assert content(table) == {"x": [1, 3], "y": [2, 4], "c": ["a", "b"]}, rows
        assert (table.matrix.tolist(), table.matrix_start) == ([[1, 2], [3, 4]], 0)  # type: ignore[union-attr]


def test_empty_cells_are_missing_where_all_cells_are_there(tmp_path: Path) -> None:
    assert content(read(tmp_path, simple("1,,a\n,2,\n", "x real", "y real", "c {a,b}"))) == {
        "x": [1, None],
        "y": [None, 2],
        "c": ["a", None],
    }
    assert "expected 3 values, found 2" in fault(tmp_path, simple("1,2,a\n1,2\n", "x real", "y real", "c {a,b}"))
    # Blanks around a missing comma must not make up for an empty cell.
    assert "expected a number, found '1 2'" in fault(tmp_path, simple("1 2,,3\n", "x real", "y real", "z real"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (simple("1,c\n", "x real", "k {a,b}"), ":5:2: 'c' is no level of 'k' (a, b); correct it, or declare it in the head"),
        (simple("1,a\n2,Bert\n", "x real", "k {a,bert}"), ":6:2: 'Bert' is no level of 'k' (a, bert); did you mean 'bert'?"),
        (simple("1,a\nx,b\n", "x real", "k {a,b}"), ":6:1: attribute 'x': expected a number, found 'x'; correct it, or take the row out"),
        (simple("1,2\nnan,2\n", "x real", "y real"), ":6:1: attribute 'x': 'nan' is not allowed; replace the value, or take the row out"),
        (simple("1,a\n1,a,3,4\n", "x real", "k {a,b}"), ":6: expected 2 values, found 4 ('1,a,3,4'); the head declares 2 attributes"),
        (simple("1,'a\n", "x real", "k {a,b}"), ":5:2: cannot read '\\'a'; close every quote".replace("\\'", "'")),
        (simple("{0 1, 5 2}\n", "x real", "k {a,b}"), ":5:2: expected a place from 0 to 1 and its value, found '5 2'; give each place once"),
        (simple("{0 1, 0 2}\n", "x real", "k {a,b}"), ":5:2: expected a place from 0 to 1 and its value, found '0 2'; give each place once"),
        (simple("{0 1\n", "x real", "k {a,b}"), ":5:1: a sparse row cannot be read; write for example {1 0.5, 3 red}"),
        (simple("{0 1}\n", "x real", "k string"), ":5:2: the sparse row leaves out 'k', which has no value for 0; write its value, or ?"),
        (simple("01.02.2026\n", "d date"), ":4:1: attribute 'd': '01.02.2026' is no date of the declared pattern; correct it, or write ?"),
        ("@relation a\n@attribute x {a,a}\n", ":2: attribute 'x': level 'a' is declared twice; remove one"),
        ("@relation a\n@attribute x {a\n", ":2: attribute 'x': the list of levels has no closing brace; write all levels in one line, and } after them"),
        ("@relation a\n@attribute x {a,'b}\n", ":2: attribute 'x': the list of levels cannot be read; write for example {york, 'new york'}"),
        ("@relation a\n@attribute x whole\n", ":2: attribute 'x': unknown kind 'whole'; use numeric, string, date or {levels}"),
        ("@relation a\n@attribute bag relational\n", ":2: attribute 'bag' is relational: a table within the table, which is not read; write each inner row as a row of its own"),
        ("@relation a\n@attribute x real\n@attribute x real\n", ":3: attribute 'x' is declared twice; rename one"),
        ("@relation a\n@attribute d date 'QQ'\n", ":2: attribute 'd': unknown pattern of dates 'QQ'; use for example 'yyyy-MM-dd HH:mm:ss'"),
        ("@relation a\n@attribute\n", ":2: expected an attribute, found '@attribute'; write for example @attribute age numeric, or @attribute city {york, 'new york'}"),
        ("@relation a\nx real\n", ":2: expected @relation, @attribute or @data, found 'x real'; write for example @attribute age numeric, or @attribute city {york, 'new york'}"),
        ("@relation a\n@data\n1\n", ":2: no attribute is declared before @data; write for example @attribute age numeric, or @attribute city {york, 'new york'}"),
        ("@relation a\n@attribute x real\n", ":2: has no line @data; write it before the rows"),
    ],
)  # fmt: skip
def test_faults(tmp_path: Path, text: str, message: str) -> None:
    assert fault(tmp_path, text) == "FILE" + message


def test_words_that_are_not_utf8(tmp_path: Path) -> None:
    assert fault(tmp_path, simple("a\n", "x string").encode() + b"\xe9\n").startswith("FILE:5: is not UTF-8 text")
    assert fault(tmp_path, b"@relation a\n@attribute x {\xe9}\n@data\n").startswith("FILE:2: is not UTF-8 text")
    assert content(read(tmp_path, simple("Zürich\n", "x string"))) == {"x": ["Zürich"]}


def test_rows_above_a_fault_are_given(tmp_path: Path) -> None:
    (tmp_path / "a.arff").write_text(simple("1,a\n2,b\n3,c\n", "x real", "k {a,b}"))
    tables = data_format("arff").open_table(ByteSource(tmp_path / "a.arff"), TableWant())  # type: ignore[attr-defined]
    assert content(next(tables)) == {"x": [1, 2], "k": ["a", "b"]}
    with pytest.raises(DataError):
        next(tables)


def test_sparse_files_that_would_be_huge_are_refused(tmp_path: Path) -> None:
    head = "@relation a\n" + "".join(f"@attribute a{k} real\n" for k in range(20_000)) + "@data\n"
    message = fault(tmp_path, head + "{0 1}\n" * 3000)
    assert "is sparse: " in message
    assert "rows of 20000 values would take" in message


def test_the_format_is_recognised(tmp_path: Path) -> None:
    for text in ("@relation a\n", "% long\n" * 5000 + "\n @RELATION a\n"):
        (tmp_path / "a").write_text(text)
        assert table_format_of(ByteSource(tmp_path / "a")) is data_format("arff")


def made(dice: random.Random) -> tuple[str, list[str]]:
    """A file, and the kinds of its attributes."""
    kinds = [dice.choice(("numeric", "nominal", "string")) for _ in range(dice.randrange(1, 6))]
    levels = ["a", "b c", "d,e", "it's", 'say "x"', "50%", "Zürich", "{x}"]
    lines = ["@relation made"]
    for k, kind in enumerate(kinds):
        shown = "{" + ",".join(quoted(level, dice) for level in levels) + "}" if kind == "nominal" else kind
        lines.append(f"@attribute 'col {k}' {shown}")
    lines.append("@data")
    for _ in range(dice.randrange(1, 30)):
        row = []
        for kind in kinds:
            cell = (
                dice.choice((repr(dice.gauss(0, 1)), "17", "-2.5e-3", "+1"))
                if kind == "numeric"
                else quoted(dice.choice(levels), dice)
            )
            row.append("?" if dice.random() < 0.1 else cell)
        lines.append(",".join(row))
    return "\n".join(lines) + "\n", kinds


def quoted(word: str, dice: random.Random) -> str:
    if word.isalpha() and word.isascii() and dice.random() < 0.5:
        return word
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"


def test_liac_arff_reads_the_same(tmp_path: Path) -> None:
    arff = pytest.importorskip("arff")
    dice = random.Random(6)
    for _ in range(60):
        text, kinds = made(dice)
        expected = [list(column) for column in zip(*arff.loads(text)["data"], strict=True)]
        found = [cells(column) for column in read(tmp_path, text).columns]
        assert found == expected, (kinds, text)


def test_scipy_reads_the_same_numbers_and_levels(tmp_path: Path) -> None:
    io = pytest.importorskip("scipy.io")
    rng = np.random.default_rng(7)
    numbers, codes = rng.normal(size=(500, 4)), rng.integers(0, 3, 500)
    rows = "".join(
        f"{','.join(map(repr, row))},{'abc'[code]}\n"
        for row, code in zip(numbers.tolist(), codes.tolist(), strict=True)
    )
    table = read(tmp_path, simple(rows, "p real", "q real", "r real", "s real", "k {a,b,c}"))
    data, meta = io.arff.loadarff(tmp_path / "a.arff")
    assert table.names == tuple(meta.names())
    assert all(table.column(name).numbers.tolist() == data[name].tolist() for name in "pqrs")  # type: ignore[union-attr]
    assert cells(table.column("k")) == [word.decode() for word in data["k"]]


def test_sparse_blocks_read_at_once_and_line_by_line_are_the_same(tmp_path: Path) -> None:
    dice = random.Random(8)
    attributes = ("x real", "k {first,b,c}", "y integer", "z real")
    for _ in range(30):
        rows = []
        for _ in range(dice.randrange(1, 20)):
            pairs = {place: dice.choice(("1.5", "-2e3", "?", "7")) for place in (0, 2, 3) if dice.random() < 0.5}
            pairs |= {1: dice.choice(("b", "c", "?"))} if dice.random() < 0.5 else {}
            ordered = sorted(pairs) if dice.random() < 0.95 else sorted(pairs, reverse=True)
            rows.append("{" + dice.choice((",", ", ")).join(f"{place} {pairs[place]}" for place in ordered) + "}\n")
        fast = read(tmp_path, simple("".join(rows), *attributes))
        # A weight makes every block be read line by line.
        slow = read(tmp_path, simple("".join(rows) + "{}, {1}\n", *attributes))
        assert content(fast) == {name: values[:-1] for name, values in content(slow).items() if name != "weight"}
    for row in ("{0 b}", "{1 1}", "{4 1}", "{0 1, 0 2}", "{0 1 2}", "{qid 1}", "{0 nan}", "{1 -1}"):
        assert fault(tmp_path, simple("{0 1}\n" + row + "\n", *attributes)).startswith("FILE:8:"), row


def test_blocks_read_at_once_and_line_by_line_are_the_same(tmp_path: Path) -> None:
    rows = "".join(f"{k / 7},{'ab'[k % 2]},w{k % 5},{k}\n" for k in range(2000))
    attributes = ("x real", "k {a,b}", "s string", "y integer")
    fast = read(tmp_path, simple(rows, *attributes))
    # An escape makes every block be read line by line.
    slow = read(tmp_path, simple(rows + "1,a,'\\\\',2\n", *attributes))
    assert {name: values[:-1] for name, values in content(slow).items()} == content(fast)
    assert fast.lines == list(slow.lines)[:-1] or list(fast.lines) == list(slow.lines)[:-1]
