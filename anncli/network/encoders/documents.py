"""The words that weigh documents: what makes a sparse vector of a text, by how often each word comes and how rare it is.

They are fitted on the training texts, belong to the network and stand in its file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.compiled.lexicon import MOST_NGRAMS, Lexicon, WordRule
from anncli.errors import ValueFault
from anncli.network.encoders.settings import (
    DefinitionFault,
    flow_text,
    one_of,
    refuse_other_keys,
    shown_value,
    true_or_false,
    whole_number,
)
from anncli.network.encoders.symbols import TextDefinition, TextEncoder

if TYPE_CHECKING:
    from anncli.network.topology import Topology

DEFAULT_WORDS = 20_000
_KEYS = ("documents", "words", "ngrams", "sublinear", "min_documents", "max_documents")
_SCHEMES = ("tf-idf",)
_EXAMPLE = "write for example `inputs: {documents: tf-idf, words: 20000, ngrams: 2}`"


class _DocumentInputs(NamedTuple):
    words: int | None = DEFAULT_WORDS
    ngrams: int = 1
    sublinear: bool = False
    min_documents: int = 1
    max_documents: float = 1.0


class DocumentInputs(_DocumentInputs, TextDefinition):
    """`inputs: documents`, or `inputs: {documents: tf-idf, words: 20000, ngrams: 2, sublinear: true, min_documents: 2}`.

    words: the largest number of words that count, the most frequent ones, None for no limit; ngrams: sequences of 2 up to so many
    neighbouring words are words too; sublinear: a word that comes n times has the weight 1 + ln n in place of n;
    min_documents, max_documents: in how many training texts a word must come at least, and in which share of them at most.
    """

    kind: ClassVar = "documents"
    takes_files: ClassVar = True

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        given: dict[str, Any] = {}
        try:
            refuse_other_keys(values, _KEYS)
            if "documents" in values:
                one_of(values, "documents", _SCHEMES)
            if "words" in values:
                given["words"] = None if values["words"] == "auto" else whole_number(values, "words")
            if "ngrams" in values:
                given["ngrams"] = whole_number(values, "ngrams")
                if given["ngrams"] > MOST_NGRAMS:
                    raise DefinitionFault("ngrams", f"`ngrams` must be 1 to {MOST_NGRAMS}, found {given['ngrams']}")
            if "sublinear" in values:
                given["sublinear"] = true_or_false(values, "sublinear")
            if "min_documents" in values:
                given["min_documents"] = whole_number(values, "min_documents")
            if "max_documents" in values:
                given["max_documents"] = _share(values, "max_documents")
        except DefinitionFault as fault:
            raise DefinitionFault(fault.key, fault.message, fault.advice or _EXAMPLE) from None
        return cls(**given)

    def text(self) -> str:
        usual = DocumentInputs()
        changed = {key: value for key, value, own in zip(self._fields, self, usual, strict=True) if value != own}
        if not changed:
            return self.kind
        return flow_text({self.kind: _SCHEMES[0]} | {key: "auto" if v is None else v for key, v in changed.items()})

    @property
    def rule(self) -> WordRule:
        """What a word of a text is: at least two letters or digits, as in scikit-learn."""
        return WordRule(least=2, ngrams=self.ngrams)

    def read_by(self, topology: Topology, is_open: bool) -> Self:
        if is_open:
            message = "the output layer `softmax` without a number is for networks that predict the next word, and each document has one answer"
            raise ValueFault(message, "write `K softmax` with K classes, or `1 logistic` for two")
        first = topology.layers[0]
        if first.kind != "dense":
            message = f"a document is one row, the weights of its words without their order, and layer 1 (`{first.shown}`) reads words in a row"
            raise ValueFault(message, "begin with a dense layer, `16 tanh`, or say `inputs: words`")
        return self

    def fitted(self, texts: Sequence[str]) -> DocumentEncoder:
        """The encoder of some texts: words by how often they come, those that come equally often by their letters."""
        lexicon = Lexicon.of_texts(self.rule, texts)
        counts, documents = lexicon.counts, lexicon.documents
        is_usable = (documents >= self.min_documents) & (documents <= self.max_documents * len(texts))
        usable = np.flatnonzero(is_usable)
        if self.words is not None and len(usable) > self.words:
            rarest = np.partition(counts[usable], len(usable) - self.words)[len(usable) - self.words]
            usable = usable[counts[usable] >= rarest]
        names = lexicon.words_of(usable)
        found = sorted(zip((-counts[usable]).tolist(), names, documents[usable].tolist(), strict=True))[: self.words]
        return DocumentEncoder(tuple(name for _, name, _ in found), tuple(n for _, _, n in found), len(texts), self)

    def symbols_of(self, text: str) -> Sequence[str]:
        return self.rule._replace(ngrams=1).words_of(text)


def _share(values: Mapping[str, Any], key: str) -> float:
    value = values[key]
    try:
        share = float("nan" if isinstance(value, bool) else value)
    except (TypeError, ValueError):
        share = float("nan")
    if not 0 < share <= 1:
        message = f"`{key}` must be a share of the documents, above 0 and up to 1, found {shown_value(value)}"
        raise DefinitionFault(key, message)
    return share


class _DocumentEncoder(NamedTuple):
    symbols: tuple[str, ...]
    documents: tuple[int, ...]
    n_documents: int
    definition: DocumentInputs = DocumentInputs()


class DocumentEncoder(_DocumentEncoder, TextEncoder):
    """A text is a sparse vector of length 1, or 0 where it has no known word: for each of its words among `symbols` how often it
    comes times its idf, ln((1 + n_documents) / (1 + documents)) + 1.

    documents: in how many of the n_documents training texts each word came. Source: Salton and Buckley 1988; the smooth form of idf is
    that of scikit-learn.
    """

    kind: ClassVar = "documents"

    def __repr__(self) -> str:
        return f"<DocumentEncoder of {len(self.symbols)} words>"

    @property
    def width(self) -> int:
        """The number of words: others have no place."""
        return len(self.symbols)

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(self.definition.rule, self.symbols)

    @cached_property
    def idf(self) -> Array:
        """The weight of each word (n,) float64: the rarer, the higher."""
        return np.log((1 + self.n_documents) / (1 + np.array(self.documents, dtype=np.float64))) + 1

    def blanks(self, tokens: Tokens) -> int:
        return int(np.count_nonzero(tokens.lengths == 0))

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """A sample for each text, its words in ascending order."""
        indices, counts, starts = self._lexicon.counted(texts)
        weights = self.idf[indices]
        # Of few different counts, so that a table costs less than their logarithms.
        weights *= (
            (1 + np.log(np.arange(1, 1 + counts.max(initial=0))))[counts - 1] if self.definition.sublinear else counts
        )
        lengths = np.diff(starts)
        # reduceat() would give the sum of an empty sample the first weight of the next one.
        squares = np.add.reduceat(weights * weights, starts[:-1][lengths > 0]) if len(weights) else np.zeros(0)
        weights /= np.repeat(np.sqrt(squares), lengths[lengths > 0])
        return Tokens(indices, weights.astype(np.float32), starts, self.width)
