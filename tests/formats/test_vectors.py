"""Plain vectors: both parsers take and refuse the same texts, and every fault is found at its line and column."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.compiled import native_module
from anncli.errors import DataError
from anncli.formats.data import vectors
from anncli.formats.data.layout import guess_delimiter
from anncli.formats.data.row_buffer import RowBuffer
from anncli.formats.data.vectors import VectorReader, Width
from anncli.formats.files.source import ByteSource

NATIVE = native_module()
PARSERS = [None, pytest.param(NATIVE, marks=pytest.mark.skipif(NATIVE is None, reason="no compiled parser"))]


@pytest.fixture(params=PARSERS, ids=["numpy", "native"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(vectors, "_native", lambda: request.param)
    return request.param


def parse(path: Path, text: str | bytes, width: Width | None = None, delimiter: str | None = None, size: int = 1 << 20) -> tuple[VectorReader, RowBuffer]:  # fmt: skip
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    source = ByteSource(path)
    reader, rows = VectorReader(source, width, delimiter), RowBuffer()
    blocks = list(source.blocks(size))
    # The first block must hold two lines of content; small blocks are for the borders behind them.
    reader.read_into(rows, [b"".join(blocks[:4]), *blocks[4:]])
    return reader, rows


def values(path: Path, text: str | bytes, **options: Any) -> list[list[float]]:
    rows = parse(path, text, **options)[1]
    found: list[list[float]] = rows.matrix().tolist()
    return found


def fault(path: Path, text: str | bytes, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        parse(path, text, **options)
    return str(caught.value).removeprefix(f"{path}:")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("d.txt")


@pytest.mark.parametrize(
    "text",
    [
        "1 2.5\n-3 4\n", "1,2.5\n-3,4", "1;2.5\r\n-3;4\r\n", "1\t2.5\n-3\t4\n", " 1   2.5 \n\t-3 \t 4\t\n",
        "1 , 2.5\n-3 ,4\n", "# a\n\n1 2.5 # b\n  \n#c\n-3 4\n\n", "\ufeff1 2.5\n-3 4\n", "1e0 +25e-1\n-3. 4.000\n",
        "1,2.5 #1,2\n-3,4 # größe\n", '"1","2.5"\n"-3",4\n', "1,2.5,\n-3,4,\n", "x;y;\n1;2.5;\n-3;4;\n",
        "1|2.5\n-3|4\n", "\t1\t2.5\n\t-3\t4\n", "x,#y\n1,2.5\n-3,4\n", "0,1\n1.0,2.5\n-3.0,4.0\n", '"1" "2.5" # c\n-3 "4"\n', "x y\n1 2.5\n-3 4\n", "x,y\n1,2.5\n-3,4\n", "# x y\n1\f2.5\n-3\v4\n", "1 2.5\r\r\n-3 4\r\r\n",
    ],
)  # fmt: skip
def test_one_table_written_in_many_ways(path: Path, parser: Any, text: str) -> None:
    for size in (1 << 20, 9):
        assert values(path, text, size=size) == [[1, 2.5], [-3, 4]]


def test_one_value_per_line(path: Path, parser: Any) -> None:
    assert values(path, "1\n\n2\n3") == [[1], [2], [3]]
    assert values(path, "age\n1\n2") == [[1], [2]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n3 abc\n", "2:2: expected a number, found 'abc'; correct it, or take the row out"),
        ("1 2\n3 nan\n", "2:2: 'nan' is not allowed; replace the value, or take the row out"),
        ("1 2\n-Infinity 3\n", "2:1: '-Infinity' is not allowed; replace the value, or take the row out"),
        ("1 2\n3 1e39\n", "2:2: '1e39' is too large for a 32-bit float; scale the values down"),
        ("1 2\n3 -3.4028236e38\n", "2:2: '-3.4028236e38' is too large for a 32-bit float; scale the values down"),
        ("1 2\n3\n", "2: expected 2 values, found 1 ('3'); line 1 has 2"),
        ("\n# c\n1 2\n3 4 5\n", "4: expected 2 values, found 3 ('3 4 5'); line 3 has 2"),
        ("1,2\n3,\n", "2:2: the value is missing; write a number, or take the row out"),
        ("1,2\n,3\n", "2:1: the value is missing; write a number, or take the row out"),
        ("1,2,,\n", "1:3: the value is missing; write a number, or take the row out"),
        ("1,2\n3,4,,\n", "2:3: the value is missing; write a number, or take the row out"),
        ("1 2\n3 1.#INF\n", "2:2: '1.#INF' is not allowed; replace the value, or take the row out"),
        ("1 2\n-1.#IND 3\n", "2:1: '-1.#IND' is not allowed; replace the value, or take the row out"),
        ("1,2\n#N/A,3\n", "2:1: expected a number, found '#N/A'; correct it, or take the row out"),
        ("1,2\n3,#DIV/0!\n", "2:2: expected a number, found '#DIV/0!'; correct it, or take the row out"),
        ("1 2\n3 4#c\n", "2:2: expected a number, found '4#c'; write a blank before the # of a comment"),
        ("1\t2\n\t3\n", "2:1: the value is missing; write a number, or take the row out"),
        ("1\t2\n\t\n", "2:1: the value is missing; write a number, or take the row out"),
        ("1 2\n3 2.5D+00\n", "2:2: expected a number, found '2.5D+00'; write exponents with E"),
        ("1;2\n3;1.234,5\n", "2:2: expected a number, found '1.234,5'; write decimals with a point, and thousands without a mark between them"),
        ("a,b\n1,NA\n3,4\n", "2:2: expected a number, found 'NA'; correct it, or take the row out"),
        ('1,"2,5"\n3,4\n', "1:2: expected a number, found '2,5'; write decimals with a point"),
        ("1,2\n,,\n", "2:1: the value is missing; write a number, or take the row out"),
        ("1,2\n3;4\n", "2:1: expected a number, found '3;4'; correct it, or take the row out"),
        ("1,2\n3 4\n", "2:1: expected a number, found '3 4'; separate all values of a file alike"),
        ("1;2\n3;4,5\n", "2:2: expected a number, found '4,5'; write decimals with a point"),
        ("1 2\n3,5 4\n", "2:1: expected a number, found '3,5'; write decimals with a point"),
        ("1,5 2,5\n", "1:1: expected a number, found '1,5'; write decimals with a point"),
        ("1 2\n1_0 4\n", "2:1: expected a number, found '1_0'; correct it, or take the row out"),
        ("1 2\n3 \u0661\n", "2:2: expected a number, found '\u0661' (U+0661 ARABIC-INDIC DIGIT ONE); correct it, or take the row out"),
        ("1 2\n3 0x10\n", "2:2: expected a number, found '0x10'; correct it, or take the row out"),
        ('1 2\n3 "4x"\n', "2:2: expected a number, found '4x'; correct it, or take the row out"),
        ("a\n", " holds no rows, only a line of names; write one row of values per line"),
        ("1 2\n3\x1c4\n", "2:1: expected a number, found '3\\x1c4'; correct it, or take the row out"),
        ("1 2\n3 4\x1f\n", "2:2: expected a number, found '4\\x1f'; correct it, or take the row out"),
        ("1 2\n3 \x1b[31m\n", "2:2: expected a number, found '\\x1b[31m'; correct it, or take the row out"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
def test_faults_with_their_place(path: Path, parser: Any, text: str, message: str, end: str) -> None:
    assert fault(path, text.replace("\n", end)) == message


def test_latin_1_is_shown_as_far_as_it_can_be(path: Path, parser: Any) -> None:
    assert fault(path, b"1 2\n3 \xe9\n") == "2:2: expected a number, found '\ufffd'; correct it, or take the row out"
    assert values(path, b"1 2 # \xe9\n3 4\n") == [[1, 2], [3, 4]]


def test_faults_of_width_say_who_wants_it(path: Path, parser: Any) -> None:
    assert fault(path, "1 2\n", width=Width(3)) == "1: expected 3 values, found 2 ('1 2'); the network has 3 inputs"
    assert fault(path, "1 2\n", width=Width(1)) == "1: expected 1 value, found 2 ('1 2'); the network has 1 input"
    assert fault(path, "1 2\n", width=Width(1, "e.txt", 7)) == "1: expected 1 value, found 2 ('1 2'); e.txt:7 has 1"


def test_a_value_is_looked_at_before_the_width(path: Path, parser: Any) -> None:
    assert fault(path, "1 2\n3 4 x\n").startswith("2:3: expected a number, found 'x'")
    assert fault(path, "1 2\nx\n").startswith("2:1: expected a number, found 'x'")


@pytest.mark.parametrize("row", [1, 2, 3, 499, 500, 501, 1000])
@pytest.mark.parametrize("size", [16, 100, 1 << 20])
def test_line_numbers_across_blocks_and_rows_above_the_fault(path: Path, parser: Any, row: int, size: int) -> None:
    lines = []
    for k in range(1, 1001):
        lines += ["", "# note"] if k % 3 == 0 else []
        lines.append("1 x" if k == row else f"{k} {k}")
    physical = lines.index("1 x") + 1
    path.write_text("\n".join(["", *lines]))
    source = ByteSource(path)
    rows = RowBuffer()
    with pytest.raises(DataError) as caught:
        VectorReader(source, Width(2)).read_into(rows, source.blocks(size))
    assert (caught.value.line, caught.value.column) == (physical + 1, 2)
    assert rows.matrix().tolist() == [[k, k] for k in range(1, row)]


def test_blocks_of_nothing_in_the_middle(path: Path, parser: Any) -> None:
    empty = "\n" * 30 + "# nothing\n" * 30 + " \t \n" * 30
    for size in (10, 50, 1 << 20):
        assert values(path, f"1 2\n3 4\n{empty}5 6\n", size=size) == [[1, 2], [3, 4], [5, 6]]
        assert fault(path, f"1 2\n3 4\n{empty}5 x\n", size=size).startswith("93:2: ")
        assert fault(path, f"{empty}1 2\n5 x\n", size=size).startswith("92:2: ") or size == 10


def test_many_empty_lines_beside_wide_rows_take_no_room(path: Path, parser: Any) -> None:
    wide = " ".join(["1"] * 5000)
    rows = parse(path, wide + "\n" * 900_000 + wide)[1]
    assert rows.n == 2
    # 900,000 rows of this width would be 18 GB.
    assert rows._values.nbytes < 50e6


def test_a_line_longer_than_a_block(path: Path, parser: Any) -> None:
    wide = ",".join(map(str, range(1, 30_001)))
    rows = parse(path, f"{wide}\n{wide}\n", size=1 << 12)[1]
    assert rows.matrix().tolist() == [list(range(1, 30_001))] * 2
    assert fault(path, f"{wide}\n{wide},x\n", size=1 << 12).startswith("2:30001: expected a number, found 'x'")


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("x y\n1 2\n", ("x", "y")),
        ('"x","y z"\n1,2\n', ("x", "y z")),
        ("\"x, m\",'y'\n1,2\n", ("x, m", "y")),
        ("größe;länge\n\n# c\n1;2\n", ("größe", "länge")),
        ("x\ty z\n1\t2\n", ("x", "y z")),
        ('"x m" y\n1 2\n', ("x m", "y")),
        ("x1,2y\n1,2\n", ("x1", "2y")),
        ("1 2\n", ()),
        ("# x y\n1 2\n", ()),
    ],
)
def test_headers(path: Path, parser: Any, text: str, columns: tuple[str, ...]) -> None:
    reader, rows = parse(path, text)
    assert (reader.columns, rows.matrix().tolist()) == (columns, [[1, 2]])


@pytest.mark.parametrize(
    "text", ["a,nan\n1,2\n", ",b\n1,2\n", "a,1\n1,2\n", "a,,c\n1,2,3\n", "2,5;3,5\n1;2\n", "0x1 0x2\n1 2\n"]
)
def test_what_is_no_header_is_a_fault_of_its_line(path: Path, parser: Any, text: str) -> None:
    assert fault(path, text).startswith("1:")


def test_the_line_of_a_header_and_of_faults_below_it(path: Path, parser: Any) -> None:
    reader, _ = parse(path, "# c\n\nx,y\n\n1,2\n")
    assert reader.header_line == 3
    assert fault(path, "# c\n\nx,y\n\n1,2\n3\n") == "6: expected 2 values, found 1 ('3'); line 5 has 2"


@pytest.mark.parametrize("delimiter", ["", ",", ";", "\t", "|"])
def test_a_delimiter_that_is_said(path: Path, parser: Any, delimiter: str) -> None:
    between = delimiter or " "
    assert values(path, f"1{between}2\n3{between}4\n", delimiter=delimiter) == [[1, 2], [3, 4]]
    if delimiter:
        assert fault(path, f"1{between}{between}2\n", delimiter=delimiter).startswith("1:2: the value is missing")
    else:
        assert fault(path, "1,2\n", delimiter="").startswith("1:1: expected a number, found '1,2'")


def test_a_tab_at_either_end_is_a_blank_but_one_too_many_within_is_a_missing_value(path: Path, parser: Any) -> None:
    assert values(path, "1\t2\t\n3\t4\n") == [[1, 2], [3, 4]]
    assert fault(path, "1\t2\t\n\t3\t4\n").startswith("1:3: the value is missing")
    assert fault(path, "1\t2\t3\n4\t\t6\n") == "2:2: the value is missing; write a number, or take the row out"
    assert fault(path, "1\t2\t3\n\t5\t6\n") == "2:1: the value is missing; write a number, or take the row out"


def test_guessed_delimiters() -> None:
    guessed = {
        "1 2": "",
        "1,2": ",",
        "1;2": ";",
        "1,5;2,5": ";",
        "1\t2": "\t",
        "1\t 2": "\t",
        "1 2\t3": "",
        "1": "",
    }
    assert {text: guess_delimiter([text.encode()]) for text in guessed} == guessed


TOKENS = [
    "1",
    "2.5",
    "-3",
    "+4",
    "1e3",
    "1E-2",
    ".5",
    "5.",
    "0",
    "-0",
    "1e38",
    "3.4028235e38",
    "3.4028236e38",
    "1e-46",
    "00012",
    "111111111111111111111111",
    "0.12345678901234567891",
]
ODD = [
    *["nan", "inf", "-Infinity", "1e39", "1e400", "1_0", "0x10", "1,5", "abc", "-", "+", ".", "e5", "1e", "1e+", "--1", "+-1", "1.2.3", "1d5", "1f", "1j", "(1)", "NA", "?", "nan(1)", "1#", "#", "é", "١", "1e5.5"],
    "", "\xa0", "\x1c", "1\x1c2", "\x85", "\v", "\f", "1\v", "\f2", "1 2", "'1'", '"1"', "\ufeff1", "\x1f",
]  # fmt: skip


def random_text(rng: random.Random) -> bytes:
    """A small table with whatever goes wrong in real ones."""
    delimiter = rng.choice([" ", "\t", ",", ";", "  ", " , ", "\t \t"])
    width, odd = rng.choice([1, 1, 2, 2, 3, 4]), rng.choice([0, 0, 0.02, 0.1, 0.3])
    ends = ["\n"] * 8 + ["\r\n"] * 2 + ["\r\r\n"]
    pieces = []
    if rng.random() < 0.2:
        names = rng.choices(["a", "b c", '"x"', "x1", "é", "nan", "", "'q r'"], k=width)
        pieces += [delimiter.join(names), rng.choice(ends)]
    for _ in range(rng.randint(0, 6)):
        if rng.random() < 0.08:
            pieces += [
                rng.choice(["", "  ", "\t", "# c", "  # c,1", "\v", ",", ";"]),
                rng.choice(["\n", "\r\n", "\n\n"]),
            ]
            continue
        length = width if rng.random() < 0.95 else rng.randint(1, 5)
        between = delimiter if rng.random() < 0.96 else rng.choice(" \t,;")
        pieces.append(rng.choice([" ", "\t", ",", "\f"]) if rng.random() < 0.05 else "")
        pieces.append(between.join(rng.choice(ODD if rng.random() < odd else TOKENS) for _ in range(length)))
        pieces.append(rng.choice([" ", ",", "\t", ";", " # x", "#x", "\v"]) if rng.random() < 0.05 else "")
        pieces.append(rng.choice(ends))
    text = "".join(pieces)
    text = text.rstrip("\n") if rng.random() < 0.3 else text
    return text.encode("utf-8" if rng.random() < 0.9 else "latin-1", "replace")


@pytest.mark.slow
@pytest.mark.skipif(NATIVE is None, reason="no compiled parser")
def test_both_parsers_take_and_refuse_the_same_texts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(2)
    outcomes = {"taken": 0, "refused": 0}
    for _ in range(3000):
        text = random_text(rng)
        options: dict[str, Any] = {
            "width": rng.choice([None, None, Width(2)]),
            "delimiter": rng.choice([None, None, None, "", ",", "\t"]),
            "size": rng.choice([1 << 20, 7, 20]),
        }
        results: list[tuple[Any, ...]] = []
        for native in (NATIVE, None):
            monkeypatch.setattr(vectors, "_native", lambda native=native: native)
            try:
                reader, rows = parse(path, text, **options)
                bits = rows.matrix().view(np.uint32).tolist() if rows.width else []
                results.append(("taken", bits, reader.columns, reader.line))
            except DataError as error:
                results.append(("refused", str(error)))
        assert results[0] == results[1], (text, options, results)
        outcomes[results[0][0]] += 1
    # The texts must reach both sides of the rule.
    assert min(outcomes.values()) > 500, outcomes
