"""Distributions and tests against scipy."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.evaluation.distributions import binomial_two_sided, regularized_beta, student_quantile, student_tails
from anncli.evaluation.intervals import wilson


def test_distributions_are_those_of_scipy() -> None:
    stats, special = pytest.importorskip("scipy.stats"), pytest.importorskip("scipy.special")
    rng = np.random.default_rng(0)
    for _ in range(300):
        x, a, b = rng.random(), 10 ** rng.uniform(-1, 3), 10 ** rng.uniform(-1, 3)
        assert regularized_beta(x, a, b) == pytest.approx(special.betainc(a, b, x), rel=1e-9, abs=1e-12)
        t, freedom = rng.normal() * 5, 10 ** rng.uniform(0, 4)
        assert student_tails(t, freedom) == pytest.approx(2 * stats.t.sf(abs(t), freedom), rel=1e-8, abs=1e-13)
        p = rng.uniform(0.5, 0.9999)
        assert student_quantile(p, freedom) == pytest.approx(stats.t.ppf(p, freedom), rel=1e-8)
    for n in (1, 2, 7, 30, 101):
        for k in range(n + 1):
            assert binomial_two_sided(k, n) == pytest.approx(stats.binomtest(k, n).pvalue, rel=1e-10)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_wilson_is_that_of_scipy(confidence: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    for n in (1, 5, 40, 999):
        for k in {0, 1, n // 3, n}:
            wanted = stats.binomtest(k, n).proportion_ci(confidence, "wilson")
            assert wilson(k, n, confidence) == pytest.approx((wanted.low, wanted.high), abs=1e-12)
