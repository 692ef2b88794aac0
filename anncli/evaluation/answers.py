"""The evaluation of a task without classes, from a dataset with targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.evaluation.evaluation import with_intervals
from anncli.evaluation.interval import Confidence

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


def evaluate_answers(
    data: Dataset,
    outputs: Array,
    rows: Array | None,
    *,
    names: tuple[str, ...] = (),
    quantiles: tuple[float, ...] = (),
    threshold: float = 0.5,
    confidence: Confidence | None = None,
) -> Evaluation:
    """Compare outputs (n, n_outputs), in the units of the data, with the targets of the row numbers (n,), None for all rows.

    Args: names: of the targets, else those of the data; quantiles: see evaluate_numbers(); threshold: see evaluate_labels();
        confidence: of the intervals, None for none.
    """
    targets, weights = data.targets_of(rows), data.weights_of(rows)
    # Imported here because most networks classify, and an import costs time at every start.
    if data.task == "multi-label":
        from anncli.evaluation.multilabel import evaluate_labels

        found: Evaluation = evaluate_labels(
            outputs, targets, threshold=threshold, names=names or data.names_of_targets, weights=weights
        )
        return with_intervals(found, outputs, targets, confidence, threshold=threshold, weights=weights)
    from anncli.evaluation.regression import evaluate_numbers

    found = evaluate_numbers(
        outputs, targets, names=names or data.names_of_targets, quantiles=quantiles, weights=weights
    )
    return with_intervals(found, outputs, targets, confidence, weights=weights)
