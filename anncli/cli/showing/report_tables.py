"""The tables of `ann report`: metrics with intervals, classes, columns of the data, and the rows that are most wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anncli.analysis.columns import ColumnInputs, columns_of
from anncli.arrays import Array
from anncli.cli.showing.figures.confusion import confusion_matrix, top_confusions
from anncli.cli.showing.figures.facts import Facts, RowSet
from anncli.cli.showing.metric_words import metric_words
from anncli.cli.showing.page import table, unbroken
from anncli.cli.showing.plot_area import number_text
from anncli.dataset.dataset import Dataset

#: Columns of the data that a table of rows shows, and rows of it.
_MOST_COLUMNS, _MOST_ROWS = 12, 10
#: Columns that the summary of the data shows.
_MOST_SUMMARIES = 60


# The fields of evaluations that are shown, with longer names than a terminal has room for.
_METRICS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "sensitivity": "sensitivity (recall, SE)",
    "specificity": "specificity (SP)",
    "ppv": "positive predictive value (precision, PPV)",
    "npv": "negative predictive value (NPV)",
    "f1": "F1",
    "macro_recall": "mean recall of the classes (balanced accuracy)",
    "macro_precision": "mean precision of the classes",
    "macro_f1": "mean F1 of the classes",
    "micro_f1": "F1 of all labels together",
    "subset_accuracy": "rows of which every label is right",
    "hamming_loss": "labels that are wrong",
    "top_3": "true class among the three most probable",
    "top_5": "true class among the five most probable",
    "coverage": "rows that are decided",
    "mcc": "Matthews correlation (MCC)",
    "kappa": "Cohen's kappa",
    "auc": "area under the ROC curve (AUC)",
    "macro_auc": "mean area under the ROC curves",
    "pr_auc": "average precision (PR-AUC)",
    "macro_pr_auc": "mean average precision (macro PR-AUC)",
    "rmse": "root mean squared error (RMSE)",
    "mae": "mean absolute error (MAE)",
    "r2": "explained fraction of the variance (R2)",
    "log_loss": "log loss",
    "brier": "Brier score",
    "calibration_error": "calibration error",
    "mse": "mean squared error of the scores",
    "majority_share": "for comparison: accuracy of always the largest class",
}


def metric_table(facts: Facts, confidence: float) -> str:
    """A line for each metric that is known, a column for each set of rows."""
    sets = facts.sets
    rows = [["rows", *(number_text_of(s.evaluation.n) for s in sets)]]
    for field, words in _METRICS.items():
        values = [getattr(s.evaluation, field, None) for s in sets]
        if any(isinstance(value, int | float) for value in values):
            rows.append([words, *(_shown(field, s.evaluation) for s in sets)])
    header = ["metric", *(s.title or "all rows" for s in sets)]
    return table(f"Metrics, in brackets their intervals at {100 * confidence:g} % confidence", header, rows)


def number_text_of(value: float) -> str:
    """A number of rows, or their weight."""
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def _shown(field: str, evaluation: Any) -> str:
    value, words = getattr(evaluation, field, None), metric_words(field)
    interval = None if value is None else evaluation.intervals.get(field)
    text = unbroken(words.with_unit(value))
    return text if interval is None else f"{text} ({words.shown(interval.low)} to {words.shown(interval.high)})"


def class_table(facts: Facts, rows: RowSet) -> str:
    """The rows and rates of each class, those that are found worst first where there are many."""
    matrix = confusion_matrix(facts, rows)
    actual, predicted, right = matrix.sum(axis=1), matrix.sum(axis=0), np.diag(matrix)
    recall = np.divide(right, actual, out=np.full(len(right), np.nan), where=actual > 0)
    order = np.arange(len(right)) if len(right) <= 12 else np.argsort(np.nan_to_num(recall, nan=2.0), kind="stable")
    lines = [
        [
            facts.classes[k], number_text(float(actual[k])), number_text(float(predicted[k])), _percent(right[k], actual[k]),
            _percent(right[k], predicted[k]),
        ]
        for k in order.tolist()
    ]  # fmt: skip
    return table("Classes", ["class", "rows", "predicted", "found (recall)", "right (precision)"], lines)


def confusion_table(facts: Facts, rows: RowSet) -> str:
    """The most frequent confusions, '' where there are none."""
    matrix = confusion_matrix(facts, rows)
    lines = [
        [facts.classes[i], facts.classes[j], number_text(float(matrix[i, j])), _percent(matrix[i, j], matrix[i].sum())]
        for i, j in top_confusions(matrix)
    ]
    return (
        table("Most frequent confusions", ["true class", "predicted", "rows", "of the class"], lines, 2)
        if lines
        else ""
    )


def _percent(part: float, whole: float) -> str:
    return unbroken(f"{100 * part / whole:.2f} %") if whole else "undefined"


def data_table(facts: Facts, rows: RowSet) -> str:
    """A line for each column of the inputs."""
    assert facts.data is not None
    columns = columns_of(facts.network, facts.data.columns)
    lines = [_summary(column, facts.data.vectors[rows.numbers]) for column in columns[:_MOST_SUMMARIES]]
    words = "Columns of the inputs"
    if len(columns) > _MOST_SUMMARIES:
        words += f", the first {_MOST_SUMMARIES} of {len(columns)}"
    return table(words, ["column", "kind", "lowest", "median", "mean", "highest", "different values"], lines, 2)


def _summary(column: ColumnInputs, inputs: Array) -> list[str]:
    values = inputs[:, column.inputs].astype(np.float64)
    if column.kind == "category":
        own = values[:, : len(column.levels)]
        counts = np.bincount(own.argmax(axis=1)[own.any(axis=1)], minlength=len(column.levels))
        most = column.levels[int(counts.argmax())] if counts.any() else "none"
        return [column.name, "category", "", "", "", "", f"{np.count_nonzero(counts)}, most often {most}"]
    numbers = values[:, 0]
    shown = (numbers.min(), np.median(numbers), numbers.mean(), numbers.max())
    return [column.name, "number", *(number_text(float(x)) for x in shown), str(len(np.unique(numbers)))]


def _level(column: ColumnInputs, row: Array) -> str:
    """The category that the inputs of a column stand for."""
    own = row[: len(column.levels)]
    if own.any():
        return column.levels[int(np.argmax(own))]
    return "missing" if column.has_indicator and row[-1] else "another"


def _cell(column: ColumnInputs, inputs: Array) -> str:
    row = inputs[column.inputs]
    return _level(column, row) if column.kind == "category" else f"{float(row[0]):.6g}"


def row_table(
    facts: Facts, numbers: Sequence[int], caption: str, header: Sequence[str], cells: Sequence[Sequence[str]]
) -> str:
    """Rows of the data with their inputs. numbers: their places; header, cells: what stands before the inputs."""
    data = facts.data
    assert data is not None
    columns = columns_of(facts.network, data.columns)
    shown = columns[:_MOST_COLUMNS]
    if len(columns) > _MOST_COLUMNS:
        caption += f"; the first {_MOST_COLUMNS} of {len(columns)} columns"
    lines = [
        [_where(data, number), *before, *(_cell(column, data.vectors[number]) for column in shown)]
        for number, before in zip(numbers, cells, strict=True)
    ]
    return table(caption, ["row", *header, *(column.name for column in shown)], lines, 1 + len(header))


def _where(data: Dataset, number: int) -> str:
    """'row 7 of more.csv'; counted among the rows of the file that were read."""
    for source in data.sources:
        if number < source.n_samples:
            return f"{number + 1} of {source.name}" if len(data.sources) > 1 else str(number + 1)
        number -= source.n_samples
    return str(number + 1)


def largest(values: Array, most: int = _MOST_ROWS) -> list[int]:
    """The places of the largest values, falling; equal ones in their order."""
    return np.argsort(-values, kind="stable")[:most].tolist()
