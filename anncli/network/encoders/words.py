"""The words that a network knows: what makes tokens of a text.

They are fitted on the training texts, belong to the network and stand in its file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.compiled.lexicon import SPLITS, Lexicon, WordRule
from anncli.network.encoders.settings import (
    DefinitionFault,
    flow_text,
    one_of,
    refuse_other_keys,
    whole_number,
)
from anncli.network.encoders.symbols import TextDefinition, TextEncoder

CASES = ("lower", "keep")
_KEYS = ("words", "min_count", "case", "split")
_EXAMPLE = "write for example `inputs: {words: 20000, min_count: 2}`"


class _WordInputs(NamedTuple):
    words: int | None = None
    min_count: int | None = None
    case: str = "lower"
    split: str | None = None


class WordInputs(_WordInputs, TextDefinition):
    """`inputs: words`, or `inputs: {words: 20000, min_count: 2, case: keep, split: spaces}`.

    words: the largest number of words that have tokens of their own, the most frequent ones, None for no limit; min_count: how often a
    word must come in the training texts for that, None: once; case: 'lower', as if all were written in small letters, or
    'keep'; split: see WordRule, None: 'spaces' where each word has an answer, else 'words'.
    """

    kind: ClassVar = "words"
    has_tags: ClassVar = True
    between: ClassVar = " "
    takes_files: ClassVar = True

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        refuse_other_keys(values, _KEYS)
        given: dict[str, Any] = {}
        try:
            if values.get("words", "auto") != "auto":
                given["words"] = whole_number(values, "words")
            if "min_count" in values:
                given["min_count"] = whole_number(values, "min_count")
            if "case" in values:
                given["case"] = one_of(values, "case", CASES)
            if "split" in values:
                given["split"] = one_of(values, "split", SPLITS)
        except DefinitionFault as fault:
            raise DefinitionFault(fault.key, fault.message, _EXAMPLE) from None
        return cls(**given)

    def text(self) -> str:
        said: dict[str, Any] = {"words": "auto" if self.words is None else self.words}
        said |= {} if self.min_count is None else {"min_count": self.min_count}
        said |= {} if self.case == CASES[0] else {"case": self.case}
        said |= {} if self.split is None else {"split": self.split}
        return self.kind if said == {"words": "auto"} else flow_text(said)

    @property
    def rule(self) -> WordRule:
        """What a word of a text is."""
        return WordRule(self.split or SPLITS[0], fold=self.case == CASES[0])

    def used_for(self, use: str) -> Self:
        if use == "vectors" and self.min_count is not None:
            message = "which words are too rare for a vector is said in the layer"
            raise DefinitionFault("min_count", message, f"write {{kind: skip-gram, min_count: {self.min_count}}}")
        if use != "tags":
            return self
        if self.split == "words":
            message = "each word has an answer, so that words are what stands between spaces"
            raise DefinitionFault("split", message, "leave `split` out, or write `split: spaces`")
        return self._replace(split="spaces")

    def fitted(self, texts: Sequence[str]) -> WordEncoder:
        """The encoder of the words of some texts: by how often they come, those that come equally often by their letters."""
        lexicon = Lexicon.of_texts(self.rule, texts)
        found = sorted(zip((-lexicon.counts).tolist(), lexicon.words, strict=True))[: self.words]
        least = self.min_count or 1
        kept = [(word, -count) for count, word in found if -count >= least]
        return WordEncoder(tuple(word for word, _ in kept), tuple(count for _, count in kept), self)

    def symbols_of(self, text: str) -> Sequence[str]:
        return self.rule.words_of(text)


class _WordEncoder(NamedTuple):
    symbols: tuple[str, ...]
    counts: tuple[int, ...]
    definition: WordInputs = WordInputs()


class WordEncoder(_WordEncoder, TextEncoder):
    """Each word of a text is a token: its place among `symbols`, each once; counts: how often each came in the training texts.

    All other words are one token more, the last. A text without words is read as one word that the network does not know, because
    layers that read rows need one.
    """

    kind: ClassVar = "words"

    def __repr__(self) -> str:
        return f"<WordEncoder of {len(self.symbols)} words>"

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(self.definition.rule, self.symbols)

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """A sample for each text, of a token of value 1 for each of its words."""
        indices, starts = self._lexicon.find(texts)
        indices, starts = _filled(indices, starts, self.unknown)
        return Tokens(indices, np.ones(len(indices), dtype=np.float32), starts, self.width)


def _filled(indices: Array, starts: Array, token: int) -> tuple[Array, Array]:
    """The same tokens with one in each sample that has none."""
    is_empty = np.diff(starts) == 0
    if not is_empty.any():
        return indices, starts
    filled = np.insert(indices, starts[:-1][is_empty], token)
    return filled.astype(np.int32), starts + np.concatenate([[0], np.cumsum(is_empty)])


class VectorSource(NamedTuple):
    """Words with their vectors, float32 (V, d), from which the first layer of another network is taken; shown: the file."""

    vocabulary: WordEncoder
    vectors: Array
    shown: str
