"""Sums that do not depend on the order of adding: every number is two whole numbers of 64 bits, which are added as such.

A number v becomes hi = rint(v * 2^(20-e)) and lo = rint((v - hi * 2^(e-20)) * 2^(70-e)), so that 2^(e-71) is the largest error of
each. The exponent e is 0; where a word could overflow, the whole sum is taken again with 50, and then with 100, which holds every float32.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from anncli.arrays import Array
from anncli.compiled import native_module

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

EXPONENTS = (0, 50, 100)

# hi takes 56 bits and a sign at most: 64 of them stay below 2^63.
_HIGH, _LOW, _MOST = 20, 70, 2.0**56
# What an addend that is too large counts in FixedSum.overflow, and one that is not finite: both are added up over parts.
TOO_LARGE, NOT_FINITE = 1, 1 << 32


class FixedSum:
    """The sum of at most 64 vectors (m,), in words int64 (2, m): hi and lo.

    overflow: how many of them were too large for the exponent, times TOO_LARGE, and how many had a number that is not finite,
    times NOT_FINITE. Where it is not 0, the words mean nothing.
    """

    def __init__(self, size: int, exponent: int = 0) -> None:
        self.words = np.zeros((2, size), dtype=np.int64)
        self.exponent, self.overflow = exponent, 0

    def add(self, values: Array, factor: float) -> None:
        """Add values * factor, in float64. Args: values (m,): float32 or float64; factor: from 0 to 1."""
        native = native_module()
        if native is None or not values.flags.c_contiguous:
            self.add_by_numpy(values, factor)
        else:
            self.overflow += native.add_fixed(values, factor, self.exponent, self.words.reshape(-1))

    @np.errstate(over="ignore", invalid="ignore")
    def add_by_numpy(self, values: Array, factor: float) -> None:
        """The same, bit for bit."""
        if not len(values):
            return
        if not np.isfinite(values).all():
            self.overflow += NOT_FINITE
            return
        scaled = values.astype(np.float64)
        scaled *= factor
        high = np.rint(scaled * 2.0 ** (_HIGH - self.exponent))
        largest = float(np.abs(high).max())
        if not largest <= _MOST:
            self.overflow += TOO_LARGE
            return
        self.words[0] += high.astype(np.int64)
        scaled -= high * 2.0 ** (self.exponent - _HIGH)
        self.words[1] += np.rint(scaled * 2.0 ** (_LOW - self.exponent)).astype(np.int64)


def add_in_threads(add: Callable[[int, int, FixedSum], None], n: int, total: FixedSum, threads: int) -> None:
    """Have threads add the vectors 0 .. n - 1 to `total`, each some of them in a sum of its own: whose they are does not matter.

    Args: add: adds the vectors from the first number to the one before the last to a sum.
    """
    if threads <= 1:
        add(0, n, total)
        return
    cuts = [k * n // threads for k in range(threads + 1)]
    parts = [FixedSum(total.words.shape[1], total.exponent) for _ in range(threads - 1)]
    waits = [
        _pool(threads).submit(add, first, last, part)
        for first, last, part in zip(cuts[1:], cuts[2:], parts, strict=False)
    ]
    add(0, cuts[1], total)
    for wait, part in zip(waits, parts, strict=True):
        wait.result()
        total.words += part.words
        total.overflow += part.overflow


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    # 10 ms, which a training of few rows need not wait for.
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads - 1, thread_name_prefix="ann-sums")


def value_of(words: Array, exponent: int) -> Array:
    """float64 (m,): the numbers that words (2, m) stand for."""
    value: Array = words[0] * 2.0 ** (exponent - _HIGH) + words[1] * 2.0 ** (exponent - _LOW)
    return value


def mean_loss(losses: Array, answers: Array) -> float:
    """The mean over all answers, from the means over the chunks and their numbers of answers, float64 and int64 (64,).

    Added up in the order of the chunks: this is the only place where it is done.
    """
    total, n = 0.0, 0
    for chunk in range(len(answers)):
        if answers[chunk]:
            total += float(losses[chunk]) * int(answers[chunk])
            n += int(answers[chunk])
    return total / n
