"""The leaky integrate-and-fire neuron between events: voltage, current and the time of the next spike.

tau_m V' = -V + I,  tau_s I' = -I;  a spike of source s adds its weight to I;  where V reaches theta the neuron fires and V
becomes 0, while I goes on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array

# Newton steps to a crossing; where voltage only just reaches the threshold each halves the distance.
_STEPS = 200


class Neuron(NamedTuple):
    """Constants of a layer of neurons: membrane and synaptic time constants in seconds, tau_m > tau_s > 0; threshold > 0."""

    tau_m: float = 0.02
    tau_s: float = 0.005
    theta: float = 1.0

    @property
    def ratio(self) -> float:
        """c in V(d) = (V + c I) exp(-d / tau_m) - c I exp(-d / tau_s)."""
        return self.tau_s / (self.tau_m - self.tau_s)

    def excess(self, currents: Array) -> Array:
        """tau_m V' of units that fire with these currents, at least a trillionth of theta: where the voltage only touches the
        threshold, gradients of the time have no bound."""
        return np.maximum(currents - self.theta, 1e-12 * self.theta)

    def after(self, voltages: Array, currents: Array, times: Array) -> tuple[Array, Array]:
        """Voltages and currents a time later without events; all arrays of one shape."""
        slow, fast = np.exp(-times / self.tau_m), np.exp(-times / self.tau_s)
        share = self.ratio * currents
        return (voltages + share) * slow - share * fast, currents * fast

    def peaks(self, voltages: Array, currents: Array) -> Array:
        """How long the voltage rises without events: 0 where it falls at once. It rises on one interval at most, to one peak;
        a voltage below 0 that returns to 0 from below does not count as rising."""
        share = self.ratio * currents
        total = voltages + share
        rises = (currents > voltages) & (total > 0) & (currents > 0)
        ratio = np.where(rises, share * self.tau_m, 1.0) / np.where(rises, total * self.tau_s, 1.0)
        return np.where(rises, np.log(ratio) / (1 / self.tau_s - 1 / self.tau_m), 0.0)

    def crossings(self, voltages: Array, currents: Array, lengths: Array) -> Array:
        """How long until the voltage (m,) exceeds theta within lengths (m,), which may be inf; inf where it does not.

        Up to its peak the voltage is concave and rises, so that Newton's steps from the left never pass the crossing: they
        end where rounding stops them.
        """
        ends = np.minimum(self.peaks(voltages, currents), lengths)
        found = np.flatnonzero(self.after(voltages, currents, ends)[0] > self.theta)
        times = np.full(len(ends), np.inf)
        times[found] = self._roots(voltages[found], currents[found], ends[found])
        return times

    def _roots(self, voltages: Array, currents: Array, ends: Array) -> Array:
        result = np.zeros(len(ends))
        places = np.arange(len(ends))
        for _ in range(_STEPS):
            if not places.size:
                break
            at, i = self.after(voltages[places], currents[places], result[places])
            # tau_m V' = I - V is above 0 left of the crossing.
            with np.errstate(divide="ignore", invalid="ignore"):
                further = result[places] + self.tau_m * (self.theta - at) / (i - at)
            moves = (further > result[places]) & (further <= ends[places])
            places, further = places[moves], further[moves]
            result[places] = further
        return result
