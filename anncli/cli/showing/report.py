"""The report: evaluations of one or more parts as a table for people and as a dictionary for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anncli.cli.showing.console import table


def percent(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:.2f}"


def plain(value: float | None, digits: int = 4) -> str:
    return "undefined" if value is None else f"{value:.{digits}g}"


def binary_table(parts: Mapping[str, Any]) -> str:
    """Counts and rates in percent, one line per part; a metric that cannot be computed says so below."""
    header = ["part", "n", "TP", "FN", "TN", "FP", "SE %", "SP %", "PPV %", "NPV %", "ACC %", "F1 %", "AUC", "mse"]
    rows, remarks = [], []
    for name, e in parts.items():
        rates = [percent(x) for x in (e.sensitivity, e.specificity, e.ppv, e.npv, e.accuracy, e.f1)]
        counts = [str(x) for x in (e.n, e.tp, e.fn, e.tn, e.fp)]
        auc = "undefined" if e.auc is None else f"{e.auc:.4f}"
        mse = "undefined" if e.mse is None else f"{e.mse:.5f}"
        rows.append([name, *counts, *rates, auc, mse])
        remarks += [f"{name}: {metric} is undefined: {reason}" for metric, reason in e.undefined.items()]
        remarks += _unlabelled(name, e)
    return "\n".join([table(header, rows), *remarks])


def multiclass_table(parts: Mapping[str, Any]) -> str:
    """One summary line per part, then for each part its matrix and the figures of every class."""
    header = ["part", "n", "ACC %", "macro recall %", "macro precision %", "macro F1 %", "mse"]
    summary = [
        [
            name,
            str(e.n),
            *(percent(x) for x in (e.accuracy, e.macro_recall, e.macro_precision, e.macro_f1)),
            plain(e.mse),
        ]
        for name, e in parts.items()
    ]
    blocks = [table(header, summary)]
    for name, e in parts.items():
        names = [*e.classes]
        rows = [
            [
                true,
                *(str(int(count)) for count in e.matrix[k]),
                percent(e.recall[k]),
                percent(e.precision[k]),
                percent(e.f1[k]),
            ]
            for k, true in enumerate(names)
        ]
        blocks.append(table([f"{name}: is \\ answered", *names, "recall %", "precision %", "F1 %"], rows))
        remarks = [f"{name}: {metric} is undefined: {reason}" for metric, reason in e.undefined.items()]
        if remarks or _unlabelled(name, e):
            blocks.append("\n".join([*remarks, *_unlabelled(name, e)]))
    return "\n\n".join(blocks)


def _unlabelled(name: str, e: Any) -> list[str]:
    if not e.n_unlabelled:
        return []
    left_out = "vector without a class was" if e.n_unlabelled == 1 else "vectors without a class were"
    return [f"{name}: {e.n_unlabelled} {left_out} left out"]


def evaluation_text(parts: Mapping[str, Any]) -> str:
    """The table that fits the kind of evaluation."""
    first = next(iter(parts.values()))
    return multiclass_table(parts) if hasattr(first, "matrix") else binary_table(parts)
