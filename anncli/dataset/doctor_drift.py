"""Whether columns are distributed otherwise in another set or file: Kolmogorov-Smirnov for numbers, chi-square for words.

All columns together are allowed one false alarm in a hundred comparisons of files (Holm 1979, Scand. J. Statist. 6, 65-70), and a
difference must be large enough to matter, because among many rows the smallest one is significant.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.findings import Examined, Finding, ignore
from anncli.errors import quoted
from anncli.tables import MISSING, TableColumn

_ALPHA = 0.01
# The smallest difference of distribution functions, or of the fractions of words, that is reported.
_LEAST = 0.1
_FEWEST_ROWS = 8
# Words of fewer expected rows than this are counted together, as the chi-square distribution asks for.
_FEWEST_EXPECTED = 5


class _Compared(NamedTuple):
    """A column of two sets: the difference, its probability by chance, and how it is put into words."""

    name: str
    difference: float
    p: float
    text: str


def find_drift(pairs: Sequence[tuple[Examined, Examined]]) -> Iterator[Finding]:
    """Findings for sets against those that they are compared with, which stand first; all have the same columns."""
    for first, other in pairs:
        if min(first.n_rows, other.n_rows) < _FEWEST_ROWS:
            continue
        compared = [found for name in first.whole for found in _compare(first, other, name)]
        limits = holm_rejects([one.p for one in compared], _ALPHA)
        for one, is_rejected in zip(compared, limits, strict=True):
            if not is_rejected or one.difference < _LEAST:
                continue
            what = "the label" if one.name in first.labels else "column"
            message = f"{what} {quoted(one.name)} is distributed otherwise than in {first.shown}: {one.text}"
            advice = f"find out why, or leave it out with {ignore(one.name)}: a network does not know the other values"
            if one.name in first.labels:
                advice = "find out why: rates of one file do not hold for the other"
            row = 0 if other.table.header_line == 0 else None
            found = other.finding("drift", True, message, advice, name=one.name, row=row, count=other.n_rows)
            # Only the file and the column are the place.
            yield found._replace(line=None, column=None) if row == 0 else found


def _compare(first: Examined, other: Examined, name: str) -> Iterator[_Compared]:
    one, two = first.column_of(name), other.column_of(name)
    if (one.numbers is None) != (two.numbers is None):
        return
    if one.numbers is None:
        yield _words(one, two, name)
        return
    assert two.numbers is not None
    gaps = [np.array([np.count_nonzero(c.is_missing), len(c) - np.count_nonzero(c.is_missing)]) for c in (one, two)]
    x, y = np.sort(one.numbers[~one.is_missing]), np.sort(two.numbers[~two.is_missing])
    if gaps[0][0] or gaps[1][0]:
        shares = [100 * gap[0] / gap.sum() for gap in gaps]
        text = f"{shares[1]:.3g} % missing, and {shares[0]:.3g} % there"
        yield _Compared(name, abs(shares[1] - shares[0]) / 100, chi_square_p(np.array(gaps)), text)
    if min(len(x), len(y)) >= _FEWEST_ROWS:
        difference = kolmogorov_smirnov(x, y)
        text = f"median {float(np.median(y)):.6g}, and {float(np.median(x)):.6g} there; distribution functions differ by {difference:.2f}"
        yield _Compared(name, difference, kolmogorov_smirnov_p(difference, len(x), len(y)), text)


def _words(one: TableColumn, two: TableColumn, name: str) -> _Compared:
    assert one.codes is not None
    assert two.codes is not None
    # A missing cell is a word of its own.
    n = max(len(one.words), len(two.words)) + 1
    table = np.array([np.bincount(codes - MISSING, minlength=n) for codes in (one.codes, two.codes)])
    shares = table / table.sum(axis=1, keepdims=True)
    change = shares[1] - shares[0]
    most = int(np.abs(change).argmax())
    word = "missing" if most == 0 else quoted(two.words[most - 1])
    text = f"{word} in {100 * shares[1, most]:.3g} % of the rows, and in {100 * shares[0, most]:.3g} % there"
    return _Compared(name, float(np.abs(change).sum()) / 2, chi_square_p(table), text)


def kolmogorov_smirnov(x: Array, y: Array) -> float:
    """The largest difference of the distribution functions of two ascending samples."""
    every = np.concatenate([x, y])
    below = np.searchsorted(x, every, side="right") / len(x) - np.searchsorted(y, every, side="right") / len(y)
    return float(np.abs(below).max())


def kolmogorov_smirnov_p(difference: float, n: int, m: int) -> float:
    """The probability of such a difference between samples of n and m rows of one distribution, at most: equal numbers make
    it smaller. Source: Stephens 1970, J. R. Statist. Soc. B 32, 115-122."""
    size = math.sqrt(n * m / (n + m))
    scaled = (size + 0.12 + 0.11 / size) * difference
    if scaled < 0.3:
        return 1.0
    terms = ((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * sum(terms)))


def chi_square_p(table: Array) -> float:
    """The probability of counts (2, words) that differ so much, or more, if both rows have one distribution."""
    totals = table.sum(axis=0)
    smaller = table.sum(axis=1).min() / max(1, table.sum())
    is_rare = totals * smaller < _FEWEST_EXPECTED
    rare = table[:, is_rare].sum(axis=1, keepdims=True)
    table = np.concatenate([table[:, ~is_rare], rare], axis=1) if rare.any() else table[:, ~is_rare]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return 1.0
    expected = table.sum(axis=1, keepdims=True) * (table.sum(axis=0) / table.sum())
    statistic = float(((table - expected) ** 2 / expected).sum())
    return chi_square_tail(statistic, table.shape[1] - 1)


def chi_square_tail(x: float, freedom: int) -> float:
    """The probability that a chi-square variable with `freedom` degrees is above x: a finite sum, exact for whole degrees
    (Abramowitz & Stegun 26.4.4 and 26.4.5)."""
    if x <= 0:
        return 1.0
    half, start = x / 2, 0.5 * (freedom % 2)
    total = math.erfc(math.sqrt(half)) if freedom % 2 else 0.0
    for k in range(freedom // 2):
        power = k + start
        total += math.exp(-half + power * math.log(half) - math.lgamma(power + 1))
    return min(1.0, total)


def holm_rejects(probabilities: Sequence[float], alpha: float) -> list[bool]:
    """Which of several tests reject, so that one of them does so by chance with probability alpha at most."""
    rejected, n = [False] * len(probabilities), len(probabilities)
    for rank, place in enumerate(sorted(range(n), key=lambda place: probabilities[place])):
        if probabilities[place] > alpha / (n - rank):
            break
        rejected[place] = True
    return rejected
