"""The tables of evaluations without classes: errors of predicted numbers, and the rates of labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anncli.cli.showing.cells import figure, number, percent
from anncli.cli.showing.console import table
from anncli.evaluation.regression import RESIDUAL_QUANTILES


def regression_table(sets: Mapping[str, Any]) -> str:
    """A line for each set and output, in the units of the data: errors, and the residuals (target - output) by quantile."""
    residuals = ["least" if q == 0 else "most" if q == 1 else f"{100 * q:g} %" for q in RESIDUAL_QUANTILES]
    names = dict.fromkeys(_title(target) for e in sets.values() for target in e.targets)
    errors, spread, remarks = [], [], []
    for name, e in sets.items():
        for target in e.targets:
            title = [name, *([_title(target)] if len(names) > 1 else [])]
            errors.append(
                [*title, number(e.n), *(figure(x) for x in (target.rmse, target.mae, target.r2, target.bias))]
            )
            spread.append([*title, *(figure(x) for x in target.residuals)])
        for interval in e.intervals:
            remarks.append(
                f"{name}: {percent(interval.coverage)} % of the rows are between the quantiles {interval.low:g} and "
                f"{interval.high:g} of {interval.name}, which are {figure(interval.width)} apart on the mean"
            )
        remarks += left_out(name, e)
    head = ["set", *(["target"] if len(names) > 1 else [])]
    return "\n".join(
        [
            table([*head, "n", "RMSE", "MAE", "R2", "bias"], errors),
            *(["", table([*head, *residuals], spread), "(residuals: target - predicted)"] if spread else []),
            *remarks,
        ]
    )


def _title(target: Any) -> str:
    return str(target.name) if target.quantile is None else f"{target.name} {target.quantile:g}"


def multilabel_table(sets: Mapping[str, Any]) -> str:
    """A line for each set, then for each set the counts and rates of every label."""
    header = [
        "set",
        "n",
        "macro recall %",
        "macro precision %",
        "macro F1 %",
        "micro F1 %",
        "all right %",
        "wrong labels %",
    ]
    lines = []
    for name, e in sets.items():
        rates = (e.macro_recall, e.macro_precision, e.macro_f1, e.micro_f1, e.subset_accuracy, e.hamming_loss)
        lines.append([name, number(e.n), *(percent(x) for x in rates)])
    blocks = [table(header, lines)]
    for name, e in sets.items():
        rows = []
        for label in e.labels:
            counts = (label.tp, label.fn, label.tn, label.fp)
            own = (label.sensitivity, label.specificity, label.ppv, label.f1)
            rows.append([label.name, *(number(x) for x in counts), *(percent(x) for x in own)])
        blocks.append(table([f"{name}: label", "TP", "FN", "TN", "FP", "SE %", "SP %", "PPV %", "F1 %"], rows))
        if remarks := left_out(name, e):
            blocks.append("\n".join(remarks))
    return "\n\n".join(blocks)


def left_out(name: str, e: Any) -> list[str]:
    """Undefined figures, those with the same reason in one line, and rows that were left out."""
    reasons: dict[str, list[str]] = {}
    for metric, reason in e.undefined.items():
        reasons.setdefault(reason, []).append(metric)
    remarks = [
        f"{name}: {', '.join(metrics)} {'is' if len(metrics) == 1 else 'are'} undefined: {reason}"
        for reason, metrics in reasons.items()
    ]
    if e.n_unlabelled:
        rows = "row without an answer was" if e.n_unlabelled == 1 else "rows without an answer were"
        remarks.append(f"{name}: {e.n_unlabelled} {rows} left out")
    return remarks
