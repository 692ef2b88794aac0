"""The event loops that networks call. This module is the contract; the loops are in numpy, or compiled with the same signature.

Everything is float64. `spikes` are Tokens: indices int32, the sources, below the rows of `weights`; values float64, the times
in seconds; within each sample sorted by time. Several spikes of one source, spikes at one time and samples without spikes may
be. E is any loss; a slope is dE/dt of a spike.

    free dynamics   tau_m V' = -V + I,  tau_s I' = -I,  V = I = 0 before the first spike
    input of s      I += weights[s]
    spike           at V = theta: V = 0, I goes on

The next spike of a unit between two events: V rises up to d_max = ln[(c I / tau_s) / ((V + c I) / tau_m)] / (1/tau_s - 1/tau_m)
and is concave there, c = tau_s / (tau_m - tau_s); the unit fires before d = min(d_max, time to the next event) if and only if
V(d) > theta. Newton's steps from the left then end at the crossing without passing it.

Source: Wunderlich & Pehle 2021, Event-based backpropagation can compute exact gradients for spiking neural networks,
Scientific Reports 11, 12829.
"""

from __future__ import annotations

from anncli.arrays import Array, Tokens
from anncli.network.spikes import compiled, lif, peaks
from anncli.network.spikes.neuron import Neuron


def lif_forward(weights: Array, spikes: Tokens, neuron: Neuron, most: int) -> tuple[Tokens, Array]:
    """All spikes of a layer of units, in every sample sorted by time, of one time by unit.

    Args: weights (sources, units); most: a unit that has fired so often in a sample fires no more in it, so that one first
        spike each is cheap, and a burst ends.
    Returns: the spikes, Tokens of width `units`, and the current I (T,) of the unit at each of them.
    """
    loop = compiled.lif_forward if compiled.is_there() else lif.forward
    return loop(weights, spikes, neuron, most)


def lif_backward(
    weights: Array, spikes: Tokens, neuron: Neuron, fired: Tokens, currents: Array, slopes: Array
) -> tuple[Array, Array]:
    """The way back through lif_forward().

    Args: fired, currents (T,), as it returned them; slopes (T,): dE/dt of each of these spikes.
    Returns: dE/dweights (sources, units), summed over the samples in their order, and the slopes of `spikes`.
    """
    loop = compiled.lif_backward if compiled.is_there() else lif.backward
    return loop(weights, spikes, neuron, fired, currents, slopes)


def peak_forward(weights: Array, spikes: Tokens, neuron: Neuron) -> tuple[Array, Array, Array, Array]:
    """The largest voltage of units that never fire.

    Returns: arrays (n, units): peaks, at least 0, the voltage before the first spike; when, -inf for a peak of 0; kinks: -1, or
        the place among `spikes` of the spike that ended the rise, int64: the peak then is at its time; rates: V' just before
        the peak, 0 where there is no kink.
    """
    loop = compiled.peak_forward if compiled.is_there() else peaks.forward
    return loop(weights, spikes, neuron)


def peak_backward(
    weights: Array, spikes: Tokens, neuron: Neuron, when: Array, kinks: Array, rates: Array, slopes: Array
) -> tuple[Array, Array]:
    """The way back through peak_forward(); slopes (n, units): dE/dpeak. Returns as lif_backward()."""
    loop = compiled.peak_backward if compiled.is_there() else peaks.backward
    return loop(weights, spikes, neuron, when, kinks, rates, slopes)
