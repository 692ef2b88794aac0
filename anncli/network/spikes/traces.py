"""The voltage of one unit over time: exact at all events and between them."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.network.spikes.neuron import Neuron


def voltage(
    weights: Array, times: Array, neuron: Neuron, fired: Array, until: float, step: float
) -> tuple[Array, Array]:
    """Times (m,) in seconds from 0 on, and voltages (m,): at every spike, and between spikes at equal distances of at most `step`.

    Args: weights (n,): of the source of each spike that the unit is given; times (n,): of these spikes, sorted; fired: when the unit
        fires, sorted: at these times stand two voltages, the threshold and 0.
    """
    given = sorted([*((float(t), True, float(w)) for t, w in zip(times, weights, strict=True)),
                    *((float(t), False, 0.0) for t in fired)])  # fmt: skip
    all_times, voltages = [np.zeros(1)], [np.zeros(1)]
    now = v = i = 0.0
    for time, is_given, weight in [*given, (until, True, 0.0)]:
        if time > now:
            waits = np.linspace(0.0, time - now, max(2, int(np.ceil((time - now) / step)) + 1))[1:]
            v_then, i_then = neuron.after(np.full(len(waits), v), np.full(len(waits), i), waits)
            all_times.append(now + waits)
            voltages.append(v_then)
            now, v, i = time, float(v_then[-1]), float(i_then[-1])
        if is_given:
            i += weight
        else:
            # The last voltage is the threshold but for rounding.
            all_times.append(np.array([now, now]))
            voltages.append(np.array([neuron.theta, 0.0]))
            v = 0.0
    return np.concatenate(all_times), np.concatenate(voltages)
