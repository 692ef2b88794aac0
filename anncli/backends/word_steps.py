"""Steps of word vectors in numpy, in float32 or float64: what the compiled code (word_step.h) is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.backends.word_draws import Window
from anncli.network.layers.word_prediction import WordPrediction


class Rates(NamedTuple):
    """The learning rate: max(start - slope * place, floor) at a place of the text."""

    start: float
    slope: float = 0.0
    floor: float = 0.0

    def at(self, place: int) -> float:
        return max(self.start - self.slope * place, self.floor)


# A rate at which what is added to the parameters is the gradient itself.
GRADIENT = Rates(-1.0, 0.0, -1.0)


class WordVectors(NamedTuple):
    """inputs: U (V, d); outputs: O (V, d), or (V - 1, d) for the inner nodes of a tree; views into the parameters."""

    inputs: Array
    outputs: Array


def learn(
    layer: WordPrediction, windows: Iterator[Window], vectors: WordVectors, to: WordVectors, rates: Rates
) -> tuple[float, int]:
    """Add -rate * gradient of each window's loss to `to`, which may be `vectors`; the sum of the losses, and how many words were predicted.

    A window's gradient is that at the values before its step, however often a row stands in it.
    """
    total, predicted = 0.0, 0
    for window in windows:
        sources = window.around if layer.is_mean else np.array([window.middle])
        v = vectors.inputs[sources].mean(axis=0)
        rows = vectors.outputs[window.rows]
        scores = rows @ v
        # -log of the probability of the label: log(1 + exp(-m)), m the score for it.
        total += float(np.logaddexp(0, -scores * (2 * window.labels - 1)).sum())
        with np.errstate(over="ignore"):
            slopes = 1 / (1 + np.exp(-scores)) - window.labels
        rate = np.asarray(rates.at(window.place), dtype=v.dtype)
        below = slopes @ rows
        np.add.at(to.outputs, window.rows, -rate * slopes[:, None] * v)
        np.add.at(to.inputs, sources, np.broadcast_to(-rate / len(sources) * below, (len(sources), len(v))))
        predicted += window.predicted
    return total, predicted
