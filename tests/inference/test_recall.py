"""Recall: steps, the nearest patterns, and where a vector stands between two, by hand and by a second implementation."""

from __future__ import annotations

import numpy as np
import pytest

import anncli
from anncli.inference.recall import kept_patterns, recall
from anncli.network.network import Network


def memory(patterns: np.ndarray, layer: str = "memory beta 8") -> Network:
    network = Network.create(patterns.shape[1], [layer])
    anncli.train(network, patterns)
    return network


A, B = [1.0, 0, 0, 0, 1], [0.0, 1, 1, 1, 1]
PAIR = np.array([A, B])


def test_shares_distances_and_steps_by_hand() -> None:
    # 0.7 A + 0.3 B is 0.3 of the way from A to B, whose distance is 2.
    x = np.array([[0.7, 0.3, 0.3, 0.3, 1]])
    found = memory(PAIR).recall(x)
    near = found.nearest
    assert found.values.round(3).tolist() == [A]
    assert (near.pattern.tolist(), near.other.tolist(), near.pair.tolist()) == ([0], [1], [[0, 1]])
    assert (near.distance.tolist(), near.other_distance.tolist()) == ([pytest.approx(0.6)], [pytest.approx(1.4)])
    assert near.share.tolist() == [pytest.approx(0.7)]
    assert (near.between.tolist(), found.stopped.tolist()) == ([False], [True])


@pytest.mark.parametrize(("share", "between"), [(0.5, True), (0.52, True), (0.48, True), (0.55, False), (0.45, False)])
def test_a_vector_in_the_middle_is_between(share: float, between: bool) -> None:
    x = share * PAIR[:1] + (1 - share) * PAIR[1:]
    found = memory(PAIR).recall(x)
    assert found.nearest.between.tolist() == [between]
    assert found.nearest.share.tolist() == [pytest.approx(max(share, 1 - share))]
    if share != 0.5:
        assert found.nearest.pattern.tolist() == [0 if share > 0.5 else 1]


def test_what_a_small_beta_mixes_is_between() -> None:
    # The input is A, but the memory recalls the mean of both.
    found = memory(PAIR, "memory beta 0.01").recall(PAIR[:1])
    assert found.values.tolist() == [pytest.approx([0.5, 0.5, 0.5, 0.5, 1], abs=0.01)]
    assert found.nearest.between.tolist() == [True]
    assert kept_patterns(memory(PAIR, "memory beta 0.01")).fixed.tolist() == [False, False]


def test_steps_count_what_changes_something() -> None:
    hopfield = memory(2 * PAIR - 1, "memory hopfield")
    assert hopfield.recall(2 * PAIR - 1).steps.tolist() == [0, 0]
    assert hopfield.recall(np.array([[1.0, 1, -1, -1, 1]])).steps.tolist() == [1]
    found = recall(memory(PAIR), np.array([[0.53, 0.47, 0.47, 0.47, 1]], np.float32), steps=1)
    assert (found.steps.tolist(), found.stopped.tolist()) == ([1], [False])


def test_recall_is_the_one_liner_of_numpy() -> None:
    rng = np.random.default_rng(0)
    patterns = rng.choice([-1.0, 1.0], (50, 32))
    noisy = np.where(rng.random((40, 32)) < 0.15, -1, 1) * patterns[:40]
    x = noisy.copy()
    for _ in range(50):
        e = np.exp(2 * (x @ patterns.T - 32))
        x = e / e.sum(axis=1, keepdims=True) @ patterns
    found = memory(patterns, "memory beta 2").recall(noisy)
    assert found.values == pytest.approx(x, abs=1e-4)
    distances = ((x[:, None] - patterns) ** 2).sum(axis=2)
    assert found.nearest.pattern.tolist() == distances.argmin(axis=1).tolist()


def test_one_pattern_has_no_other() -> None:
    found = memory(PAIR[:1]).recall(PAIR)
    assert found.nearest.other.tolist() == [-1, -1]
    assert found.nearest.between.tolist() == [False, False]
    assert kept_patterns(memory(PAIR[:1])).fixed.tolist() == [True]


@pytest.mark.parametrize("layer", ["memory beta 8", "memory hopfield"])
def test_zeros_and_ones_are_recalled_as_zeros_and_ones(layer: str) -> None:
    network = memory(PAIR, layer)
    kept = kept_patterns(network)
    assert (kept.fixed.tolist(), kept.right_bits, kept.bits) == ([True, True], 10, 10)
    assert network.recall(PAIR).nearest.distance.tolist() == [0, 0]


def test_columns_of_other_units_are_scaled_where_it_is_asked_for() -> None:
    network = Network.create(2, ["memory beta 8"])
    patterns = np.array([[0.0, 1000], [1, 2000], [2, 1000]])
    anncli.train(network, patterns, scaling="zscore")
    assert kept_patterns(network).fixed.all()
    assert network.patterns is not None
    assert network.patterns.values == pytest.approx(patterns, rel=1e-6)
    # 100 of the second column is a little, 1 of the first is the way to another pattern.
    assert network.recall([[0.2, 1100]]).nearest.pattern.tolist() == [0]


def test_networks_that_cannot_recall_say_so() -> None:
    network = Network.create(2, ["2 tanh", "1 logistic"])
    anncli.train(network, ([[0.0, 1], [1, 0], [0, 0], [1, 1]], ["a", "b", "a", "b"]), 2)
    with pytest.raises(
        anncli.AnnError, match=r"^recall is for networks whose answers are their inputs; train one with label inputs$"
    ):
        network.recall([[0, 1]])


@pytest.mark.slow
def test_a_hopfield_network_breaks_down_above_its_capacity() -> None:
    right = {}
    for count in (100, 150, 200):
        patterns = np.random.default_rng(count).choice([-1.0, 1.0], (count, 1000))
        network = memory(patterns, "memory hopfield")
        weights = patterns.T @ patterns - count * np.eye(1000)
        assert network.parameters is not None
        assert (network.parameters.reshape(1000, 1000) == weights).all()
        # Amit, Gutfreund & Sompolinsky 1985: with 0.1 patterns a unit few bits move, above 0.138 all of them drift away.
        at_once = (np.sign(patterns @ weights) == patterns).mean()
        assert at_once > (0.99 if count < 150 else 0.98)
        right[count] = (network.recall(patterns).values == patterns).mean()
    assert right[100] >= 0.99
    assert right[150] < 0.96
    assert right[200] < 0.75


@pytest.mark.slow
@pytest.mark.parametrize("low", [-1.0, 0.0])
def test_a_modern_memory_recalls_many_patterns_from_noise(low: float) -> None:
    rng = np.random.default_rng(0)
    patterns = rng.choice([low, 1.0], (1000, 64))
    noisy = patterns.copy()
    for row in noisy:
        places = rng.choice(64, 13, replace=False)
        row[places] = low + 1 - row[places]
    found = memory(patterns, "memory beta 2").recall(noisy)
    assert (np.abs(found.values - patterns) < 0.25 * (1 - low)).all(axis=1).mean() >= 0.99
    assert (found.nearest.pattern == np.arange(1000)).mean() >= 0.99
