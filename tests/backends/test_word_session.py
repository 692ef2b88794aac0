"""Word vectors: single steps against numbers worked by hand, draws, the compiled steps against numpy's, gradients, and what they converge to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.analysis.word_gradient import check_word_gradient
from anncli.backends.word_draws import Window, epoch_key
from anncli.backends.word_session import WordSession
from anncli.backends.word_steps import Rates, WordVectors, learn
from anncli.backends.word_tables import keep_limits, noise_table, word_tree
from anncli.compiled import native_module
from anncli.network.layers import read_layer
from anncli.network.layers.base import Shape
from anncli.network.topology import Topology

LAYERS = (
    "skip-gram",
    "cbow negative 3 window 2",
    "skip-gram hierarchical subsample 0.05",
    "cbow hierarchical window 9",
)
V = 30


def text(n: int = 1500, seed: int = 1) -> tuple[Any, Any]:
    """Sentences of 1 to 60 words, some of them frequent."""
    rng = np.random.default_rng(seed)
    tokens = np.minimum(rng.geometric(0.12, n) - 1, V - 1).astype(np.int32)
    starts = np.r_[0, np.unique(rng.integers(1, n, n // 20)), n].astype(np.int64)
    return tokens, starts


def session(layer: str, d: int, compiled: bool = True, seed: int = 3) -> WordSession:
    return WordSession(Topology(Shape(V, None, None, True), [f"{d} embedding", layer]), *text(), seed, compiled)


def parameters(of: WordSession) -> Any:
    return np.random.default_rng(2).normal(0, 0.4, of.topology.n_parameters).astype(np.float32)


# The word in the middle has U = (1, 2); a word with O = (0.5, -0.25) should be near, one with O = (0.2, 0.4) should not.
#   scores 0 and 1: s = 0.5 and 0.7310586, e = s - label = -0.5 and 0.7310586, loss log 2 + log(1 + exp 1) = 2.0064089
#   rate 0.1: O1 -= 0.1 * -0.5 * (1, 2), O2 -= 0.1 * 0.7310586 * (1, 2)
#   slope of v: -0.5 * (0.5, -0.25) + 0.7310586 * (0.2, 0.4) = (-0.1037883, 0.4174234)
O_AFTER = [[9.0, 9.0], [0.55, -0.15], [0.1268941, 0.2537883]]
LOSS = 2.0064089


@pytest.mark.parametrize("kind", ["skip-gram", "cbow"])
def test_a_step_worked_by_hand(kind: str) -> None:
    outputs = np.array([[9.0, 9.0], [0.5, -0.25], [0.2, 0.4]])
    if kind == "skip-gram":
        inputs, after = np.array([[1.0, 2.0], [7, 7], [7, 7]]), [[1.0103788, 1.9582577], [7, 7], [7, 7]]
    else:
        # v is the mean of two words, and each gets half of the slope.
        inputs = np.array([[7.0, 7], [1, 0], [1, 4]])
        after = [[7, 7], [1.0051894, -0.0208712], [1.0051894, 3.9791288]]
    window = Window(0, 0, np.array([1, 2]), np.array([1, 2]), np.array([1.0, 0.0]), 1)
    vectors = WordVectors(inputs, outputs)
    layer: Any = read_layer(kind)
    assert learn(layer, iter([window]), vectors, vectors, Rates(0.1)) == (pytest.approx(LOSS, abs=1e-7), 1)
    assert np.allclose(outputs, O_AFTER, atol=1e-7)
    assert np.allclose(inputs, after, atol=1e-7)


def test_the_tree_of_three_words() -> None:
    # Counts 5, 2, 1: words 2 and 1 meet at node 0, of which word 2 is the first child; node 0 is the first child of the root, node 1.
    starts, path = word_tree(np.array([5, 2, 1]))
    assert starts.tolist() == [0, 1, 3, 5]
    assert path.tolist() == [2, 3, 0, 3, 1]
    # Of equal counts the order is fixed.
    assert word_tree(np.array([1, 1, 1, 1])).path.tolist() == word_tree(np.array([1, 1, 1, 1])).path.tolist()
    lengths = np.diff(word_tree(np.array([40, 30, 20, 10])).starts)
    assert lengths.tolist() == [1, 2, 3, 3]


def test_the_noise_table_holds_the_distribution() -> None:
    counts = np.array([900, 300, 50, 7, 1])
    limit, other = noise_table(counts)
    own = (limit.astype(float) + 1) / 2**32
    found = own / 5
    np.add.at(found, other, (1 - own) / 5)
    assert np.allclose(found, counts**0.75 / (counts**0.75).sum(), atol=1e-9)


def test_frequent_words_are_left_out_now_and_then() -> None:
    # f/s = 50 and 0.5: (sqrt(50) + 1) / 50 = 0.16142..., and 1.
    limits = keep_limits(np.array([5000, 50, 4950]), 0.01)
    assert limits[0] / 2**32 == pytest.approx((50**0.5 + 1) / 50, abs=1e-9)
    assert limits[1] == 2**32 - 1
    assert (keep_limits(np.array([5000, 50]), 0) == 2**32 - 1).all()


@pytest.mark.slow
def test_windows_and_noise_words_are_drawn_as_said() -> None:
    of = session("skip-gram window 3 negative 2 subsample 0.2", 2, compiled=False)
    windows = list(of.windows(0, 0, len(of.tokens)))
    around = [len(window.around) for window in windows]
    assert set(around) == set(range(1, 7))
    assert all(len(w.rows) == 3 * len(w.around) and (w.rows[::3] == w.around).all() for w in windows)
    noise = np.concatenate([w.rows.reshape(-1, 3)[:, 1:].ravel() for w in windows])
    parts = np.bincount(of.tokens, minlength=V) ** 0.75
    assert np.abs(np.bincount(noise, minlength=V) / len(noise) - parts / parts.sum()).max() < 0.02
    other = list(of.windows(1, 0, len(of.tokens)))
    assert [w.rows.tolist() for w in windows] != [w.rows.tolist() for w in other]
    # A piece draws what the whole draws there.
    piece = list(of.windows(0, 1000, 1200))
    assert [w.rows.tolist() for w in piece] == [w.rows.tolist() for w in windows if 1000 <= w.place < 1200]
    assert epoch_key(7, 0) != epoch_key(7, 1) != epoch_key(8, 1)


@pytest.mark.parametrize("d", [1, 20])
@pytest.mark.parametrize("layer", LAYERS)
def test_compiled_steps_equal_those_of_numpy(layer: str, d: int) -> None:
    one, other = session(layer, d), session(layer, d, compiled=False)
    if not one.is_compiled:
        pytest.skip("no compiled code")
    native: Any = native_module()
    for variant in native.variants():
        one._variant = variant
        mine, theirs = parameters(one), parameters(one)
        found = one.train(mine, 1, 50, 250, Rates(0.05, 1e-5, 1e-4))
        wanted = other.train(theirs, 1, 50, 250, Rates(0.05, 1e-5, 1e-4))
        # With one other noise word these numbers would be far apart.
        assert found[1] == wanted[1]
        assert found[0] == pytest.approx(wanted[0], rel=1e-6)
        assert np.abs(mine - theirs).max() < 2e-5


def test_the_pieces_of_a_training_decide_nothing() -> None:
    of = session("skip-gram", 8)
    whole, pieces = parameters(of), parameters(of)
    of.train(whole, 0, 0, 1500, Rates(0.05))
    for first in range(0, 1500, 7):
        of.train(pieces, 0, first, min(1500, first + 7), Rates(0.05))
    assert (whole == pieces).all()


@pytest.mark.parametrize("layer", LAYERS)
def test_the_gradient_is_that_of_the_loss(layer: str) -> None:
    of = session(layer, 5)
    rng = np.random.default_rng(4)
    found = check_word_gradient(of, parameters(of), np.arange(6), rng, 120)
    assert found.checked > 60
    assert found.error < 1e-5
    assert found.backend_error < 1e-5
    assert abs(found.difference) > 0


def test_a_wrong_gradient_is_found() -> None:
    class Undivided(WordSession):
        """Adds the slope of a mean undivided, as other programs do."""

        def gradient(self, parameters: Any, out: Any, rows: Any = None) -> float:
            loss = super().gradient(parameters, out, rows)
            self.topology.blocks(out)[0][0][...] *= 2
            return loss

    of = session("cbow", 5)
    wrong = Undivided(of.topology, of.tokens, of.starts, of.seed)
    assert check_word_gradient(wrong, parameters(of), np.arange(6), np.random.default_rng(4), 120).backend_error > 0.1


@pytest.mark.slow
def test_the_vectors_converge_to_pointwise_mutual_information() -> None:
    """At the optimum O_c . U_w = log P(w, c) / (P(w) k Pn(c)), Pn the distribution of the noise (Levy & Goldberg 2014)."""
    rng = np.random.default_rng(5)
    near = rng.gamma(0.6, size=(V, V)) + 0.05
    chances = np.cumsum(near / near.sum(axis=1, keepdims=True), axis=1)
    tokens = [0]
    for drawn in rng.random(60_000):
        tokens.append(min(V - 1, int(np.searchsorted(chances[tokens[-1]], drawn))))
    words, starts = np.array(tokens, dtype=np.int32), np.array([0, len(tokens)], dtype=np.int64)
    topology = Topology(Shape(V, None, None, True), [f"{V + 2} embedding", "skip-gram window 1 negative 4 subsample 0"])
    of = WordSession(topology, words, starts, 1)
    point = rng.normal(0, 0.1, topology.n_parameters).astype(np.float32)
    epochs = 120 if of.is_compiled else 8
    for epoch in range(epochs):
        of.train(point, epoch, 0, len(words), Rates(0.08 * (1 - epoch / epochs) + 1e-4))
    (inputs,), (outputs,) = topology.blocks(point)
    pairs = np.zeros((V, V))
    np.add.at(pairs, (words[:-1], words[1:]), 1)
    pairs += pairs.T
    noise = np.bincount(words, minlength=V) ** 0.75
    wanted = pairs / pairs.sum(axis=1, keepdims=True) / (4 * noise / noise.sum())
    seen = pairs > 20
    assert np.corrcoef((inputs @ outputs.T)[seen], np.log(wanted[seen]))[0, 1] >= 0.99


@pytest.mark.parametrize("compiled", [True, False])
def test_another_text_does_not_change_the_tree(compiled: bool) -> None:
    """The nodes of a trained network are those of the counts that trained it: a new tree would give its words to other nodes."""
    topology = Topology(Shape(3, None, None, True), ["2 embedding", "skip-gram hierarchical subsample 0"])
    tokens, starts = np.array([2, 2, 1, 2, 0, 2], dtype=np.int32), np.array([0, 6])
    counts = np.array([5, 2, 1])
    path = WordSession(topology, tokens, starts, 1, compiled, counts).draws.tree
    assert path is not None
    assert path.path.tolist() == word_tree(counts).path.tolist()
    assert path.path.tolist() != word_tree(np.array([1, 1, 4])).path.tolist()
    of, other = (WordSession(topology, tokens, starts, 1, compiled, own) for own in (counts, None))
    point = np.arange(topology.n_parameters, dtype=np.float32) / 10
    assert of.loss(point) != pytest.approx(other.loss(point), rel=1e-3)

    expected = WordSession(topology, tokens, starts, 1, False, counts).loss(point.astype(np.float64))
    assert of.loss(point) == pytest.approx(expected, rel=1e-6)


@pytest.mark.skipif(native_module() is None, reason="no compiled module")
@pytest.mark.parametrize(("name", "place", "value"), [
    ("tokens", 700, V), ("tokens", 700, -1), ("tokens", 0, 1 << 30),
    ("starts", 5, 1 << 40), ("starts", 5, -1), ("starts", 1, 1499), ("starts", -1, 1501),
])  # fmt: skip
@pytest.mark.parametrize("layer", ["skip-gram subsample 0", "cbow hierarchical subsample 0"])
def test_compiled_code_reads_no_word_that_there_is_not(layer: str, name: str, place: int, value: int) -> None:
    of = session(layer, 8)
    getattr(of, name)[place] = value
    with pytest.raises(ValueError, match="not those of a text of these words"):
        of.train(parameters(of), 0, 0, len(of.tokens), Rates(0.1))
