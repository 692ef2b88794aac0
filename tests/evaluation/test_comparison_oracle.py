"""Tests of two models against statsmodels and scipy."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.evaluation.distributions import binomial_two_sided
from anncli.evaluation.paired import corrected_t, holm, mcnemar

stats = pytest.importorskip("scipy.stats")


@pytest.mark.parametrize(
    ("only_first", "only_second"), [(0, 0), (1, 0), (6, 4), (10, 4), (25, 9), (700, 640), (3, 2000)]
)
def test_mcnemar(only_first, only_second):
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    first, second = np.zeros(3000, dtype=bool), np.zeros(3000, dtype=bool)
    first[:only_first], second[only_first : only_first + only_second] = True, True
    found = mcnemar(first, second)
    theirs = tables.mcnemar([[100, only_first], [only_second, 50]], exact=True).pvalue
    assert found.p == pytest.approx(float(np.nan_to_num(theirs, nan=1.0)), rel=1e-9)
    assert found.difference == (only_first - only_second) / 3000


@pytest.mark.parametrize(("k", "n"), [(480, 1001), (2400, 5000), (49_700, 100_000), (0, 2000), (1000, 2000)])
def test_many_coins(k, n):
    assert binomial_two_sided(k, n) == pytest.approx(stats.binomtest(k, n).pvalue, rel=1e-8)


def test_holm():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    rng = np.random.default_rng(0)
    for count in (1, 2, 3, 10):
        p = rng.uniform(0, 0.2, count).tolist()
        assert holm(p) == pytest.approx(multitest.multipletests(p, method="holm")[1].tolist())


@pytest.mark.parametrize(("folds", "repeats"), [(5, 1), (10, 3), (2, 5)])
def test_corrected_t(folds, repeats):
    """Without the term for overlapping training sets it is the t test of pairs; with it the deviation grows by a known factor."""
    rng = np.random.default_rng(folds)
    first, second = rng.normal(0.9, 0.02, (2, folds * repeats)).tolist()
    count, share = folds * repeats, 1 / (folds - 1)
    plain = stats.ttest_rel(first, second)
    assert corrected_t(first, second, 0.0).p == pytest.approx(plain.pvalue)
    t = plain.statistic / (1 + share * count) ** 0.5
    found = corrected_t(first, second, share)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), count - 1))
    wide = stats.t.ppf(0.95, count - 1) * found.error
    assert found.interval(0.9) == pytest.approx((found.difference - wide, found.difference + wide))
