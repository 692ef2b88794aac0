"""Texts of numbers as float64: the compiled functions and their Python twins give what float() gives."""

from __future__ import annotations

import random

import numpy as np
import pytest

from anncli.compiled import native_module
from anncli.compiled.number_text import dense, read_matrix, read_numbers, read_pairs


@pytest.fixture(params=["native", "numpy"])
def kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ANN_KERNELS", "")
    if request.param == "native" and native_module() is None:
        pytest.skip("no compiled code")
    monkeypatch.setenv("ANN_KERNELS", request.param)
    return str(request.param)


def numbers(text: bytes) -> list[float]:
    found, at = read_numbers(text)
    assert at == len(text)
    return found.tolist()


@pytest.mark.usefixtures("kernels")
def test_numbers_between_blanks_and_lines() -> None:
    assert numbers(b"1 -2.5\t+.5\r\n\n 1e3 5. 0x"[:-2] + b"1E-2") == [1, -2.5, 0.5, 1000, 5, 0.01]
    assert numbers(b"") == numbers(b" \n\t") == []
    assert read_numbers(b"1 2", 1)[0].tolist() == [2]


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize(
    "word", ["nan", "inf", "1_0", "0x1", "1e", "1e+", ".", "-", "1,5", "1-", "3.5e39", "-1e400", "1.5.", "\xb2"]
)
def test_the_first_word_that_is_no_number(word: str) -> None:
    found, at = read_numbers(f"1 2\n3 {word} 4\n".encode())
    assert (found.tolist(), at) == ([1, 2, 3], 6)


@pytest.mark.usefixtures("kernels")
def test_numbers_are_those_of_float() -> None:
    dice = random.Random(1)
    texts = [
        "9007199254740993",
        "9007199254740992.5",
        "1e23",
        "8.5e-320",
        "2.2250738585072011e-308",
        "0.1",
        "340282356779733661637539395458142568447",
    ]
    for _ in range(20_000):
        digits = "".join(dice.choices("0123456789", k=dice.choice((1, 5, 16, 17, 18, 19, 20, 30))))
        point = dice.randrange(len(digits) + 1)
        exponent = dice.choice(("", "", f"e{dice.randrange(-30, 18)}", f"E-{dice.randrange(300)}"))
        texts.append(f"{dice.choice(('', '-', '+'))}{digits[:point]}.{digits[point:]}{exponent}")
    texts = [text for text in texts if abs(float(text)) < 3.4e38]
    assert numbers(" ".join(texts).encode()) == [float(text) for text in texts]


@pytest.mark.usefixtures("kernels")
def test_numbers_of_all_bits_come_back() -> None:
    bits = np.random.default_rng(2).integers(0, 2**64, 50_000, dtype=np.uint64)
    values = bits.view(np.float64)
    values = values[np.abs(values) < 3.4e38]
    assert numbers(" ".join(map(repr, values.tolist())).encode()) == values.tolist()


def rows(text: bytes) -> tuple[list[object], int]:
    pairs, at = read_pairs(text, 0, text.count(b"\n"), text.count(b":"))
    words = iter(pairs.words)
    labels = [next(words).decode() if label != label else label for label in pairs.labels.tolist()]
    ends = [0, *pairs.ends.tolist()]
    cells = list(zip(pairs.indices.tolist(), pairs.values.tolist(), strict=True))
    found = [
        (label, query, line, cells[first:last])
        for label, query, line, first, last in zip(
            labels, pairs.queries.tolist(), pairs.lines.tolist(), ends, ends[1:], strict=False
        )
    ]
    return found, at


@pytest.mark.usefixtures("kernels")
def test_rows_of_pairs() -> None:
    text = b"+1 1:0.5 3:-2e1\n\n# remark\n1,3 qid:7 10:1#note\n -1\t\r\nspam 0:4\n2 qid:1 # 5:3\n"
    found, at = rows(text)
    assert at == len(text)
    assert found == [
        (1, -1, 0, [(1, 0.5), (3, -20)]), ("1,3", 7, 3, [(10, 1)]), (-1, -1, 4, []), ("spam", -1, 5, [(0, 4)]), (2, 1, 6, []),
    ]  # fmt: skip


@pytest.mark.usefixtures("kernels")
def test_a_missing_value_and_the_last_line_without_its_end() -> None:
    pairs, at = read_pairs(b"1 2:nan 3:NaN", 0, 0, 2)
    assert (pairs.indices.tolist(), np.isnan(pairs.values).tolist(), at) == ([2, 3], [True, True], 13)


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize(
    "row",
    ["1:2 3:4", "1 2:3 2:4", "1 3:1 2:1", "1 a:2", "1 2:", "1 :2", "1 2:x", "1 2:3:4", "1 2 3", "1 -1:2", "1 2:inf", "1 2:1e39", "1 qid:x 1:2",
     "1 1:2 qid:3", "1 1234567890:2", "1 2: 3", "1 2:3,4", "1 2:0x1", "1 2:nanx"],
)  # fmt: skip
def test_reading_stops_before_a_row_at_fault(row: str) -> None:
    found, at = rows(f"1 1:1\n{row}\n1 1:1\n".encode())
    assert (found, at) == ([(1, -1, 0, [(1, 1)])], 6)


@pytest.mark.usefixtures("kernels")
def test_dense_rows() -> None:
    pairs, _ = read_pairs(b"1 1:5 3:6\n2\n3 2:7\n", 0, 3, 3)
    assert dense(pairs, 1, 3).tolist() == [[5, 0, 6], [0, 0, 0], [0, 7, 0]]


def test_an_index_out_of_range_is_refused_by_the_compiled_code() -> None:
    native = native_module()
    if native is None:
        pytest.skip("no compiled code")
    pairs, _ = read_pairs(b"1 1:5 4:6\n", 0, 1, 2)
    with pytest.raises(ValueError, match="out of range"):
        native.fill_pairs(pairs.ends, pairs.indices, pairs.values, 1, 3, np.zeros((1, 3)))
    with pytest.raises(ValueError, match="differ in length"):
        native.fill_pairs(pairs.ends, pairs.indices, pairs.values, 1, 3, np.zeros((2, 3)))


def test_twins_agree_on_damaged_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    if native_module() is None:
        pytest.skip("no compiled code")
    dice = random.Random(3)
    good = b"1 1:0.5 2:3e2 7:-1\n-1 qid:4 3:nan # x\n\n2,5 1:1\n"
    for _ in range(3000):
        text = bytearray(good)
        for _ in range(dice.choice((1, 2, 5))):
            place = dice.randrange(len(text))
            text[place : place + dice.choice((0, 1, 1))] = dice.choice(
                (b"", b":", b" ", b"\n", b"#", b"1", b"e", b"-", b".", b"n", b"\r", b"\x0b")
            )
        damaged = bytes(text) + b"\n"
        monkeypatch.setenv("ANN_KERNELS", "native")
        one = rows(damaged)
        monkeypatch.setenv("ANN_KERNELS", "numpy")
        assert repr(rows(damaged)) == repr(one), damaged


@pytest.mark.usefixtures("kernels")
def test_a_matrix_is_whole_lines_of_so_many_numbers() -> None:
    numbers = np.random.default_rng(3).normal(size=(50, 7)).astype(np.float32)
    text = "".join(" ".join(map(str, row)) + "\n" for row in numbers).encode()
    found = read_matrix(text, 7)
    assert found is not None
    assert found.dtype == np.float32
    assert (found == numbers).all()
    one = read_matrix(b"1\n-2e-3\n", 1)
    assert one is not None
    assert one.tolist() == [[1], [float(np.float32(-0.002))]]


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize(
    "text",
    [b"", b"1 2", b"1 2\n3\n", b"1 2\n3 4 5\n", b"1 2 3 4\n", b"1 2\n\n3 4\n", b"1 2\n# 3\n", b"1 nan\n", b"1 1e39\n", b"1 1_0\n", b"1,2\n", b"1 2#\n"],
)  # fmt: skip
def test_other_texts_are_no_matrix(text: bytes) -> None:
    assert read_matrix(text, 2) is None
