"""The baselines of a task: what each learns from the training rows of a network, and predicts for the rows it is judged on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from anncli.analysis.baselines import boosting
from anncli.analysis.baselines.logistic import fit_logistic
from anncli.analysis.baselines.neighbours import MOST_JUDGED, averages, choose_k, nearest
from anncli.analysis.baselines.ridge import fit_ridge
from anncli.arrays import Array, random_stream
from anncli.dataset.dataset import Dataset
from anncli.network.scaling import Scaling

# Numbers in the inputs that are learnt from: 200 MB in float64. Pairs of rows whose distance the nearest neighbours need, those
# that choose their number included. Of more, a sample of the training rows is taken.
MOST_NUMBERS, MOST_PAIRS = 25_000_000, 250_000_000


class Baseline(NamedTuple):
    """name; detail: what it settled on, or ''; outputs (m, K): probabilities of the classes or labels, or numbers; n_rows: from
    how many rows it learnt."""

    name: str
    detail: str
    outputs: Array
    n_rows: int


class Baselines(NamedTuple):
    """found: simple ones first; notes: what was left out, in words; n_training: how many rows there were to learn from."""

    found: tuple[Baseline, ...]
    notes: tuple[str, ...]
    n_training: int


class _Lesson(NamedTuple):
    """What a baseline learns from and is asked: inputs (n, d) and asked (m, d), scaled; values (n, K): 1 for the class of the
    row or its labels and 0 for others, or numbers; weights (n,) or None; names: of classes, labels or targets."""

    task: str
    inputs: Array
    values: Array
    weights: Array | None
    asked: Array
    names: tuple[str, ...]

    def sample(self, most: int, seed: int) -> _Lesson:
        """The same with at most so many rows to learn from, drawn at random."""
        if len(self.inputs) <= most:
            return self
        rows = np.sort(random_stream(seed, "baselines").choice(len(self.inputs), most, replace=False))
        weights = None if self.weights is None else self.weights[rows]
        return self._replace(inputs=self.inputs[rows], values=self.values[rows], weights=weights)


def baselines_of(
    training: Dataset, rows: Array, judged: Dataset, judged_rows: Array, scaling: Scaling, seed: int = 0
) -> Baselines:
    """All baselines of the task; they learn from `rows` (n,) of one dataset, those without an answer apart, and predict
    judged_rows (m,) of another one, or of the same, with inputs scaled as those of the network.

    Args: seed: of the sample where there are too many rows; nothing else is random.
    Raises: ValueError where no row has an answer.
    """
    weights = training.weights
    known = rows[training.counted(rows)]
    if not len(known):
        raise ValueError("no training row has an answer")
    lesson = _Lesson(
        training.task,
        scaling.apply(training.vectors[known]),
        _values(training, known),
        None if weights is None else weights[known],
        scaling.apply(judged.vectors[judged_rows]),
        training.classes if training.targets is None else training.names_of_targets,
    )
    n, width, notes = len(known), max(1, training.n_inputs), []
    n_few = max(1, MOST_NUMBERS // width)
    n_near = max(1, min(n_few, MOST_PAIRS // (len(judged_rows) + min(n, MOST_JUDGED))))
    few, near = lesson.sample(n_few, seed), lesson.sample(n_near, seed)
    learners: list[tuple[str, Callable[[_Lesson], tuple[Array, str]], _Lesson]] = [
        ("linear regression" if lesson.task == "regression" else "logistic regression", _linear, few),
        ("nearest neighbours", _near, near),
    ]
    if boosting.is_installed():
        learners.append(("gradient boosting", _boosted, few))
    else:
        notes.append(boosting.HOW_TO_GET)
    found = [Baseline(*one, n) for one in _constants(lesson)]
    for name, learn, own in learners:
        outputs, detail = learn(own)
        found.append(Baseline(name, detail, outputs, len(own.inputs)))
        if len(own.inputs) < n:
            notes.append(f"{name} learnt from {len(own.inputs)} of the {n} training rows, drawn at random")
    return Baselines(tuple(found), tuple(notes), n)


def _values(data: Dataset, rows: Array) -> Array:
    if data.targets is not None:
        return data.targets[rows].astype(np.float64)
    return np.eye(data.n_classes)[data.labels[rows]]


def _constants(lesson: _Lesson) -> list[tuple[str, str, Array]]:
    """Predictors that do not look at the inputs."""
    shape, own = (len(lesson.asked), lesson.values.shape[1]), lesson.weights
    means = np.average(lesson.values, axis=0, weights=own)
    mean = np.broadcast_to(means, shape)
    if lesson.task == "regression":
        middle = np.broadcast_to([_median(column, own) for column in lesson.values.T], shape)
        return [("mean", _numbers(means), mean), ("median", _numbers(middle[:1].ravel()), middle)]
    if lesson.task == "multi-label":
        return [("frequent labels", "", mean)]
    return [("largest class", lesson.names[int(means.argmax())], mean)]


def _numbers(values: Array) -> str:
    return f"{values[0]:.4g}" if len(values) == 1 else ""


def _median(values: Array, weights: Array | None) -> float:
    if weights is None:
        return float(np.median(values))
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(weights[order], dtype=np.float64)
    return float(values[order[np.searchsorted(sums, sums[-1] / 2)]])


def _linear(lesson: _Lesson) -> tuple[Array, str]:
    if lesson.task == "regression":
        return fit_ridge(lesson.inputs, lesson.values, lesson.weights).predict(lesson.asked), ""

    def logistic(labels: Array, n_classes: int) -> Array:
        model = fit_logistic(lesson.inputs, labels, n_classes, lesson.weights)
        return model.probabilities(lesson.asked)

    return _of_classes(lesson, logistic), ""


def _boosted(lesson: _Lesson) -> tuple[Array, str]:
    if lesson.task == "regression":
        return boosting.boosted_numbers(lesson.inputs, lesson.values, lesson.asked, lesson.weights), ""

    def boosted(labels: Array, n_classes: int) -> Array:
        return boosting.boosted_classes(lesson.inputs, labels, lesson.asked, n_classes, lesson.weights)

    return _of_classes(lesson, boosted), ""


def _of_classes(lesson: _Lesson, learn: Callable[[Array, int], Array]) -> Array:
    """The probabilities (m, K) of a learner of classes that takes labels, all of which occur, and their number; labels of
    which each row may have several are learnt one by one."""
    if lesson.task == "multi-label":
        single = [lesson._replace(task="", values=np.stack([1 - own, own], axis=1)) for own in lesson.values.T]
        return np.column_stack([_of_classes(one, learn)[:, 1] for one in single])
    found = np.zeros((len(lesson.asked), lesson.values.shape[1]))
    labels = lesson.values.argmax(axis=1)
    present = np.unique(labels)
    if len(present) == 1:
        found[:, present] = 1
    else:
        found[:, present] = learn(np.searchsorted(present, labels), len(present))
    return found


def _near(lesson: _Lesson) -> tuple[Array, str]:
    k = choose_k(lesson.inputs, lesson.values, lesson.task == "classification", lesson.weights)
    around = nearest(lesson.inputs, lesson.asked, k)
    return averages(lesson.values, around, lesson.weights), f"k = {k}"
