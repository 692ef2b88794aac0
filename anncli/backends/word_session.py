"""Sessions on word vectors: the loss of a text, its gradient, and the steps through it, in compiled code or in numpy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from anncli.arrays import Array
from anncli.backends.checks import all_float32, chosen_rows
from anncli.backends.reproducible import VARIANT, is_reproducible
from anncli.backends.word_draws import Window, WordDraws, epoch_key
from anncli.backends.word_steps import GRADIENT, Rates, WordVectors, learn
from anncli.compiled import chosen_variant, native_module
from anncli.network.layers.word_prediction import WordPrediction
from anncli.network.topology import Topology


class WordSession:
    """A network of word vectors on a text: tokens int32 (T,), the words of sentences that begin at starts int64 (n + 1,).

    Parameters are vectors (P,). Float32 ones go to the compiled code where there is some, unless `compiled` is False.
    tree_counts: see WordDraws.
    """

    def __init__(
        self, topology: Topology, tokens: Array, starts: Array, seed: int = 0, compiled: bool = True,
        tree_counts: Array | None = None,
    ) -> None:  # fmt: skip
        layer = topology.layers[-1]
        assert isinstance(layer, WordPrediction)
        self.topology, self.layer, self.seed = topology, layer, seed
        self.tokens, self.starts, self.tree_counts = tokens, starts, tree_counts
        self.draws = WordDraws(layer, topology.inputs.columns, tokens, starts, tree_counts)
        self._native = native_module() if compiled else None
        self._variant = None if self._native is None else VARIANT if is_reproducible() else chosen_variant()

    @property
    def name(self) -> str:
        """The backend, as records show it."""
        return "numpy" if self._native is None else f"native {self._variant or self._native.variants()[0]}"

    @property
    def is_compiled(self) -> bool:
        return self._native is not None

    def train(self, parameters: Array, epoch: int, first: int, last: int, rates: Rates) -> tuple[float, int]:
        """Steps through the places first .. last - 1 of the text: the sum of the losses, each before its step, and how many words were
        predicted. epoch: from 0; rates: by the place in this epoch."""
        return self._learn(parameters, None, epoch, first, last, rates)

    def loss(self, parameters: Array, rows: Array | None = None) -> float:
        """The mean loss of a predicted word over some sentences, or all, with the draws of the first epoch."""
        return self.gradient(parameters, np.empty_like(parameters), rows)

    def gradient(self, parameters: Array, out: Array, rows: Array | None = None) -> float:
        """The mean loss as loss(), and its gradient."""
        total, predicted = 0.0, 0
        out[...] = 0
        for row in chosen_rows(rows, len(self.starts) - 1).tolist():
            first, last = int(self.starts[row]), int(self.starts[row + 1])
            found = self._learn(parameters, out, 0, first, last, GRADIENT)
            total, predicted = total + found[0], predicted + found[1]
        out /= max(1, predicted)
        return total / max(1, predicted)

    def windows(self, epoch: int, first: int, last: int) -> Iterator[Window]:
        """What the steps of these places draw."""
        return self.draws.windows(epoch_key(self.seed, epoch), first, last)

    def close(self) -> None:
        """Sessions hold nothing but their arrays."""

    def _learn(
        self, parameters: Array, to: Array | None, epoch: int, first: int, last: int, rates: Rates
    ) -> tuple[float, int]:
        if self._native is None or not all_float32(parameters, to):
            vectors = self._vectors(parameters)
            return learn(self.layer, self.windows(epoch, first, last), vectors, vectors if to is None else self._vectors(to), rates)  # fmt: skip
        layer, draws = self.layer, self.draws
        key = epoch_key(self.seed, epoch)
        numbers = (self._width, layer.window, layer.negative, layer.is_mean, key - (1 << 64) if key >> 63 else key)
        tree = (None, None) if draws.tree is None else draws.tree
        found: tuple[float, int] = self._native.learn_words(
            self._variant, numbers, (first, last), tuple(rates), parameters, to, self.tokens, self.starts,
            draws.keep.view(np.int32), draws.noise.limit.view(np.int32), draws.noise.other, *tree,
        )  # fmt: skip
        return found

    @property
    def _width(self) -> int:
        return int(self.topology.shapes[1].columns)

    def _vectors(self, parameters: Array) -> WordVectors:
        (inputs,), (outputs,) = self.topology.blocks(parameters)
        return WordVectors(inputs, outputs)
