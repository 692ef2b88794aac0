"""Fitting a mixture of Gaussians to the rows of the training samples, by scikit-learn."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, Rows, ragged_places, random_stream
from anncli.errors import DataError, UsageError, count_of
from anncli.network.encoders.descriptors import Descriptors
from anncli.network.encoders.fisher import Mixture

# Steps of expectation and maximisation.
_STEPS = 200


class Fitted(NamedTuple):
    """A mixture, and what the user should know."""

    mixture: Mixture
    warnings: tuple[str, ...] = ()


def fit_mixture(samples: Rows, training: Array, descriptors: Descriptors, seed: int) -> Fitted:
    """The mixture of the rows of the samples `training` (n,).

    It is fitted to columns of mean 0 and deviation 1, so that the first guess, by k-means, and the least variance treat all columns
    alike, and then put into the units of the data: a Fisher vector does not depend on them. Of more rows than the
    definition says so many are drawn, without repetition. The seed alone decides; scikit-learn runs in one thread.
    Raises: UsageError without scikit-learn, DataError for fewer different rows than modes.
    """
    places, _ = ragged_places(samples.starts, training)
    rows, rng = samples.values[places], random_stream(seed, "mixture")
    if len(rows) > descriptors.rows:
        rows = rows[np.sort(rng.choice(len(rows), descriptors.rows, replace=False))]
    rows = rows.astype(np.float64)
    _check_rows(rows, descriptors.modes)
    means, deviations = rows.mean(axis=0), rows.std(axis=0)
    # Rounding leaves a column of one value a deviation of about 1e-17.
    is_constant = (rows == rows[0]).all(axis=0)
    deviations[is_constant] = 1
    model, has_converged = _fitted_model((rows - means) / deviations, descriptors.modes, int(rng.integers(1 << 31)))
    variances = np.where(is_constant, 1.0, model.covariances_)
    weights, centres, spreads = (
        np.asarray(part).astype(np.float32)
        for part in (model.weights_, model.means_ * deviations + means, np.sqrt(variances) * deviations)
    )
    mixture = Mixture(weights, centres, spreads, descriptors.improved)
    if has_converged:
        return Fitted(mixture)
    return Fitted(mixture, (f"the mixture of {count_of(descriptors.modes, 'mode')} still changed after {_STEPS} steps; take fewer modes under `fisher:`, or more samples",))  # fmt: skip


def _check_rows(rows: Array, modes: int) -> None:
    # The first rows nearly always suffice, and finding all different ones takes long.
    for some in (rows[: 10 * modes], rows):
        different = len(np.unique(some, axis=0))
        if different >= modes:
            return
    found = count_of(different, "different row") if different < len(rows) else count_of(len(rows), "row")
    message = f"the training samples have {found}, and a mixture of {count_of(modes, 'mode')} needs as many at least"
    raise DataError(message, advice=f"write a smaller number than {modes} under `fisher:`, or give more samples")


def _fitted_model(rows: Array, modes: int, seed: int) -> tuple[Any, bool]:
    """scikit-learn's model, and whether its steps came to rest."""
    try:
        from sklearn.mixture import GaussianMixture
        from threadpoolctl import threadpool_limits
    except ModuleNotFoundError:
        message = "a mixture for Fisher vectors is fitted by scikit-learn, which is not there"
        raise UsageError(message, advice="install it: pip install 'anncli[fisher]'") from None
    model = GaussianMixture(modes, covariance_type="diag", max_iter=_STEPS, random_state=seed)
    # Several threads add up in the order in which they end, which changes the last digits.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(rows)
    return model, bool(model.converged_)
