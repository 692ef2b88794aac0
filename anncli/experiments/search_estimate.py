"""The estimate of a search: what it kept, on rows that it did not see, all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from anncli.dataset.dataset import Dataset
from anncli.evaluation.answers import evaluate_answers
from anncli.evaluation.evaluation import evaluate_outputs, with_intervals
from anncli.evaluation.interval import Confidence
from anncli.experiments.search import Candidate
from anncli.experiments.search_judge import decision_of
from anncli.experiments.search_rows import Outer
from anncli.experiments.spec import Result
from anncli.network.names import quantiles_of
from anncli.training.decisions import choose_loss

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


def estimated(
    data: Dataset, made: Sequence[Candidate], outers: Sequence[Outer], results: Sequence[Result], confidence: Confidence
) -> Evaluation:
    """Counts, metrics and intervals over the test rows of all `outers`, each predicted by the network of its own candidate.

    Every network has its own threshold: outputs are moved so that the first one's holds for all. Where they were trained for
    other outputs, these are not comparable as errors or probabilities.
    """
    decisions = [decision_of(one, data.task) for one in made]
    network, first_targets, threshold = decisions[0]
    targets = first_targets if all(own == first_targets for _, own, _ in decisions) else None
    moved = [
        np.frombuffer(result.outputs or b"", dtype="<f4").reshape(-1, network.n_outputs) + np.float32(threshold - own)
        for result, (_, _, own) in zip(results, decisions, strict=True)
    ]
    rows = data.answer_rows(np.concatenate([outer.test for outer in outers]))
    data = data.flat
    order = np.argsort(rows, kind="stable")
    rows, outputs = rows[order], np.concatenate(moved)[order]
    if data.targets is not None:
        quantiles = quantiles_of(choose_loss(network, made[0].options, data.task))
        return evaluate_answers(data, outputs, rows, quantiles=quantiles, threshold=threshold, confidence=confidence)
    weights = None if data.weights is None else data.weights[rows]
    labels = data.labels[rows]
    found = evaluate_outputs(
        outputs, labels, threshold=threshold, targets=targets, classes=data.classes, weights=weights
    )
    with_ends: Evaluation = with_intervals(
        found, outputs, labels, confidence, threshold=threshold, targets=targets, weights=weights
    )
    return with_ends
