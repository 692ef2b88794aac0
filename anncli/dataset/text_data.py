"""Texts before training knows their symbols: what a run divides into sets before it makes samples of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.dataset.dataset import UNLABELLED, Dataset, Source


class Symbols(Protocol):
    """What makes tokens of texts: network.encoders has the kinds. unknown: the token of all symbols that it does not have, the last of
    `width`."""

    @property
    def symbols(self) -> tuple[str, ...]: ...
    @property
    def unknown(self) -> int: ...
    @property
    def width(self) -> int: ...
    def encode(self, text: str) -> Array: ...


def _no_labels() -> Array:
    return np.empty(0, dtype=np.int32)


@dataclass(frozen=True, eq=False, repr=False)
class TextData:
    """Texts, and the class of each where a network decides between classes.

    texts: of a network that predicts the next symbol those of all files, else the lines of all files; labels (n_texts,), classes:
    as in Dataset, none for the former; sources: the files, each with the number of its texts; shown: their names for messages.
    """

    texts: tuple[str, ...]
    labels: Array = field(default_factory=_no_labels)
    classes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    shown: tuple[str, ...] = ()

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
        inputs = np.empty((len(self.texts), 0), dtype=np.float32)
        labels = self.labels if len(self.labels) else np.full(len(self.texts), UNLABELLED)
        return Dataset(inputs, labels, self.classes, sources=self.sources)

    def with_vocabulary(self, vocabulary: Symbols) -> Dataset:
        """The texts as samples with the classes that they have."""
        return Dataset(tokens_of_texts(self.texts, vocabulary), self.labels, self.classes, sources=self.sources)


def tokens_of_texts(texts: Sequence[str], vocabulary: Symbols) -> Tokens:
    """A sample of tokens of value 1 for each text."""
    return _tokens([vocabulary.encode(text) for text in texts], vocabulary)


def next_symbols(texts: Sequence[str], vocabulary: Symbols) -> tuple[Tokens, Array]:
    """A sample for each text, all of it but the last symbol, and the labels of its rows: the symbol that follows each.

    A symbol that the vocabulary does not have is no answer. Returns: the samples, and labels (sum of their lengths,) int32.
    """
    coded = [vocabulary.encode(text) for text in texts]
    labels = np.concatenate([np.empty(0, dtype=np.int32), *(own[1:] for own in coded)])
    labels[labels == vocabulary.unknown] = UNLABELLED
    return _tokens([own[:-1] for own in coded], vocabulary), labels


def _tokens(coded: Sequence[Array], vocabulary: Symbols) -> Tokens:
    starts = np.zeros(len(coded) + 1, dtype=np.int64)
    np.cumsum([len(own) for own in coded], out=starts[1:])
    indices = np.concatenate([np.empty(0, dtype=np.int32), *coded])
    return Tokens(indices, np.ones(len(indices), dtype=np.float32), starts, vocabulary.width)


def next_dataset(texts: Sequence[str], vocabulary: Symbols, sources: tuple[Source, ...] = ()) -> Dataset:
    """Texts in which the answer of each symbol is the next one."""
    inputs, labels = next_symbols(texts, vocabulary)
    return Dataset(inputs, labels, vocabulary.symbols, sources=sources, by_row=True)
