"""Documents as weights of their words: numbers worked out by hand, what `inputs:` may say, and which words are kept."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from anncli.errors import ValueFault
from anncli.network.encoders.documents import DocumentInputs
from anncli.network.encoders.settings import DefinitionFault
from anncli.network.encoders.text import text_definition
from anncli.network.network import Network

TEXTS = ["the cat, the dog", "The bird", "a I", ""]


def row(values: dict[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(value * value for value in values.values()))
    return {word: value / length for word, value in values.items()}


def weights(definition: DocumentInputs, texts: list[str], given: list[str]) -> list[dict[str, float]]:
    encoder = definition.fitted(texts)
    tokens = encoder.tokens(given)
    assert tokens.width == len(encoder.symbols)
    assert (tokens.values.dtype, tokens.indices.dtype) == (np.float32, np.int32)
    found = []
    for start, stop in zip(tokens.starts[:-1], tokens.starts[1:], strict=True):
        indices = tokens.indices[start:stop].tolist()
        assert indices == sorted(set(indices))
        words = [encoder.symbols[k] for k in indices]
        found.append(dict(zip(words, tokens.values[start:stop].tolist(), strict=True)))
    return found


def test_weights_by_hand() -> None:
    # 4 documents; `the` is in 2 of them, the others in 1. Words of one letter do not count.
    the, other = math.log(5 / 3) + 1, math.log(5 / 2) + 1
    found = weights(DocumentInputs(), TEXTS, ["the cat, the dog", "Bird bird THE fish", "fish", ""])
    assert found[0] == pytest.approx(row({"the": 2 * the, "cat": other, "dog": other}), abs=1e-7)
    assert found[1] == pytest.approx(row({"bird": 2 * other, "the": the}), abs=1e-7)
    assert found[2:] == [{}, {}]


def test_sublinear_and_sequences_by_hand() -> None:
    definition = DocumentInputs(ngrams=2, sublinear=True)
    found = weights(definition, ["to be or not to be", "to be"], ["to be to be to be"])[0]
    same, n = math.log(3 / 3) + 1, 1 + math.log(3)
    assert found == pytest.approx(row({"to": n * same, "be": n * same, "to be": n * same}), abs=1e-7)
    found = weights(definition, ["to be or not to be", "to be"], ["not to"])[0]
    rare = math.log(3 / 2) + 1
    assert found == pytest.approx(row({"not": rare, "to": same, "not to": rare}), abs=1e-7)


def test_words_that_are_kept() -> None:
    texts = ["bb aa cc bb", "aa cc dd", "aa bb", "ee"]
    everything = DocumentInputs().fitted(texts)
    # By how often they come, then by their letters.
    assert everything.symbols == ("aa", "bb", "cc", "dd", "ee")
    assert (everything.documents, everything.n_documents) == ((3, 2, 2, 1, 1), 4)
    assert DocumentInputs(words=3).fitted(texts).symbols == ("aa", "bb", "cc")
    assert DocumentInputs(words=4).fitted(texts).symbols == ("aa", "bb", "cc", "dd")
    assert DocumentInputs(words=None, min_documents=2).fitted(texts).symbols == ("aa", "bb", "cc")
    assert DocumentInputs(max_documents=0.5).fitted(texts).symbols == ("bb", "cc", "dd", "ee")
    assert DocumentInputs(words=2, max_documents=0.5, min_documents=2).fitted(texts).symbols == ("bb", "cc")
    assert DocumentInputs(words=1, ngrams=2).fitted(["xx yy xx yy"]).symbols == ("xx",)
    assert DocumentInputs().fitted(["", "a"]).symbols == ()


SAID: dict[str, Any] = {
    "documents": DocumentInputs(),
    "{documents: tf-idf}": DocumentInputs(),
    "{documents: tf-idf, words: 500, ngrams: 2, sublinear: true}": DocumentInputs(500, 2, True),
    "{documents: tf-idf, words: auto, min_documents: 3, max_documents: 0.5}": DocumentInputs(None, 1, False, 3, 0.5),
    "{words: 30, documents: tf-idf}": DocumentInputs(30),
}


@pytest.mark.parametrize("said", SAID)
def test_definition(said: str) -> None:
    found = text_definition(said)
    assert found == SAID[said]
    assert text_definition(found.text()) == found


@pytest.mark.parametrize(
    ("said", "key", "message"),
    [
        ({"documents": "bm25"}, "documents", "`documents` must be tf-idf, found 'bm25'"),
        ({"documents": "tf-idf", "words": 0}, "words", "`words` must be a whole number of 1 or more, found 0"),
        ({"documents": "tf-idf", "words": True}, "words", "`words` must be a whole number of 1 or more, found true"),
        ({"documents": "tf-idf", "ngrams": 4}, "ngrams", "`ngrams` must be 1 to 3, found 4"),
        ({"documents": "tf-idf", "sublinear": "yes"}, "sublinear", "`sublinear` must be true or false, found 'yes'"),
        (
            {"documents": "tf-idf", "min_documents": 0.5},
            "min_documents",
            "`min_documents` must be a whole number of 1 or more, found 0.5",
        ),
        (
            {"documents": "tf-idf", "max_documents": 7},
            "max_documents",
            "`max_documents` must be a share of the documents, above 0 and up to 1, found 7",
        ),
        ({"documents": "tf-idf", "ngram": 2}, "ngram", "unknown key `ngram`"),
    ],
)
def test_faulty_definition(said: dict[str, Any], key: str, message: str) -> None:
    with pytest.raises(DefinitionFault) as caught:
        text_definition(said)
    assert (caught.value.key, caught.value.message) == (key, message)
    assert caught.value.advice


@pytest.mark.parametrize("layers", [["50 embedding", "mean", "1 logistic"], ["8 lstm", "last", "1 logistic"]])
def test_layers_that_read_words_in_a_row(layers: list[str]) -> None:
    with pytest.raises(ValueFault) as caught:
        Network.create("documents", layers)
    shown = layers[0]
    assert caught.value.message == (
        f"a document is one row, the weights of its words without their order, and layer 1 (`{shown}`) reads words in a row"
    )
    assert caught.value.advice == "begin with a dense layer, `16 tanh`, or say `inputs: words`"


def test_open_output() -> None:
    with pytest.raises(ValueFault, match="each document has one answer"):
        Network.create("documents", ["16 tanh", "softmax"])
