"""Intervals and paired tests: published examples, formulas written out, and coverage by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from anncli.evaluation.distributions import (
    binomial_two_sided,
    normal_tails,
    regularized_beta,
    student_quantile,
    student_tails,
)
from anncli.evaluation.intervals import (
    area_variance,
    corrected_resampled,
    delong,
    difference_variance,
    placements,
    wilson,
)
from anncli.evaluation.paired import compare_areas, corrected_t, holm, mcnemar
from anncli.evaluation.ranking import area_under_curve


@pytest.mark.parametrize(
    ("p", "freedom", "value"),
    [(0.975, 9, 2.262157), (0.975, 1, 12.706205), (0.995, 29, 2.756386), (0.95, 2, 2.919986), (0.975, 1e6, 1.959966)],
)
def test_student_quantiles_are_those_of_tables(p: float, freedom: float, value: float) -> None:
    assert student_quantile(p, freedom) == pytest.approx(value, abs=1e-6)
    assert student_tails(value, freedom) == pytest.approx(2 * (1 - p), abs=1e-7)


def test_the_beta_distribution_is_that_of_polynomials() -> None:
    # I_x(1, b) = 1 - (1-x)^b; I_x(a, 1) = x^a; I_x(2, 3) = 6 x^2 - 8 x^3 + 3 x^4
    for x in (0.0, 1e-9, 0.1, 0.5, 0.9, 1.0):
        assert regularized_beta(x, 1, 4) == pytest.approx(1 - (1 - x) ** 4, abs=1e-13)
        assert regularized_beta(x, 7, 1) == pytest.approx(x**7, abs=1e-13)
        assert regularized_beta(x, 2, 3) == pytest.approx(6 * x**2 - 8 * x**3 + 3 * x**4, abs=1e-13)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_newcombe_1998(successes: int, n: int, low: float, high: float) -> None:
    found = wilson(successes, n)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_wilson_at_the_ends_and_of_nothing() -> None:
    assert wilson(0, 0) is None
    certain = wilson(20, 20)
    assert certain is not None
    assert certain.high == 1
    assert certain.low == pytest.approx(1 - 0.1611, abs=1e-4)


def areas(seed: int, n: int = 30, ties: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two scores of the same rows, and which rows are positive."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.4
    shared = rng.normal(size=n) + positive
    one, other = (shared + rng.normal(size=n) for _ in range(2))
    return (np.round(one), np.round(other), positive) if ties else (one, other, positive)


def structural(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """V10 and V01 of DeLong et al. 1988, pair by pair."""
    x, y = scores[positive], scores[~positive]
    psi = (x[:, None] > y).astype(float) + 0.5 * (x[:, None] == y)
    return psi.mean(axis=1), psi.mean(axis=0)


@pytest.mark.parametrize("seed", range(5))
def test_areas_and_their_variances_are_those_of_all_pairs(seed: int) -> None:
    one, other, positive = areas(seed)
    found = [placements(scores, positive) for scores in (one, other)]
    pairs = [structural(scores, positive) for scores in (one, other)]
    m, n = int(positive.sum()), int((~positive).sum())
    for area, (v10, v01), scores in zip(found, pairs, (one, other), strict=True):
        assert area is not None
        assert area.value == pytest.approx(area_under_curve(scores, positive), abs=1e-12)
        assert area_variance(area) == pytest.approx(v10.var(ddof=1) / m + v01.var(ddof=1) / n, rel=1e-12)
    assert found[0] is not None
    assert found[1] is not None
    differences = [a - b for a, b in zip(*pairs, strict=True)]
    wanted = differences[0].var(ddof=1) / m + differences[1].var(ddof=1) / n
    assert difference_variance(found[0], found[1]) == pytest.approx(wanted, rel=1e-9)
    verdict = compare_areas(one, other, positive)
    assert verdict is not None
    assert verdict.difference == pytest.approx(pairs[0][0].mean() - pairs[1][0].mean())
    assert verdict.p == pytest.approx(normal_tails(verdict.difference / math.sqrt(wanted)))


def test_areas_of_degenerate_scores() -> None:
    positive = np.array([True, True, False, False])
    perfect = delong(np.array([3.0, 2, 1, 0]), positive)
    assert perfect is not None
    assert perfect.high == 1
    assert 0 < perfect.low < 0.5
    assert delong(np.array([3.0, 2, 1, 0]), np.array([True, False, False, False])) is None
    tied = delong(np.zeros(4), positive)
    assert tied is not None
    assert tied.low <= 0.5 <= tied.high


def test_mcnemar_is_the_binomial_test() -> None:
    # 8 rows only the first has right, 2 only the second: 2 (1 + 10 + 45) / 1024
    first = np.array([True] * 8 + [False] * 2 + [True] * 10)
    second = np.array([False] * 8 + [True] * 2 + [True] * 10)
    verdict = mcnemar(first, second)
    assert verdict.difference == pytest.approx(6 / 20)
    assert verdict.p == pytest.approx(112 / 1024)
    assert mcnemar(first, first).p == 1
    assert binomial_two_sided(5, 10) == 1
    assert binomial_two_sided(0, 3) == 0.25


def test_the_corrected_t_by_hand() -> None:
    # Differences 0.02, 0.04, 0.03, 0.01, 0.05: mean 0.03, s = 0.0158114; sqrt(1/5 + 1/4) = 0.6708204; t = 2.828427
    first, second = [0.92, 0.94, 0.93, 0.91, 0.95], [0.9] * 5
    verdict = corrected_t(first, second, 0.25)
    assert verdict is not None
    assert verdict.difference == pytest.approx(0.03)
    assert verdict.p == pytest.approx(student_tails(2.828427, 4), abs=1e-6)
    found = corrected_resampled([0.92, 0.94, 0.93, 0.91, 0.95], 0.25)
    assert found is not None
    # t(0.975; 4) = 2.776445 times 0.0158114 times 0.6708204 = 0.0294486
    assert found == pytest.approx((0.93 - 0.0294486, 0.93 + 0.0294486), abs=1e-6)
    assert corrected_resampled([0.9], 0.25) is None


def test_holm_raises_each_value_by_its_place() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.slow
@pytest.mark.parametrize(("n", "p"), [(40, 0.5), (40, 0.85), (100, 0.95), (1000, 0.99)])
def test_wilson_covers_what_it_says(n: int, p: float) -> None:
    counts = np.random.default_rng(0).binomial(n, p, 4000)
    inside = [found.low <= p <= found.high for k in counts if (found := wilson(int(k), n)) is not None]
    assert 0.93 <= np.mean(inside) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize(("n", "shift"), [(40, 0.5), (60, 1.0), (200, 1.5), (400, 2.0)])
def test_delong_covers_what_it_says(n: int, shift: float) -> None:
    """Normal scores that are `shift` apart have the area Phi(shift / sqrt 2)."""
    rng, area = np.random.default_rng(1), 0.5 * math.erfc(-shift / 2)
    inside = []
    for _ in range(1500):
        positive = np.arange(n) < n // 2
        found = delong(rng.normal(size=n) + shift * positive, positive)
        assert found is not None
        inside.append(found.low <= area <= found.high)
    assert 0.93 <= np.mean(inside) <= 0.97
