"""What skip-gram and cbow have in common: output layers that tell which words stand near each other.

They are trained by their own rule, word by word, and give no outputs: what is wanted are the vectors of the embedding below.
Sources: Mikolov, Chen, Corrado & Dean 2013, Efficient estimation of word representations in vector space; Mikolov et al. 2013,
Distributed representations of words and phrases and their compositionality.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, Self

from anncli.arrays import Array
from anncli.errors import UsageError, ValueFault, did_you_mean, quoted
from anncli.network.layers.base import Blocks, Kept, Key, KeyFault, LayerKind, Shape, Start

_SOFTMAX = ("sampled", "hierarchical")
_DEFAULTS = {"window": 5, "negative": 5, "subsample": 1e-3, "min_count": 5, "softmax": "sampled"}
_MOST = 1000


class WordPrediction(LayerKind):
    """One block without biases: a row for each word, or with the hierarchical softmax one for each inner node of its tree.

    window: how many words before and after one are near it, at most; negative: noise words for each word that is predicted; subsample:
    words that are a larger part of the text are left out now and then, 0 for never; min_count: rarer words are left out of the text;
    softmax: 'sampled' against noise words, or 'hierarchical', which has none.
    """

    keys: ClassVar = {
        "window": Key(int, "window: 5", False),
        "negative": Key(int, "negative: 5", False),
        "subsample": Key(str, "subsample: 0.001", False),
        "min_count": Key(int, "min_count: 5", False),
        "softmax": Key(str, "softmax: hierarchical", False),
    }
    can_be_output: ClassVar = True
    text_use: ClassVar = "vectors"
    #: Whether the words around one predict it together, as their mean; otherwise it predicts each of them.
    is_mean: ClassVar[bool]

    def __init__(
        self, window: int = 5, negative: int | None = None, subsample: Any = 1e-3, min_count: int = 5, softmax: str = "sampled"
    ) -> None:  # fmt: skip
        if softmax not in _SOFTMAX:
            raise KeyFault("softmax", f"unknown softmax {quoted(str(softmax))}", did_you_mean(str(softmax), _SOFTMAX) or f"use one of {', '.join(_SOFTMAX)}")  # fmt: skip
        self.is_hierarchical = softmax == "hierarchical"
        if self.is_hierarchical and negative is not None:
            raise KeyFault("negative", "`negative` is for the sampled softmax: the hierarchical one has no noise words", "leave one of them out")  # fmt: skip
        self.window = _number("window", window)
        self.negative = 0 if self.is_hierarchical else _number("negative", 5 if negative is None else negative)
        self.min_count = _number("min_count", min_count, 10**9)
        self.subsample = _fraction(subsample)

    @classmethod
    def read(cls, text: str) -> Self:
        kind, *words = text.split()
        example = f"write for example `{cls.kind}` or `{cls.kind} window 8 negative 10`"
        given: dict[str, Any] = {}
        if kind != cls.kind:
            raise ValueFault(f"a {cls.kind} layer is `{cls.kind}` and its numbers, found {quoted(text)}", f"{example}; the length of the vectors is that of the embedding below")  # fmt: skip
        while words:
            name = words.pop(0).lower().replace("-", "_")
            value: Any = name if name in _SOFTMAX else words.pop(0) if words else None
            name = "softmax" if name in _SOFTMAX else name
            if name not in cls.keys or value is None:
                advice = example if name in cls.keys else did_you_mean(name, (*cls.keys, *_SOFTMAX)) or example
                message = (
                    f"`{name}` needs a number"
                    if name in cls.keys
                    else f"unknown word {quoted(name)} of a {cls.kind} layer"
                )
                raise ValueFault(message, advice)
            if name in given:
                raise ValueFault(f"`{name}` stands twice in {quoted(text)}", example)
            given[name] = value if name in ("softmax", "subsample") else _whole(name, value)
        return cls(**given)

    def text(self) -> str:
        words = [self.kind]
        for name in ("window", "negative", "subsample", "min_count"):
            value = getattr(self, name)
            if value != _DEFAULTS[name] and not (name == "negative" and self.is_hierarchical):
                words += [name, f"{value:.9g}"]
        return " ".join([*words, "hierarchical"] if self.is_hierarchical else words)

    @property
    def loss_text(self) -> str:
        """What is minimised, in words."""
        return "hierarchical softmax" if self.is_hierarchical else f"negative sampling, {self.negative} noise words"

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        if not below.vocabulary or not is_output:
            advice = f"write `inputs: words` and `layers: [100 embedding, {self.kind}]`"
            raise ValueFault(
                f"{place}: `{self.text()}` is the last layer, directly above an embedding of words", advice
            )

    def output(self, below: Shape) -> Shape:
        return Shape(below.vocabulary)

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return ((below.vocabulary - self.is_hierarchical, below.columns),)

    def weights(self, blocks: Blocks) -> Blocks:
        return blocks

    def biases(self, blocks: Blocks) -> Blocks:
        return ()

    def initialize(self, blocks: Blocks, start: Start) -> None:
        """Zeros: words are told apart by the random vectors of the embedding."""
        blocks[0][...] = 0

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        raise self.no_outputs()

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        raise self.no_outputs()

    def no_outputs(self) -> UsageError:
        """What is said where outputs are asked for."""
        message = f"a network that ends in `{self.kind}` has word vectors and no outputs"
        return UsageError(
            message, advice="ask it with ann words NETWORK WORD, or write the vectors with ann export --to word2vec"
        )

    def column_text(self, place: str, n_rows: int) -> str:
        return f"a line of {place} has {n_rows} numbers, one for each {'node' if self.is_hierarchical else 'word'}"

    def parameter_name(self, block: int, row: int, column: int, below: Callable[[int], str]) -> str:
        return f"{'node' if self.is_hierarchical else 'word'} {row + 1}, weight from {below(column + 1)}"

    def describe(self, below: Shape) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("window", "negative", "subsample", "min_count")}
        return {**super().describe(below), **own, "softmax": _SOFTMAX[self.is_hierarchical]}


def _whole(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise KeyFault(name, f"`{name}` must be a whole number, found {quoted(value)}", f"write for example `{name} {_DEFAULTS[name]}`")  # fmt: skip
    return int(value)


def _number(name: str, value: int, most: int = _MOST) -> int:
    if not 1 <= value <= most:
        raise KeyFault(name, f"`{name}` must be between 1 and {most}, found {value}", f"write for example `{name}: {_DEFAULTS[name]}`")  # fmt: skip
    return value


def _fraction(value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not 0 <= found <= 1:
        raise KeyFault("subsample", f"`subsample` must be a number from 0 to 1, found {quoted(str(value))}", "write for example `subsample: 0.001`")  # fmt: skip
    return found
