"""The words of texts and their numbers: hand-worked texts, and Python's own functions as a second opinion."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from anncli.compiled.lexicon import Lexicon, WordRule


def found(lexicon: Lexicon, *texts: str) -> list[list[int]]:
    numbers, starts = lexicon.find(texts)
    assert numbers.dtype == np.int32
    assert starts.dtype == np.int64
    return [numbers[a:b].tolist() for a, b in pairwise(starts)]


def split(rule: WordRule, text: str) -> list[str]:
    lexicon = Lexicon(rule)
    numbers, _ = lexicon.grow([text])
    words = lexicon.words
    return [words[number] for number in numbers]


AWKWARD = {
    "": [],
    "The cat_1, the CAT's": ["the", "cat_1", "the", "cat", "s"],
    "na\u0308ive cafe\u0301": ["na", "ive", "cafe"],  # a combining mark is no letter
    "ΟΔΥΣΣΕΥΣ ΣΑΣ.": ["οδυσσευς", "σας"],  # the last sigma of a word has its own form
    "İstanbul": ["i", "stanbul"],  # small: i and a combining dot
    "a\x00b": ["a", "b"],
    "x\ud800y": ["x", "y"],
    "straße ǅ ½ ² ٣": ["straße", "ǆ", "½", "²", "٣"],
    "日本語 😀 ok": ["日本語", "ok"],
    "𐐀𐐁 K": ["𐐨𐐩", "k"],  # letters beyond the first plane; the Kelvin sign
}


@pytest.mark.parametrize("text", AWKWARD)
def test_words(text: str) -> None:
    assert split(WordRule(), text) == AWKWARD[text]


def test_spaces_and_case() -> None:
    assert split(WordRule(split="spaces", fold=False), " Well-known\u00a0'A'\t\x1cz\u2028E. ") == [
        "Well-known",
        "'A'",
        "z",
        "E.",
    ]


def test_least_counts_characters() -> None:
    assert split(WordRule(least=2), "I am é 日本 a") == ["am", "日本"]


def test_ngrams_come_after_words() -> None:
    assert split(WordRule(ngrams=3), "a b. A b") == ["a", "b", "a", "b", "a b", "b a", "a b", "a b a", "b a b"]
    assert split(WordRule(ngrams=3), "a b") == ["a", "b", "a b"]
    # A short word is left out before its neighbours are joined.
    assert split(WordRule(least=2, ngrams=2), "to a tee") == ["to", "tee", "to tee"]


def test_numbers_by_hand() -> None:
    lexicon = Lexicon(WordRule(), ["dog"])
    numbers, starts = lexicon.grow(["a cat, a dog", "", "cat"])
    assert numbers.tolist() == [1, 2, 1, 0, 2]
    assert starts.tolist() == [0, 4, 4, 5]
    assert lexicon.words == ["dog", "a", "cat"]
    assert lexicon.counts.tolist() == [1, 2, 2]
    assert lexicon.documents.tolist() == [1, 1, 2]
    lexicon.grow(["dog dog"])
    assert (lexicon.counts.tolist(), lexicon.documents.tolist()) == ([3, 2, 2], [2, 1, 2])
    assert found(lexicon, "the cat", "dog") == [[3, 2], [0]]
    numbers, counts, starts = lexicon.counted(["the cat a cat", "the", "dog"])
    assert (numbers.tolist(), counts.tolist(), starts.tolist()) == ([1, 2, 0], [1, 2, 1], [0, 2, 2, 3])
    assert [part.dtype.itemsize for part in (numbers, counts, starts)] == [4, 4, 8]


def test_sequences_without_their_words() -> None:
    lexicon = Lexicon(WordRule(ngrams=2), ["not good", "good"])
    assert found(lexicon, "not good", "good good") == [[2, 1, 0], [1, 1, 2]]
    assert Lexicon(WordRule(), ["not good", "", " ", "A"]).find(["not good A"])[0].tolist() == [4, 4, 4]


def test_no_texts_and_no_words() -> None:
    empty: Any = Lexicon(WordRule())
    assert [part.tolist() for part in empty.find([])] == [[], [0]]
    assert [part.tolist() for part in empty.counted(["a b"])] == [[], [], [0, 0]]
    assert (len(empty), empty.words, empty.counts.tolist()) == (0, [], [])


def test_refusals() -> None:
    with pytest.raises(ValueError, match="twice"):
        Lexicon(WordRule(), ["a", "b", "a"])
    for rule in (WordRule(split="letters"), WordRule(ngrams=4), WordRule(ngrams=0)):
        with pytest.raises(ValueError, match="no such rule"):
            Lexicon(rule)


def test_counts_of_random_texts() -> None:
    rng = np.random.default_rng(3)
    letters = np.array([*"aAbB  ..é_7ßσΣ"])
    texts = ["".join(rng.choice(letters, rng.integers(0, 40))) for _ in range(200)]
    lexicon = Lexicon(WordRule())
    lexicon.grow(texts[:100])
    lexicon.grow(texts[100:])
    each = [re.findall(r"\w+", text.lower()) for text in texts]
    total = Counter(word for words in each for word in words)
    apart = Counter(word for words in each for word in set(words))
    assert dict(zip(lexicon.words, lexicon.counts.tolist(), strict=True)) == dict(total)
    assert dict(zip(lexicon.words, lexicon.documents.tolist(), strict=True)) == dict(apart)
    assert lexicon.words == list(total)
