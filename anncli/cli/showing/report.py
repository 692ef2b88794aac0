"""The report: evaluations of one or more sets as tables, and the warning about a network that predicts one class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anncli.cli.showing.console import table
from anncli.cli.showing.many_classes import MOST_CLASSES, many_classes
from anncli.evaluation.binary import BinaryEvaluation
from anncli.evaluation.collapse import collapsed, remedies
from anncli.evaluation.multiclass import MulticlassEvaluation

# Metrics that no table of evaluation_text() shows.
_NOT_IN_TABLES = frozenset(
    ("kappa", "pr_auc", "log_loss", "brier", "calibration_error", "top_3", "top_5", "macro_auc", "macro_pr_auc")
)


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
    if hasattr(first, "rmse"):
        return regression_table(sets)
    if hasattr(first, "hamming_loss"):
        return multilabel_table(sets)
    if getattr(first, "symbol", ""):
        return symbol_table(sets)
    return binary_table(sets) if isinstance(first, BinaryEvaluation) else multiclass_table(sets)


def binary_table(sets: Mapping[str, Any]) -> str:
    """Counts and rates in percent, one line per set; lines below name undefined metrics."""
    header = ["set", "n", "TP", "FN", "TN", "FP", "SE %", "SP %", "PPV %", "NPV %", "ACC %", "BAC %", "F1 %"]
    header += ["MCC", "AUC", "mse"]
    rows, remarks = [], []
    for name, e in sets.items():
        shown = (e.sensitivity, e.specificity, e.ppv, e.npv, e.accuracy, e.balanced_accuracy, e.f1)
        rates = [*(percent(x) for x in shown), _digits(e.mcc, 4)]
        counts = [number(x) for x in (e.n, e.tp, e.fn, e.tn, e.fp)]
        rows.append([name, *counts, *rates, _digits(e.auc, 4), _digits(e.mse, 5)])
        remarks += _remarks(name, e)
    return "\n".join([table(header, rows), *remarks])


def multiclass_table(sets: Mapping[str, Any]) -> str:
    """One summary line per set, then for each set its confusion matrix with the rates of every class, or what is worst of many
    classes."""
    header = ["set", "n", "ACC %", "macro recall %", "macro precision %", "macro F1 %", "MCC", "mse"]
    summary = []
    for name, e in sets.items():
        rates = [percent(x) for x in (e.accuracy, e.macro_recall, e.macro_precision, e.macro_f1)]
        summary.append([name, number(e.n), *rates, _digits(e.mcc, 4), plain(e.mse)])
    blocks = [table(header, summary)]
    for name, e in sets.items():
        blocks.append(_confusion(name, e) if len(e.classes) <= MOST_CLASSES else many_classes(name, e))
        remarks = _remarks(name, e)
        if remarks:
            blocks.append("\n".join(remarks))
    return "\n\n".join(blocks)


def symbol_table(sets: Mapping[str, Any]) -> str:
    """How well the next symbol of a text is predicted, one line per set."""
    noun = next(iter(sets.values())).symbol
    header = ["set", f"{noun}s", f"bits per {noun}", "perplexity", "ACC %", "top 3 %", "top 5 %"]
    rows, remarks = [], []
    for name, e in sets.items():
        rates = [percent(x) for x in (e.accuracy, e.top_3, e.top_5)]
        rows.append([name, number(e.n), _digits(e.bits, 4), plain(e.perplexity), *rates])
        if e.n_unlabelled:
            them = f"{noun} was" if e.n_unlabelled == 1 else f"{noun}s were"
            remarks.append(f"{name}: {e.n_unlabelled} {them} left out, which the network does not know")
    return "\n".join([table(header, rows), *remarks])


def regression_table(sets: Mapping[str, Any]) -> str:
    """Errors in the units of the data, one line per set and output; below it the summary of the residuals and intervals."""
    header = ["set", "n", "target", "RMSE", "MAE", "R2", "bias"]
    fractions = [f"{100 * q:g} %" for q in next(iter(sets.values())).as_dict()["residual_quantiles"]]
    rows, residuals, notes = [], [], []
    for name, e in sets.items():
        for t in e.targets:
            target = t.name if t.quantile is None else f"{t.name} at {t.quantile:g}"
            rows.append(
                [name, number(e.n), target, *(plain(x) for x in (t.rmse, t.mae)), _digits(t.r2, 4), plain(t.bias)]
            )
            if t.residuals:
                residuals.append([name, target, *(plain(x) for x in t.residuals)])
        if len(e.targets) > 1 and not e.prediction_intervals:
            rows.append([name, number(e.n), "mean", *(plain(x) for x in (e.rmse, e.mae)), _digits(e.r2, 4), ""])
        for interval in e.prediction_intervals:
            notes.append(
                f"{name}: {percent(interval.coverage)} % of the rows lie between the quantiles {interval.low:g} and "
                f"{interval.high:g} of {interval.name}, which are {plain(interval.width)} apart on average"
            )
        notes += _remarks(name, e)
    summary = table(["residuals", "target", "lowest", *fractions[1:-1], "highest"], residuals)
    return "\n\n".join([table(header, rows), summary, *(["\n".join(notes)] if notes else [])])


def multilabel_table(sets: Mapping[str, Any]) -> str:
    """One summary line per set, then for each set the counts and rates of every label."""
    header = ["set", "n", "all labels right %", "wrong labels %", "macro F1 %", "micro F1 %"]
    summary = []
    for name, e in sets.items():
        figures = (e.subset_accuracy, e.hamming_loss, e.macro_f1, e.micro_f1)
        summary.append([name, number(e.n), *(percent(x) for x in figures)])
    blocks = [table(header, summary)]
    for name, e in sets.items():
        rows = [
            [
                label.name, *(number(x) for x in (label.tp, label.fn, label.tn, label.fp)),
                *(percent(x) for x in (label.sensitivity, label.specificity, label.ppv, label.f1)),
            ]
            for label in e.labels
        ]  # fmt: skip
        blocks.append(table([f"{name}: label", "TP", "FN", "TN", "FP", "SE %", "SP %", "PPV %", "F1 %"], rows))
        remarks = _remarks(name, e)
        if remarks:
            blocks.append("\n".join(remarks))
    return "\n\n".join(blocks)


def _confusion(name: str, e: Any) -> str:
    """A row per actual class, a column per predicted class."""
    rows = []
    for k, actual in enumerate(e.classes):
        counts = [number(count) for count in e.matrix[k].tolist()]
        rows.append([actual, *counts, percent(e.recall[k]), percent(e.precision[k]), percent(e.f1[k])])
    return table([f"{name}: actual \\ predicted", *e.classes, "recall %", "precision %", "F1 %"], rows)


def _remarks(name: str, e: Any) -> list[str]:
    """Undefined metrics, those with the same reason in one line, and rows that were left out."""
    reasons: dict[str, list[str]] = {}
    for metric, reason in e.undefined.items():
        if metric.partition(" of ")[0] in _NOT_IN_TABLES or (metric.startswith("auc of ") and hasattr(e, "labels")):
            continue
        reasons.setdefault(reason, []).append(metric)
    remarks = [
        f"{name}: {_some(metrics)} {'is' if len(metrics) == 1 else 'are'} undefined: {reason}"
        for reason, metrics in reasons.items()
    ]
    if getattr(e, "n_undecided", None):
        share = "" if e.coverage is None else f", {100 * (1 - e.coverage):.1f} %,"
        verb = "was" if e.n_undecided == 1 else "were"
        remarks.append(
            f"{name}: {number(e.n_undecided)} of {number(e.n + e.n_undecided)} rows{share} {verb} not decided; the figures are those of the others"
        )
    if e.n_unlabelled:
        answer = "a class" if hasattr(e, "classes") else "an answer"
        rows = f"row without {answer} was" if e.n_unlabelled == 1 else f"rows without {answer} were"
        remarks.append(f"{name}: {e.n_unlabelled} {rows} left out")
    return remarks


def _some(metrics: list[str]) -> str:
    """All of a few names, the first ones of many."""
    shown = metrics if len(metrics) <= MOST_CLASSES else metrics[:3]
    return ", ".join(shown) + (f" and {len(metrics) - 3} others" if shown is not metrics else "")


def _digits(value: float | None, digits: int) -> str:
    return "undefined" if value is None else f"{value:.{digits}f}"


def collapse_warning(evaluation: Any, name: str, record: Mapping[str, Any]) -> str | None:
    """A warning if the network never finds a class, or does no better than always predicting the majority class.

    record: of the network's training; the advice leaves out what was already done.
    """
    if not isinstance(evaluation, BinaryEvaluation | MulticlassEvaluation):
        return None
    verdict = collapsed(evaluation)
    return None if verdict is None else f"{name}: {verdict}; try {remedies(evaluation, record)}"
