"""An evaluation of numbers: how far predicted numbers are from the targets, for each target and in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.brief import brief
from anncli.evaluation.interval import NO_INTERVALS, Interval, intervals_document
from anncli.evaluation.means import answered_rows

#: The fractions of the rows for which the residual summary says how large the residuals are at most.
RESIDUAL_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


class TargetErrors(NamedTuple):
    """The errors of one output, in the units of the data; None where undefined.

    name: of the target; quantile: which quantile of it the output gives, None where it gives the target itself;
    rmse: root of the mean squared error; mae: mean absolute error; r2: 1 - sum of squared errors / sum of squared
    deviations of the target from its mean; bias: mean of output - target; pinball: the quantile loss, None without a
    quantile; below: fraction of the rows whose target is not above the output; residuals: target - output at
    RESIDUAL_QUANTILES, each the smallest value that so large a fraction of the rows does not exceed.
    """

    name: str
    quantile: float | None
    rmse: float | None
    mae: float | None
    r2: float | None
    bias: float | None
    pinball: float | None
    below: float | None
    residuals: tuple[float, ...]


class PredictionInterval(NamedTuple):
    """A prediction interval between the lowest and the highest quantile of one target.

    coverage: fraction of the rows whose target lies in it, limits included; width: its mean width, below 0 where the
    quantiles cross."""

    name: str
    low: float
    high: float
    coverage: float
    width: float


class RegressionEvaluation(NamedTuple):
    """How outputs compare with targets, in the units of the data.

    n samples with all their targets, n_unlabelled more were left out; rmse, mae, r2: plain means over the targets;
    undefined: the reason for each None, by name; intervals: of metrics by name, `rmse of TARGET` for that of a target, see
    confidence.py, empty where nobody asked. With sample weights n is a sum of weights and means are weighted.
    """

    targets: tuple[TargetErrors, ...]
    prediction_intervals: tuple[PredictionInterval, ...]
    n: int | float
    n_unlabelled: int
    rmse: float | None
    mae: float | None
    r2: float | None
    undefined: Mapping[str, str]
    intervals: Mapping[str, Interval] = NO_INTERVALS

    def __repr__(self) -> str:
        return brief(self, "rmse", "mae", "r2")

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON, keys as the fields; an undefined figure is None."""
        return {
            "targets": [{**t._asdict(), "residuals": list(t.residuals)} for t in self.targets],
            "prediction_intervals": [interval._asdict() for interval in self.prediction_intervals],
            "residual_quantiles": list(RESIDUAL_QUANTILES),
            "n": self.n,
            "n_unlabelled": self.n_unlabelled,
            "rmse": self.rmse,
            "mae": self.mae,
            "r2": self.r2,
            "undefined": dict(self.undefined),
            **intervals_document(self.intervals),
        }


def evaluate_numbers(
    outputs: Array,
    targets: Array,
    *,
    names: Sequence[str] = (),
    quantiles: Sequence[float] = (),
    weights: Array | None = None,
) -> RegressionEvaluation:
    """Compare outputs (n_samples, n_outputs) with targets (n_samples, n_targets), both in the units of the data.

    Samples with a target that is nan are left out and counted.
    Args: names: of the targets, else 'target 1' ...; quantiles: those that the outputs of each target give, which stand
        together; () where each target has one output; weights (n_samples,) >= 0: samples of weight 0 are left out.
    Raises: ValueError for shapes or names that do not fit together.
    """
    outputs, targets = np.asarray(outputs), np.asarray(targets)
    levels: list[float | None] = list(quantiles) or [None]
    if outputs.ndim != 2 or targets.ndim != 2 or outputs.shape != (len(targets), targets.shape[1] * len(levels)):
        raise ValueError(f"outputs of shape {outputs.shape} and targets of shape {targets.shape} do not fit")
    names = tuple(names) or tuple(f"target {k}" for k in range(1, targets.shape[1] + 1))
    if len(names) != targets.shape[1]:
        raise ValueError(f"{len(names)} names for {targets.shape[1]} targets")
    rows, own, n_unlabelled = answered_rows(targets, weights)
    errors, intervals, undefined = [], [], dict[str, str]()
    for k, name in enumerate(names):
        wanted = targets[rows, k].astype(np.float64)
        given = [outputs[rows, k * len(levels) + j].astype(np.float64) for j in range(len(levels))]
        errors += [_errors(name, q, y, wanted, own, undefined) for q, y in zip(levels, given, strict=True)]
        if len(levels) > 1 and len(wanted):
            inside = (wanted >= given[0]) & (wanted <= given[-1])
            width = _mean(given[-1] - given[0], own)
            intervals.append(PredictionInterval(name, quantiles[0], quantiles[-1], _mean(inside, own), width))
    n = int(np.count_nonzero(rows)) if own is None else float(own.sum())
    rmse, mae, r2 = (_plain_mean([getattr(e, figure) for e in errors]) for figure in ("rmse", "mae", "r2"))
    return RegressionEvaluation(tuple(errors), tuple(intervals), n, n_unlabelled, rmse, mae, r2, undefined)


def _errors(
    name: str, quantile: float | None, outputs: Array, targets: Array, weights: Array | None, undefined: dict[str, str]
) -> TargetErrors:
    """The errors of one output (n,); the reason for each None is added to `undefined`."""
    shown = name if quantile is None else f"{name} at {quantile:g}"
    finite = bool(np.isfinite(outputs).all())
    if not len(targets) or not finite:
        reason = "an output is not finite" if len(targets) else "no sample has its targets"
        undefined.update({f"{figure} of {shown}": reason for figure in ("rmse", "mae", "r2")})
        return TargetErrors(name, quantile, None, None, None, None, None, None, ())
    residuals = targets - outputs
    squares = _mean(residuals**2, weights)
    variance = _mean((targets - _mean(targets, weights)) ** 2, weights)
    if targets.min() == targets.max():
        undefined[f"r2 of {shown}"] = "the target has the same value in every sample"
    return TargetErrors(
        name,
        quantile,
        rmse=float(np.sqrt(squares)),
        mae=_mean(np.abs(residuals), weights),
        r2=1 - squares / variance if targets.min() < targets.max() else None,
        bias=-_mean(residuals, weights),
        pinball=None
        if quantile is None
        else _mean(np.maximum(quantile * residuals, (quantile - 1) * residuals), weights),
        below=_mean(residuals <= 0, weights),
        residuals=_quantiles(residuals, weights),
    )


def _mean(values: Array, weights: Array | None) -> float:
    return float(values.mean() if weights is None else np.average(values, weights=weights))


def _plain_mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def _quantiles(values: Array, weights: Array | None) -> tuple[float, ...]:
    """At each of RESIDUAL_QUANTILES the smallest value at and below which there is so large a fraction of the weight."""
    order = np.argsort(values)
    totals = np.arange(1, len(values) + 1) if weights is None else np.cumsum(weights[order])
    # A little less than the fraction, so that rounding of the sum does not choose the next value.
    wanted = np.array(RESIDUAL_QUANTILES) * float(totals[-1]) * (1 - 1e-12)
    return tuple(values[order[np.searchsorted(totals, wanted)]].tolist())
