"""Forecasts beside simple ones: errors by step, and whether a network is better, by intervals that know that windows overlap.

Errors of neighbouring windows are alike: they share rows and targets, and a series has quiet and restless times. Rows drawn one by one would give
intervals that are much too short. So the differences are drawn in blocks of consecutive times (Kuensch 1989, Annals of
Statistics 17, 1217-1241), in a circle, so that each time is drawn equally often (Politis & Romano 1992).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, random_stream
from anncli.evaluation.distributions import student_quantile
from anncli.evaluation.interval import Interval

DRAWS = 2000
METRICS = ("rmse", "mae")
# Sums of blocks that are held at a time.
_MOST_HELD = 4_000_000
# Fewer blocks say nothing about how they differ.
_FEWEST_BLOCKS = 3


class StepErrors(NamedTuple):
    """One label and one predictor. rmse, mae: plain means over the steps; by_step: {'rmse': (...), 'mae': (...)} for each step."""

    name: str
    rmse: float
    mae: float
    by_step: Mapping[str, tuple[float, ...]]


class Lead(NamedTuple):
    """By how much the network is better than another predictor, below 0 where it is worse: the difference of a metric, and its
    interval, None where there are too few windows."""

    name: str
    metric: str
    value: float
    interval: Interval | None

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.interval is not None and (self.interval.low > 0 or self.interval.high < 0)


class LabelErrors(NamedTuple):
    """label: its name; predictors: the network first; leads: of the network, for each other predictor and metric."""

    label: str
    predictors: tuple[StepErrors, ...]
    leads: tuple[Lead, ...]


class ForecastErrors(NamedTuple):
    """n windows at n_times different times; block: times of a block; confidence: of the intervals; labels: what was predicted."""

    n: int
    n_times: int
    block: int
    confidence: float
    labels: tuple[LabelErrors, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "windows": self.n,
            "block": self.block,
            "confidence": self.confidence,
            "labels": [
                {
                    "label": one.label,
                    "predictors": [{**p._asdict(), "by_step": {k: list(v) for k, v in p.by_step.items()}} for p in one.predictors],
                    "leads": [
                        {**lead._asdict(), "interval": None if lead.interval is None else list(lead.interval), "is_clear": lead.is_clear}
                        for lead in one.leads
                    ],
                }
                for one in self.labels
            ],
        }  # fmt: skip


def forecast_errors(
    targets: Array,
    predicted: Mapping[str, Array],
    times: Array,
    labels: tuple[str, ...],
    confidence: float = 0.95,
    seed: int = 0,
) -> ForecastErrors:
    """Compare predictors with each other, the network first.

    Args: targets (n, n_targets) with the steps of one label side by side; predicted: by name (n, n_targets); times (n,) of the windows,
        equal ones where several series have windows at one time.
    """
    horizon = targets.shape[1] // len(labels)
    order = np.argsort(times, kind="stable")
    found = [
        np.asarray(own, dtype=np.float64)[order] - np.asarray(targets, np.float64)[order] for own in predicted.values()
    ]
    starts = np.flatnonzero(np.diff(times[order], prepend=-np.inf))
    counts = np.diff(np.r_[starts, len(order)]).astype(np.float64)
    losses = np.stack([np.stack([e**2, np.abs(e)]) for e in found])  # predictor, metric, window, target
    sums = np.add.reduceat(losses, starts, axis=2)
    block = _block_length(sums[:, 0] / counts[:, None], horizon)
    values = _values(losses.sum(axis=2), float(len(order)), len(labels))
    spreads, blocks = _spreads(sums, counts, block, len(labels), seed)
    names = tuple(predicted)
    made = []
    for k, label in enumerate(labels):
        own = slice(k * horizon, (k + 1) * horizon)
        every = tuple(_step_errors(name, losses[j, :, :, own]) for j, name in enumerate(names))
        leads = [
            _lead(names[j], metric, values[j, m, k] - values[0, m, k], spreads[j, m, k], blocks, confidence)
            for j in range(1, len(names))
            for m, metric in enumerate(METRICS)
        ]
        made.append(LabelErrors(label, every, tuple(leads)))
    return ForecastErrors(len(order), len(starts), block, confidence, tuple(made))


def _step_errors(name: str, losses: Array) -> StepErrors:
    """losses (2, n, steps): squared and absolute errors."""
    rmse, mae = np.sqrt(losses[0].mean(axis=0)), losses[1].mean(axis=0)
    by_step = {"rmse": tuple(rmse.tolist()), "mae": tuple(mae.tolist())}
    return StepErrors(name, float(rmse.mean()), float(mae.mean()), by_step)


def _values(sums: Array, counts: Any, n_labels: int) -> Array:
    """Metrics (predictors, 2, n_labels, ...) from sums of losses (predictors, 2, n_targets, ...) over `counts` (...) windows."""
    means = sums / counts
    means = means.reshape(*means.shape[:2], n_labels, -1, *means.shape[3:])
    return np.stack([np.sqrt(np.maximum(means[:, 0], 0)).mean(axis=2), means[:, 1].mean(axis=2)], axis=1)


def _spreads(sums: Array, counts: Array, block: int, n_labels: int, seed: int) -> tuple[Array, float]:
    """Standard errors (predictors, 2, n_labels) of the difference to the first predictor, and how many blocks there are in effect."""
    n_times = len(counts)
    shape = (*sums.shape[:2], sums.shape[3])
    columns = np.concatenate([sums.transpose(2, 0, 1, 3).reshape(n_times, -1), counts[:, None]], axis=1)
    # The sum of the block that begins at each time; the last ones go on at the first time.
    totals = np.cumsum(np.concatenate([np.zeros((1, columns.shape[1])), columns, columns[:block]]), axis=0)
    of_blocks = totals[block : block + n_times] - totals[:n_times]
    n_drawn = math.ceil(n_times / block)
    rng, found = random_stream(seed, "bootstrap", 3), []
    at_a_time = max(1, _MOST_HELD // (n_drawn * columns.shape[1]))
    for start in range(0, DRAWS, at_a_time):
        places = rng.integers(0, n_times, (min(at_a_time, DRAWS - start), n_drawn))
        drawn = of_blocks[places].sum(axis=1)
        own = _values(np.moveaxis(drawn[:, :-1].reshape(-1, *shape), 0, -1), drawn[:, -1], n_labels)
        found.append(own - own[:1])
    spread = np.concatenate(found, axis=-1).std(axis=-1, ddof=1)
    # Blocks of a circle vary around the mean of this series, not around that of the process (Lahiri 2003, section 3.2).
    blocks = n_times / block
    return spread / math.sqrt(max(1 - 1 / blocks, 1e-9)), blocks


def _lead(name: str, metric: str, value: float, spread: float, blocks: float, confidence: float) -> Lead:
    if blocks < _FEWEST_BLOCKS or not math.isfinite(spread):
        return Lead(name, metric, float(value), None)
    wide = student_quantile((1 + confidence) / 2, max(1, int(blocks) - 1)) * float(spread)
    return Lead(name, metric, float(value), Interval(float(value) - wide, float(value) + wide))


def _block_length(losses: Array, horizon: int) -> int:
    """How many times make a block: at least two horizons, as long as differences of losses (predictors, n_times, n_targets) are alike."""
    n = losses.shape[1]
    lengths = [_dependence(losses[j].mean(axis=1) - losses[0].mean(axis=1)) for j in range(1, len(losses))]
    return max(1, min(math.ceil(max([2.0 * horizon, *lengths])), max(1, n // 4)))


def _dependence(values: Array) -> float:
    """The block length that suits a series (n,) best, by its autocorrelations.

    Source: Politis & White 2004, Econometric Reviews 23, 53-70, corrected 2009 by Patton, Politis & White, 28, 372-375.
    """
    n = len(values)
    values = values - values.mean()
    variance = float(values @ values) / n
    if n < 10 or variance <= 0:
        return 1.0
    most = min(n - 1, math.ceil(math.sqrt(n)) + max(5, math.ceil(math.sqrt(math.log10(n)))))
    lags = np.array([float(values[lag:] @ values[: n - lag]) / n for lag in range(most + 1)])
    limit, run = 2 * math.sqrt(math.log10(n) / n), max(5, math.ceil(math.sqrt(math.log10(n))))
    small = np.abs(lags / variance) < limit
    last = next((lag for lag in range(1, most - run + 1) if small[lag : lag + run].all()), most - run + 1) - 1
    width = min(2 * max(last, 1), most)
    lag = np.arange(-width, width + 1)
    weights = np.clip(2 * (1 - np.abs(lag) / width), 0, 1)  # a flat top, then down to 0
    own = lags[np.abs(lag)] * weights
    spectrum, slope = float(own.sum()), float((np.abs(lag) * own).sum())
    if spectrum <= 0:
        return 1.0
    return float((1.5 * (slope / spectrum) ** 2 * n) ** (1 / 3))
