"""Calibration against scikit-learn and scipy, where they are installed."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.evaluation.calibration import fit_isotonic, fit_platt, fit_temperature
from anncli.network.calibration import Calibration

pytest.importorskip("sklearn")


def rows(seed: int, n: int, digits: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.3
    positive[:2] = True, False
    scores = (rng.normal(size=n) + positive).round(digits)
    return scores, positive, rng.random(n) + 0.1


CASES = [(0, 2), (1, 5), (2, 40), (3, 400), (4, 3000)]


@pytest.mark.parametrize(("seed", "n"), CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_platt_equals_scikit_learn(seed: int, n: int, weighted: bool) -> None:
    from scipy.optimize import minimize
    from sklearn.calibration import _SigmoidCalibration

    scores, positive, weights = rows(seed, n)
    own = weights if weighted else None
    slope, intercept = fit_platt(scores, positive, own)
    other = _SigmoidCalibration().fit(scores, positive.astype(int), own)
    grid = np.linspace(-3, 4, 50)
    # scikit-learn stops its minimisation early; the loss of ours is never higher.
    assert 1 / (1 + np.exp(-(slope * grid + intercept))) == pytest.approx(other.predict(grid), abs=2e-3)

    w = np.ones(n) if own is None else own
    n_positive, n_negative = w[positive].sum(), w[~positive].sum()
    targets = np.where(positive, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))

    def loss(ab):
        z = ab[0] * scores + ab[1]
        return w @ (np.logaddexp(0, z) - targets * z)

    lowest = minimize(loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 5000})
    assert loss((slope, intercept)) <= min(lowest.fun, loss((-other.a_, -other.b_))) + 1e-9 * n


@pytest.mark.parametrize(("seed", "n"), [*CASES, (5, 1)])
@pytest.mark.parametrize("digits", [1, 6])
@pytest.mark.parametrize("weighted", [False, True])
def test_isotonic_equals_scikit_learn(seed: int, n: int, digits: int, weighted: bool) -> None:
    from sklearn.isotonic import IsotonicRegression

    scores, positive, weights = (values[:n] for values in rows(seed, max(n, 2), digits))
    own = weights if weighted else None
    other = IsotonicRegression(out_of_bounds="clip").fit(scores, positive.astype(float), own)
    grid = np.concatenate([np.linspace(-5, 5, 333), scores])[:, None]
    found = Calibration("isotonic", fit_isotonic(scores, positive, own)).apply(grid)
    assert found[:, 0] == pytest.approx(other.predict(grid[:, 0]), abs=1e-6)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("weighted", [False, True])
def test_temperature_equals_a_search_by_scipy(n_classes: int, weighted: bool) -> None:
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    rng = np.random.default_rng(n_classes)
    z = rng.normal(size=(500, n_classes)) * 3
    labels = (z / 2 + rng.gumbel(size=z.shape)).argmax(axis=1)
    weights = rng.random(500) if weighted else np.ones(500)

    def loss(t):
        return -weights @ log_softmax(z / t, axis=1)[np.arange(500), labels]

    lowest = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-10})
    found = fit_temperature(z, labels, weights if weighted else None)
    assert found == pytest.approx(lowest.x, rel=1e-4)
    assert loss(found) <= lowest.fun + 1e-9


def test_temperature_equals_scikit_learn() -> None:
    calibration = pytest.importorskip("sklearn.calibration")
    if not hasattr(calibration, "_TemperatureScaling"):
        pytest.skip("this scikit-learn has no temperature scaling")
    rng = np.random.default_rng(9)
    z = rng.normal(size=(400, 3)) * 2
    labels = (z / 3 + rng.gumbel(size=z.shape)).argmax(axis=1)
    other = calibration._TemperatureScaling().fit(z, labels)
    assert fit_temperature(z, labels) == pytest.approx(1 / other.beta_, rel=1e-3)
