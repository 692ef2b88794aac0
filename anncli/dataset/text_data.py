"""Texts before training knows their symbols: what a run divides into sets before it makes samples of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np

from anncli.arrays import Array, Rows, Tokens
from anncli.dataset.dataset import UNLABELLED, Dataset, Source


class Symbols(Protocol):
    """What makes tokens of texts: network.encoders has the kinds. unknown: the token of all symbols that it does not have."""

    @property
    def symbols(self) -> tuple[str, ...]: ...
    @property
    def unknown(self) -> int: ...
    def tokens(self, texts: Sequence[str]) -> Tokens: ...


def _no_labels() -> Array:
    return np.empty(0, dtype=np.int32)


@dataclass(frozen=True, eq=False, repr=False)
class TextData:
    """Texts, and the class of each where a network decides between classes.

    texts: of a network that predicts the next symbol those of all files, else the lines or sentences of all files; labels (n_texts,), classes:
    as in Dataset, none for the former; starts (n_texts + 1,): where the labels of each text begin if every word has one, else None; sources: the files, each with the number of its texts; shown: their names for messages.
    """

    texts: tuple[str, ...]
    labels: Array = field(default_factory=_no_labels)
    classes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    shown: tuple[str, ...] = ()
    starts: Array | None = None

    task = "classification"
    targets = None
    target_names: ClassVar[tuple[str, ...]] = ()
    n_targets = 0
    has_several_rows = True

    def __repr__(self) -> str:
        return f"<TextData of {len(self.texts)} texts, classes: {', '.join(self.classes)[:60] or 'none'}>"

    @property
    def n_samples(self) -> int:
        return len(self.texts)

    @property
    def n_classes(self) -> int:
        return len(self.classes)

    def bare(self) -> Dataset:
        """The texts without their symbols: what dividing them into sets depends on."""
        if self.starts is not None:
            rows = Rows(np.empty((len(self.labels), 0), dtype=np.float32), self.starts)
            return Dataset(rows, self.labels, self.classes, sources=self.sources, by_row=True)
        inputs = np.empty((len(self.texts), 0), dtype=np.float32)
        labels = self.labels if len(self.labels) else np.full(len(self.texts), UNLABELLED)
        return Dataset(inputs, labels, self.classes, sources=self.sources)

    def with_vocabulary(self, vocabulary: Symbols) -> Dataset:
        """The texts as samples with the classes that they have."""
        inputs, by_row = vocabulary.tokens(self.texts), self.starts is not None
        return Dataset(inputs, self.labels, self.classes, sources=self.sources, by_row=by_row)


def next_symbols(texts: Sequence[str], vocabulary: Symbols) -> tuple[Tokens, Array]:
    """A sample for each text, all of it but the last symbol, and the labels of its rows: the symbol that follows each.

    A symbol that the vocabulary does not have is no answer. Returns: the samples, and labels (sum of their lengths,) int32.
    """
    whole = vocabulary.tokens(texts)
    lengths = whole.lengths
    is_given, is_answer = np.ones(len(whole.indices), dtype=bool), np.ones(len(whole.indices), dtype=bool)
    is_given[whole.starts[1:][lengths > 0] - 1] = False
    is_answer[whole.starts[:-1][lengths > 0]] = False
    labels = whole.indices[is_answer]
    labels[labels == vocabulary.unknown] = UNLABELLED
    starts = np.concatenate([[0], np.cumsum(np.maximum(lengths - 1, 0))])
    return Tokens(whole.indices[is_given], whole.values[is_given], starts, whole.width), labels


def next_dataset(texts: Sequence[str], vocabulary: Symbols, sources: tuple[Source, ...] = ()) -> Dataset:
    """Texts in which the answer of each symbol is the next one."""
    inputs, labels = next_symbols(texts, vocabulary)
    return Dataset(inputs, labels, vocabulary.symbols, sources=sources, by_row=True)
