"""The first spike of each unit of a layer in each sample."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, Tokens


def first_spikes(fired: Tokens) -> tuple[Array, Array]:
    """Times (n, units) in seconds, inf for a unit that is silent; and their places (n, units) among the spikes, -1 for none."""
    n, units = len(fired), fired.width
    times, places = np.full(n * units, np.inf), np.full(n * units, -1, dtype=np.int64)
    pairs = np.repeat(np.arange(n), fired.lengths) * units + fired.indices
    found, at = np.unique(pairs, return_index=True)
    times[found], places[found] = fired.values[at], at
    return times.reshape(n, units), places.reshape(n, units)


def slopes_of_first(places: Array, slopes: Array, n_spikes: int) -> Array:
    """dE/dt (n_spikes,) of all spikes from that (n, units) of the first ones; 0 for the others."""
    result = np.zeros(n_spikes)
    fired = places >= 0
    result[places[fired]] = slopes[fired]
    return result
