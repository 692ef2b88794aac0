"""The functions of lif.py and peaks.py in compiled code, with the same signatures. See events.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.compiled import native_module
from anncli.network.spikes.neuron import Neuron


def is_there() -> bool:
    """Whether there is compiled code, and it is wanted."""
    return native_module() is not None


def lif_forward(weights: Array, spikes: Tokens, neuron: Neuron, most: int) -> tuple[Tokens, Array]:
    """See events.lif_forward()."""
    call = _call(weights, spikes, neuron)
    units, times, starts, currents = native_module().lif_forward(*call, most)
    fired = Tokens(
        np.frombuffer(units, dtype=np.int32),
        np.frombuffer(times),
        np.frombuffer(starts, dtype=np.int64),
        weights.shape[1],
    )
    return fired, np.frombuffer(currents)


def lif_backward(
    weights: Array, spikes: Tokens, neuron: Neuron, fired: Tokens, currents: Array, slopes: Array
) -> tuple[Array, Array]:
    """See events.lif_backward()."""
    gradient, below = _results(weights, spikes)
    own = (fired.indices, _doubles(fired.values), fired.starts, _doubles(currents), _doubles(slopes))
    native_module().lif_backward(*_call(weights, spikes, neuron), *own, gradient, below)
    return gradient, below


def peak_forward(weights: Array, spikes: Tokens, neuron: Neuron) -> tuple[Array, Array, Array, Array]:
    """See events.peak_forward()."""
    n, units = len(spikes), weights.shape[1]
    peaks, when, rates = (np.empty(n * units) for _ in range(3))
    kinks = np.empty(n * units, dtype=np.int64)
    native_module().peak_forward(*_call(weights, spikes, neuron), peaks, when, kinks, rates)
    return peaks.reshape(n, units), when.reshape(n, units), kinks.reshape(n, units), rates.reshape(n, units)


def peak_backward(
    weights: Array, spikes: Tokens, neuron: Neuron, when: Array, kinks: Array, rates: Array, slopes: Array
) -> tuple[Array, Array]:
    """See events.peak_backward()."""
    gradient, below = _results(weights, spikes)
    peaks = (
        _doubles(when).ravel(),
        np.ascontiguousarray(kinks).ravel(),
        _doubles(rates).ravel(),
        _doubles(slopes).ravel(),
    )
    native_module().peak_backward(*_call(weights, spikes, neuron), *peaks, gradient, below)
    return gradient, below


def _call(weights: Array, spikes: Tokens, neuron: Neuron) -> tuple[Any, ...]:
    return (
        tuple(neuron),
        _doubles(weights),
        spikes.indices,
        _doubles(spikes.values),
        np.ascontiguousarray(spikes.starts),
    )


def _results(weights: Array, spikes: Tokens) -> tuple[Array, Array]:
    return np.zeros(weights.shape), np.empty(len(spikes.indices))


def _doubles(values: Array) -> Array:
    return np.ascontiguousarray(values, dtype=np.float64)
