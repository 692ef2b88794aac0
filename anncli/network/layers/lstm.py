"""Long short-term memory: a cell c that gates write, keep and show.

i, f, o = logistic and g = tanh of x_t W + h_{t-1} U + b, gate by gate in the order i f g o; c_t = f c_{t-1} + i g; h_t = o tanh(c_t);
h_0 = c_0 = 0.

Source: Hochreiter & Schmidhuber 1997, Neural Computation 9, 1735-1780; the gate f: Gers, Schmidhuber & Cummins 2000, Neural
Computation 12, 2451-2471.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.network.activations.logistic import logistic
from anncli.network.layers.directions import Parts
from anncli.network.layers.gated import Gated
from anncli.network.layers.packed import Packed, columns_in
from anncli.network.layers.recurrence import Trace


class _Values(NamedTuple):
    """h, c and tanh(c) (n, H); gates (n, 4 H), c of the step before."""

    h: Array
    c: Array
    tanh_c: Array
    gates: Array
    before: Array


class _Factors(NamedTuple):
    """What the way back multiplies with, or R{...} of it: dE/dS of i, f and g is dc times `cell` (n, 3, H), that of o is dh times
    `out` (n, H); dh adds dh times `shown` to dc, and dc times `forget` is that of the step before."""

    cell: Array
    out: Array
    shown: Array
    forget: Array


class Lstm(Gated):
    """Block (1 + D + H, 4 H) of each direction; state [h | c]."""

    kind: ClassVar = "lstm"
    gates: ClassVar = ("i", "f", "g", "o")
    keeps: ClassVar = "f"
    lets_in: ClassVar = "i"
    # At first the memory keeps what it has (Gers et al. 2000; Jozefowicz, Zaremba & Sutskever 2015, ICML).
    first_bias: ClassVar = 1.0

    @property
    def _width(self) -> int:
        return 2 * self.units

    def state_of(self, trace: Trace) -> Array:
        h, c = columns_in(trace.state, 2)
        packed, values = trace.packed, trace.values
        return np.concatenate([packed.last(values.h, h), packed.last(values.c, c)], axis=1)

    def run(self, parts: Parts, sums: Array, packed: Packed, first: Array) -> _Values:
        n_units, n = self.units, len(sums)
        h, c, tanh_c = (np.empty((n, n_units), dtype=sums.dtype) for _ in range(3))
        before_h, before_c = columns_in(first, 2)
        first_c = before_c
        for step in packed.steps():
            z = sums[step]
            m = len(z)
            z += before_h[:m] @ parts.recurrent
            g = np.tanh(z[:, 2 * n_units : 3 * n_units])
            z[...] = logistic(z)
            z[:, 2 * n_units : 3 * n_units] = g
            i, f, _, o = columns_in(z, 4)
            c[step] = f * before_c[:m] + i * g
            tanh_c[step] = np.tanh(c[step])
            h[step] = o * tanh_c[step]
            before_h, before_c = h[step], c[step]
        return _Values(h, c, tanh_c, sums, packed.before(c, first_c))

    def _factors(self, trace: Trace) -> _Factors:
        values = trace.values
        i, f, g, o = columns_in(values.gates, 4)
        cell = np.stack([g * i * (1 - i), values.before * f * (1 - f), i * (1 - g * g)], axis=1)
        return _Factors(cell, values.tanh_c * o * (1 - o), o * (1 - values.tanh_c**2), f)

    def run_back(self, parts: Parts, trace: Trace, slope: Array, seen: Array | None = None) -> tuple[Array, Array]:
        factors, n_units = self._factors(trace), self.units
        d_sums, turned = np.empty_like(trace.values.gates), parts.recurrent.T
        after_h = after_c = slope[:0]
        for step in trace.packed.steps_back():
            dh, d, m = slope[step], d_sums[step], len(after_h)
            dh[:m] += after_h
            dc = dh * factors.shown[step]
            dc[:m] += after_c
            if seen is not None:
                seen[step] = dc
            d[:, : 3 * n_units] = (dc[:, None] * factors.cell[step]).reshape(len(d), -1)
            d[:, 3 * n_units :] = dh * factors.out[step]
            after_h, after_c = d @ turned, dc * factors.forget[step]
        return d_sums, d_sums

    def r_run(self, parts: Parts, trace: Trace, r_sums: Array, r_recurrent: Array) -> _Values:
        r_z, values, n_units = r_sums, trace.values, self.units
        r_z += r_recurrent
        gates = values.gates
        steepness = gates * (1 - gates)
        steepness[:, 2 * n_units : 3 * n_units] = 1 - gates[:, 2 * n_units : 3 * n_units] ** 2
        r_h, r_c, r_tanh = (np.empty_like(values.h) for _ in range(3))
        before_h = before_c = r_h[:0]
        for step in trace.packed.steps():
            r = r_z[step]
            if len(before_h):
                r += before_h[: len(r)] @ parts.recurrent
            r *= steepness[step]
            (ri, rf, rg, ro), (i, f, g, o) = columns_in(r, 4), columns_in(gates[step], 4)
            r_c[step] = rf * values.before[step] + ri * g + i * rg
            if len(before_c):
                r_c[step] += f * before_c[: len(r)]
            r_tanh[step] = (1 - values.tanh_c[step] ** 2) * r_c[step]
            r_h[step] = ro * values.tanh_c[step] + o * r_tanh[step]
            before_h, before_c = r_h[step], r_c[step]
        none = np.zeros((len(trace.packed.first(trace.state)), n_units), dtype=r_c.dtype)
        return _Values(r_h, r_c, r_tanh, r_z, trace.packed.before(r_c, none))

    def _r_factors(self, trace: Trace, r_trace: Trace) -> _Factors:
        values, r = trace.values, r_trace.values
        (i, f, g, o), (ri, rf, rg, ro) = columns_in(values.gates, 4), columns_in(r.gates, 4)
        of_i = rg * i * (1 - i) + g * (1 - 2 * i) * ri
        of_f = r.before * f * (1 - f) + values.before * (1 - 2 * f) * rf
        of_g = ri * (1 - g * g) - 2 * i * g * rg
        out = r.tanh_c * o * (1 - o) + values.tanh_c * (1 - 2 * o) * ro
        shown = ro * (1 - values.tanh_c**2) - 2 * o * values.tanh_c * r.tanh_c
        return _Factors(np.stack([of_i, of_f, of_g], axis=1), out, shown, rf)

    def r_run_back(
        self, parts: Parts, along: Parts, trace: Trace, r_trace: Trace, slope: Array, r_slope: Array
    ) -> tuple[Array, Array, Array, Array]:
        factors, r_factors, n_units = self._factors(trace), self._r_factors(trace, r_trace), self.units
        d_sums, r_sums = (np.empty_like(trace.values.gates) for _ in range(2))
        after_h = after_c = r_after_h = r_after_c = slope[:0]
        for step in trace.packed.steps_back():
            dh, r_dh, d, r_d, m = slope[step], r_slope[step], d_sums[step], r_sums[step], len(after_h)
            cell, out, shown, forget = (factor[step] for factor in factors)
            r_cell, r_out, r_shown, r_forget = (factor[step] for factor in r_factors)
            dh[:m] += after_h
            r_dh[:m] += r_after_h
            dc, r_dc = dh * shown, r_dh * shown + dh * r_shown
            dc[:m] += after_c
            r_dc[:m] += r_after_c
            d[:, : 3 * n_units] = (dc[:, None] * cell).reshape(len(d), -1)
            d[:, 3 * n_units :] = dh * out
            r_d[:, : 3 * n_units] = (r_dc[:, None] * cell + dc[:, None] * r_cell).reshape(len(d), -1)
            r_d[:, 3 * n_units :] = r_dh * out + dh * r_out
            after_h, r_after_h = d @ parts.recurrent.T, r_d @ parts.recurrent.T + d @ along.recurrent.T
            after_c, r_after_c = dc * forget, r_dc * forget + dc * r_forget
        return d_sums, d_sums, r_sums, r_sums


LAYERS = {"lstm": Lstm}
