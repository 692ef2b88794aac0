"""The gradient check of word vectors: their gradient against central differences of the loss, at fixed noise words.

With its draws fixed the loss of some sentences is a smooth function of both blocks; here it is computed of all predictions at once,
by other code than that which takes the steps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.analysis.gradient_check import STEP, GradientCheck
from anncli.arrays import Array
from anncli.backends.word_session import WordSession

# Parameters that are compared unless somebody says how many: each costs two passes.
LIMIT = 400


class _Asked(NamedTuple):
    """All predictions of some sentences: which vectors (n_windows, V) v is the mean of, the window and row (n,) of each score, its label,
    and how many words are predicted."""

    parts: Array
    windows: Array
    rows: Array
    labels: Array
    predicted: int


def check_word_gradient(
    session: WordSession, parameters: Array, sentences: Array, rng: np.random.Generator, limit: int | None = None
) -> GradientCheck:
    """Compare derivatives that are not 0 at `parameters` (P,), drawn evenly over both blocks; see gradient_check.check_gradient()."""
    precise = WordSession(
        session.topology, session.tokens, session.starts, session.seed, False, session.tree_counts
    )  # fmt: skip
    point, asked = parameters.astype(np.float64), _asked(precise, sentences)
    gradient, single = np.empty_like(point), np.empty_like(parameters)
    precise.gradient(point, gradient, sentences)
    session.gradient(parameters, single, sentences)
    floor = max(1e-3 * float(np.abs(gradient).max()), 1e-6)
    chosen, worst, error, worst_difference = _chosen(session, gradient, rng, limit or LIMIT), 0, 0.0, 0.0
    for index in chosen:
        low, high = point.copy(), point.copy()
        low[index] -= STEP
        high[index] += STEP
        difference = (_loss(precise, asked, high) - _loss(precise, asked, low)) / (2 * STEP)
        found = abs(difference - gradient[index]) / max(abs(difference) + abs(gradient[index]), floor)
        if found >= error:
            worst, error, worst_difference = int(index), float(found), difference
    distance = float(np.linalg.norm(single.astype(np.float64) - gradient)) / (float(np.linalg.norm(gradient)) or 1.0)
    return GradientCheck(len(chosen), 0, worst, float(gradient[worst]), worst_difference, error, distance)


def _asked(session: WordSession, sentences: Array) -> _Asked:
    bounds = [(int(session.starts[k]), int(session.starts[k + 1])) for k in sentences]
    windows = [window for first, last in bounds for window in session.windows(0, first, last)]
    parts = np.zeros((len(windows), session.topology.inputs.columns))
    for number, window in enumerate(windows):
        sources = window.around if session.layer.is_mean else np.array([window.middle])
        np.add.at(parts[number], sources, 1 / len(sources))
    lengths = [len(window.rows) for window in windows]
    rows = np.concatenate([window.rows for window in windows] or [np.zeros(0, dtype=np.int64)])
    labels = np.concatenate([window.labels for window in windows] or [np.zeros(0)])
    predicted = sum(window.predicted for window in windows)
    return _Asked(parts, np.repeat(np.arange(len(windows)), lengths), rows, labels, max(1, predicted))


def _loss(session: WordSession, asked: _Asked, point: Array) -> float:
    (inputs,), (outputs,) = session.topology.blocks(point)
    scores = ((asked.parts @ inputs)[asked.windows] * outputs[asked.rows]).sum(axis=1)
    return float(np.logaddexp(0, np.where(asked.labels > 0, -scores, scores)).sum()) / asked.predicted


def _chosen(session: WordSession, gradient: Array, rng: np.random.Generator, limit: int) -> Array:
    found = []
    for start, end in zip(session.topology.offsets, session.topology.offsets[1:], strict=False):
        places = start + np.flatnonzero(gradient[start:end])
        found.append(
            places if len(places) <= limit // 2 else np.sort(rng.choice(places, max(1, limit // 2), replace=False))
        )
    return np.concatenate(found)
