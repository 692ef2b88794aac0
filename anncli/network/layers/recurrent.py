"""Recurrent layers: h_t = f(x_t W + h_{t-1} U + b), with h_0 = 0.

Source: Elman 1990, Cognitive Science 14, 179-211.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault
from anncli.network.activations import ACTIVATIONS
from anncli.network.layers.affine import known_activation
from anncli.network.layers.base import Kept, Key, Shape, Start
from anncli.network.layers.directions import Parts
from anncli.network.layers.initial import orthogonal
from anncli.network.layers.packed import Packed
from anncli.network.layers.recurrence import Recurrence, Trace, side_by_side
from anncli.network.names import ACTIVATION_NAMES


class _Values(NamedTuple):
    h: Array
    z: Array


class Recurrent(Recurrence):
    """Block (1 + D + H, H) of each direction; activation: a name of ACTIVATION_NAMES."""

    kind: ClassVar = "recurrent"
    keys: ClassVar = {
        "units": Key(int, "units: 16"),
        "activation": Key(str, "activation: tanh"),
        "direction": Key(str, "direction: bidirectional", needed=False),
    }

    def __init__(self, units: int, activation: str, direction: str = "forward") -> None:
        super().__init__(units, direction)
        self.activation = known_activation(activation)

    def _words(self) -> list[str]:
        return [self.activation, self.kind]

    @classmethod
    def _example(cls) -> str:
        return "write for example `16 tanh recurrent`, or `16 tanh recurrent bidirectional`"

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        super().check(place, below, is_output)
        if ACTIVATION_NAMES[self.activation].output_only:
            raise ValueFault(f"{place}: {self.activation} is for the output layer only")

    def _initial_recurrent(self, start: Start) -> Array:
        """Where the slope is 1 or near 0 the identity keeps what was read (Le, Jaitly & Hinton 2015, arXiv 1504.00941)."""
        if ACTIVATION_NAMES[self.activation].kinked and start.method != "orthogonal":
            return np.eye(self.units)
        return orthogonal((self.units, self.units), start.rng)

    def run(self, parts: Parts, sums: Array, packed: Packed, first: Array) -> _Values:
        h, before, value = np.empty_like(sums), first, ACTIVATIONS[self.activation].value
        for step in packed.steps():
            z = sums[step]
            z += before[: len(z)] @ parts.recurrent
            h[step] = value(z)
            before = h[step]
        return _Values(h, sums)

    def _kept(self, inputs: Any, traces: tuple[Trace, ...], starts: Array | None) -> Kept:
        z = side_by_side(traces, [trace.values.z for trace in traces])
        return super()._kept(inputs, traces, starts)._replace(z=z)

    def run_back(self, parts: Parts, trace: Trace, slope: Array, seen: Array | None = None) -> tuple[Array, Array]:
        steepness, after, turned = self._steepness(trace), slope[:0], parts.recurrent.T
        for step in trace.packed.steps_back():
            d_sums = slope[step]
            d_sums[: len(after)] += after
            if seen is not None:
                seen[step] = d_sums
            d_sums *= steepness[step]
            after = d_sums @ turned
        return slope, slope

    def _steepness(self, trace: Trace) -> Array:
        return ACTIVATIONS[self.activation].derivative(trace.values.z, trace.values.h)

    def r_run(self, parts: Parts, trace: Trace, r_sums: Array, r_recurrent: Array) -> _Values:
        r_z, steepness = r_sums, self._steepness(trace)
        r_z += r_recurrent
        r_h, before = np.empty_like(r_z), r_z[:0]
        for step in trace.packed.steps():
            z = r_z[step]
            if len(before):
                z += before[: len(z)] @ parts.recurrent
            r_h[step] = steepness[step] * z
            before = r_h[step]
        return _Values(r_h, r_z)

    def r_run_back(
        self, parts: Parts, along: Parts, trace: Trace, r_trace: Trace, slope: Array, r_slope: Array
    ) -> tuple[Array, Array, Array, Array]:
        activation, steepness = ACTIVATIONS[self.activation], self._steepness(trace)
        assert activation.second_derivative is not None
        bend = activation.second_derivative(trace.values.z, trace.values.h) * r_trace.values.z
        after = r_after = slope[:0]
        for step in trace.packed.steps_back():
            d, r_d = slope[step], r_slope[step]
            d[: len(after)] += after
            r_d[: len(after)] += r_after
            r_d *= steepness[step]
            r_d += d * bend[step]
            d *= steepness[step]
            after, r_after = d @ parts.recurrent.T, r_d @ parts.recurrent.T + d @ along.recurrent.T
        return slope, slope, r_slope, r_slope

    @property
    def lacks(self) -> frozenset[str]:
        is_smooth = ACTIVATIONS[self.activation].second_derivative
        return super().lacks if is_smooth else super().lacks | {"second_order"}

    @property
    def has_kink(self) -> bool:
        return ACTIVATION_NAMES[self.activation].kinked


LAYERS = {"recurrent": Recurrent}
