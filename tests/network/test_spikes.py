"""Event-driven neurons in numpy: worked by hand, and against central differences."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest

from anncli.arrays import Tokens
from anncli.network.spikes import events, lif, peaks
from anncli.network.spikes.code import LatencyCode, sorted_spikes
from anncli.network.spikes.first import first_spikes, slopes_of_first
from anncli.network.spikes.neuron import Neuron

NEURON = Neuron(0.02, 0.005, 1.0)
# With tau_m = 4 tau_s and x = exp(-t / tau_m), one spike of weight w gives V = w (x - x^4) / 3. At x = 0.8 that is w 0.3904 / 3.
WEIGHT, TIME = 3 / 0.3904, -0.02 * math.log(0.8)
# The current there is w x^4, and dt/dw = -(dV/dw) / V' with tau_m V' = I - V.
CURRENT = WEIGHT * 0.4096
SLOPE = -0.02 / (WEIGHT * (CURRENT - 1))


def one_spike(time: float = 0.0) -> Tokens:
    return Tokens(np.array([0]), np.array([time]), np.array([0, 1]), 1)


def test_one_neuron_fires_when_worked_by_hand() -> None:
    fired, currents = lif.forward(np.array([[WEIGHT]]), one_spike(0.003), NEURON, 10)
    assert fired.values == pytest.approx([0.003 + TIME], abs=1e-17)
    assert currents == pytest.approx([CURRENT], rel=1e-14)
    gradient, below = lif.backward(np.array([[WEIGHT]]), one_spike(0.003), NEURON, fired, currents, np.array([1.0]))
    assert gradient == pytest.approx(np.array([[SLOPE]]), rel=1e-13)
    # The spike is as much later as its input.
    assert below == pytest.approx([1.0], rel=1e-13)


def test_two_neurons_one_after_the_other() -> None:
    weights = np.array([[WEIGHT]])
    first, of_first = lif.forward(weights, one_spike(), NEURON, 10)
    second, of_second = lif.forward(weights, first, NEURON, 10)
    assert second.values == pytest.approx([2 * TIME], abs=1e-17)
    upper, slope = lif.backward(weights, first, NEURON, second, of_second, np.array([1.0]))
    lower, _ = lif.backward(weights, one_spike(), NEURON, first, of_first, slope)
    assert (upper, lower) == (pytest.approx(np.array([[SLOPE]])), pytest.approx(np.array([[SLOPE]])))


def test_a_neuron_just_below_the_threshold_does_not_fire() -> None:
    # The peak is where x^3 = 1/4: V = w x / 4.
    least = 4 / 0.25 ** (1 / 3)
    assert not len(lif.forward(np.array([[least * (1 - 1e-12)]]), one_spike(), NEURON, 10)[0].values)
    fired, _ = lif.forward(np.array([[least * (1 + 1e-12)]]), one_spike(), NEURON, 10)
    assert fired.values == pytest.approx([-0.02 * math.log(0.25) / 3], abs=5e-8)


def test_the_peak_of_a_voltage_worked_by_hand() -> None:
    peak, when, kinks, rates = peaks.forward(np.array([[0.5, -2.0]]), one_spike(0.001), NEURON)
    x = 0.25 ** (1 / 3)
    assert peak == pytest.approx(np.array([[0.5 * x / 4, 0.0]]), rel=1e-14)
    assert when == pytest.approx(np.array([[0.001 - 0.02 * math.log(x), -np.inf]]))
    assert kinks.tolist() == [[-1, -1]]
    gradient, below = peaks.backward(
        np.array([[0.5, -2.0]]), one_spike(0.001), NEURON, when, kinks, rates, np.ones((1, 2))
    )
    assert gradient == pytest.approx(np.array([[x / 4, 0.0]]), rel=1e-13)
    # The peak is as high wherever the spike is.
    assert below == pytest.approx([0.0], abs=1e-13)


def test_a_burst_ends_after_the_most_spikes() -> None:
    fired, _ = lif.forward(np.array([[1e6]]), one_spike(), NEURON, 25)
    assert len(fired.values) == 25
    assert (np.diff(fired.values) > 0).all()


def random_spikes(rng: np.random.Generator, n: int, sources: int) -> Tokens:
    lengths = rng.integers(0, 9, n)
    starts = np.r_[0, np.cumsum(lengths)]
    times = np.concatenate([np.sort(rng.uniform(0, 0.03, length)) for length in lengths])
    return Tokens(rng.integers(0, sources, starts[-1]), times, starts, sources)


def check_differences(function: Any, slots: list[tuple[Any, Any, float]]) -> int:
    """Central differences of (value, what may not change) over all numbers; how many were compared."""
    compared = 0
    for array, gradient, h in slots:
        for place in range(array.size):
            kept = array.flat[place]
            ends = []
            for step in (h, -h):
                array.flat[place] = kept + step
                ends.append(function())
            array.flat[place] = kept
            if ends[0][1] == ends[1][1]:
                compared += 1
                numeric = (ends[0][0] - ends[1][0]) / (2 * h)
                assert abs(numeric - gradient.flat[place]) < 1e-5 * max(1.0, abs(numeric)), (
                    numeric,
                    gradient.flat[place],
                )
    return compared


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))])
def test_gradients_of_two_layers_with_the_times_of_all_spikes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spikes = random_spikes(rng, 5, 3)
    w1, w2 = rng.normal(2, 1.5, (3, 6)), rng.normal(1.5, 1.5, (6, 2))

    def run() -> Any:
        hidden, currents = lif.forward(w1, spikes, NEURON, 100)
        return hidden, currents, *lif.forward(w2, hidden, NEURON, 2)

    hidden, currents, outer, of_outer = run()
    factors = 100 * np.cos(np.arange(len(outer.values)))
    assert len(outer.values) > 2
    g2, slope = lif.backward(w2, hidden, NEURON, outer, of_outer, factors)
    g1, below = lif.backward(w1, spikes, NEURON, hidden, currents, slope)

    def value() -> Any:
        low, _, high, _ = run()
        same = [low.indices.tolist(), low.starts.tolist(), high.indices.tolist(), high.starts.tolist()]
        return (float(high.values @ factors) if len(high.values) == len(factors) else 0.0), same

    slots = [(w1, g1, 1e-6), (w2, g2, 1e-6), (spikes.values, below, 1e-9)]
    assert check_differences(value, slots) > 0.8 * sum(array.size for array, _, _ in slots)


@pytest.mark.parametrize("seed", range(4))
def test_gradients_of_peaks_where_a_spike_ends_the_rise_too(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spikes = random_spikes(rng, 12, 3)
    weights, factors = rng.normal(0.0, 3, (3, 5)), rng.normal(size=(12, 5))
    _, when, kinks, rates = peaks.forward(weights, spikes, NEURON)
    assert (kinks >= 0).any()
    assert (kinks < 0).any()
    gradient, below = peaks.backward(weights, spikes, NEURON, when, kinks, rates, factors)

    def value() -> Any:
        peak, _, found, _ = peaks.forward(weights, spikes, NEURON)
        return float((peak * factors).sum()), found.tolist()

    assert check_differences(value, [(weights, gradient, 1e-6), (spikes.values, below, 1e-9)]) > 10


def test_first_spikes_and_their_slopes() -> None:
    fired = Tokens(np.array([1, 1, 0, 2]), np.array([0.1, 0.2, 0.3, 0.05]), np.array([0, 3, 4, 4]), 3)
    times, places = first_spikes(fired)
    inf = np.inf
    assert times.tolist() == [[0.3, 0.1, inf], [inf, inf, 0.05], [inf, inf, inf]]
    assert places.tolist() == [[2, 0, -1], [-1, -1, 3], [-1, -1, -1]]
    assert slopes_of_first(places, np.arange(9.0).reshape(3, 3), 4).tolist() == [1.0, 0.0, 0.0, 5.0]


def test_the_latency_code() -> None:
    sources, code = LatencyCode.parse("{spikes: 3, code: latency, t_max: 0.03, bias_spike: 0.01}")
    spikes = code.encode(np.array([[1.0, 0.0], [0.25, 2.0]]))
    assert (sources, code.columns(sources), spikes.width) == (3, 2, 3)
    assert spikes.indices.tolist() == [1, 2, 0, 0, 2, 1]
    assert spikes.values == pytest.approx([0.0, 0.01, 0.03, 0.0075, 0.01, 0.03])
    _, pixels = LatencyCode.parse("{spikes: 3, code: latency, t_max: 0.02, range: 255, first: high, off: 1}")
    spikes = pixels.encode(np.array([[0.0, 255.0, 51.0], [1.0, 0.0, 0.5]]))
    assert spikes.starts.tolist() == [0, 2, 2]
    assert spikes.indices.tolist() == [1, 2]
    assert spikes.values == pytest.approx([0.0, 0.016])


def test_many_vectors_become_spikes_some_at_a_time() -> None:
    code = LatencyCode(0.03, 0.01, off=0.1)
    values = np.random.default_rng(2).random((400, 6000)).astype(np.float32)
    tracemalloc.start()
    spikes = code.encode(values)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3.2 * (spikes.indices.nbytes + spikes.values.nbytes)
    for row in (0, 173, 174, 399):
        own = code.encode(values[row : row + 1])
        here = slice(*spikes.starts[row : row + 2])
        assert np.array_equal(spikes.indices[here], own.indices)
        assert np.array_equal(spikes.values[here], own.values)


def test_no_samples_have_no_spikes() -> None:
    none = Tokens(np.zeros(0, np.int32), np.zeros(0), np.array([0]), 3)
    for forward in (lif.forward, events.lif_forward):
        fired, currents = forward(np.ones((3, 2)), none, NEURON, 5)
        assert (len(fired), len(fired.indices), len(currents)) == (0, 0, 0)
    assert len(LatencyCode(0.03).encode(np.zeros((0, 3)))) == 0


def test_spikes_are_sorted_within_each_sample() -> None:
    spikes = Tokens(np.array([0, 1, 2, 3]), np.array([0.2, 0.1, 0.1, 0.0], dtype=np.float32), np.array([0, 3, 4]), 4)
    found = sorted_spikes(spikes)
    assert found.indices.tolist() == [1, 2, 0, 3]
    assert found.values.dtype == np.float64
