"""Digests of rows against the definition in docs/network-file.md, written with Python's integers."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from anncli.arrays import Rows, Tokens
from anncli.dataset.digests import digest_rows, digest_samples

WORD = (1 << 64) - 1


def mixed(value: int) -> int:
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & WORD
    value = (value ^ value >> 27) * 0x94D049BB133111EB & WORD
    return value ^ value >> 31


def by_hand(row: list[float]) -> int:
    total = 0
    for column, value in enumerate(row, 1):
        (bits,) = struct.unpack("<I", struct.pack("<f", value))
        total += mixed(bits ^ column * 0x9E3779B97F4A7C15 & WORD)
    return mixed(total & WORD)


def sample_by_hand(rows: list[list[float]]) -> int:
    total = sum(mixed(by_hand(row) ^ place * 0x9E3779B97F4A7C15 & WORD) for place, row in enumerate(rows, 1))
    return mixed(total & WORD ^ mixed(len(rows)))


def test_samples_of_rows_and_of_tokens_are_those_of_the_document() -> None:
    starts = np.array([0, 2, 2, 3])
    rows = np.array([[1, 2], [3, 4], [1, 2]], np.float32)
    wanted = [sample_by_hand([[1, 2], [3, 4]]), sample_by_hand([]), sample_by_hand([[1, 2]])]
    assert digest_samples(Rows(rows, starts)).tolist() == wanted
    tokens = Tokens(np.array([70_000, 5, 0]), np.array([1, 0.5, -2], np.float32), starts, 80_000)
    wanted = [sample_by_hand([[1, 4464, 1], [0, 5, 0.5]]), sample_by_hand([]), sample_by_hand([[0, 0, -2]])]
    assert digest_samples(tokens).tolist() == wanted
    assert digest_samples(tokens[np.array([2, 0])]).tolist() == [wanted[2], wanted[0]]


@pytest.mark.parametrize(
    ("row", "digest"),
    [
        ([0.0], 0x48218226FF3CD4BF),
        ([1.0], 0x625B48FCB12A3145),
        ([1.0, 2.0], 0x2C0E9F4B9A95AB4D),
        ([2.0, 1.0], 0xD839863716F5231D),
        ([0.0, 5.1], 0x5F2D6A5252D7B24E),
    ],
)
def test_the_numbers_of_the_document(row: list[float], digest: int) -> None:
    assert by_hand(row) == digest
    assert digest_rows(np.array([row], np.float32)).tolist() == [digest]


def test_many_rows_are_those_one_by_one() -> None:
    rows = np.random.default_rng(0).standard_normal((30_000, 3)).astype(np.float32)
    found = digest_rows(rows)
    assert found.dtype == np.uint64
    for number in (0, 1, 21_844, 21_845, 21_846, 29_999):
        assert int(found[number]) == by_hand([float(value) for value in rows[number]])
    # The rows of a view that is not contiguous.
    assert (digest_rows(rows[::7]) == found[::7]).all()


def test_zero_has_one_sign() -> None:
    assert digest_rows(np.array([[-0.0, 5.1]], np.float32)) == digest_rows(np.array([[0.0, 5.1]], np.float32))


def test_rows_of_small_integers_do_not_collide() -> None:
    """Their bit patterns differ in few bits, which a weak hash would add up to equal sums."""
    grid = np.stack(np.meshgrid(*[np.arange(1, 11, dtype=np.float32)] * 5), axis=-1).reshape(-1, 5)
    assert len(np.unique(digest_rows(grid))) == 10**5
