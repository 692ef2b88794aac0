"""Sums of whole numbers: worked by hand, and the same in any order."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.backends.chunks import CHUNKS, chunk_starts, chunks_of, grouped
from anncli.backends.fixed_sums import NOT_FINITE, TOO_LARGE, FixedSum, add_in_threads, mean_loss, value_of


def test_words_worked_by_hand() -> None:
    """3 * 2^-21 is 1.5 units of hi: the even neighbour is 2, half a unit too much, 2^49 units of lo."""
    total = FixedSum(3)
    total.add(np.array([3 * 2.0**-20, -1.0, 2.0**-69]), 0.5)
    assert total.words.tolist() == [[2, -(2**19), 0], [-(2**49), 0, 1]]
    assert value_of(total.words, 0).tolist() == [3 * 2.0**-21, -0.5, 2.0**-70]


@pytest.mark.parametrize("exponent", [0, 50, 100])
def test_the_largest_numbers_of_an_exponent(exponent: int) -> None:
    most = 2.0 ** (36 + exponent)
    total = FixedSum(2, exponent)
    for _ in range(CHUNKS):
        total.add(np.array([most, -most]), 1.0)
    assert not total.overflow
    assert value_of(total.words, exponent).tolist() == [CHUNKS * most, -CHUNKS * most]
    total.add(np.array([0.0, 1.001 * most]), 1.0)
    assert total.overflow == TOO_LARGE


@pytest.mark.parametrize("fault", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_counted_apart(fault: float) -> None:
    total = FixedSum(2)
    total.add(np.array([1e30, 1.0], dtype=np.float32), 1.0)
    total.add(np.array([1.0, fault], dtype=np.float32), 1.0)
    assert total.overflow == TOO_LARGE + NOT_FINITE


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e-30, 1.0, 1e9, 1e14, 1e30, 1e37])
def test_numpy_gives_the_words_of_the_compiled_code(dtype: type, size: float) -> None:
    rng = np.random.default_rng(4)
    for exponent in (0, 50, 100):
        compiled, plain = FixedSum(37, exponent), FixedSum(37, exponent)
        for _ in range(5):
            values = (rng.normal(size=37) * size * 10.0 ** rng.integers(-8, 1, 37)).astype(dtype)
            factor = float(rng.random())
            compiled.add(values, factor)
            plain.add_by_numpy(values, factor)
        assert compiled.words.tolist() == plain.words.tolist()
        assert compiled.overflow == plain.overflow


@pytest.mark.parametrize("place", [0, 7, 8, 36])
@pytest.mark.parametrize("fault", [np.nan, np.inf, 2.0**90])
def test_numpy_finds_the_faults_of_the_compiled_code(place: int, fault: float) -> None:
    """Half a unit below the limit of 2^36 is rounded to it, and the next number above is too large."""
    for values in (np.ones(37, np.float32), np.full(37, -(2.0**36)), np.full(37, 2.0**36 - 2.0**-17)):
        values[place] = fault
        compiled, plain = FixedSum(37), FixedSum(37)
        compiled.add(values, 1.0)
        plain.add_by_numpy(values, 1.0)
        assert compiled.overflow == plain.overflow != 0
        assert not compiled.words.any()


def test_rounding_to_even_is_the_same_in_both() -> None:
    values = (np.arange(-40, 40) + 0.5) * 2.0**-20
    halves = np.concatenate([values, values * 2.0**-50, values + 2.0**-70, values * 2.0**32])
    for factor in (1.0, 0.5):
        compiled, plain = FixedSum(len(halves)), FixedSum(len(halves))
        compiled.add(halves, factor)
        plain.add_by_numpy(halves, factor)
        assert compiled.words.tolist() == plain.words.tolist()


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_threads_add_every_vector_once(threads: int) -> None:
    total = FixedSum(2)

    def add(first: int, last: int, part: FixedSum) -> None:
        for number in range(first, last):
            part.add(np.array([2.0**number, 1e30 if number == 4 else 1.0]), 1.0)

    add_in_threads(add, 6, total, threads)
    assert value_of(total.words, 0).tolist() == [63.0 - 16, 5.0]
    assert total.overflow == TOO_LARGE


def test_any_order_and_grouping_gives_the_same_words() -> None:
    rng = np.random.default_rng(3)
    vectors = (rng.normal(size=(CHUNKS, 40)) * 10.0 ** rng.integers(-12, 8, (CHUNKS, 40))).astype(np.float32)
    whole = FixedSum(40)
    for vector in vectors:
        whole.add(vector, 1 / 3)
    parts = np.zeros((2, 40), dtype=np.int64)
    for chosen in np.array_split(rng.permutation(CHUNKS), 7):
        part = FixedSum(40)
        for number in chosen:
            part.add(vectors[number], 1 / 3)
        parts += part.words
    assert (parts == whole.words).all()
    wanted = (vectors.astype(np.float64) / 3).sum(axis=0)
    np.testing.assert_allclose(value_of(whole.words, 0), wanted, rtol=1e-12, atol=1e-17)


def test_losses_are_weighed_by_answers() -> None:
    losses, answers = np.zeros(CHUNKS), np.zeros(CHUNKS, dtype=np.int64)
    losses[[2, 63]], answers[[2, 63]] = [1.0, 4.0], [2, 1]
    losses[5] = np.nan
    assert mean_loss(losses, answers) == 2.0


@pytest.mark.parametrize("n", [64, 65, 127, 1000, 65537])
def test_chunks_of_places_are_those_between_the_starts(n: int) -> None:
    starts = chunk_starts(n)
    assert starts[0] == 0
    assert starts[-1] == n
    found = chunks_of(np.arange(n), n)
    assert (np.bincount(found, minlength=CHUNKS) == np.diff(starts)).all()
    assert (np.diff(found.astype(int)) >= 0).all()


def test_a_batch_is_grouped_by_chunk_and_keeps_its_order() -> None:
    batch = grouped(np.array([127, 5, 3, 126, 4, 2], dtype=np.int32), 128)
    assert batch.places.tolist() == [3, 2, 5, 4, 127, 126]
    assert batch.starts[[0, 1, 2, 3, 63, 64]].tolist() == [0, 0, 2, 4, 4, 6]
