"""The probabilities of drift against scipy and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.doctor_drift import (
    chi_square_p,
    chi_square_tail,
    holm_rejects,
    kolmogorov_smirnov,
    kolmogorov_smirnov_p,
)

stats = pytest.importorskip("scipy.stats")


def test_chi_square_tails_equal_those_of_scipy() -> None:
    for freedom in (1, 2, 3, 4, 7, 30, 99, 400):
        for x in (0.01, 0.5, 3.0, 20.0, 90.0, 400.0):
            assert chi_square_tail(x, freedom) == pytest.approx(stats.chi2.sf(x, freedom), rel=1e-9, abs=1e-300)


def test_tables_of_counts_equal_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    for words in (2, 3, 12):
        table = rng.integers(10, 200, (2, words))
        assert chi_square_p(table) == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-9)


def test_kolmogorov_smirnov_equals_that_of_scipy() -> None:
    rng = np.random.default_rng(0)
    for n, m, shift in ((50, 70, 0.0), (400, 300, 0.1), (1000, 2000, 0.05)):
        x, y = np.sort(rng.normal(size=n)), np.sort(rng.normal(shift, 1, m))
        expected = stats.ks_2samp(x, y)
        assert kolmogorov_smirnov(x, y) == pytest.approx(expected.statistic, abs=1e-12)
        # Both are approximations for samples of this size.
        assert kolmogorov_smirnov_p(expected.statistic, n, m) == pytest.approx(expected.pvalue, rel=0.1)


def test_holm_rejects_as_statsmodels_does() -> None:
    tests = pytest.importorskip("statsmodels.stats.multitest")
    rng = np.random.default_rng(0)
    for _ in range(50):
        p = rng.uniform(0, 0.1, 12) ** 2
        assert holm_rejects(p.tolist(), 0.05) == tests.multipletests(p, 0.05, "holm")[0].tolist()
