"""An evaluation of labels: each row has any number of them, and each label is a decision of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.evaluation.means import answered_rows, count


class LabelRates(NamedTuple):
    """Counts and rates of one label; rates are from 0 to 1, or None where undefined.

    tp rows that have the label and were given it, fn that were not, fp and tn among the rows without it; sensitivity (SE)
    tp/(tp+fn); specificity (SP) tn/(tn+fp); ppv tp/(tp+fp); f1 2tp/(2tp+fp+fn).
    """

    name: str
    tp: int | float
    fn: int | float
    tn: int | float
    fp: int | float
    sensitivity: float | None
    specificity: float | None
    ppv: float | None
    f1: float | None


class MultilabelEvaluation(NamedTuple):
    """How outputs compare with labels; n rows whose labels are known, n_unlabelled more were left out.

    macro_*: plain means over the labels, where an undefined rate counts as 0; micro_*: the rates of the counts of all
    labels together; subset_accuracy: fraction of the rows of which every label is right; hamming_loss: fraction of the
    single labels that are wrong; undefined: the reason for each None, by name. With sample weights the counts are sums of
    weights.
    """

    labels: tuple[LabelRates, ...]
    n: int | float
    n_unlabelled: int
    macro_recall: float | None
    macro_precision: float | None
    macro_f1: float | None
    micro_recall: float | None
    micro_precision: float | None
    micro_f1: float | None
    subset_accuracy: float | None
    hamming_loss: float | None
    undefined: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON, keys as the fields; an undefined figure is None."""
        labels = [label._asdict() for label in self.labels]
        return {**self._asdict(), "labels": labels, "undefined": dict(self.undefined)}


def evaluate_labels(
    outputs: Array,
    targets: Array,
    *,
    threshold: float = 0.5,
    names: Sequence[str] = (),
    weights: Array | None = None,
) -> MultilabelEvaluation:
    """Compare outputs (n_samples, n_labels) with targets of the same shape, 1 for rows that have the label and 0 for others.

    An output strictly above `threshold` gives the row the label. Samples with a target that is nan are left out and counted.
    Args: names: of the labels, else 'label 1' ...; weights (n_samples,) >= 0: samples of weight 0 are left out.
    Raises: ValueError for shapes or names that do not fit together.
    """
    outputs, targets = np.asarray(outputs), np.asarray(targets)
    if outputs.ndim != 2 or outputs.shape != targets.shape or not outputs.shape[1]:
        raise ValueError(f"outputs of shape {outputs.shape} and targets of shape {targets.shape} do not fit")
    names = tuple(names) or tuple(f"label {k}" for k in range(1, targets.shape[1] + 1))
    if len(names) != targets.shape[1]:
        raise ValueError(f"{len(names)} names for {targets.shape[1]} labels")
    rows, own, n_unlabelled = answered_rows(targets, weights)
    return _evaluation(outputs[rows] > outputs.dtype.type(threshold), targets[rows] > 0, names, own, n_unlabelled)


def _evaluation(
    given: Array, wanted: Array, names: tuple[str, ...], weights: Array | None, n_unlabelled: int
) -> MultilabelEvaluation:
    """From what was given and wanted, bool (n, n_labels)."""
    undefined: dict[str, str] = {}
    labels = tuple(_rates(name, given[:, k], wanted[:, k], weights, undefined) for k, name in enumerate(names))
    right = (given == wanted).all(axis=1)
    n = count(np.full(right.shape, True), weights)
    if not n:
        undefined |= dict.fromkeys(("subset_accuracy", "hamming_loss"), "no sample has its labels")
    macro = [
        sum(getattr(label, rate) or 0.0 for label in labels) / len(labels) for rate in ("sensitivity", "ppv", "f1")
    ]
    tp, fn, fp = (sum(getattr(label, name) for label in labels) for name in ("tp", "fn", "fp"))
    return MultilabelEvaluation(
        labels, n, n_unlabelled,
        macro_recall=macro[0] if n else None, macro_precision=macro[1] if n else None, macro_f1=macro[2] if n else None,
        micro_recall=_ratio(tp, tp + fn), micro_precision=_ratio(tp, tp + fp), micro_f1=_ratio(2 * tp, 2 * tp + fn + fp),
        subset_accuracy=_ratio(count(right, weights), n), hamming_loss=_ratio(fn + fp, n * len(labels)),
        undefined=undefined,
    )  # fmt: skip


def _rates(name: str, given: Array, wanted: Array, weights: Array | None, undefined: dict[str, str]) -> LabelRates:
    """The rates of one label (n,); the reason for each None is added to `undefined`."""
    tp, fn = count(given & wanted, weights), count(~given & wanted, weights)
    fp, tn = count(given & ~wanted, weights), count(~given & ~wanted, weights)
    found = {
        "sensitivity": (_ratio(tp, tp + fn), "no sample has the label"),
        "specificity": (_ratio(tn, tn + fp), "every sample has the label"),
        "ppv": (_ratio(tp, tp + fp), "no sample was given the label"),
        "f1": (_ratio(2 * tp, 2 * tp + fn + fp), "no sample has the label or was given it"),
    }
    undefined |= {f"{rate} of {name}": reason for rate, (value, reason) in found.items() if value is None}
    return LabelRates(name, tp, fn, tn, fp, **{rate: value for rate, (value, _) in found.items()})


def _ratio(counted: float, whole: float) -> float | None:
    return counted / whole if whole else None
