"""Fisher vectors against scikit-image, under mixtures that scikit-learn fits."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.arrays import Rows
from anncli.network.encoders.descriptors import Descriptors
from anncli.network.encoders.fisher import Mixture
from anncli.training.mixture import fit_mixture

mixtures = pytest.importorskip("sklearn.mixture")
features = pytest.importorskip("skimage.feature")


def same_model(mixture: Mixture) -> object:
    """scikit-learn's model with the numbers of the mixture."""
    weights, means, deviations = (part.astype(np.float64) for part in mixture[:3])
    model = mixtures.GaussianMixture(len(weights), covariance_type="diag")
    model.weights_, model.means_, model.covariances_ = weights, means, deviations**2
    model.precisions_cholesky_ = 1 / deviations
    return model


@pytest.mark.parametrize("improved", [False, True])
@pytest.mark.parametrize(("modes", "columns", "scale"), [(1, 1, 1.0), (2, 3, 1.0), (5, 8, 100.0), (16, 64, 0.01)])
def test_equal_to_scikit_image(modes: int, columns: int, scale: float, improved: bool) -> None:
    rng = np.random.default_rng(modes)
    lengths = rng.integers(1, 60, 40)
    rows = (rng.normal(size=(lengths.sum(), columns)) + 3 * rng.integers(0, 3, (lengths.sum(), 1))) * scale
    samples = Rows(rows.astype(np.float32), np.cumsum([0, *lengths]))
    mixture = fit_mixture(samples, np.arange(40), Descriptors(columns, modes, improved), seed=3).mixture
    model = same_model(mixture)
    wanted = [
        features.fisher_vector(samples[k : k + 1].values.astype(np.float64), model, improved=improved)
        for k in range(40)
    ]  # fmt: skip
    found = mixture.encode(samples)
    assert found == pytest.approx(np.array(wanted).reshape(40, -1), abs=1e-6, rel=1e-6)


def fitted(rows: object, modes: int, seed: int = 0, most: int = 100_000) -> Mixture:
    values = np.array(rows, dtype=np.float32)
    samples = Rows(values, np.arange(0, len(values) + 1, 2))
    return fit_mixture(
        samples, np.arange(len(values) // 2), Descriptors(values.shape[1], modes, rows=most), seed
    ).mixture


def test_the_fit_is_the_same_in_other_units_and_finds_the_modes() -> None:
    rng = np.random.default_rng(1)
    rows = np.concatenate([rng.normal((0, 5), (1, 0.5), (400, 2)), rng.normal((9, -5), (2, 1), (200, 2))])
    found, other = fitted(rows, 2), fitted(rows * [1000, 0.01] + [7, 0], 2)
    order = np.argsort(found.means[:, 0])
    assert found.weights[order] == pytest.approx([2 / 3, 1 / 3], abs=0.03)
    assert found.means[order] == pytest.approx(np.array([(0, 5), (9, -5)]), abs=0.3)
    assert found.deviations[order] == pytest.approx(np.array([(1, 0.5), (2, 1)]), rel=0.15)
    assert other.means == pytest.approx(found.means * [1000, 0.01] + [7, 0], rel=1e-3)
    assert other.deviations == pytest.approx(found.deviations * [1000, 0.01], rel=1e-3)


def test_the_seed_decides_and_rows_are_drawn() -> None:
    rows = np.random.default_rng(2).normal(size=(600, 3))
    assert (fitted(rows, 4).means == fitted(rows, 4).means).all()
    assert (fitted(rows, 4).means != fitted(rows, 4, seed=1).means).any()
    few = fitted(rows, 4, most=50)
    assert (few.means != fitted(rows, 4).means).any()
    assert (few.means == fitted(rows, 4, most=50).means).all()


def test_a_column_of_one_value_has_the_deviation_one() -> None:
    rows = np.random.default_rng(2).normal(size=(100, 2))
    rows[:, 1] = 0.1
    found = fitted(rows, 3)
    assert found.deviations[:, 1].tolist() == [1, 1, 1]
    assert found.means[:, 1] == pytest.approx([0.1] * 3)
