"""Values of a line: what is a number, and how long it takes to find out."""

from __future__ import annotations

import pytest

from anncli.compiled.row_text import is_foreign_number, is_value, value_fault


@pytest.mark.parametrize("word", [b"1", b"-1.", b"+.5", b"1.5e-3", b"1.E4", b"nan", b"-1.#IND", b"1#INF", b".#inf"])
def test_words_that_are_values(word: bytes) -> None:
    assert is_value(word)


@pytest.mark.parametrize("word", [b"", b".", b"1..2", b"e5", b"1e", b"1.2.3", b"1#", b"#"])
def test_words_that_are_none(word: bytes) -> None:
    assert not is_value(word)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("end", [b"x", b".x", b"#x", b"d+x", b",x", b"%x"])
def test_a_long_wrong_value_takes_no_time(end: bytes) -> None:
    # With two ways to divide the digits, the time grows with the square of their number: here an hour.
    word = b"1" * 200_000 + end
    assert not is_value(word)
    assert not is_foreign_number(word)
    assert value_fault(word) is not None
