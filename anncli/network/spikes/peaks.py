"""Neurons that never fire in numpy: the peak of their voltage, and its way back. See events.py."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.network.spikes.lif import steps_of
from anncli.network.spikes.neuron import Neuron


def forward(weights: Array, spikes: Tokens, neuron: Neuron) -> tuple[Array, Array, Array, Array]:
    """See events.peak_forward()."""
    n, units = len(spikes), weights.shape[1]
    voltages, currents = np.zeros((n, units)), np.zeros((n, units))
    peaks, when, rates = np.zeros((n, units)), np.full((n, units), -np.inf), np.zeros((n, units))
    kinks = np.full((n, units), -1, dtype=np.int64)
    for samples, places, times, lengths in steps_of(spikes):
        v, i = voltages[samples], currents[samples] + weights[spikes.indices[places]]
        rising = neuron.peaks(v, i)
        left = np.broadcast_to(lengths[:, None], v.shape)
        ends = np.minimum(rising, left)
        at, i_at = neuron.after(v, i, ends)
        better = (at > peaks[samples]) & (ends > 0)
        # The next spike ends the rise: whether its weight ends it for good is seen when a later peak is higher.
        cut = rising > left
        rate = np.where(cut, (i_at - at) / neuron.tau_m, 0.0)
        for table, values in (
            (peaks, at), (when, times[:, None] + ends), (rates, rate), (kinks, np.where(cut, (places + 1)[:, None], -1))
        ):  # fmt: skip
            table[samples] = np.where(better, values, table[samples])
        voltages[samples], currents[samples] = neuron.after(v, i, np.where(np.isinf(left), 0, left))
    return peaks, when, kinks, rates


def backward(
    weights: Array, spikes: Tokens, neuron: Neuron, when: Array, kinks: Array, rates: Array, slopes: Array
) -> tuple[Array, Array]:
    """See events.peak_backward()."""
    gradient, below = np.zeros(weights.shape), np.zeros(len(spikes.indices))
    factor = neuron.tau_m / (neuron.tau_m - neuron.tau_s)
    for samples, places, times, _ in steps_of(spikes):
        waits, e = when[samples] - times[:, None], slopes[samples]
        is_kink = kinks[samples] == places[:, None]
        before = (waits > 0) & ~is_kink
        waits = np.where(before, waits, 0)
        slow, fast = np.exp(-waits / neuron.tau_m), np.exp(-waits / neuron.tau_s)
        by_v = np.where(before, -slow * e / neuron.tau_m, 0)
        by_i = np.where(before, -factor * (slow - fast) * e / neuron.tau_m, 0)
        sources = spikes.indices[places]
        np.add.at(gradient, sources, -neuron.tau_s * by_i)
        below[places] = (weights[sources] * (by_v - by_i)).sum(axis=1) + (is_kink * rates[samples] * e).sum(axis=1)
    return gradient, below
