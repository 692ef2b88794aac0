"""The compiled parser against Python's float() and numpy's loadtxt, and the places it gives for faults."""

from __future__ import annotations

import io
import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest

native = pytest.importorskip(
    "anncli.compiled._native", reason="the compiled kernels are not built (python setup.py build_ext --inplace)"
)

GOOD, BAD_NUMBER, TOO_FEW, TOO_MANY, NOT_FINITE, NO_MEMORY = range(6)


def parse(
    text: str | bytes, delimiter: str = "", width: int = 0, *, special: bool = False, space: int = 100, start: int = 0
) -> tuple[list[float], tuple[int, ...]]:
    """The values of the rows read, and what parse_block reports."""
    data = text.encode() if isinstance(text, str) else text
    out = np.full(space + 1, -99, dtype=np.float32)
    report = native.parse_block(data, start, delimiter, width, special, out[:space])
    assert out[space] == -99
    return out[: report[0] * report[1]].tolist(), report


def assert_like_float(tokens: list[str]) -> None:
    """Every token gives the bits of float32(float(token))."""
    out = np.empty(len(tokens), dtype=np.float32)
    report = native.parse_block("\n".join(tokens).encode(), 0, "", 1, True, out)
    assert report[0] == len(tokens)
    with np.errstate(over="ignore"):
        wanted = np.array([float(token) for token in tokens]).astype(np.float32)
    different = np.flatnonzero(out.view(np.uint32) != wanted.view(np.uint32))
    assert not different.size, [(tokens[i], out[i], wanted[i]) for i in different[:5]]


def test_random_numbers_are_exact() -> None:
    rng = random.Random(1)
    tokens = []
    for _ in range(100_000):
        digits = "".join(rng.choices("0123456789", k=rng.randint(1, 20)))
        if rng.random() < 0.7:
            place = rng.randint(0, len(digits))
            digits = f"{digits[:place]}.{digits[place:]}"
        if rng.random() < 0.4:
            digits += rng.choice("eE") + rng.choice(["", "+", "-"]) + str(rng.randint(0, rng.choice([5, 30, 50, 400])))
        tokens.append(rng.choice(["", "-", "+"]) + digits)
    assert_like_float(tokens)


@pytest.mark.parametrize("digits", [9, 17, 19, 20, 40])
def test_numbers_beside_the_middle_of_two_float32_are_exact(digits: int) -> None:
    rng = np.random.default_rng(digits)
    low = rng.integers(1, 0x7F7FFFFF, 3000, dtype=np.uint32).view(np.float32)
    high = np.nextafter(low, np.float32(np.inf))
    with localcontext() as context:
        context.prec = 200
        middles = [(Decimal(float(a)) + Decimal(float(b))) / 2 for a, b in zip(low, high, strict=True)]
        context.prec = digits
        assert_like_float([str(+middle) for middle in middles])


ODD = "0 -0 0.0 00012 .5 5. +.5e-3 1e0 1E+10 1e-45 1e-400 0e999 0.1 16777217 9007199254740993 12345678.12345678 "
ODD += "3.4028235e38 3.4028236e38 3.5e38 1e39 1e400 1.17549435e-38 1.1754942e-38 nan NaN -inf Infinity"


@pytest.mark.parametrize("token", [*ODD.split(), "1" * 400, "0." + "0" * 300 + "1"])
def test_odd_numbers(token: str) -> None:
    assert_like_float([token])


@pytest.mark.parametrize(
    "token",
    [".", "-", "+", "e5", "1e", "1e+", "1.2.3", "1_000", "0x10", "1f", "--1", "abc", "1\0", "\u0661", "1\u00a0", "na"],
)
def test_what_is_no_number(token: str) -> None:
    assert parse(f"1\n2 {token}\n", width=0)[1][4:] == (TOO_MANY, 2)
    assert parse(f"1 2\n3 {token} 4\n")[1] == (1, 2, 1, 6, BAD_NUMBER, 2)


def test_infinite_numbers_are_a_fault_unless_asked_for() -> None:
    for token in ("nan", "inf", "-infinity", "1e39", "-1e400"):
        assert parse(f"1\n{token}\n3")[1][2:] == (1, 2 + len(token), NOT_FINITE, 1)
    assert parse("1 inf\nnan 2", special=True)[1] == (2, 2, 1, 11, GOOD, 3)


def test_lines_comments_and_blanks() -> None:
    text = "# head\n\n 1\t2 \n   \n3 4# tail\r\n\r\n5 6\r7 8 #"
    assert parse(text) == ([1, 2, 3, 4, 5, 6, 7, 8], (4, 2, 7, len(text), GOOD, 3))
    assert parse("")[1] == (0, 0, 0, 0, GOOD, 0)
    assert parse("#\n#")[1] == (0, 0, 1, 3, GOOD, 0)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters(delimiter: str) -> None:
    text = f"1{delimiter}2.5\n -3 {delimiter} 4 \n"
    assert parse(text, delimiter)[0] == [1, 2.5, -3, 4]
    assert parse(f"1{delimiter}\n", delimiter)[1] == (0, 0, 0, 2, BAD_NUMBER, 2)
    assert parse(f"{delimiter}1\n", delimiter)[1] == (0, 0, 0, 0, BAD_NUMBER, 1)
    assert parse(f"1{delimiter}{delimiter}2\n", delimiter)[1] == (0, 0, 0, 2, BAD_NUMBER, 2)
    assert parse(f"1 {delimiter}2 3{delimiter}4\n", delimiter)[1] == (0, 0, 0, 3, BAD_NUMBER, 2)


def test_rows_of_another_width() -> None:
    assert parse("1 2 3\n4 5\n6 7 8")[1] == (1, 3, 1, 6, TOO_FEW, 3)
    assert parse("1 2\n4 5 6\n")[1] == (1, 2, 1, 8, TOO_MANY, 3)
    assert parse("1 2 3\n", width=2)[1] == (0, 2, 0, 4, TOO_MANY, 3)
    assert parse("1 2 3\n", width=4)[1] == (0, 4, 0, 0, TOO_FEW, 4)


def test_a_full_table_stops_before_a_line_and_goes_on_there() -> None:
    text = "1 2\n3 4\n5 6\n"
    values, report = parse(text, space=5)
    assert (values, report) == ([1, 2, 3, 4], (2, 2, 2, 8, GOOD, 3))
    assert parse(text, width=2, start=report[3])[0] == [5, 6]
    assert parse("1 2 3", space=2)[1][4] == NO_MEMORY


def test_the_text_may_start_and_end_anywhere() -> None:
    text = b"9 9 1.25 -12345678.87654321"
    for end in range(4, len(text) + 1):
        for start in (2, 3, 4):
            piece = text[start:end]
            if piece.strip() in (b"-", b"", b"1.25 -", b"9 1.25 -"):
                continue
            assert parse(text[:end], start=start)[0] == np.array(piece.split(), dtype=np.float32).tolist()


def test_like_loadtxt_on_a_table() -> None:
    table = np.random.default_rng(2).standard_normal((500, 31)).astype(np.float32)
    for form in ("%.6f", "%.9g", "%.18e", "%g"):
        file = io.BytesIO()
        np.savetxt(file, table, form)
        out = np.empty_like(table)
        report = native.parse_block(file.getvalue(), 0, "", 31, False, out)
        assert report == (500, 31, 500, len(file.getvalue()), GOOD, 32)
        assert np.array_equal(out, np.loadtxt(io.BytesIO(file.getvalue()), dtype=np.float32))


def test_several_threads_parse_at_once() -> None:
    tokens = ["1.5", "0.1" + "0" * 30, "-2e-300", "7"] * 2000

    def work(_: int) -> Any:
        out = np.empty(len(tokens), dtype=np.float32)
        native.parse_block(" ".join(tokens).encode(), 0, "", 0, False, out)
        return out.tolist()

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(8)))
    assert all(result == np.array(tokens, dtype=np.float32).tolist() for result in results)


def test_wrong_arguments_are_refused() -> None:
    out = np.empty(4, dtype=np.float32)
    with pytest.raises(ValueError, match="out must be float32"):
        native.parse_block(b"1", 0, "", 0, False, np.empty(4))
    with pytest.raises(ValueError, match="out of range"):
        native.parse_block(b"1", 2, "", 0, False, out)
    with pytest.raises(ValueError, match="out of range"):
        native.parse_block(b"1", 0, "ab", 0, False, out)
    with pytest.raises(TypeError):
        native.parse_block("1", 0, "", 0, False, out)
    out.flags.writeable = False
    with pytest.raises((BufferError, ValueError)):
        native.parse_block(b"1", 0, "", 0, False, out)
