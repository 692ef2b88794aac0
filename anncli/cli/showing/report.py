"""The report: evaluations of one or more sets as tables, and the warning about a network that predicts one class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anncli.cli.showing.console import table
from anncli.evaluation.collapse import collapsed
from anncli.evaluation.multiclass import MulticlassEvaluation


def percent(value: float | None) -> str:
    """A rate with two decimals, 'undefined' for None."""
    return "undefined" if value is None else f"{100 * value:.2f}"


def plain(value: float | None, digits: int = 4) -> str:
    """A number with significant digits, 'undefined' for None."""
    return "undefined" if value is None else f"{value:.{digits}g}"


def number(value: float) -> str:
    """A count of rows, or their total weight with six significant digits."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def evaluation_text(sets: Mapping[str, Any]) -> str:
    """The table for the kind of evaluation."""
    first = next(iter(sets.values()))
    return multiclass_table(sets) if isinstance(first, MulticlassEvaluation) else binary_table(sets)


def binary_table(sets: Mapping[str, Any]) -> str:
    """Counts and rates in percent, one line per set; lines below name undefined metrics."""
    header = ["set", "n", "TP", "FN", "TN", "FP", "SE %", "SP %", "PPV %", "NPV %", "ACC %", "F1 %", "AUC", "mse"]
    rows, remarks = [], []
    for name, e in sets.items():
        rates = [percent(x) for x in (e.sensitivity, e.specificity, e.ppv, e.npv, e.accuracy, e.f1)]
        counts = [number(x) for x in (e.n, e.tp, e.fn, e.tn, e.fp)]
        auc = "undefined" if e.auc is None else f"{e.auc:.4f}"
        mse = "undefined" if e.mse is None else f"{e.mse:.5f}"
        rows.append([name, *counts, *rates, auc, mse])
        remarks += _remarks(name, e)
    return "\n".join([table(header, rows), *remarks])


def multiclass_table(sets: Mapping[str, Any]) -> str:
    """One summary line per set, then for each set its confusion matrix with the rates of every class."""
    header = ["set", "n", "ACC %", "macro recall %", "macro precision %", "macro F1 %", "mse"]
    summary = []
    for name, e in sets.items():
        rates = [percent(x) for x in (e.accuracy, e.macro_recall, e.macro_precision, e.macro_f1)]
        summary.append([name, number(e.n), *rates, plain(e.mse)])
    blocks = [table(header, summary)]
    for name, e in sets.items():
        blocks.append(_confusion(name, e))
        remarks = _remarks(name, e)
        if remarks:
            blocks.append("\n".join(remarks))
    return "\n\n".join(blocks)


def _confusion(name: str, e: MulticlassEvaluation) -> str:
    """A row per actual class, a column per predicted class."""
    rows = []
    for k, actual in enumerate(e.classes):
        counts = [number(count) for count in e.matrix[k].tolist()]
        rows.append([actual, *counts, percent(e.recall[k]), percent(e.precision[k]), percent(e.f1[k])])
    return table([f"{name}: actual \\ predicted", *e.classes, "recall %", "precision %", "F1 %"], rows)


def _remarks(name: str, e: Any) -> list[str]:
    remarks = [f"{name}: {metric} is undefined: {reason}" for metric, reason in e.undefined.items()]
    if e.n_unlabelled:
        rows = "row without a class was" if e.n_unlabelled == 1 else "rows without a class were"
        remarks.append(f"{name}: {e.n_unlabelled} {rows} left out")
    return remarks


def collapse_warning(evaluation: Any, name: str) -> str | None:
    """A warning if the network predicts one class only, or does no better than always predicting the majority class."""
    verdict = collapsed(evaluation)
    if verdict is None:
        return None
    return f"{name}: {verdict}; try --class-weight balanced, more epochs, more hidden units or another scaling"
