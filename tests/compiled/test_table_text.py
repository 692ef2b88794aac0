"""The two parsers of text tables against each other, and against values worked out by hand."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import numpy as np
import pytest

from anncli.compiled import native_module
from anncli.compiled.table_syntax import Flaw, Rows, Syntax
from anncli.compiled.table_text import parse_rows, utf8_end
from anncli.compiled.table_text_python import parse_rows_python

Parser = Callable[[bytes, int, Syntax, bool, int], Rows]
needs_native = pytest.mark.skipif(native_module() is None, reason="the compiled module is not built")
PARSERS = [pytest.param(parse_rows_python, id="python"), pytest.param(parse_rows, id="compiled", marks=needs_native)]
NA = ("NA", "?", "nan")


def columns(rows: Rows) -> list[list[object]]:
    """Each column as a list: numbers, words, None for a missing cell."""
    found: list[list[object]] = []
    for column in rows.columns:
        if column.numbers is not None:
            found.append([None if x != x else x for x in column.numbers.tolist()])
        else:
            assert column.codes is not None
            assert column.codes.dtype == np.int32
            found.append([None if code < 0 else column.words[code] for code in column.codes.tolist()])
    return found


def same(one: Rows, other: Rows) -> bool:
    """Whether two results are equal in every bit and code."""
    plain = [(r.n_rows, r.at, list(r.lines), r.n_lines, r.flaw, r.flaw_cell, r.matrix is None) for r in (one, other)]
    if plain[0] != plain[1]:
        return False
    for a, b in zip(one.columns, other.columns, strict=True):
        if (a.name, a.words) != (b.name, b.words) or (a.numbers is None) != (b.numbers is None):
            return False
        if a.numbers is not None and b.numbers is not None:
            missing = np.isnan(a.numbers)
            if (missing != np.isnan(b.numbers)).any():
                return False
            if a.numbers[~missing].tobytes() != b.numbers[~missing].tobytes():
                return False
        elif list(a.codes if a.codes is not None else ()) != list(b.codes if b.codes is not None else ()):
            return False
    return True


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(
    ("text", "syntax", "expected"),
    [
        ("1,a\n2,b\n", Syntax(), [[1, 2], ["a", "b"]]),
        (" 1 , a b \r\n 2,\tb\r\n", Syntax(), [[1, 2], ["a b", "b"]]),
        ('"1","a,b"\n" 2 ","c\nd"\n', Syntax(), [[1, 2], ["a,b", "c\nd"]]),
        ('1,"say ""x"""\n2,5" disk\n', Syntax(), [[1, 2], ['say "x"', '5" disk']]),
        ("1;'it''s'\n2;'a;b'\n", Syntax(";", "'"), [[1, 2], ["it's", "a;b"]]),
        ('1,"a\\"b"\n2,"c\\\\"\n3,"\\n"\n', Syntax(is_escaped=True), [[1, 2, 3], ['a"b', "c\\", "\\n"]]),
        ("1,NA\nna,2\n?,\n,3\n", Syntax(na=NA), [[1, None, None, None], [None, 2, None, 3]]),
        ('"NA","x"\n"",y\n" ",z\n', Syntax(na=NA), [[None] * 3, ["x", "y", "z"]]),
        ("01,a\n1.0,b\nx,c\n1e0,d\n", Syntax(), [["1", "1", "x", "1"], ["a", "b", "c", "d"]]),
        ("0,a\n-0,b\nx,c\n", Syntax(), [["0", "0", "x"], ["a", "b", "c"]]),
        ("1,5;a\n,5;b\n2.5;c\n", Syntax(";", decimal=","), [["1.5", "0.5", "2.5"], ["a", "b", "c"]]),
        ("1,5;a\n1.5;b\nx;c\n1.5;d\n", Syntax(";", decimal=","), [["1.5", "1.5", "x", "1.5"], ["a", "b", "c", "d"]]),
        ('1,"2,5"\n3,4\n', Syntax(decimal=","), [[1, 3], [2.5, 4]]),
        ("1  2 \n\t3\t 4\r\n", Syntax(""), [[1, 3], [2, 4]]),
        ('a "b c"\n\n  \nd e\n', Syntax(""), [["a", "d"], ["b c", "e"]]),
        ("1\t\n\t\n\t2\n", Syntax("\t"), [[1, None, None], [None, None, 2]]),
        ("1,2,\n3,4\n", Syntax(is_ended=True), [[1, 3], [2, 4]]),
        ("-999,1\n2,-999.0\n", Syntax(na=("-999",)), [[None, 2], [1, None]]),
        ("1e400,1\n2,2\n", Syntax(), [["1e400", "2"], [1, 2]]),
        ("inf,1_000\n1,0x1p3\n", Syntax(), [["inf", "1"], ["1_000", "0x1p3"]]),
        ("é,#1\nü,a#b\n", Syntax(), [["é", "ü"], ["#1", "a#b"]]),
        (".5,5.\n+1,-1E+2\n", Syntax(), [[0.5, 1], [5, -100]]),
        ("1\n\n2\n", Syntax(n_columns=1), [[1, 2]]),
    ],
)
def test_cells(parse: Parser, text: str, syntax: Syntax, expected: list[list[object]]) -> None:
    # With decimal commas 2.5 is no number: it makes its column words, and 1,5 the word 1.5.
    rows = parse(text.encode(), 0, syntax._replace(n_columns=len(expected)), True, 100)
    assert (rows.flaw, rows.at) == (Flaw.NONE, len(text.encode()))
    assert columns(rows) == expected


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(
    ("text", "flaw", "cell", "n_rows", "line"),
    [
        ("1,2\n3\n", Flaw.COUNT, 1, 1, 1),
        ("1,2\n\n3,4,5\n", Flaw.COUNT, 3, 1, 2),
        ("1,2\n3,4,\n", Flaw.COUNT, 3, 1, 1),
        ('"a\nb",2\n3,"a"b\n', Flaw.AFTER_QUOTE, 2, 1, 2),
        ('1,2\n"a,b\n', Flaw.OPEN_QUOTE, 1, 1, 1),
        ("1,2\n3,a\rb\n", Flaw.RETURN, 2, 1, 1),
        ('1,2\n3,"a"\rb\n', Flaw.AFTER_QUOTE, 2, 1, 1),
    ],
)
def test_flaws(parse: Parser, text: str, flaw: Flaw, cell: int, n_rows: int, line: int) -> None:
    rows = parse(text.encode(), 0, Syntax(n_columns=2), True, 100)
    assert (rows.flaw, rows.flaw_cell, rows.n_rows, rows.n_lines) == (flaw, cell, n_rows, line)


@pytest.mark.parametrize("parse", PARSERS)
def test_a_row_cut_by_the_end_of_the_text_is_left(parse: Parser) -> None:
    text = b'1,2\n3,"a\nb",'
    for end in range(5, len(text) + 1):
        rows = parse(text[:end], 0, Syntax(n_columns=2, quote='"'), False, 100)
        assert (rows.n_rows, rows.at, rows.flaw) == (1, 4, Flaw.NONE), end
    assert parse(b"x1,2\n3,4\n5,6\n", 1, Syntax(n_columns=2), False, 2).at == 9


SOUP = [",", ",", ";", "\t", " ", '"', '"', "'", "\\", "\n", "\n", "\r\n", "\r", "1", "2", "0", ".", "e", "-", "+", "a", "b",
        "NA", "?", "é", "12.5", "1,5", "#", "1e400", "123456789012345678901", "0.1234567890123456789", "\v", "_", "nan"]  # fmt: skip


@needs_native
@pytest.mark.parametrize("seed", range(20))
def test_both_parsers_agree_on_any_text(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(300):
        delimiter = rng.choice([",", ";", "\t", "|", ""])
        syntax = Syntax(
            delimiter, rng.choice(['"', '"', "'", ""]), rng.random() < 0.3, rng.choice([".", ".", ","]),
            rng.choice([(), NA, ("NA", "-9", "é")]), rng.randint(1, 4), rng.random() < 0.3,
        )  # fmt: skip
        pieces = rng.choices(SOUP, k=rng.randint(0, 60))
        if rng.random() < 0.7:
            # Rows that are mostly right.
            between = delimiter or " "
            row = [rng.choice(["1", "2.5", "a", '"x"', "'y'", "", "NA", " 3 "]) for _ in range(syntax.n_columns)]
            pieces = [between.join(rng.choice([cell, rng.choice(SOUP)]) if rng.random() < 0.3 else cell for cell in row) + rng.choice(["\n", "\r\n"]) for _ in range(rng.randint(0, 8))]  # fmt: skip
            if pieces and rng.random() < 0.5:
                pieces.insert(rng.randrange(len(pieces)), rng.choice(SOUP))
        text = "".join(pieces).encode()
        is_last = rng.random() < 0.5
        text += b"\n" if is_last and text and not text.endswith(b"\n") else b""
        start, most = rng.choice([0, 0, min(len(text), 3)]), rng.choice([100, 100, 3, 1])
        threads = rng.choice([1, 2, 3, 20])
        one = parse_rows_python(text, start, syntax, is_last, most)
        other = parse_rows(text, start, syntax, is_last, most, threads=threads)
        assert same(one, other), (text, start, syntax, is_last, most, threads, one, other)


def number_texts(rng: random.Random, n: int) -> list[str]:
    """Numbers of all lengths and sizes, many of them near the middle between two floats."""
    found = []
    for _ in range(n):
        kind = rng.randrange(6)
        if kind == 0:
            found.append(repr(struct.unpack("d", rng.randbytes(8))[0]))
        elif kind == 1:
            found.append(f"{rng.random():.{rng.randint(0, 25)}f}")
        elif kind == 2:
            found.append(f"{rng.randrange(10 ** rng.randint(1, 25))}e{rng.randint(-80, 60)}")
        elif kind == 3:
            middle = (rng.getrandbits(53) | 1 << 52) * 2 + 1
            found.append(str(middle * 2 ** rng.randint(0, 10)))
        elif kind == 4:
            found.append(f"{rng.gauss(0, 1):.17g}")
        else:
            found.append("0" * rng.randint(0, 25) + f"{rng.gauss(0, 1e3):.6f}".lstrip("-") + "0" * rng.randint(0, 30))
    return [text for text in found if text not in ("nan", "inf", "-inf")]


@needs_native
@pytest.mark.parametrize("seed", range(5))
def test_numbers_are_rounded_as_float_does(seed: int) -> None:
    texts = number_texts(random.Random(seed), 20_000)
    for text in ("\n".join(texts), "\n".join(f'"{text}"' for text in texts)):
        rows = parse_rows(text.encode() + b"\n", 0, Syntax(n_columns=1), True, 1 << 20, threads=seed + 1)
        assert rows.columns[0].numbers is not None
        assert rows.columns[0].numbers.tolist() == list(map(float, texts))


def python_end(text: bytes) -> int:
    try:
        text.decode()
    except UnicodeDecodeError as fault:
        return fault.start
    return len(text)


@needs_native
def test_utf8_is_what_python_reads() -> None:
    rng = random.Random(1)
    # Every character of up to three bytes, whole and cut, good or not; and of four bytes around the limits of their ranges.
    heads = [bytes([a, b]) for a in range(0x7E, 256) for b in range(256)]
    for head in heads:
        for tail in (b"", b"\x80", b"\xbf\x80", b"\x80\x80a", b"a\x80\x80"):
            assert utf8_end(head + tail) == python_end(head + tail), head + tail
    for _ in range(3000):
        parts = [
            rng.choice(["a" * rng.randint(0, 70), "é", "日本", "🙂", "\x7f"]).encode() for _ in range(rng.randint(0, 9))
        ]
        text = bytearray(b"".join(parts))
        if text and rng.random() < 0.7:
            text[rng.randrange(len(text))] = rng.randrange(256)
        assert utf8_end(bytes(text)) == utf8_end(text) == python_end(bytes(text)), text


@needs_native
def test_bytes_are_counted() -> None:
    rng = random.Random(2)
    native = native_module()
    for size in (0, 1, 239, 240, 241, 1000, 5000):
        text = bytes(rng.choices(b"a\n\xff", k=size))
        for start in {0, size // 3, size}:
            for byte in (10, 255, 0):
                assert native.count_bytes(text, start, byte) == text.count(byte, start)
    with pytest.raises(ValueError, match="start or byte is out of range"):
        native.count_bytes(b"a", 2, 10)
