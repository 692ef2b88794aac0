"""Near words, analogies and pairs of words on vectors whose angles are known."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.errors import ValueFault
from anncli.inference.analogies import AnalogyScore, score_analogies
from anncli.inference.similar_words import Term, similar_words
from anncli.inference.terms import read_terms
from anncli.inference.word_pairs import WordPair, score_pairs
from anncli.network.word_vectors import WordVectors

# Of different lengths, which must not matter. queen = king - man + woman, all of length 1, but for its own length.
KNOWN = WordVectors(
    ("king", "man", "woman", "queen", "apple", "nothing"),
    np.array([[3, 0, 4], [5, 0, 0], [0, 2, 0], [-0.2, 0.5, 0.4], [0, 0, -1], [0, 0, 0]], dtype=np.float32),
)


def test_cosines_by_hand() -> None:
    near = similar_words(KNOWN, [Term("king")], 10)
    # cos(king, queen) = (-0.6 + 1.6) / (5 * 0.67082), man 3 / 5, woman 0, apple -4 / 5.
    assert [each.word for each in near] == ["man", "queen", "woman", "apple"]
    assert [each.cosine for each in near] == pytest.approx([0.6, 0.2981424, 0, -0.8], abs=1e-6)
    assert len(similar_words(KNOWN, [Term("king")], 2)) == 2


def test_sums_of_unit_vectors_leave_their_own_words_out() -> None:
    (near, *_) = similar_words(KNOWN, [Term("king"), Term("man", -1), Term("woman")], 3)
    # (0.6, 0, 0.8) - (1, 0, 0) + (0, 1, 0) = (-0.4, 1, 0.8), twice queen.
    assert near.word == "queen"
    assert near.cosine == pytest.approx(1, abs=1e-6)
    # Lengths do not matter: man is 5 long and woman 2, and both are as near to their sum.
    assert [each.word for each in similar_words(KNOWN, [Term("man"), Term("woman")], 2)] == ["king", "queen"]


def test_words_that_are_not_known() -> None:
    with pytest.raises(ValueFault) as caught:
        similar_words(KNOWN, [Term("qeen")], 3)
    assert (caught.value.message, caught.value.advice) == (
        "the network does not know the word 'qeen'",
        "did you mean 'queen'?",
    )
    with pytest.raises(ValueFault) as caught:
        similar_words(KNOWN, [Term("xylophone")], 3)
    assert caught.value.advice == "it knows 6 words; ann info lists them"
    with pytest.raises(ValueFault, match="cancel each other out"):
        similar_words(KNOWN, [Term("king"), Term("king", -1)], 3)
    with pytest.raises(ValueFault, match="cancel each other out"):
        similar_words(KNOWN, [Term("nothing")], 3)
    # Where no word has capitals, they can only be meant otherwise.
    assert similar_words(KNOWN, [Term("King")], 1)[0].word == "man"
    with pytest.raises(ValueFault, match="'King'"):
        similar_words(WordVectors(("king", "USA"), np.eye(2, dtype=np.float32)), [Term("King")], 1)


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("king - man + woman", [("king", 1), ("man", -1), ("woman", 1)]),
        ("king -man +woman", [("king", 1), ("man", -1), ("woman", 1)]),
        ("king queen", [("king", 1), ("queen", 1)]),
        ("- man", [("man", -1)]),
        ("well-known - x-ray", [("well-known", 1), ("x-ray", -1)]),
    ],
)
def test_terms(typed: str, terms: list[tuple[str, int]]) -> None:
    assert read_terms(typed.split(" ")) == terms
    assert read_terms([typed]) == terms


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("king - + man", "`+` follows another sign"),
        ("king -", "no word follows the last sign"),
        ("", "no word is given"),
        ("king - -man", "`-` follows another sign"),
    ],
)
def test_terms_that_are_no_sum(typed: str, message: str) -> None:
    with pytest.raises(ValueFault) as caught:
        read_terms(typed.split(" "))
    assert caught.value.message == message


def test_analogies_by_section() -> None:
    sections = [
        ("royal", [("man", "king", "woman", "queen"), ("Man", "King", "WOMAN", "queen"), ("man", "king", "woman", "apple")]),
        ("none", [("man", "king", "woman", "duchess")]),
    ]  # fmt: skip
    scores = score_analogies(KNOWN, sections)
    assert scores == [
        AnalogyScore("royal", 2, 3, 0),
        AnalogyScore("none", 0, 0, 1),
        AnalogyScore("total", 2, 3, 1),
    ]
    assert scores[1].fraction is None
    # queen is the fourth word.
    assert score_analogies(KNOWN, sections, 3)[-1] == AnalogyScore("total", 0, 0, 4)
    with_capitals = WordVectors(("king", "man", "woman", "queen", "USA", "nothing"), KNOWN.vectors)
    assert score_analogies(with_capitals, sections)[0] == AnalogyScore("royal", 1, 1, 2)


def test_a_question_is_not_answered_by_its_own_words() -> None:
    # b - a + c is nearest to b itself.
    known = WordVectors(
        ("a", "b", "c", "d"), np.array([[1, 0, 0], [0, 1, 0], [1, 0.1, 0], [0, 0.5, 1]], dtype=np.float32)
    )
    assert score_analogies(known, [("", [("a", "b", "c", "d")])])[-1].right == 1


def test_many_questions_are_answered_as_single_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    known = WordVectors(tuple(f"w{k}" for k in range(60)), rng.normal(size=(60, 5)).astype(np.float32))
    picked = [tuple(known.words[k] for k in rng.integers(0, 60, 4)) for _ in range(300)]
    right = 0
    for a, b, c, d in picked:
        near = similar_words(known, [Term(b), Term(a, -1), Term(c)], 1)
        right += near[0].word == d
    monkeypatch.setattr("anncli.inference.analogies._MOST_COSINES", 60 * 7)
    assert score_analogies(known, [("", picked)])[-1] == AnalogyScore("total", right, 300, 0)  # type: ignore[list-item]


def test_pairs_by_hand() -> None:
    pairs = [
        WordPair("king", "man", 9),
        WordPair("King", "queen", 5),
        WordPair("king", "apple", 1),
        WordPair("king", "pear", 9),
    ]
    score = score_pairs(KNOWN, pairs)
    # The cosines 0.6, 0.298 and -0.8 are in the order of the scores.
    assert (score.spearman, score.interval, score.compared, score.left_out) == (1.0, None, 3, 1)
    assert score_pairs(KNOWN, pairs, 3).compared == 1
    assert score_pairs(KNOWN, [WordPair("a", "b", 1)]).spearman == "there are fewer than two pairs"
