"""Which words decide: effects that are computed by hand from known weights."""

from __future__ import annotations

import math

import numpy as np
import pytest

from anncli.analysis.left_out import WordForm, left_out
from anncli.analysis.text_scores import probabilities, text_scores, unit_of
from anncli.analysis.word_effects import least_texts, text_effects, word_effects
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.network import Network

# The weights of ' ', 'a' and 'b', and of any other character.
WEIGHTS = {" ": 0.25, "a": 1.0, "b": -2.0, "?": 8.0}
BIAS = 0.5


def summing(layer: str = "1 logistic", parameters: list[float] | None = None, **rest: object) -> Network:
    """A network that adds the weights of the characters of a text up."""
    network = Network.create("characters", [layer], **rest).with_vocabulary(CharacterEncoder((" ", "a", "b")))
    network.set_parameters(np.array([BIAS, *WEIGHTS.values()] if parameters is None else parameters))
    return network


@pytest.mark.parametrize(
    ("text", "form", "words", "counts", "rest"),
    [
        ("a b a", WordForm(), ("a", "b"), (2, 1), ("b", "a a")),
        (
            "so very very good",
            WordForm(),
            ("so", "very", "good"),
            (1, 2, 1),
            ("very very good", "so good", "so very very"),
        ),
        ("One, two; one", WordForm(), ("one", "two"), (2, 1), (", two;", "one,; one")),
        ("One one", WordForm(fold=False), ("One", "one"), (1, 1), ("one", "One")),
        ("it's  so_so", WordForm(), ("it", "s", "so_so"), (1, 1, 1), ("'s  so_so", "it'  so_so", "it's ")),
        ("it's 1.5 x", WordForm("spaces"), ("it's", "1.5", "x"), (1, 1, 1), ("1.5 x", "it's x", "it's 1.5")),
        ("Żółw żółw\tя", WordForm(), ("żółw", "я"), (2, 1), ("\tя", "żółw żółw\t")),
        ("İz az", WordForm(), ("i", "z", "az"), (1, 1, 1), ("\u0307z az", "i\u0307 az", "i\u0307z")),
        ("?!", WordForm(), (), (), ()),
    ],
)
def test_a_text_without_each_of_its_words(
    text: str, form: WordForm, words: tuple[str, ...], counts: tuple[int, ...], rest: tuple[str, ...]
) -> None:
    found = left_out(text, form)
    assert (found.words, found.counts, tuple(found.texts()), found.n_more) == (words, counts, rest, 0)
    some = left_out(text, form, 1)
    assert (some.words, some.n_more) == (words[:1], max(0, len(words) - 1))


def test_log_odds_are_the_sum_below_the_logistic_function_also_where_it_is_rounded_to_one() -> None:
    network = summing()
    scores = text_scores(network, ["", "ab", "aaa b", "a" * 50])
    assert scores[:, 0].tolist() == [0.5, -0.5, 1.75, 50.5]
    assert network.predict(["a" * 50])[0, 0] == 1
    assert probabilities(network, scores)[:3, 0] == pytest.approx(network.predict(["", "ab", "aaa b"])[:, 0])


def test_log_odds_of_softmax_are_those_of_a_class_against_all_others() -> None:
    # Biases 0, 1, 2 in row 0, then the rows of ' ', 'a', 'b' and the others.
    rows = [[0, 1, 2], [0, 0, 0], [3, 0, 0], [0, 0, 5], [0, 0, 0]]
    network = summing("3 softmax", np.ravel(rows).tolist())
    found = text_scores(network, ["a"])[0]
    sums = [3, 1, 2]
    for k, own in enumerate(sums):
        others = sum(math.exp(z) for j, z in enumerate(sums) if j != k)
        assert found[k] == pytest.approx(own - math.log(others), rel=1e-6)
    assert probabilities(network, found) == pytest.approx(network.predict(["a"])[0])
    # 40 times b: e^-198 of the first class is far below what 32 bits hold.
    assert text_scores(network, ["b" * 40])[0, 0] == pytest.approx(-202, rel=1e-6)


def test_scores_that_are_no_probabilities_stay_as_they_are() -> None:
    network = summing("1 tanh")
    assert unit_of(network) == "score"
    assert unit_of(summing()) == "log odds"
    assert text_scores(network, ["ab"])[0, 0] == pytest.approx(math.tanh(-0.5), rel=1e-6)


def test_an_ensemble_has_the_log_odds_of_its_mean() -> None:
    network = summing()
    network.set_members([np.array([0.5, 0, 1, 0, 0]), np.array([0.5, 0, -1, 0, 0])])
    logistic = lambda z: 1 / (1 + math.exp(-z))  # noqa: E731
    mean = (logistic(1.5) + logistic(-0.5)) / 2
    assert text_scores(network, ["a"])[0, 0] == pytest.approx(math.log(mean / (1 - mean)), rel=1e-5)


def test_the_change_by_a_word_is_the_sum_of_the_weights_that_go_with_it() -> None:
    found = text_effects(summing(), ["aa b ab aa"])[0]
    assert (found.words, found.counts) == (("aa", "b", "ab"), (2, 1, 1))
    # 5 a, 2 b and 3 blanks.
    assert found.scores.tolist() == [0.5 + 5 - 4 + 0.75]
    # 'aa' at both places goes with a blank each, 'b' and 'ab' with one.
    assert found.changes[:, 0].tolist() == [4 + 0.5, -2 + 0.25, 1 - 2 + 0.25]
    assert text_effects(summing(), ["??"])[0].words == ()


def test_a_word_that_cannot_be_left_out_has_no_change() -> None:
    network = Network.create("characters", ["2 embedding", "last", "1 logistic"]).with_vocabulary(
        CharacterEncoder(("a", "b"))
    )
    network.set_parameters(np.arange(network.topology.n_parameters) / 10)
    found = text_effects(network, ["ab", "a b"])
    assert np.isnan(found[0].changes).all()
    assert not np.isnan(found[1].changes).any()
    assert [(one.word, one.n_texts) for one in word_effects(found)] == [("a", 1), ("b", 1)]


def test_means_and_deviations_are_over_the_texts_that_contain_a_word() -> None:
    effects = text_effects(summing(), ["a b", "aa a", "a", "?"])
    changes = {"a": [1 + 0.25, 1 + 0.25, 1.0], "b": [-2 + 0.25], "aa": [2 + 0.25]}
    found = word_effects(effects)
    assert [one.word for one in found] == ["a", "aa", "b"]
    for one in found:
        own = changes[one.word]
        assert one.n_texts == len(own)
        assert one.means[0] == pytest.approx(np.mean(own))
        assert one.deviations[0] == pytest.approx(np.std(own, ddof=1) if len(own) > 1 else 0)
        assert one.spreads[0] == pytest.approx(np.std([*own, *[0] * (4 - len(own))]))
    assert [one.word for one in word_effects(effects, 2)] == ["a"]
    assert word_effects([]) == []
    assert [least_texts(n) for n in (1, 400, 401, 1000)] == [2, 2, 3, 5]


def test_portions_of_texts_and_threads_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, done = ["a b", "aa a", "bb ab b"], list[int]()
    whole = text_effects(summing(), texts, 2)
    monkeypatch.setattr("anncli.analysis.word_effects._PORTION", 1)
    parts = text_effects(summing(), texts, 1, lambda n, _: done.append(n))
    assert done == [1, 2, 3]
    assert all((a.changes == b.changes).all() for a, b in zip(whole, parts, strict=True))


def test_a_book_is_never_held_as_often_as_it_has_words(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, sizes = ["a b ab ba aa", "?", "bb ab b"], list[int]()
    whole = text_effects(summing(), texts)

    def scores(network: Network, some: list[str], threads: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        sizes.append(sum(map(len, some)))
        return text_scores(network, some, threads)

    monkeypatch.setattr("anncli.analysis.word_effects.text_scores", scores)
    monkeypatch.setattr("anncli.analysis.word_effects._MOST", 20)
    parts = text_effects(summing(), texts)
    assert len(sizes) > 2
    assert max(sizes) <= 20 + len(texts[0])
    assert [one.words for one in parts] == [one.words for one in whole]
    assert all((a.changes == b.changes).all() for a, b in zip(whole, parts, strict=True))
