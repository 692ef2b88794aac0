"""Which rows trained a network: exact digests, Bloom filters, and both in a row of trainings."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.network.row_digests import MOST_EXACT, RowDigests


def some(seed: int, n: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 1 << 64, n, dtype=np.uint64)


def test_exact_digests_are_sorted_and_distinct() -> None:
    digests = RowDigests().including(np.array([5, 3, 5, 1 << 63], np.uint64))
    assert digests.exact.tolist() == [3, 5, 1 << 63]
    assert digests.n_rows == 3
    assert digests.contains(np.array([3, 4, 1 << 63, 0, 2**64 - 1], np.uint64)).tolist() == [True, False, True, False, False]  # fmt: skip
    more = digests.including(np.array([4, 5], np.uint64))
    assert (more.exact.tolist(), more.n_rows) == ([3, 4, 5, 1 << 63], 4)
    assert not RowDigests().contains(some(0, 10)).any()


def test_a_filter_begins_above_20000_rows() -> None:
    assert RowDigests().including(some(1, MOST_EXACT)).filters == ()
    above = RowDigests().including(some(1, MOST_EXACT + 1))
    assert (len(above.exact), len(above.filters), above.n_rows) == (0, 1, 20_001)
    assert len(above.filters[0]) == 50_003


@pytest.mark.parametrize("n", [20_001, 200_000])
def test_a_filter_knows_all_its_rows_and_takes_one_in_ten_thousand_of_others(n: int) -> None:
    rows = some(2, n)
    digests = RowDigests().including(rows)
    assert digests.contains(rows).all()
    wrong = digests.contains(some(3, 2_000_000)).mean()
    # 6.7e-5 by the formula; the standard deviation over two million is 6e-6.
    assert 3e-5 < wrong < 1e-4


def test_a_filter_has_no_other_bits_than_those_of_its_rows() -> None:
    rows = some(4, 20_001)
    found = RowDigests().including(rows).filters[0]
    low, high, n_bits = rows & np.uint64(2**32 - 1), rows >> np.uint64(32), np.uint64(8 * len(found))
    places = [(low + np.uint64(k) * high + np.uint64((k**3 - k) // 6)) % n_bits for k in range(14)]
    assert np.flatnonzero(np.unpackbits(found, bitorder="little")).tolist() == np.unique(places).tolist()


def test_the_bits_of_one_row_by_hand() -> None:
    # low + k * high + (k**3 - k) / 6 modulo 8 * 100, for k = 0 ... 13
    low, high = 7, 11
    places = {(low + k * high + (k**3 - k) // 6) % 800 for k in range(14)}
    bits = np.zeros(100, np.uint8)
    for place in places:
        bits[place // 8] |= 1 << place % 8
    digest = np.array([high << 32 | low], np.uint64)
    assert RowDigests(filters=(bits,), n_rows=1).contains(digest).all()
    for place in places:
        less = bits.copy()
        less[place // 8] ^= 1 << place % 8
        assert not RowDigests(filters=(less,), n_rows=1).contains(digest).any()


def test_later_rows_come_beside_a_filter() -> None:
    first, later = some(5, 25_000), some(6, 30)
    digests = RowDigests().including(first).including(np.concatenate([later, first[:100]]))
    assert (len(digests.exact), len(digests.filters), digests.n_rows) == (30, 1, 25_030)
    assert digests.contains(np.concatenate([first, later])).all()
