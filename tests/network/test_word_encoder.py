"""The words of a network: vocabularies and tokens by hand, and what `inputs:` says."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.errors import ValueFault
from anncli.network.encoders.settings import DefinitionFault, parse_flow
from anncli.network.encoders.text import text_definition
from anncli.network.encoders.words import WordEncoder, WordInputs
from anncli.network.network import Network

TEXTS = ["The cat sat on the mat.", "the dog; a dog's mat", "Ärger, a_b 12"]


def test_words_stand_by_their_counts_and_then_by_their_letters() -> None:
    found = WordInputs().fitted(TEXTS)
    assert found.symbols == ("the", "dog", "mat", "12", "a", "a_b", "cat", "on", "s", "sat", "ärger")
    assert found.counts == (3, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1)
    assert (found.width, found.unknown) == (12, 11)
    assert WordInputs(min_count=2).fitted(TEXTS).symbols == ("the", "dog", "mat")
    assert WordInputs(words=2).fitted(TEXTS).symbols == ("the", "dog")
    assert WordInputs(words=2, min_count=3).fitted(TEXTS) == WordEncoder(("the",), (3,), WordInputs(2, 3))
    assert WordInputs(case="keep").fitted(TEXTS[:1]).symbols == ("The", "cat", "mat", "on", "sat", "the")
    spaces = WordInputs(split="spaces").fitted(TEXTS[:2])
    assert spaces.symbols == ("the", "a", "cat", "dog's", "dog;", "mat", "mat.", "on", "sat")
    assert WordInputs().fitted([]).symbols == ()


def test_tokens_are_places_and_a_text_without_words_is_one_unknown_word() -> None:
    encoder = WordInputs(words=3).fitted(TEXTS)
    found = encoder.tokens(["The MAT, the bat", "", "dog", " ...\n", ""])
    assert found.indices.tolist() == [0, 2, 0, 3, 3, 1, 3, 3]
    assert found.starts.tolist() == [0, 4, 5, 6, 7, 8]
    assert found.values.tolist() == [1.0] * 8
    assert (found.width, found.indices.dtype) == (4, np.int32)
    assert encoder.encode("the the").tolist() == [0, 0]
    assert encoder.strange("the Bat and the bat sat") == ["bat", "and", "sat"]
    assert len(encoder.tokens([])) == 0


def test_folding_that_changes_the_number_of_words_is_done_before_they_are_counted() -> None:
    # The small form of this letter has a combining dot, which is no letter.
    definition = WordInputs()
    assert definition.symbols_of("\u0130stanbul") == ["i", "stanbul"]
    assert definition.fitted(["\u0130stanbul"]).encode("\u0130stanbul").tolist() == [0, 1]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("words", WordInputs()),
        (" Words ", WordInputs()),
        ("{words: auto}", WordInputs()),
        ("{words: 20000, min_count: 2, case: keep, split: spaces}", WordInputs(20000, 2, "keep", "spaces")),
        ({"words": 7, "case": "lower"}, WordInputs(7)),
        ("9", None),
        ("{spikes: 5}", None),
        (12, None),
    ],
)
def test_what_inputs_says(said: object, meant: WordInputs | None) -> None:
    found = text_definition(said)
    assert found == meant
    if meant is not None:
        assert text_definition(meant.text()) == meant


@pytest.mark.parametrize(
    ("said", "key", "message"),
    [
        ("{words: 0}", "words", "`words` must be a whole number of 1 or more, found 0"),
        ("{words: many}", "words", "`words` must be a whole number of 1 or more, found 'many'"),
        ({"words": True}, "words", "`words` must be a whole number of 1 or more, found true"),
        ({"words": [1]}, "words", "`words` must be a whole number of 1 or more, found several values"),
        ("{words: 5, min_count: 0}", "min_count", "`min_count` must be a whole number of 1 or more, found 0"),
        ("{words: 5, case: upper}", "case", "`case` must be lower or keep, found 'upper'"),
        ("{words: 5, split: tabs}", "split", "`split` must be words or spaces, found 'tabs'"),
        ("{words: 5, mincount: 2}", "mincount", "unknown key `mincount`"),
        ("{words: 5 6}", None, "expected `key: value`, found 'words: 5 6'"),
        ({"characters": 5}, "characters", "`characters` has no settings"),
    ],
)
def test_faults_of_what_inputs_says(said: object, key: str | None, message: str) -> None:
    with pytest.raises(DefinitionFault) as caught:
        text_definition(said)
    assert (caught.value.key, caught.value.message) == (key, message)


def test_flow_values() -> None:
    assert parse_flow("{a: 1, b: true, c: false, d: x-y}") == {"a": 1, "b": True, "c": False, "d": "x-y"}


def test_uses_of_a_network_of_words() -> None:
    def use(*layers: str) -> str:
        return Network.create("words", layers).text_use

    assert use("4 embedding", "mean", "3 softmax") == "classes"
    assert use("4 embedding", "8 lstm", "softmax") == "next"
    assert use("4 embedding", "window 2", "3 softmax") == "tags"
    assert Network.create(9, ["3 softmax"]).text_use == ""
    assert Network.create("words", ["4 lstm", "softmax"]).next_noun == "word"


def test_a_network_that_would_see_the_next_word_is_refused_with_the_three_ways_out() -> None:
    with pytest.raises(ValueFault) as caught:
        Network.create("words", ["4 embedding", "window 2", "softmax"])
    assert caught.value.message == "layer 2 (`window 2`) reads what follows a word, and the network is to predict the next one"  # fmt: skip
    assert caught.value.advice == "write `64 lstm`, or one row of many for a class of each line: `last`, `mean` or `max`, or `K softmax` for K tags of each word"  # fmt: skip
