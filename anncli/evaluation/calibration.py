"""Calibration: fits the curve that turns scores into probabilities, on rows that did not train the network."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array

_MOST_STEPS = 200
# A slope per step that is smaller counts as a minimum.
_SMALL = 1e-10
# Temperatures outside of this range come only from rows that are all right, or all wrong by the same.
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.01, 100.0


def fit_platt(scores: Array, is_positive: Array, weights: Array | None = None) -> tuple[float, float]:
    """Slope a and intercept b of the probability 1 / (1 + exp(-(a score + b))) that fits scores (n,) best by cross-entropy.

    The targets are not 1 and 0 but (P + 1) / (P + 2) and 1 / (N + 2) for P positive and N negative rows, so that classes
    which are told apart perfectly still give a finite slope. Newton's method, with steps halved until the loss falls.
    Args: is_positive (n,) bool; weights (n,) above 0, whose sums are then P and N.
    Source: Platt 1999, Advances in Large Margin Classifiers, 61-74; Lin, Lin & Weng 2007, Machine Learning 68, 267-276.
    """
    x, own = np.asarray(scores, dtype=np.float64), _weights(weights, len(scores))
    n_positive, n_negative = own[is_positive].sum(), own[~is_positive].sum()
    targets = np.where(is_positive, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
    # With centred scores of spread 1 the two numbers hardly depend on each other, whatever the units.
    center, spread = np.average(x, weights=own), x.std() or 1.0
    z = (x - center) / spread
    slope, intercept = 0.0, float(np.log((n_positive + 1) / (n_negative + 1)))
    loss = _logistic_loss(slope * z + intercept, targets, own)
    for _ in range(_MOST_STEPS):
        p = _logistic(slope * z + intercept)
        residual, curvature = own * (p - targets), own * p * (1 - p)
        gradient = np.array([residual @ z, residual.sum()])
        if np.abs(gradient).max() <= _SMALL * own.sum():
            break
        cross = curvature @ z
        hessian = np.array([[curvature @ (z * z), cross], [cross, curvature.sum()]]) + 1e-12 * np.eye(2)
        step, size = -np.linalg.solve(hessian, gradient), 1.0
        while size > _SMALL:
            tried = slope + size * step[0], intercept + size * step[1]
            lower = _logistic_loss(tried[0] * z + tried[1], targets, own)
            if lower < loss + 1e-4 * size * (gradient @ step):
                break
            size /= 2
        else:
            break
        (slope, intercept), loss = (float(tried[0]), float(tried[1])), lower
    return slope / spread, intercept - slope * center / spread


def fit_isotonic(scores: Array, is_positive: Array, weights: Array | None = None) -> Array:
    """The rising function that fits best by squares, as knots (k, 2) float64: a score and the fraction of positives there,
    between which it is linear. Neighbours that do not rise are pooled until all do; equal scores are one from the beginning.

    Source: Ayer, Brunk, Ewing, Reid & Silverman 1955, Annals of Mathematical Statistics 26, 641-647; as calibration in
    Zadrozny & Elkan 2002, KDD, 694-699.
    """
    own = _weights(weights, len(scores))
    levels, places = np.unique(np.asarray(scores, dtype=np.float64), return_inverse=True)
    totals = np.bincount(places, own)
    sums = np.bincount(places, own * is_positive)
    # Pools of neighbouring scores: sum of positives, weight, number of scores.
    pools: list[tuple[float, float, int]] = []
    for total, hits in zip(totals.tolist(), sums.tolist(), strict=True):
        count = 1
        while pools and pools[-1][0] * total >= hits * pools[-1][1]:
            below = pools.pop()
            hits, total, count = below[0] + hits, below[1] + total, below[2] + count
        pools.append((hits, total, count))
    values = np.repeat([hits / total for hits, total, _ in pools], [count for _, _, count in pools])
    inner = np.append(False, values[1:] == values[:-1]) & np.append(values[1:] == values[:-1], False)
    return np.stack([levels[~inner], values[~inner]], axis=1)


def fit_temperature(logits: Array, labels: Array, weights: Array | None = None) -> float:
    """The temperature T for which softmax(logits / T) has the lowest cross-entropy, for logits (n, K) and labels (n,) 0..K-1.

    Newton's method on 1/T, in which the loss is convex, kept inside an interval that is halved where a step leaves it. T stays
    between 0.01 and 100.
    Source: Guo, Pleiss, Sun & Weinberger 2017, ICML, section 4.2.
    """
    z = np.asarray(logits, dtype=np.float64)
    own = _weights(weights, len(z))
    own = own / own.sum()
    wanted = own @ z[np.arange(len(z)), labels]
    low, high, inverse = 1 / HIGHEST_TEMPERATURE, 1 / LOWEST_TEMPERATURE, 1.0
    for _ in range(_MOST_STEPS):
        exponentials = np.exp(inverse * (z - z.max(axis=1, keepdims=True)))
        p = exponentials / exponentials.sum(axis=1, keepdims=True)
        means = (p * z).sum(axis=1)
        slope = float(own @ means - wanted)
        low, high = (inverse, high) if slope < 0 else (low, inverse)
        if abs(slope) <= _SMALL or high - low <= _SMALL * high:
            break
        curvature = float(own @ ((p * z * z).sum(axis=1) - means * means))
        step = inverse - slope / curvature if curvature > 0 else low
        inverse = step if low < step < high else float(np.sqrt(low * high))
    return 1 / inverse


def _weights(weights: Array | None, n: int) -> Array:
    return np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)


def _logistic(x: Array) -> Array:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1 + small)


def _logistic_loss(x: Array, targets: Array, weights: Array) -> float:
    """Cross-entropy of logits (n,), without overflow."""
    losses = np.maximum(x, 0) - targets * x + np.log1p(np.exp(-np.abs(x)))
    return float(weights @ losses)
