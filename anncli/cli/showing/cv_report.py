"""The report of `ann cv`: each fold, all rows of each repeat together, and means over folds with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anncli.cli.showing.console import table
from anncli.cli.showing.metric_words import metric_words
from anncli.cli.showing.report import evaluation_text
from anncli.evaluation.intervals import corrected_resampled
from anncli.options.requirements import METRIC_OF_FIELD

if TYPE_CHECKING:
    from anncli.experiments.cross_validation import Validated


# Metrics of the summary, by their fields.
_METRICS = (
    "accuracy", "balanced_accuracy", "sensitivity", "specificity", "macro_recall", "macro_f1", "f1", "mcc", "kappa", "auc",
    "macro_auc", "pr_auc", "log_loss", "brier", "top_3", "top_5", "rmse", "mae", "r2", "mse",
)  # fmt: skip


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
        interval = corrected_resampled(known, share, confidence)
        low, high = (None, None) if interval is None else map(METRIC_OF_FIELD[name].limited, interval)
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
        words = metric_words(name)
        rows.append((words.heading, *(words.shown(value[end]) for end in ("mean", "low", "high"))))
    count = len(found.splits)
    return table((f"mean of {count} folds", "mean", f"{100 * confidence:g} % from", "to"), rows)
