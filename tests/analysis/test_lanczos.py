"""Eigenvalues, traces and densities from products alone, against those of numpy."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.analysis.lanczos import extreme_eigenvalues, mean_and_error, quadratic_forms, quadrature, signs
from anncli.arrays import Array


def symmetric(values: Array, seed: int = 0) -> Array:
    """A matrix with these eigenvalues."""
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(values), len(values))))
    return turn * values @ turn.T


def spectra() -> dict[str, Array]:
    rng = np.random.default_rng(4)
    return {
        "one": np.array([3.0]),
        "two": np.array([-1.0, 2.0]),
        "80": rng.normal(size=80),
        "81": rng.normal(size=81),
        "many": rng.normal(size=400),
        "outliers": np.concatenate([rng.normal(size=600) * 1e-3, [1.0, 0.8, 0.8, 0.3, 0.2, 0.1]]),
        "nothing": np.zeros(120),
        "equal": np.full(120, 2.5),
        "of rank 3": np.concatenate([np.zeros(150), [1.0, 2.0, 3.0]]),
        "negative": -np.geomspace(1e-6, 1, 200),
        "huge": 1e30 * rng.normal(size=100),
    }


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[pytest.mark.slow] * (case in ("many", "outliers"))) for case in spectra()]
)
def test_the_ends_are_those_of_numpy(case: str) -> None:
    values = np.sort(spectra()[case])
    matrix = symmetric(values)
    ends = extreme_eigenvalues(matrix.__matmul__, len(values), 5, np.random.default_rng(0))
    count, scale = min(5, len(values)), max(np.abs(values).max(), 1e-300)
    assert len(ends.largest) == len(ends.smallest) == count
    for found, errors, true in (
        (ends.largest, ends.largest_errors, values[::-1][:count]),
        (ends.smallest, ends.smallest_errors, values[:count]),
    ):
        assert np.abs(found - true).max() <= 1e-4 * scale
        assert (np.abs(found - true) <= errors + 1e-12 * scale).all()
    for value, vector in zip(ends.known, ends.vectors, strict=True):
        assert np.linalg.norm(matrix @ vector - value * vector) <= 2e-5 * scale
        assert np.linalg.norm(vector) == pytest.approx(1)
    for value, vector, error in zip(ends.largest, ends.largest_vectors, ends.largest_errors, strict=True):
        assert np.linalg.norm(matrix @ vector - value * vector) <= 1.01 * error + 1e-10 * scale


@pytest.mark.parametrize("n_known", [0, 4])
def test_a_density_has_the_means_of_polynomials(n_known: int) -> None:
    values = spectra()["outliers"]
    matrix = symmetric(values)
    ends = extreme_eigenvalues(matrix.__matmul__, len(values), 5, np.random.default_rng(0)) if n_known else None
    found = quadrature(matrix.__matmul__, len(values), 20, 20, np.random.default_rng(1), ends)
    assert found.weights.sum(axis=1) == pytest.approx(np.ones(20))
    for power in (1, 2, 3):
        mean, error = found.mean(lambda x: x**power)  # noqa: B023 - called at once
        assert abs(mean - (values**power).mean()) <= 3 * error + 1e-9
    # Known outliers leave less to chance.
    assert error < (1e-6 if n_known else 1e-3)


def test_a_run_of_a_density_is_its_quadratic_form() -> None:
    matrix = symmetric(spectra()["many"])
    found = quadrature(matrix.__matmul__, 400, 1, 40, np.random.default_rng(7))
    v = signs(400, np.random.default_rng(7))
    for image, power in ((v, 0), (matrix @ v, 1), (matrix @ (matrix @ v), 2)):
        assert (found.weights * found.values**power).sum() == pytest.approx(v @ image / 400)


def test_a_density_of_all_eigenvalues() -> None:
    values = np.array([-1.0, 0.0, 2.0, 5.0])
    found = quadrature(symmetric(values).__matmul__, 4, 3, 50, np.random.default_rng(0))
    assert np.sort(found.values[0]) == pytest.approx(values)
    assert found.mean(lambda x: x)[0] == pytest.approx(1.5, abs=2.5)


def test_traces_of_parts_by_hand() -> None:
    # Signs leave the diagonal as it is and turn the other entries: v.Av = 1 + 2 + 3 +- 2 * 0.5 for the part of both.
    matrix = np.array([[1, 0.5, 0], [0.5, 2, 0], [0, 0, 3]])
    found = quadratic_forms(matrix.__matmul__, 3, [slice(0, 2), slice(2, 3)], 200, np.random.default_rng(0))
    assert set(found[:, 0].tolist()) == {2.0, 4.0}
    assert set(found[:, 1].tolist()) == {3.0}
    mean, error = mean_and_error(found[:, 0])
    # The variance of one probe is 2 (|A|^2 - sum of A_ii^2) = 1.
    assert error == pytest.approx(1 / np.sqrt(200), rel=0.02)
    assert abs(mean - 3) < 3 * error
    assert mean_and_error(np.array([4.0])) == (4.0, 0.0)
