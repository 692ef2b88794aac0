"""Event-driven neurons in compiled code: the numpy twin on random layers, central differences, and what is out of the ordinary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.arrays import Array, Tokens
from anncli.compiled import native_module
from anncli.network.spikes import compiled, lif, peaks
from anncli.network.spikes.neuron import Neuron

pytestmark = pytest.mark.skipif(native_module() is None, reason="no compiled code")

MANY = 1000


class Case:
    """A layer with random constants and weights, and samples of spikes of which some are at one time and some samples have none."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        sources, self.units = int(rng.integers(1, 12)), int(rng.integers(1, 20))
        tau_s = float(rng.uniform(0.001, 0.01))
        self.neuron = Neuron(tau_s * float(rng.uniform(1.1, 6)), tau_s, float(rng.uniform(0.5, 2)))
        self.spikes = random_spikes(rng, int(rng.integers(1, 8)), sources, most=12)
        self.weights = rng.normal(rng.uniform(-0.5, 1.5), 1.5 * self.neuron.theta, (sources, self.units))
        self.rng = rng


def random_spikes(rng: np.random.Generator, n: int, sources: int, most: int) -> Tokens:
    lengths = rng.integers(0, most, n)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    # Of few times, so that several spikes have the same one.
    times = [np.sort(rng.integers(0, 20, length) * 0.002 + 0.001 * (k % 2)) for k, length in enumerate(lengths)]
    return Tokens(rng.integers(0, sources, starts[-1]), np.concatenate([*times, []]), starts, sources)


@pytest.mark.parametrize("seed", range(40))
def test_spikes_and_gradients_of_a_layer_are_those_of_the_twin(seed: int) -> None:
    case = Case(seed)
    most = (1, 2, MANY)[seed % 3]
    fired, currents = compiled.lif_forward(case.weights, case.spikes, case.neuron, most)
    wanted, wanted_currents = lif.forward(case.weights, case.spikes, case.neuron, most)
    assert fired.indices.tolist() == wanted.indices.tolist()
    assert fired.starts.tolist() == wanted.starts.tolist()
    assert np.abs(fired.values - wanted.values).max(initial=0) < 1e-12
    np.testing.assert_allclose(currents, wanted_currents, rtol=1e-9)
    slopes = case.rng.normal(size=len(currents))
    arguments = (case.weights, case.spikes, case.neuron, wanted, wanted_currents, slopes)
    for found, twin in zip(compiled.lif_backward(*arguments), lif.backward(*arguments), strict=True):
        assert_close(found, twin)


@pytest.mark.parametrize("seed", range(40))
def test_peaks_and_their_gradients_are_those_of_the_twin(seed: int) -> None:
    case = Case(seed)
    found, wanted = (
        module(case.weights, case.spikes, case.neuron) for module in (compiled.peak_forward, peaks.forward)
    )
    for one, twin in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, twin, rtol=1e-9, atol=1e-12)
    slopes = case.rng.normal(size=found[0].shape)
    arguments = (case.weights, case.spikes, case.neuron, *wanted[1:], slopes)
    for one, twin in zip(compiled.peak_backward(*arguments), peaks.backward(*arguments), strict=True):
        assert_close(one, twin)


def assert_close(found: Array, wanted: Array) -> None:
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9 * max(1.0, np.abs(wanted).max(initial=0)))


def test_random_layers_fire() -> None:
    """The cases above have something to compare."""
    lengths = [len(lif.forward(c.weights, c.spikes, c.neuron, MANY)[0].indices) for c in map(Case, range(40))]
    assert sum(n > 0 for n in lengths) > 30
    assert max(lengths) > 100


def two_layers(weights: tuple[Array, Array], spikes: Tokens, neuron: Neuron) -> tuple[Any, ...]:
    hidden, currents = compiled.lif_forward(weights[0], spikes, neuron, MANY)
    return hidden, currents, *compiled.lif_forward(weights[1], hidden, neuron, MANY)


def test_gradient_through_two_layers_is_that_of_central_differences() -> None:
    """Of the sum of factor * time over all spikes, wherever a change of a weight leaves the number of spikes as it is."""
    rng, neuron = np.random.default_rng(3), Neuron()
    spikes = random_spikes(rng, 6, 5, most=9)
    weights = (rng.normal(1.5, 0.8, (5, 12)), rng.normal(0.9, 0.3, (12, 3)))
    hidden, currents, last, last_currents = two_layers(weights, spikes, neuron)
    factors = rng.normal(size=len(last.indices))
    upper, slopes = compiled.lif_backward(weights[1], hidden, neuron, last, last_currents, factors)
    lower, _ = compiled.lif_backward(weights[0], spikes, neuron, hidden, currents, slopes)
    checked = 0
    for layer, gradient in ((0, lower), (1, upper)):
        for place in np.ndindex(gradient.shape):
            ends = []
            for change in (1e-7, -1e-7):
                moved = [w.copy() for w in weights]
                moved[layer][place] += change
                other_hidden, _, other, _ = two_layers((moved[0], moved[1]), spikes, neuron)
                same = other_hidden.indices.tolist() == hidden.indices.tolist()
                ends.append(
                    factors @ other.values if same and other.indices.tolist() == last.indices.tolist() else np.nan
                )
            slope = (ends[0] - ends[1]) / 2e-7
            if not np.isnan(slope):
                checked += 1
                assert abs(slope - gradient[place]) < 1e-5 * max(1.0, abs(slope)), (layer, place)
    assert checked > 80


def test_samples_without_spikes_give_nothing() -> None:
    nothing = Tokens(np.zeros(0, dtype=np.int32), np.zeros(0), np.array([0, 0, 0]), 2)
    fired, currents = compiled.lif_forward(np.ones((2, 3)), nothing, Neuron(), MANY)
    assert (len(fired), fired.width, len(currents)) == (2, 3, 0)
    assert compiled.peak_forward(np.ones((2, 3)), nothing, Neuron())[0].tolist() == [[0.0] * 3] * 2
    gradient, below = compiled.lif_backward(np.ones((2, 3)), nothing, Neuron(), fired, currents, currents)
    assert not gradient.any()
    assert not below.size


@pytest.mark.parametrize("weight", [np.inf, -np.inf, np.nan])
def test_weights_that_are_not_finite_end_in_silence(weight: float) -> None:
    spikes = Tokens(np.array([0, 1, 0]), np.array([0.0, 0.01, 0.02]), np.array([0, 3]), 2)
    weights = np.array([[weight, 30.0], [5.0, 0.0]])
    fired, _ = compiled.lif_forward(weights, spikes, Neuron(), MANY)
    assert 0 not in fired.indices
    assert 1 in fired.indices


def test_a_burst_ends_after_so_many_spikes() -> None:
    spikes = Tokens(np.array([0]), np.array([0.0]), np.array([0, 1]), 1)
    fired, currents = compiled.lif_forward(np.array([[1e6, 1e300]]), spikes, Neuron(), 5000)
    assert np.bincount(fired.indices).tolist() == [5000, 5000]
    assert np.isfinite(fired.values).all()
    assert (np.diff(fired.values) >= 0).all()
    assert (currents > 1).all()


def test_spikes_at_one_time_act_as_one() -> None:
    together = Tokens(np.array([0, 1, 2]), np.full(3, 0.01), np.array([0, 3]), 3)
    alone = Tokens(np.array([0]), np.array([0.01]), np.array([0, 1]), 1)
    weights = np.array([[1.0], [2.0], [3.5]])
    one = compiled.lif_forward(weights, together, Neuron(), MANY)[0]
    other = compiled.lif_forward(weights.sum(axis=0, keepdims=True), alone, Neuron(), MANY)[0]
    assert len(one.indices) > 0
    assert one.values.tolist() == other.values.tolist()


@pytest.mark.parametrize(
    ("indices", "times", "starts", "error", "words"),
    [
        ([0, 2], [0.0, 0.1], [0, 2], IndexError, "source 2 is not in 0 .. 1"),
        ([0, 1], [0.1, 0.0], [0, 2], ValueError, "not sorted by time"),
        ([0, 1], [0.1, np.inf], [0, 2], ValueError, "a time is not finite"),
        ([0, 1], [0.1, 0.2], [0, 3], ValueError, "starts must rise"),
        ([0, 1], [0.1, 0.2], [1, 2], ValueError, "starts must rise"),
        ([0], [0.1, 0.2], [0, 2], ValueError, "wrong shape"),
    ],
)
def test_spikes_that_do_not_fit_are_refused(
    indices: list[int], times: list[float], starts: list[int], error: type[Exception], words: str
) -> None:
    arrays = (np.array(indices, dtype=np.int32), np.array(times), np.array(starts))
    with pytest.raises(error, match=words):
        native_module().lif_forward((0.02, 0.005, 1.0), np.ones((2, 1)), *arrays, 1)


@pytest.mark.parametrize("neuron", [(0.005, 0.02, 1.0), (0.02, 0.005, 0.0), (np.nan, 0.005, 1.0), (np.inf, 0.005, 1.0)])
def test_neurons_without_dynamics_are_refused(neuron: tuple[float, ...]) -> None:
    empty = (np.zeros(0, dtype=np.int32), np.zeros(0), np.zeros(1, dtype=np.int64))
    with pytest.raises(ValueError, match="tau_m > tau_s > 0 and theta > 0"):
        native_module().lif_forward(neuron, np.ones((2, 1)), *empty, 1)


@pytest.mark.parametrize("backward", [lif.backward, compiled.lif_backward])
def test_a_voltage_that_touches_the_threshold_has_a_gradient_with_an_end(backward: Any) -> None:
    """A current of theta, or less by rounding, does not give inf, which would make weights nan."""
    spikes = Tokens(np.array([0]), np.array([0.0]), np.array([0, 1]), 1)
    fired = Tokens(np.array([0]), np.array([0.01]), np.array([0, 1]), 1)
    for current in (1.0, 1 - 1e-15):
        gradient, _ = backward(np.array([[3.0]]), spikes, Neuron(), fired, np.array([current]), np.array([2.0]))
        lag = 4 / 3 * (np.exp(-0.5) - np.exp(-2))
        assert gradient[0, 0] == pytest.approx(-0.005 * 2e12 * lag, rel=1e-9)
