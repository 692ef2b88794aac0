"""The training of word vectors: steps through a text, word by word, with a learning rate that falls to nearly nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, random_stream
from anncli.backends.word_session import WordSession
from anncli.backends.word_steps import Rates
from anncli.errors import AnnError
from anncli.network.layers.word_prediction import WordPrediction
from anncli.network.topology import Topology
from anncli.training.state_check import check_like

# The learning rate where nobody gives one, see benchmarks/words.md. word2vec's program has 0.025 for skip-gram; a window takes one step here, and
# needs a little more. A mean gives each word a part of the slope only.
SKIP_GRAM_RATE, CBOW_RATE = 0.0275, 0.075
# The last rate as a fraction of the first.
LOWEST = 1e-4
EPOCHS = 5
# Places of a text between two looks at signals; the compiled code goes through as many in about a third of a second.
_PLACES, _PLACES_OF_NUMPY = 1 << 18, 1 << 11
# Initial numbers that are drawn at a time, in float64.
_DRAWN = 1 << 16


def default_rate(layer: WordPrediction) -> float:
    """The learning rate of the first word."""
    return CBOW_RATE if layer.is_mean else SKIP_GRAM_RATE


class WordProgress(NamedTuple):
    """A piece of a text was read. epoch: from 1; places, of: those that are done, of all epochs; loss: the mean of a predicted word in this
    epoch so far, each before its step; ended: whether the epoch is over."""

    epoch: int
    places: int
    of: int
    loss: float
    ended: bool


class WordTraining:
    """`for progress in training.pieces(): ...`; it may stop anywhere, and goes on from state() with the same bits.

    Args: parameters: of a trained network, to go on from, which are changed; None: new ones. rate: of the first word;
    tree_counts (V,): how often each word came in the texts that the tree of a hierarchical softmax is made of, None: in this text.
    """

    def __init__(
        self, topology: Topology, tokens: Array, starts: Array, seed: int, epochs: int, rate: float,
        parameters: Array | None = None, tree_counts: Array | None = None,
    ) -> None:  # fmt: skip
        self.topology, self.epochs, self.rate = topology, epochs, rate
        self.session = WordSession(topology, tokens, starts, seed, tree_counts=tree_counts)
        self.parameters = initial_vectors(topology, seed) if parameters is None else parameters
        #: The mean loss of each epoch that is over.
        self.losses: list[float] = []
        self._places, self._total, self._predicted = 0, 0.0, 0
        self._length = len(tokens)

    @property
    def has_learnt(self) -> bool:
        """Whether any word was predicted in an epoch that is over: in a short text all words may be too frequent to stay."""
        return any(self.losses)

    @property
    def is_done(self) -> bool:
        return self._places >= self.epochs * self._length

    def pieces(self) -> Iterator[WordProgress]:
        """Train, piece by piece. Raises: AnnError where the loss is no number any more."""
        size, length, all_places = self._piece, self._length, self.epochs * self._length
        slope = self.rate / all_places if all_places else 0.0
        while not self.is_done:
            epoch, first = divmod(self._places, length)
            last = min(first + size, length)
            rates = Rates(self.rate - slope * epoch * length, slope, self.rate * LOWEST)
            total, predicted = self.session.train(self.parameters, epoch, first, last, rates)
            self._total, self._predicted = self._total + total, self._predicted + predicted
            self._places += last - first
            if not math.isfinite(self._total):
                raise AnnError(f"the training diverged in epoch {epoch + 1}", advice="give a lower --learning-rate")
            loss = self._total / max(1, self._predicted)
            if last == length:
                self.losses.append(loss)
                self._total, self._predicted = 0.0, 0
            yield WordProgress(epoch + 1, self._places, all_places, loss, last == length)

    @property
    def _piece(self) -> int:
        """How many places are read between two looks at signals. It decides no bits."""
        return _PLACES if self.session.is_compiled else _PLACES_OF_NUMPY

    def state(self) -> dict[str, Any]:
        """What pieces() goes on from: nested plain values and arrays."""
        return {
            "parameters": self.parameters, "losses": list(self.losses), "places": self._places,
            "total": self._total, "predicted": self._predicted,
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where state() was called; raises ValueError, TypeError or KeyError for what is no such state."""
        check_like(state["parameters"], self.parameters, "parameters")
        self.parameters[...] = state["parameters"]
        self.losses = [float(loss) for loss in state["losses"]]
        self._places, self._total, self._predicted = (
            int(state["places"]),
            float(state["total"]),
            int(state["predicted"]),
        )


def initial_vectors(topology: Topology, seed: int) -> Array:
    """Initial parameters (P,): vectors of d numbers within +-0.5/d, and zeros for what predicts (word2vec's program)."""
    parameters = np.zeros(topology.n_parameters, dtype=np.float32)
    vectors = topology.blocks(parameters)[0][0].reshape(-1)
    rng, limit = random_stream(seed, "weights"), 0.5 / topology.shapes[1].columns
    for first in range(0, len(vectors), _DRAWN):
        part = vectors[first : first + _DRAWN]
        part[...] = rng.uniform(-limit, limit, len(part))
    return parameters
