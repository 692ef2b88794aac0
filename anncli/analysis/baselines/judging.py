"""Baselines beside a network: the evaluation of each on the rows on which the network is evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from anncli.analysis.baselines.baselines import Baselines, baselines_of
from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.evaluation.answers import evaluate_answers
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.network.scaling import Scaling

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


class Judged(NamedTuple):
    """A baseline with its evaluation; see Baseline."""

    name: str
    detail: str
    evaluation: Evaluation


class JudgedBaselines(NamedTuple):
    """See Baselines."""

    found: tuple[Judged, ...]
    notes: tuple[str, ...]
    n_training: int


def judged_baselines(
    training: Dataset, rows: Array, judged: Dataset, judged_rows: Array, scaling: Scaling, n_outputs: int, seed: int = 0
) -> JudgedBaselines:
    """Args: n_outputs: of the network: with one, two classes are evaluated by the score of the first; the others as
    baselines_of()."""
    given = baselines_of(training, rows, judged, judged_rows, scaling, seed)
    found = [
        Judged(b.name, b.detail, evaluate_baseline(judged, judged_rows, b.outputs, n_outputs)) for b in given.found
    ]
    return JudgedBaselines(tuple(found), given.notes, given.n_training)


def evaluate_baseline(data: Dataset, rows: Array, outputs: Array, n_outputs: int) -> Evaluation:
    """The evaluation of outputs (n, K) for the row numbers (n,): probabilities or numbers."""
    if data.targets is not None:
        return evaluate_answers(data, outputs, rows)
    single = n_outputs == 1
    return evaluate_outputs(
        np.ascontiguousarray(outputs[:, :1]) if single else outputs,
        data.labels[rows],
        targets=(1.0, 0.0),
        classes=data.classes,
        weights=None if data.weights is None else data.weights[rows],
    )


def merged(parts: list[tuple[Array, Baselines]]) -> tuple[Array, list[tuple[str, str, Array]], tuple[str, ...]]:
    """The baselines of several folds as one: row numbers ascending, name, detail and outputs of each, and notes.

    Args: parts: the judged rows (n,) and the baselines of each fold.
    """
    rows = np.concatenate([own for own, _ in parts])
    order = np.argsort(rows, kind="stable")
    together = []
    for k, first in enumerate(parts[0][1].found):
        outputs = np.concatenate([given.found[k].outputs for _, given in parts])[order]
        details = dict.fromkeys(given.found[k].detail for _, given in parts)
        together.append((first.name, first.detail if len(details) == 1 else "", outputs))
    return rows[order], together, tuple(dict.fromkeys(note for _, given in parts for note in given.notes))
