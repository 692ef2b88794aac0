"""Text tables read as they lie: delimiters, quotes, names, marks, and what is refused with its place."""

from __future__ import annotations

import gzip
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from anncli.compiled import native_module
from anncli.errors import AnnError, DataError, UsageError
from anncli.formats.data import text_pieces
from anncli.formats.data.base import NA_WORDS, TableWant
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_files import read_table, stream_table
from anncli.formats.files.source import ByteSource
from anncli.tables import Table, TableColumn

Read = Callable[..., Table]


def cells(column: TableColumn) -> list[object]:
    """Numbers, words, None for a missing cell."""
    if column.numbers is not None:
        return [None if x != x else x for x in column.numbers.tolist()]
    assert column.codes is not None
    return [None if code < 0 else column.words[code] for code in column.codes.tolist()]


def rows(table: Table) -> list[list[object]]:
    return [list(row) for row in zip(*map(cells, table.columns), strict=True)]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(text: str | bytes, name: str = "t.csv", **want: object) -> Table:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_table(path, TableWant(**want))  # type: ignore[arg-type]

    return read


@pytest.fixture
def fault(read: Read, tmp_path: Path) -> Callable[..., str]:
    def fault(text: str | bytes, name: str = "t.csv", **want: object) -> str:
        with pytest.raises(AnnError) as caught:
            read(text, name, **want)
        return str(caught.value).replace(f"{tmp_path}/", "")

    return fault


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("a,b\n1,x\n2,y\n", "a b", [[1, "x"], [2, "y"]]),
        ("a;b\n1;x\n2;y\n", "a b", [[1, "x"], [2, "y"]]),
        ("a\tb c\n1\tx\n2\ty z\n", "a|b c", [[1, "x"], [2, "y z"]]),
        ("a|b\n1|x\n2|y\n", "a b", [[1, "x"], [2, "y"]]),
        ("a b\n1 x\n2   y\n", "a b", [[1, "x"], [2, "y"]]),
        ("a, b\n1, x y\n2 , z\n", "a b", [[1, "x y"], [2, "z"]]),
        ('"a";"b"\n"1";"x;y"\n"2";"u\nv"\n', "a b", [[1, "x;y"], [2, "u\nv"]]),
        ("'a','b'\n'1','x,y'\n'2','it''s'\n", "a b", [[1, "x,y"], [2, "it's"]]),
        ('a,b\n1,"x\\"y"\n2,"u,\\"v\\""\n', "a b", [[1, 'x"y'], [2, 'u,"v"']]),
        ('a,b\n1,"C:\\"\n2,"D:\\"\n', "a b", [[1, "C:\\"], [2, "D:\\"]]),
        ("\ufeffa,b\r\n1,x\r\n2,y", "a b", [[1, "x"], [2, "y"]]),
        ("a,b\r1,x\r2,y\r", "a b", [[1, "x"], [2, "y"]]),
        ("# made by hand, 2024\n\n# twice\na,b\n1,#x\n\n2,y#z\n", "a b", [[1, "#x"], [2, "y#z"]]),
        ("sep=;\na;b\n1;x,y\n2;z,u\n", "a b", [[1, "x,y"], [2, "z,u"]]),
        ("a,b,\n1,x,\n2,y,\n", "a b", [[1, "x"], [2, "y"]]),
        ("a,b\n1,x,\n2,y,\n", "a b", [[1, "x"], [2, "y"]]),
        ("a;b\n1,5;x\n2,25;y\n", "a b", [[1.5, "x"], [2.25, "y"]]),
        ("a\tb\n1,5\tx\n-0,25\ty\n", "a b", [[1.5, "x"], [-0.25, "y"]]),
        ("1,5\n2,5\n", "1 2", [[1, 5], [2, 5]]),
        ("5.1,3.5,setosa\n4.9,3.0,virginica\n", "1 2 3", [[5.1, 3.5, "setosa"], [4.9, 3, "virginica"]]),
        ("a\n1\n2\n", "a", [[1], [2]]),
        ("1\n2\n", "1", [[1], [2]]),
        ("a,b\nNA,x\n?,\n3, \n", "a b", [[None, "x"], [None, None], [3, None]]),
        ("a,b\n.,n/a\n1,NaN\n2,null\n", "a b", [[None, None], [1, None], [2, None]]),
        (",a,b\n0,1.5,x\n1,2.5,y\n", "index a b", [[0, 1.5, "x"], [1, 2.5, "y"]]),
        ('"a" "b"\n"r1" 1 2\n"r2" 3 4\n', "index a b", [["r1", 1, 2], ["r2", 3, 4]]),
        ("a,,c\n1,2,3\n4,5,6\n", "a 2 c", [[1, 2, 3], [4, 5, 6]]),
        ("0,1,2\n5.1,3.5,a\n4.9,3.0,b\n", "0 1 2", [[5.1, 3.5, "a"], [4.9, 3, "b"]]),
        (",0,1\n0,5,3\n1,4,3\n", "index 0 1", [[0, 5, 3], [1, 4, 3]]),
        ("g,h\nx,u\nx,v\ny,u\ny,v\nx,u\n", "g h", [["x", "u"], ["x", "v"], ["y", "u"], ["y", "v"], ["x", "u"]]),
        ("x,u\nx,v\ny,u\ny,v\n", "1 2", [["x", "u"], ["x", "v"], ["y", "u"], ["y", "v"]]),
        ("day,temp\n2024-01-01,cold\n2024-01-02,warm\n", "day temp", [["2024-01-01", "cold"], ["2024-01-02", "warm"]]),
        ("x,2019,2020\nx,1,5\ny,3,4\n", "1 2 3", [["x", 2019, 2020], ["x", 1, 5], ["y", 3, 4]]),
        (",mean,50%\na,1,2\nb,3,4\n", "index mean 50%", [["a", 1, 2], ["b", 3, 4]]),
        ("name,städte\nx,Köln\ny,Ürzig\nx,Köln\nx,Bonn\n", "name städte", [["x", "Köln"], ["y", "Ürzig"], ["x", "Köln"], ["x", "Bonn"]]),
        ("a,b\n", "a b", []),
        ("a,b", "a b", []),
        ("7", "1", [[7]]),
        ("a,b\n1,x\n\n\n", "a b", [[1, "x"]]),
        ('a,b\n"1,234",1\nmany,2\n', "a b", [["1,234", 1], ["many", 2]]),
    ],
)  # fmt: skip
def test_read_as_it_lies(read: Read, text: str, names: str, expected: list[list[object]]) -> None:
    table = read(text)
    assert table.names == tuple(names.split("|") if "|" in names else names.split())
    assert rows(table) == expected
    assert table.n_rows == len(expected)
    assert table.is_named == (names[0] not in "1")


@pytest.mark.parametrize(
    ("text", "want", "message"),
    [
        ("a,b\n1,2\n3\n", {}, "t.csv:3: expected 2 values, found 1 ('3'); line 1 names 2 columns"),
        ("a,b\n1,2\n3,4,5\n", {}, "t.csv:3: expected 2 values, found 3 ('3,4,5'); line 1 names 2 columns"),
        ("1,2\n3,4\n#5,6\n#7\n", {}, "t.csv:4: expected 2 values, found 1 ('#7'); the rows above have 2 columns; comments may only stand above the table"),
        ("a,b,c,d,\n1,2,\n3,4,\n", {}, "t.csv:2: expected 5 values, found 3 ('1,2,'); line 1 names 5 columns"),
        ("a,a\n1,2\n", {}, "t.csv:1:2: columns 1 and 2 are both named 'a'; give every column its own name"),
        ('a,b\n1,"x\n', {}, "t.csv:2:2: a quote is opened and not closed; close it; a quote that is part of the value is written twice inside quotes"),
        ('a,b\n1,"x"y\n2,z\n', {}, "t.csv:2:2: text follows the closing quote; write a quote that is part of the value twice"),
        ("a,b\n1,x\n2,y\rz\n", {}, "t.csv:3:2: holds a carriage return inside a line; end lines with a line feed, or put the value in quotes"),
        (b"a,b\n1,x\n2,\xe9t\xe9\n", {}, "t.csv:3:2: is not UTF-8 text; save it as UTF-8"),
        (b"a,\xe9\n1,x\n", {}, "t.csv:1: is not UTF-8 text; save it as UTF-8"),
        ("a,b\n1,x\n".encode("utf-16"), {}, "t.csv: is UTF-16 text; save it as UTF-8"),
        (b"a,b\n1,\0\n", {}, "t.csv: looks like a binary file, not text; check that this is the right file"),
        ("", {}, "t.csv: is empty; write a row of values per line"),
        ("# only\n\n", {}, "t.csv: holds no table, only empty lines and comments; write a row of values per line"),
        ('a,b\nx,"1,234"\ny,"1,234,567"\n', {}, "t.csv:2:2: column 'b' holds numbers, one of them with marks between the thousands: '1,234'; write thousands without a mark between them"),
        ("a;b\nx;1.234.567\ny;2.000.000\n", {}, "t.csv:2:2: column 'b' holds numbers, one of them with marks between the thousands: '1.234.567'; write thousands without a mark between them"),
        ('a,b\nx,"1,5"\ny,2\n', {}, "t.csv:2:2: column 'b' holds numbers, one of them with a decimal comma: '1,5'; if the comma is the decimal mark, say --decimal ,"),
        ("a;b\nx;1.5\ny;2\n", {"decimal": ","}, "t.csv: column 'b' holds numbers with a decimal comma and numbers with a point; write all decimals alike; where the point is the mark, say --decimal ."),
        ("a,b\nx,1.5D+00\ny,2\n", {}, "t.csv:2:2: column 'b' holds numbers, one of them with the exponent of Fortran: '1.5D+00'; write exponents with E"),
        ("a,b\nx,1\ny,inf\nz,2\n", {}, "t.csv:3:2: column 'b' holds numbers, one of them not finite: 'inf'; replace the value, or name it with --na if it stands for a missing one"),
        ("a,b\nx,1\ny,1e400\nz,2\n", {}, "t.csv:3:2: column 'b' holds numbers, one of them too large for a 64-bit float: '1e400'; correct it, or scale the values down"),
        ("a,b\nx,1\ny,\u22122\nz,2\n", {}, "t.csv:3:2: column 'b' holds numbers, one of them with another minus sign: '\u22122'; write the minus sign as -"),
        ("a;b\n1,234;x\n2,345;y\n", {}, "t.csv:2:1: '1,234' can be 1.234 or 1234; say --decimal , for the first; for the second write thousands without a mark between them"),
        ("a;b\n1,5;x\n2.5;y\n", {}, "t.csv:2:1: '1,5' has a decimal comma, '2.5' in line 3 a decimal point; say which is the mark of this file with --decimal , or --decimal ."),
        ("2,5 3 -0,25\n1,5 2 0,5\n", {}, "t.csv:1:1: '2,5' can be a number with a decimal comma; say --decimal , if it is; otherwise --delimiter ,"),
        ("x;y,z\nu;v,w\n", {}, "t.csv:1: can be read as 2 columns between ',', or as 2 between ';'; say which with --delimiter ',' or --delimiter ';'"),
        ("1\t\t2\n3\t\t4\n", {}, "t.csv:1: two tabs in a row: 3 columns with empty cells, or 2 columns with wide gaps; say which with --delimiter tab or --delimiter blanks"),
        ("oops,2,3\n4,5,6\n7,8,9\n", {}, "t.csv:1: the first row can name the columns, or be a row of values (names such as 'oops' beside '2', which stands among values of its column); say which with --header yes or --header no"),
        ("0,1,2\n3,4,5\n", {}, "t.csv:1: the first row can name the columns, or be a row of values (consecutive numbers); say which with --header yes or --header no"),
        ("id,2019,2020\nx,1,5\ny,3,4\n", {}, "t.csv:1: the first row can name the columns, or be a row of values (consecutive numbers); say which with --header yes or --header no"),
        (",,ok\n1,2,yes\n3,4,no\n5,6,yes\n7,8,no\n", {}, "t.csv:1: the first row can name the columns, or be a row of values (words beside empty cells); say which with --header yes or --header no"),
        ("NA,?,kind\n1,2,a\n3,4,b\n5,6,a\n7,8,b\n", {}, "t.csv:1: the first row can name the columns, or be a row of values (words beside empty cells); say which with --header yes or --header no"),
        ("some,words\nother,texts\n", {}, "t.csv:1: the first row can name the columns, or be a row of values (words above words); say which with --header yes or --header no"),
        ("2,095,2,25\n1,5,0,05\n", {}, "t.csv:1: looks like decimal commas: '2,095,2,25'; write decimals with a point; if each comma separates two values, write them alike and without leading zeros"),
        ("a,b\n1,2\n", {"delimiter": "x"}, "'x' cannot separate values; use one character, as , ; | or a tab, or '' for blanks"),
    ],
)  # fmt: skip
def test_refused(fault: Callable[..., str], text: str | bytes, want: dict[str, object], message: str) -> None:
    assert fault(text, **want) == message


@pytest.mark.parametrize(
    ("text", "want", "expected"),
    [
        ("some,words\nother,texts\n", {"names": ("words", "7")}, [["other", "texts"]]),
        ("7,8\n9,3\n", {"names": ("words", "7")}, [[7, 8], [9, 3]]),
        ("x;y,z\nu;v,w\n", {"delimiter": ";", "header": False}, [["x", "y,z"], ["u", "v,w"]]),
        ("0,1,2\n3,4,5\n", {"header": True}, [[3, 4, 5]]),
        ("0,1,2\n3,4,5\n", {"header": False}, [[0, 1, 2], [3, 4, 5]]),
        ("2,5 3\n1,5 2\n", {"decimal": ","}, [[2.5, 3], [1.5, 2]]),
        ("1\t\t2\n3\t\t4\n", {"delimiter": "\t"}, [[1, None, 2], [3, None, 4]]),
        ("1\t\t2\n3\t\t4\n", {"delimiter": ""}, [[1, 2], [3, 4]]),
        ("a:b\n1:2\n", {"delimiter": ":"}, [[1, 2]]),
        ("a,b\n-,1\n-9,-\n", {"na": ("-", "-9")}, [[None, 1], [None, None]]),
        ("a,b\nNA,1\nx,2\n", {"na": ()}, [["NA", 1], ["x", 2]]),
        ("a;b\n1,234;x\n2,345;y\n", {"decimal": ","}, [[1.234, "x"], [2.345, "y"]]),
        ('a,b\n"1,5",2\n"2,5",3\n', {"decimal": ","}, [[1.5, 2], [2.5, 3]]),
    ],
)
def test_options_decide(read: Read, text: str, want: dict[str, object], expected: list[list[object]]) -> None:
    assert rows(read(text, **want)) == expected


def test_the_ending_decides_between_two_delimiters(read: Read) -> None:
    text = "a,x\tb\nu,v\tw\nu,v\tz\nu,y\tw\nu,v\tw\n"
    assert read(text, "t.tsv").names == ("a,x", "b")


def test_lines_of_rows(read: Read) -> None:
    table = read('# c\na,b\n1,x\n\n2,"y\nz"\n3,x\n')
    assert (list(table.lines), table.header_line) == ([3, 5, 7], 2)
    plain = read("a,b\n" + "1,x\n" * 1000)
    assert plain.lines == range(2, 1002)
    assert plain.line_of(999) == 1001


def test_what_was_found_out_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(";'x';'y';\n1;'a';1,5;\n2;'b';2,5;\n")
    remarks = Remarks()
    read_table(path, TableWant(remarks=remarks))
    assert remarks.guesses == [
        f"{path}: 3 columns separated by ';', the first row names them index, x, y; quotes are '; the decimal mark is a comma; "
        "a delimiter at the end of every row; column 1 has no name and is called 'index'"
    ]


def test_numbers_alone_are_one_matrix(read: Read) -> None:
    table = read("a,b\n1,2\n3,NA\n")
    assert table.matrix is not None
    assert table.matrix.flags.c_contiguous
    assert table.columns[1].numbers is not None
    assert table.columns[1].numbers.base is table.matrix or table.columns[1].numbers.base is table.matrix.base


def test_packed_and_named_by_format(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,x\n"))
    assert rows(read_table(path)) == [[1, "x"]]
    assert rows(read_table(path, data_format="csv")) == [[1, "x"]]
    with pytest.raises(UsageError, match=r"the data format vectors reads no tables; use one of .*csv"):
        read_table(path, data_format="vectors")


def big(n: int) -> str:
    """A table whose cells hold line ends, quotes and letters of several bytes, and whose first column turns to words late."""
    lines = [f'{k if k < n - 9 else f"w{k}"},"é{k % 7}\n""{k % 3}""",{k / 7!r}' for k in range(n)]
    return "\n".join(["a,b,c", *lines])


@pytest.mark.parametrize("piece", [64, 777, 1 << 19])
@pytest.mark.parametrize("block", [3, 1000, 1 << 16])
def test_pieces_and_batches_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, block: int
) -> None:
    n = 2000
    (tmp_path / "t.csv").write_text(big(n))
    monkeypatch.setattr(text_pieces, "SAMPLE_BYTES", 2048)
    monkeypatch.setattr(text_pieces, "_PIECE_BYTES", piece)
    batches = list(stream_table(ByteSource(tmp_path / "t.csv"), TableWant(block_rows=block)))
    assert all(0 < batch.n_rows <= block for batch in batches)
    assert sum(batch.n_rows for batch in batches) == n
    table = read_table(tmp_path / "t.csv", TableWant(block_rows=block))
    assert rows(table) == [[str(k) if k < n - 9 else f"w{k}", f'é{k % 7}\n"{k % 3}"', k / 7] for k in range(n)]
    assert list(table.lines) == list(range(2, 2 * n + 2, 2))


@pytest.mark.parametrize("fault", ["", "x,\n", "1,2,3\n", "\xff,1\n"])
def test_threads_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """Texts in several parts, with and without quotes, empty lines, more rows than a batch has, and a fault anywhere."""
    rng = random.Random(len(fault))
    for _ in range(40):
        lines = [f"{rng.random()},w{rng.randrange(9)}\n" + rng.choice(["", "", "", "\n \n"]) for _ in range(300)]
        if rng.random() < 0.5:
            lines.insert(rng.randrange(300), '5,"a\nb"\n')
        if fault:
            lines.insert(rng.randrange(301), fault)
        (tmp_path / "t.csv").write_bytes("".join(["a,b\n", *lines]).encode("latin-1"))
        monkeypatch.setattr(text_pieces, "SAMPLE_BYTES", 500)
        monkeypatch.setattr(text_pieces, "_PIECE_BYTES", rng.choice([50, 400, 3000]))
        monkeypatch.setattr(text_pieces, "_WORTH_THREADS", rng.choice([10, 300]))
        want, found = TableWant(block_rows=rng.choice([3, 50, 10_000])), list[object]()
        for threads in (1, rng.randint(2, 4)):
            monkeypatch.setattr(text_pieces, "most_threads", lambda path, threads=threads: threads)
            got: list[tuple[int, list[str]]] = []
            try:
                for batch in stream_table(ByteSource(tmp_path / "t.csv"), want):
                    # A number is a word where other cells of its batch are words.
                    got += [(line, list(map(str, row))) for line, row in zip(batch.lines, rows(batch), strict=True)]
            except DataError as error:
                got.append((0, [str(error)]))
            found.append(got)
        assert found[0] == found[1]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("middle", ["", "\n"])
def test_a_whole_table_of_numbers_is_one_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int, middle: str
) -> None:
    """Whether its rows become longer or shorter, or an empty line stands among them."""
    for digits in ((1, 9), (9, 1)):
        cells = [[f"{k % 7}.{'5' * digits[k > 500]}" for k in range(n, n + 2)] for n in range(1000)]
        lines = [",".join(row) + "\n" for row in cells]
        (tmp_path / "t.csv").write_text("a,b\n" + "".join([*lines[:600], middle, *lines[600:]]))
        monkeypatch.setattr(text_pieces, "SAMPLE_BYTES", 500)
        monkeypatch.setattr(text_pieces, "_PIECE_BYTES", 700)
        monkeypatch.setattr(text_pieces, "_WORTH_THREADS", 100)
        monkeypatch.setattr(text_pieces, "most_threads", lambda path: threads)
        table = read_table(tmp_path / "t.csv")
        assert rows(table) == [[float(cell) for cell in row] for row in cells]
        assert table.matrix is not None
        assert table.matrix.flags.c_contiguous
        # A copy would own its memory; Python's parser makes one.
        assert table.matrix.base is not None or digits == (9, 1) or native_module() is None


@pytest.mark.parametrize("size", range(1, 40))
def test_a_last_line_without_end_is_read_wherever_the_pieces_end(
    read: Read, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(text_pieces, "SAMPLE_BYTES", 12)
    monkeypatch.setattr(text_pieces, "_PIECE_BYTES", size)
    assert rows(read("a,b\n1,x\n2,y\n3,z\n4,u\n5,é")) == [[1, "x"], [2, "y"], [3, "z"], [4, "u"], [5, "é"]]


def test_rows_above_a_fault_are_given(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,x\n2,\xff\n")
    found = []
    with pytest.raises(DataError, match=r":3:2: is not UTF-8"):
        found += [found.append(table) for table in stream_table(ByteSource(tmp_path / "t.csv"))]
    assert [rows(table) for table in found] == [[[1, "x"]]]


@pytest.mark.slow
def test_a_quote_that_nothing_closes_is_found_early(fault: Callable[..., str]) -> None:
    text = 'a,b\n1,"x\n' + "2,y\n" * 6_000_000
    assert fault(text) == "t.csv:2: a row of more than 16 MiB begins here; close the quote that it opens, or check that this is the right file"  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("," * 200_000 + "\n", "t.csv:1: 200000 values in a row, at most 100000 are read; check that rows end with a line feed"),
        ("9" * 300_000 + "\n1\n2\n", f"t.csv:1:1: column '1' holds numbers, one of them too large for a 64-bit float: '{'9' * 40}...'; correct it, or scale the values down"),
        ("\n" * 1_500_000, "t.csv: holds no table, only empty lines and comments; write a row of values per line"),
    ],
    ids=["columns", "digits", "empty lines"],
)  # fmt: skip
def test_odd_files_are_refused_soon(fault: Callable[..., str], text: str, message: str) -> None:
    begun = time.process_time()
    assert fault(text) == message
    assert time.process_time() - begun < 20


@pytest.mark.parametrize("before", ["\n" * 1_500_000, "# comment\n" * 150_000, " \t \n" * 300_000], ids=["empty", "comments", "blanks"])  # fmt: skip
def test_a_table_below_many_lines_that_are_none(read: Read, before: str) -> None:
    begun = time.process_time()
    table = read(f"{before}a\tb\n1\tx\n\t\n" + "\n" * 500_000 + "1x" + "9" * 100_000 + "\ty\n")
    assert rows(table)[:2] == [["1", "x"], [None, None]]
    assert list(table.lines) == [before.count("\n") + k for k in (2, 3, 500_004)]
    assert time.process_time() - begun < 20


def test_marks_are_refused_whatever_the_batches(fault: Callable[..., str], read: Read) -> None:
    text = "a;b\n" + "x;1\n" * 50 + "y;1.234.567\n" + "z;2\n" * 50
    expected = "t.csv:52:2: column 'b' holds numbers, one of them with marks between the thousands: '1.234.567'; write thousands without a mark between them"
    assert {fault(text, block_rows=block) for block in (1, 7, 1000)} == {expected}
    for block in (1, 7, 1000):
        assert read(text + "u;much\n", block_rows=block).column("b").words == ("1", "1.234.567", "2", "much")


def test_every_spelling_of_a_missing_cell(read: Read) -> None:
    spellings = [*NA_WORDS, *(word.lower() for word in NA_WORDS), "", "  ", "NaN", "NULL"]
    table = read("a,b\n1,x\n" + "".join(f"{word},y\n" for word in spellings))
    assert cells(table.columns[0]) == [1] + [None] * len(spellings)


CASES = Path(__file__).parent.parent / "data/cases"


@pytest.mark.parametrize(
    ("name", "names", "first", "n_rows"),
    [
        ("A1/flowers.csv", "1 2 3 4 5", [5.1, 3.5, 1.4, 0.2, "setosa"], 12),
        ("A2/data.csv", "1 2 3 4 5", [5.1, 3.5, 1.4, 0.2, 0], 12),
        ("G1/p.csv", "0 1 2", [2.095, 2.25, -0.931], 30),
        ("K5/p.txt", "1 2 3", [2.095, 2.25, -0.931], 10),
        ("K9/p.txt", "index a b c", [1, 2.095, 2.25, -0.931], 10),
        ("L1/p.csv", "a b c", [1, None, 3], 11),
        ("L3/p.csv", "index a b c", [0, 2.095, 2.25, -0.931], 10),
        ("L5/n.csv", "a b c", None, 0),
        ("L6/p.csv", "a #visits b", [2.095, 2.25, -0.931], 10),
        ("M1/p.csv", "1 2 3", [2.095, 2.25, -0.931], 10),
        ("M3/p.csv", "a b c", [2.095, 2.25, -0.931], 10),
    ],
)
def test_files_that_people_had_trouble_with(name: str, names: str, first: list[object] | None, n_rows: int) -> None:
    table = read_table(CASES / name)
    assert (table.names, table.n_rows) == (tuple(names.split()), n_rows)
    assert (rows(table) or [None])[0] == first


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("E1/n.txt", ":20:3: column '3' holds numbers, one of them not finite: '1.#QNAN'; replace the value, or name it with --na if it stands for a missing one"),
        ("I3/p.csv", ":1: commas inside values and between them: '2,095, 2,25, -0,931'; write decimals with a point; if each comma separates two values, write them alike and without leading zeros"),
        ("K1/p.txt", ":1:1: column '1' holds numbers, one of them with the exponent of Fortran: '2.095000D+00'; write exponents with E"),
        ("K3/p.txt", ":1:1: column '1' holds numbers, one of them in hexadecimal: '0x1.0c28f5c28f5c3p+1'; write it with decimals"),
        ("K6/p.txt", ":1: 2 names ('% measured') above rows of 3 values; correct the names, or take their line out; comments begin with #"),
        ("K8/p.txt", ":1:1: column '1' holds numbers, one of them with marks between the thousands: '2_095_000'; write thousands without a mark between them"),
        ("N1/p.txt", ":1:1: '2,095' can be a number with a decimal comma; say --decimal , if it is; otherwise --delimiter ,"),
        ("N3/p.txt", ":6:2: column '2' holds numbers, one of them with another minus sign: '\u22120.332'; write the minus sign as -"),
    ],
)  # fmt: skip
def test_files_that_people_must_correct(name: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_table(CASES / name)
    assert str(caught.value) == f"{CASES / name}{message}"
