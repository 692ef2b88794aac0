"""Gradient boosting by scikit-learn, where it is installed, with its defaults."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array

HOW_TO_GET = "gradient boosting is left out: it needs scikit-learn (pip install scikit-learn)"


def is_installed() -> bool:
    """Whether scikit-learn is there; nothing is imported."""
    from importlib.util import find_spec

    return find_spec("sklearn") is not None


def boosted_classes(inputs: Array, labels: Array, asked: Array, n_classes: int, weights: Array | None = None) -> Array:
    """float64 (m, n_classes): probabilities for the asked rows (m, d), learnt from inputs (n, d) and labels (n,)."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(random_state=0).fit(inputs, labels, weights)
    found = np.zeros((len(asked), n_classes))
    found[:, model.classes_] = model.predict_proba(asked)
    return found


def boosted_numbers(inputs: Array, targets: Array, asked: Array, weights: Array | None = None) -> Array:
    """float64 (m, n_targets): each target by a model of its own."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    models = [HistGradientBoostingRegressor(random_state=0).fit(inputs, column, weights) for column in targets.T]
    return np.column_stack([model.predict(asked) for model in models])
