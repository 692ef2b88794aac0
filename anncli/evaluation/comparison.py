"""Comparison of two models on the same rows: for each metric the difference, its interval and its p value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.class_intervals import class_rates
from anncli.evaluation.interval import Confidence, Interval
from anncli.evaluation.paired import accuracy_interval, compare_areas, mcnemar
from anncli.evaluation.probabilities import class_losses, label_losses
from anncli.evaluation.resampling import Part, Resampler, Statistic


class Answers(NamedTuple):
    """What a model said about n rows.

    outputs (n, K): of the classes in one order for all models, with one column of two classes the score of the first; of labels,
    numbers; predicted: (n,) numbers of classes, or bool (n, n_labels), or the outputs again for numbers; evaluation: of the
    model on these rows.
    """

    outputs: Array
    predicted: Array
    evaluation: Any


class Truth(NamedTuple):
    """The right answers. task; wanted: (n,) numbers of classes, or (n, n_labels) flags or (n, n_targets) numbers; n_classes: 0 for
    other tasks; weights (n,) above 0, or None."""

    task: str
    wanted: Array
    n_classes: int = 0
    weights: Array | None = None


class Difference(NamedTuple):
    """metric: the field of an evaluation; difference: its value of the first model less that of the second; interval, p: None where
    too few draws have one; test: how p was found."""

    metric: str
    difference: float
    interval: Interval | None
    p: float | None
    test: str


# What is compared, in this order, where both evaluations have it; the first one decides the sentence.
_METRICS = (
    "accuracy", "balanced_accuracy", "macro_recall", "sensitivity", "specificity", "f1", "macro_f1", "mcc", "auc",
    "subset_accuracy", "hamming_loss", "log_loss", "brier", "rmse", "mae", "r2",
)  # fmt: skip


def differences(first: Answers, second: Answers, truth: Truth, confidence: Confidence) -> tuple[Difference, ...]:
    """Of the metrics that both models have: accuracy by McNemar's test, the AUC by DeLong's, others by drawing the same rows for
    both models; with weights all but the AUC are drawn. Metrics without a test are left out.

    The p value of drawn rows is twice the smaller fraction of draws on one side of 0 (Efron & Tibshirani 1993, An
    Introduction to the Bootstrap, section 15.4), with one draw added to each side.
    """
    found, resampler = [], Resampler(len(truth.wanted), confidence.level, confidence.seed, truth.weights)
    drawn = _drawn(resampler, first, second, truth)
    for name in metrics_of([first.evaluation, second.evaluation]):
        value = getattr(first.evaluation, name) - getattr(second.evaluation, name)
        exact = _exact(name, first, second, truth, confidence.level)
        if exact is not None:
            found.append(Difference(name, value, *exact))
        elif name in drawn:
            of_draws, left = drawn[name]
            interval = resampler.interval(value, of_draws, left)
            found.append(Difference(name, value, interval, _p_of(of_draws), "bootstrap"))
    return tuple(found)


def metrics_of(evaluations: Sequence[Any]) -> list[str]:
    """The fields that are numbers in all evaluations."""
    return [name for name in _METRICS if all(isinstance(getattr(e, name, None), int | float) for e in evaluations)]


def _exact(
    name: str, first: Answers, second: Answers, truth: Truth, level: float
) -> tuple[Interval | None, float, str] | None:
    """The interval, the p value and the test of metrics that need no draws."""
    if truth.weights is not None:
        return None
    if name in ("accuracy", "subset_accuracy"):
        right, other = _right(first, truth), _right(second, truth)
        return accuracy_interval(right, other, level), mcnemar(right, other).p, "McNemar"
    if name == "auc":
        verdict = compare_areas(first.outputs[:, 0], second.outputs[:, 0], truth.wanted == 0)
        return None if verdict is None else (verdict.interval(level), verdict.p, "DeLong")
    return None


def _right(one: Answers, truth: Truth) -> Array:
    equal: Array = np.asarray(one.predicted == truth.wanted)
    return equal if equal.ndim == 1 else np.asarray(equal.all(axis=1))


def _p_of(drawn: Array) -> float | None:
    known = drawn[np.isfinite(drawn)]
    if 2 * len(known) < len(drawn) or not len(drawn):
        return None
    side = min(np.count_nonzero(known <= 0), np.count_nonzero(known >= 0))
    return float(min(1.0, 2 * (side + 1) / (len(known) + 1)))


_Drawn = dict[str, tuple[Array, Array]]


def _drawn(resampler: Resampler, first: Answers, second: Answers, truth: Truth) -> _Drawn:
    """For each metric the differences of all draws (d,), and of all rows but a group of them (g,)."""
    if truth.task == "regression":
        return _of_numbers(resampler, first, second, truth)
    found = _of_rows(resampler, _row_values(first, truth), _row_values(second, truth))
    if truth.task == "classification":
        found |= _of_classes(resampler, first, second, truth)
    return found


def _draw(resampler: Resampler, sums: Array, statistic: Statistic, names: tuple[str, ...]) -> _Drawn:
    drawn, left = resampler.draws(sums, statistic)
    return {name: (drawn[:, k], left[:, k]) for k, name in enumerate(names)}


def _of_rows(resampler: Resampler, first: dict[str, Array], second: dict[str, Array]) -> _Drawn:
    """Of metrics that are means over rows, from what each is the mean of (n,)."""
    names = tuple(name for name in first if name in second)
    if not names:
        return {}
    sums = resampler.sums(Part(), *(Part(values=first[name] - second[name]) for name in names))
    return _draw(resampler, sums, lambda s: s[..., 1:] / s[..., :1], names)


def _row_values(one: Answers, truth: Truth) -> dict[str, Array]:
    found, e = dict[str, Array](), one.evaluation
    if truth.task == "multi-label":
        wrong = one.predicted != truth.wanted
        found = {"subset_accuracy": _right(one, truth).astype(np.float64), "hamming_loss": wrong.mean(axis=1)}
        return found | ({} if e.log_loss is None else {"log_loss": label_losses(one.outputs, truth.wanted > 0)[0]})
    found["accuracy"] = _right(one, truth).astype(np.float64)
    if e.log_loss is not None:
        found |= dict(zip(("log_loss", "brier"), class_losses(one.outputs, truth.wanted), strict=True))
    return found


def _of_classes(resampler: Resampler, first: Answers, second: Answers, truth: Truth) -> _Drawn:
    """Of metrics that are made of confusion matrices."""
    k, labels = truth.n_classes, truth.wanted
    parts = [Part(labels, k)]
    for one in (first, second):
        parts += [Part(np.where(one.predicted == labels, labels, k), k + 1), Part(one.predicted, k)]
    names = ["macro_recall", "macro_f1", "mcc"]
    names += ["balanced_accuracy", "sensitivity", "specificity", "f1"] if k == 2 else []

    def statistic(sums: Array) -> Array:
        counts, rest = sums[..., :k], sums[..., k:]
        both = []
        for hits in (rest[..., : 2 * k + 1], rest[..., 2 * k + 1 :]):
            rates = class_rates(np.concatenate([hits[..., :k], counts, hits[..., k + 1 :]], axis=-1))
            own = [rates.macro_recall, rates.macro_f1, rates.mcc]
            if k == 2:
                own += [rates.macro_recall, rates.recall[..., 0], rates.recall[..., 1], rates.f1[..., 0]]
            both.append(np.stack(own, axis=-1))
        found: Array = both[0] - both[1]
        return found

    return _draw(resampler, resampler.sums(*parts), statistic, tuple(names))


def _of_numbers(resampler: Resampler, first: Answers, second: Answers, truth: Truth) -> _Drawn:
    """Of errors that are means over the targets; of quantiles over the outputs of each target."""
    n_targets = truth.wanted.shape[1]
    per = first.outputs.shape[1] // n_targets, second.outputs.shape[1] // n_targets
    wanted = truth.wanted.astype(np.float64)
    centred = wanted - wanted.mean(axis=0)
    parts = [Part(), *(Part(values=v) for column in centred.T for v in (column, column**2))]
    for one, levels in zip((first, second), per, strict=True):
        errors = np.repeat(wanted, levels, axis=1) - one.outputs
        parts += [Part(values=v) for column in errors.T for v in (column**2, np.abs(column))]

    def statistic(sums: Array) -> Array:
        means = sums[..., 1:] / sums[..., :1]
        target, rest = means[..., : 2 * n_targets], means[..., 2 * n_targets :]
        variance = target[..., 1::2] - target[..., ::2] ** 2
        both, at = [], 0
        for levels in per:
            own = rest[..., at : at + 2 * levels * n_targets]
            at += 2 * levels * n_targets
            squares = own[..., ::2]
            r2 = 1 - squares / np.where(variance > 0, variance, np.nan).repeat(levels, axis=-1)
            figures = np.sqrt(squares), own[..., 1::2], r2
            both.append(np.stack([figure.mean(axis=-1) for figure in figures], axis=-1))
        found: Array = both[0] - both[1]
        return found

    return _draw(resampler, resampler.sums(*parts), statistic, ("rmse", "mae", "r2"))
