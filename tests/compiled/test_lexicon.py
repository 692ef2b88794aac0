"""The words of texts and their numbers: hand-worked texts, and Python's own functions as a second opinion."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from anncli.compiled import lexicon as module
from anncli.compiled import native_module
from anncli.compiled.lexicon import Lexicon, WordRule

PARTS = [
    "python",
    pytest.param("native", marks=pytest.mark.skipif(native_module() is None, reason="no compiled module")),
]


@pytest.fixture(params=PARTS)
def twin(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of reading, one after the other."""
    if request.param == "python":
        monkeypatch.setattr(module, "native_module", lambda: None)
    return str(request.param)


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
def test_words(twin: str, text: str) -> None:
    assert split(WordRule(), text) == AWKWARD[text]


def test_spaces_and_case(twin: str) -> None:
    assert split(WordRule(split="spaces", fold=False), " Well-known\u00a0'A'\t\x1cz\u2028E. ") == [
        "Well-known",
        "'A'",
        "z",
        "E.",
    ]


def test_least_counts_characters(twin: str) -> None:
    assert split(WordRule(least=2), "I am é 日本 a") == ["am", "日本"]


def test_ngrams_come_after_words(twin: str) -> None:
    assert split(WordRule(ngrams=3), "a b. A b") == ["a", "b", "a", "b", "a b", "b a", "a b", "a b a", "b a b"]
    assert split(WordRule(ngrams=3), "a b") == ["a", "b", "a b"]
    # A short word is left out before its neighbours are joined.
    assert split(WordRule(least=2, ngrams=2), "to a tee") == ["to", "tee", "to tee"]


def test_numbers_by_hand(twin: str) -> None:
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


def test_sequences_without_their_words(twin: str) -> None:
    lexicon = Lexicon(WordRule(ngrams=2), ["not good", "good"])
    assert found(lexicon, "not good", "good good") == [[2, 1, 0], [1, 1, 2]]
    assert Lexicon(WordRule(), ["not good", "", " ", "A"]).find(["not good A"])[0].tolist() == [4, 4, 4]


def test_no_texts_and_no_words(twin: str) -> None:
    empty: Any = Lexicon(WordRule())
    assert [part.tolist() for part in empty.find([])] == [[], [0]]
    assert [part.tolist() for part in empty.counted(["a b"])] == [[], [], [0, 0]]
    assert (len(empty), empty.words, empty.counts.tolist()) == (0, [], [])
    assert Lexicon(WordRule(), [""]).words == [""]


def test_some_words(twin: str) -> None:
    lexicon = Lexicon(WordRule(ngrams=2))
    lexicon.grow(["one two"])
    assert lexicon.words_of(np.array([2, 0, 2])) == ["one two", "one", "one two"]
    with pytest.raises(IndexError):
        lexicon.words_of(np.array([3]))


def test_what_is_no_text(twin: str) -> None:
    texts: Any = ["a", 5]
    with pytest.raises((TypeError, AttributeError)):
        Lexicon(WordRule()).find(texts)


def test_refusals(twin: str) -> None:
    with pytest.raises(ValueError, match="twice"):
        Lexicon(WordRule(), ["a", "b", "a"])
    for rule in (WordRule(split="letters"), WordRule(ngrams=4), WordRule(ngrams=0)):
        with pytest.raises(ValueError, match="no such rule"):
            Lexicon(rule)


def test_counts_of_random_texts(twin: str) -> None:
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


# Letters of many scripts and sizes in UTF-8, what joins and what parts them, and characters whose small form is special.
PIECES = [
    *"aAzZ09_ .,'-\t\n\x00\x1c\x1f\x7f", "\x85", "\xa0", "\xad", "ß", "ẞ", "é", "É", "e\u0301", "Σ", "ΑΣ", "ς", "İ", "ı", "ǅ", "K",
    "\u2028", "\u3000", "\u200b", "\u200d", "日", "本", "한", "٣", "½", "²", "Ⅷ", "ⓐ", "😀", "👩\u200d🔬", "𐐀", "𝔘", "\ud800", "\udfff", "\U0010ffff",
    "the", "of ", " and", "in", "THE", "longer", "internationalisation", "x" * 40,
]  # fmt: skip


def random_texts(rng: np.random.Generator, n: int) -> list[str]:
    texts = []
    for _ in range(n):
        kinds = rng.choice(len(PIECES), rng.integers(1, 12))
        texts.append("".join(PIECES[k] for k in rng.choice(kinds, rng.choice([0, 3, 30, 63, 64, 65, 300]))))
    # Words around the sizes at which the compiled code looks at a text in pieces.
    edges = [
        " " * a + "w" * b + ("" if a % 2 else " é")
        for a in (0, 1, 63, 64, 4090, 4096)
        for b in (1, 7, 8, 9, 16, 17, 64, 5000)
    ]
    return [*texts, *edges, "", " ", "a" * 70_000, "ab " * 30_000]


RULES = [
    WordRule(), WordRule(fold=False), WordRule(split="spaces"), WordRule(split="spaces", fold=False, least=3),
    WordRule(least=2), WordRule(least=2, ngrams=2), WordRule(ngrams=3), WordRule(split="spaces", ngrams=3, least=9),
]  # fmt: skip


@pytest.mark.skipif(native_module() is None, reason="no compiled module")
@pytest.mark.parametrize(
    "rule",
    [pytest.param(rule, marks=[pytest.mark.slow] * (k not in (0, 3, 5))) for k, rule in enumerate(RULES)],
    ids=str,
)
def test_twins_agree(rule: WordRule, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(RULES.index(rule))
    texts = random_texts(rng, 1000)
    given = ["a", "the", "of and", "é", "", " ", "x ", "a b c d", "\ud800", "longer than eight"]
    native = Lexicon(rule, given)
    monkeypatch.setattr(module, "native_module", lambda: None)
    python = Lexicon(rule, given)
    unseen = random_texts(rng, 100)
    for part in (texts[:500], texts[500:]):
        same(native.grow(part), python.grow(part))
        assert len(native) == len(python)
        same((native.counts, native.documents), (python.counts, python.documents))
        same(native.find(unseen), python.find(unseen))
        same(native.counted(unseen), python.counted(unseen))
    assert native.words == python.words


def same(ones: tuple[Any, ...], others: tuple[Any, ...]) -> None:
    for one, other in zip(ones, others, strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)


@pytest.mark.slow
@pytest.mark.skipif(native_module() is None, reason="no compiled module")
def test_every_character(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["".join(map(chr, range(start, start + 256))) for start in range(0, 0x110000, 256)]
    for rule in (WordRule(), WordRule(split="spaces", fold=False)):
        monkeypatch.undo()
        native = Lexicon(rule)
        monkeypatch.setattr(module, "native_module", lambda: None)
        python = Lexicon(rule)
        same(native.grow(texts), python.grow(texts))
        assert native.words == python.words
