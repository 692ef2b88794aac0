"""The report of `ann cv`: each fold, all rows of each repeat together, and means over folds with intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from anncli.cli.showing.console import table
from anncli.cli.showing.report import evaluation_text, plain
from anncli.evaluation.intervals import corrected_resampled

if TYPE_CHECKING:
    from anncli.experiments.cross_validation import Validated


class _Shown(NamedTuple):
    """How a metric is shown: its name, what it is multiplied by, and its lowest and highest value."""

    title: str
    factor: float = 1.0
    low: float = 0.0
    high: float = math.inf


# Metrics of the summary, by the field of an evaluation.
_METRICS = {
    "accuracy": _Shown("ACC %", 100, high=1),
    "balanced_accuracy": _Shown("BAC %", 100, high=1),
    "sensitivity": _Shown("SE %", 100, high=1),
    "specificity": _Shown("SP %", 100, high=1),
    "macro_recall": _Shown("macro recall %", 100, high=1),
    "macro_f1": _Shown("macro F1 %", 100, high=1),
    "f1": _Shown("F1 %", 100, high=1),
    "mcc": _Shown("MCC", low=-1, high=1),
    "auc": _Shown("AUC", high=1),
    "rmse": _Shown("RMSE"),
    "mae": _Shown("MAE"),
    "r2": _Shown("R2", low=-math.inf, high=1),
    "mse": _Shown("mse"),
}


def test_share(found: Validated) -> float:
    """Test rows / training rows, the mean of the splits."""
    shares = [len(split.test) / len(split.training) for split in found.splits]
    return sum(shares) / len(shares)


def summary(found: Validated, confidence: float) -> dict[str, dict[str, Any]]:
    """Metric -> its value in every fold, None where undefined, mean and interval over the folds that have one."""
    share = test_share(found)
    documents = [evaluation.as_dict() for evaluation in found.evaluations]
    metrics = {}
    for name in _METRICS:
        values = [document.get(name) for document in documents]
        known = [float(value) for value in values if isinstance(value, int | float)]
        if not known:
            continue
        interval, shown = corrected_resampled(known, share, confidence), _METRICS[name]
        low, high = (None, None) if interval is None else (max(interval.low, shown.low), min(interval.high, shown.high))
        metrics[name] = {"mean": sum(known) / len(known), "low": low, "high": high, "folds": values}
    return metrics


def document(found: Validated, confidence: float) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "folds": [
            {
                "repeat": split.repeat,
                "fold": split.fold,
                "n_training": len(split.training),
                "test": evaluation.as_dict(),
            }
            for split, evaluation in zip(found.splits, found.evaluations, strict=True)
        ],
        "together": [evaluation.as_dict() for evaluation in found.together],
        "confidence": confidence,
        "metrics": summary(found, confidence),
        **({"thresholds": list(found.thresholds)} if found.thresholds else {}),
    }


def report(found: Validated, confidence: float) -> str:
    """Tables: folds, repeats, means."""
    several = found.splits[-1].repeat > 1
    names = [f"{split.repeat}, fold {split.fold}" if several else f"fold {split.fold}" for split in found.splits]
    repeats = [f"repeat {k}" if several else "all folds" for k in range(1, len(found.together) + 1)]
    of_folds, together = (
        dict(zip(names, found.evaluations, strict=True)),
        dict(zip(repeats, found.together, strict=True)),
    )
    blocks = [_lines(of_folds), _lines(together), _means(found, confidence)]
    if found.thresholds:
        low, high = min(found.thresholds), max(found.thresholds)
        blocks.append(f"threshold of each training, chosen on its own validation rows: {low:.4g} to {high:.4g}")
    return "\n\n".join(blocks)


def _lines(sets: dict[str, Any]) -> str:
    """Without the confusion matrices of the folds, which are too many to read."""
    text = evaluation_text(sets)
    return text.partition("\n\n")[0] if len(sets) > 1 else text


def _means(found: Validated, confidence: float) -> str:
    rows = []
    for name, value in summary(found, confidence).items():
        shown = _METRICS[name]
        cells = [value[end] for end in ("mean", "low", "high")]
        rows.append((shown.title, *(plain(None if cell is None else shown.factor * cell) for cell in cells)))
    count = len(found.splits)
    return table((f"mean of {count} folds", "mean", f"{100 * confidence:g} % from", "to"), rows)
