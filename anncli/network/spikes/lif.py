"""Layers of leaky integrate-and-fire neurons in numpy: all spikes of a batch, and the adjoint of the events. See events.py.

Source: Wunderlich & Pehle 2021, Event-based backpropagation can compute exact gradients for spiking neural networks,
Scientific Reports 11, 12829. All arrays are float64; pairs are (samples, units).
"""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, Tokens, blocks_of_rows
from anncli.network.spikes.neuron import Neuron

# Pairs of sample and unit at a time.
_PAIRS = 1 << 17


def forward(weights: Array, spikes: Tokens, neuron: Neuron, most: int) -> tuple[Tokens, Array]:
    """See events.lif_forward()."""
    units = weights.shape[1]
    none = np.zeros(0, dtype=np.int64)
    fired: list[tuple[Array, Array, Array, Array]] = [(none, none, np.zeros(0), np.zeros(0))]
    for part in blocks_of_rows(len(spikes), units, _PAIRS):
        _forward(weights, spikes[part], neuron, most, part.start, fired)
    samples, numbers, times, currents = (np.concatenate(column) for column in zip(*fired, strict=True))
    order = np.lexsort((numbers, times, samples))
    starts = np.concatenate([[0], np.cumsum(np.bincount(samples, minlength=len(spikes)))])
    return Tokens(numbers[order], times[order], starts, units), currents[order]


def _forward(
    weights: Array,
    spikes: Tokens,
    neuron: Neuron,
    most: int,
    first: int,
    fired: list[tuple[Array, Array, Array, Array]],
) -> None:
    """Add samples (from `first`), units, times and currents of all spikes of some samples."""
    n, units = len(spikes), weights.shape[1]
    voltages, currents, counts = np.zeros((n, units)), np.zeros((n, units)), np.zeros((n, units), dtype=np.int64)
    for samples, places, times, lengths in steps_of(spikes):
        v, i, count = voltages[samples], currents[samples] + weights[spikes.indices[places]], counts[samples]
        left = np.repeat(lengths, units).reshape(v.shape)
        # Those that may fire: after a spike they may fire again before the next event.
        may = np.flatnonzero(count.ravel() < most)
        v_all, i_all, left_all, count_all = v.ravel(), i.ravel(), left.ravel(), count.ravel()
        now = np.repeat(times, units)
        while may.size:
            waits = neuron.crossings(v_all[may], i_all[may], left_all[may])
            may, waits = may[waits < np.inf], waits[waits < np.inf]
            i_all[may] *= np.exp(-waits / neuron.tau_s)
            v_all[may] = 0
            left_all[may] -= waits
            now[may] += waits
            fired.append((samples[may // units] + first, may % units, now[may], i_all[may]))
            count_all[may] += 1
            may = may[count_all[may] < most]
        lasts = np.isinf(left_all)
        v_all, i_all = neuron.after(v_all, i_all, np.where(lasts, 0, left_all))
        voltages[samples], currents[samples] = v_all.reshape(v.shape), i_all.reshape(v.shape)
        counts[samples] = count_all.reshape(v.shape)


def steps_of(spikes: Tokens) -> list[tuple[Array, Array, Array, Array]]:
    """The first spikes of all samples that have one, then their second ones ...: samples, places among the spikes, times, and
    how long until the next one, inf after the last."""
    lengths, steps = spikes.lengths, []
    for number in range(int(lengths.max(initial=0))):
        samples = np.flatnonzero(lengths > number)
        places = spikes.starts[samples] + number
        times = spikes.values[places]
        is_last = lengths[samples] == number + 1
        following = spikes.values[np.where(is_last, places, places + 1)]
        steps.append((samples, places, times, np.where(is_last, np.inf, following - times)))
    return steps


def backward(
    weights: Array, spikes: Tokens, neuron: Neuron, fired: Tokens, currents: Array, slopes: Array
) -> tuple[Array, Array]:
    """See events.lif_backward()."""
    gradient, below = np.zeros(weights.shape), np.zeros(len(spikes.indices))
    for part in blocks_of_rows(len(spikes), weights.shape[1], _PAIRS):
        here = slice(int(fired.starts[part.start]), int(fired.starts[min(part.stop, len(fired))]))
        begin = int(spikes.starts[part.start])
        own = _Own(fired[part], currents[here], slopes[here])
        some = spikes[part]
        below[begin : begin + len(some.indices)] = _backward(weights, some, neuron, own, gradient)
    return gradient, below


class _Own:
    """The spikes of each pair by their number: times, currents and slopes (n, units, most), and counts (n, units)."""

    def __init__(self, fired: Tokens, currents: Array, slopes: Array) -> None:
        n, units = len(fired), fired.width
        pairs = np.repeat(np.arange(n), fired.lengths) * units + fired.indices
        self.counts = np.bincount(pairs, minlength=n * units)
        most = int(self.counts.max(initial=0))
        order = np.argsort(pairs, kind="stable")
        ranks = np.arange(len(order)) - np.repeat(np.cumsum(self.counts) - self.counts, self.counts)
        self.times, self.currents, self.slopes = (np.zeros((n * units, most)) for _ in range(3))
        for table, values in ((self.times, fired.values), (self.currents, currents), (self.slopes, slopes)):
            table[pairs[order], ranks] = values[order]


def _backward(weights: Array, spikes: Tokens, neuron: Neuron, own: _Own, gradient: Array) -> Array:
    """Adds to the gradient (sources, units); the slopes of the spikes below."""
    n, units = len(spikes), weights.shape[1]
    below = np.zeros(len(spikes.indices))
    by_v, by_i, left = np.zeros(n * units), np.zeros(n * units), own.counts.copy()
    # Above a pair's last spike both adjoints are 0, so that the time from which they are traced back does not matter.
    last = own.times[np.arange(n * units), left - 1] if own.times.size else np.zeros(n * units)
    now = np.where(left > 0, last, -np.inf)
    for samples, places, times, _ in reversed(steps_of(spikes)):
        pairs = (samples[:, None] * units + np.arange(units)).ravel()
        since = np.repeat(times, units)
        while True:
            some = left[pairs] > 0
            some[some] = own.times[pairs[some], left[pairs[some]] - 1] >= since[some]
            at = pairs[some]
            if not at.size:
                break
            place = (at, left[at] - 1)
            _trace(by_v, by_i, now, neuron, at, own.times[place])
            by_v[at] += (neuron.theta * by_v[at] + own.slopes[place]) / neuron.excess(own.currents[place])
            left[at] -= 1
        # The adjoints of pairs that have not fired yet, seen from the end, stay 0.
        _trace(by_v, by_i, now, neuron, pairs[now[pairs] > since], since[now[pairs] > since])
        v, i = by_v[pairs].reshape(-1, units), by_i[pairs].reshape(-1, units)
        sources = spikes.indices[places]
        np.add.at(gradient, sources, -neuron.tau_s * i)
        below[places] = (weights[sources] * (v - i)).sum(axis=1)
    return below


def _trace(by_v: Array, by_i: Array, now: Array, neuron: Neuron, at: Array, times: Array) -> None:
    """Move the adjoints of the pairs `at` back to earlier times."""
    waits = now[at] - times
    slow, fast = np.exp(-waits / neuron.tau_m), np.exp(-waits / neuron.tau_s)
    by_i[at] = by_i[at] * fast + by_v[at] * (neuron.tau_m / (neuron.tau_m - neuron.tau_s)) * (slow - fast)
    by_v[at] *= slow
    now[at] = times
