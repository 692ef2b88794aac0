"""The rows that a network gets most wrong, and those of which it is surest although it is wrong."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, RowSet, predicted_classes
from anncli.cli.showing.figures.numbers import middle_outputs
from anncli.cli.showing.page import paragraph
from anncli.cli.showing.plot_area import number_text
from anncli.cli.showing.report_tables import largest, row_table


def mistakes(facts: Facts, rows: RowSet) -> list[str]:
    """Pieces of HTML."""
    if facts.task == "regression":
        return [_errors(facts, rows)]
    if facts.task == "multi-label":
        return [_labels(facts, rows)]
    return _classes(facts, rows)


def _classes(facts: Facts, rows: RowSet) -> list[str]:
    labels, predicted = facts.labels(rows), predicted_classes(facts, rows)
    wrong = np.flatnonzero((labels != predicted) & (predicted >= 0))
    if not len(wrong):
        return [paragraph("No row is predicted wrongly.")]
    sure = _sureness(facts, rows)
    chosen = [int(wrong[k]) for k in largest(sure[wrong])]
    header = ["true class", "predicted", "score"]
    found = [
        row_table(
            facts,
            [int(rows.numbers[k]) for k in chosen],
            f"Most confident mistakes, {len(chosen)} of {len(wrong)}",
            header,
            [_cells(facts, rows, k, int(labels[k]), int(predicted[k])) for k in chosen],
        )
    ]
    right = np.flatnonzero(labels == predicted)
    if len(right):
        near = [int(right[k]) for k in largest(-sure[right], 5)]
        found.append(
            row_table(
                facts,
                [int(rows.numbers[k]) for k in near],
                "Correct, but least sure",
                header,
                [_cells(facts, rows, k, int(labels[k]), int(predicted[k])) for k in near],
            )
        )
    return found


def _sureness(facts: Facts, rows: RowSet) -> Array:
    """(n,) float64: how far a score is from the threshold, or from the second largest one."""
    outputs = rows.outputs.astype(np.float64)
    if outputs.shape[1] == 1:
        assert facts.threshold is not None
        return np.abs(outputs[:, 0] - facts.threshold)
    two = np.sort(outputs, axis=1)[:, -2:]
    return two[:, 1] - two[:, 0]


def _cells(facts: Facts, rows: RowSet, k: int, label: int, predicted: int) -> list[str]:
    score = rows.outputs[k, 0] if rows.outputs.shape[1] == 1 else rows.outputs[k, predicted]
    return [facts.classes[label], facts.classes[predicted], number_text(float(score))]


def _errors(facts: Facts, rows: RowSet) -> str:
    """The rows with the largest errors, in units of the standard deviation of each target's errors."""
    true, predicted = facts.targets(rows), middle_outputs(facts, rows)
    errors = np.abs(true - predicted)
    spread = errors.std(axis=0)
    worst = np.argmax(errors / np.where(spread > 0, spread, 1), axis=1)
    chosen = largest(np.take_along_axis(errors / np.where(spread > 0, spread, 1), worst[:, None], axis=1)[:, 0])
    cells = []
    for k in chosen:
        t = int(worst[k])
        numbers = (true[k, t], predicted[k, t], true[k, t] - predicted[k, t])
        cells.append([facts.target_names[t], *(number_text(float(x)) for x in numbers)])
    numbers_of = [int(rows.numbers[k]) for k in chosen]
    return row_table(
        facts,
        numbers_of,
        f"Largest errors, {len(chosen)} of {len(errors)} rows",
        ["target", "true", "predicted", "error"],
        cells,
    )


def _labels(facts: Facts, rows: RowSet) -> str:
    """The rows with the most wrong labels."""
    is_so = facts.targets(rows) > 0.5
    given = rows.outputs > np.float32(facts.network.decision_threshold if facts.threshold is None else facts.threshold)
    chosen = largest((is_so != given).sum(axis=1))
    cells = [[_names(facts, is_so[k]), _names(facts, given[k])] for k in chosen]
    return row_table(
        facts, [int(rows.numbers[k]) for k in chosen], "Rows with the most wrong labels", ["labels", "predicted"], cells
    )


def _names(facts: Facts, has: Array) -> str:
    return ", ".join(name for name, yes in zip(facts.target_names, has.tolist(), strict=True) if yes) or "none"
