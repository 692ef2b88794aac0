"""Intervals of the errors of predicted numbers."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.interval import Confidence, Interval
from anncli.evaluation.intervals import wilson
from anncli.evaluation.means import answered_rows
from anncli.evaluation.regression import RegressionEvaluation, TargetErrors
from anncli.evaluation.resampling import Part, Resampler
from anncli.evaluation.score_intervals import within

#: Errors of a target whose rows are drawn, in the order of _errors().
_ERRORS = ("rmse", "mae", "r2", "bias", "pinball")


def number_intervals(
    outputs: Array, targets: Array, e: RegressionEvaluation, confidence: Confidence, weights: Array | None = None
) -> dict[str, Interval | None]:
    """See intervals_of(); `rmse of TARGET` is that of one target, and rmse, mae, r2 those of the means over the outputs."""
    outputs, targets = np.asarray(outputs), np.asarray(targets)
    rows, own, _ = answered_rows(targets, weights)
    resampler, n_levels = (
        Resampler(int(np.count_nonzero(rows)), confidence.level, confidence.seed, own),
        len(e.targets) // targets.shape[1],
    )
    found: dict[str, Interval | None] = {}
    of_all = []
    for k, one in enumerate(e.targets):
        if one.rmse is None:
            return {}
        shown = one.name if one.quantile is None else f"{one.name} at {one.quantile:g}"
        wanted, given = (
            values[rows, place].astype(np.float64) for values, place in ((targets, k // n_levels), (outputs, k))
        )
        drawn, left = _drawn(resampler, one, wanted, given)
        of_all.append((drawn, left))
        for place, name in enumerate(_ERRORS):
            found[f"{name} of {shown}"] = resampler.interval(getattr(one, name), drawn[:, place], left[:, place])
        if own is None and one.below is not None:
            found[f"below of {shown}"] = wilson(one.below * len(wanted), len(wanted), confidence.level)
        else:
            below = {f"below of {shown}": (wanted <= given).astype(np.float64)}
            found |= resampler.means(dict.fromkeys(below, one.below), below)
    for place, name in enumerate(_ERRORS[:3]):
        drawn, left = (np.mean([one[part][:, place] for one in of_all], axis=0) for part in (0, 1))
        found[name] = resampler.interval(getattr(e, name), drawn, left)
    ranges = {"rmse": (0.0, np.inf), "mae": (0.0, np.inf), "pinball": (0.0, np.inf), "r2": (-np.inf, 1.0)}
    return {
        name: within(interval, *ranges.get(name.partition(" of ")[0], (-np.inf, np.inf)))
        for name, interval in found.items()
    }


def _drawn(resampler: Resampler, one: TargetErrors, wanted: Array, given: Array) -> tuple[Array, Array]:
    """_ERRORS of every draw (d, 5) and without each group of rows (g, 5)."""
    residuals, level = wanted - given, 0.5 if one.quantile is None else one.quantile
    # About the mean of the target, so that its sum of squares loses no digits.
    centred = wanted - wanted.mean()
    pinball = np.maximum(level * residuals, (level - 1) * residuals)
    values = (residuals**2, np.abs(residuals), residuals, pinball, centred, centred**2)
    return resampler.draws(resampler.sums(Part(), *(Part(values=value) for value in values)), _errors)


def _errors(sums: Array) -> Array:
    """From the sums of 1, squares and absolute values of residuals, residuals, quantile losses, targets and their squares."""
    squares, absolute, residuals, pinball, target, of_target = (sums[..., k] / sums[..., 0] for k in range(1, 7))
    variance = of_target - target**2
    r2 = np.where(variance > 0, 1 - squares / variance, np.nan)
    return np.stack([np.sqrt(squares), absolute, r2, -residuals, pinball], axis=-1)
