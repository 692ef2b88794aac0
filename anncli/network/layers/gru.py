"""Gated recurrent units, in the form whose gate r acts on the product with the row before.

r, z = logistic(x W + h_{t-1} U + b); n = tanh(x W_n + b_n + r (h_{t-1} U_n + c)); h_t = (1 - z) n + z h_{t-1}; h_0 = 0.

Source: Cho et al. 2014, EMNLP, 1724-1734, with the gate r after the product as in the libraries for GPUs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.network.activations.logistic import logistic
from anncli.network.layers.base import Blocks
from anncli.network.layers.directions import Parts
from anncli.network.layers.gated import Gated
from anncli.network.layers.packed import Packed, columns_in
from anncli.network.layers.recurrence import Trace


class _Values(NamedTuple):
    """h (n, H); gates r, z, n (n, 3 H); inner: h_{t-1} U_n + c (n, H)."""

    h: Array
    gates: Array
    inner: Array


class _Factors(NamedTuple):
    """What the way back multiplies dE/dh with, or R{...} of it: `sums` (n, 3, H) gives dE/dS of r, z and n, `inner` (n, H) that of
    inner, and `keep` (n, H) what goes to the step before besides the products."""

    sums: Array
    inner: Array
    keep: Array


class Gru(Gated):
    """Blocks of each direction: (1 + D + H, 2 H) of r and z, (1 + D, H) of n, and (1 + H, H) of what r is multiplied with."""

    kind: ClassVar = "gru"
    gates: ClassVar = ("r", "z", "n")
    keeps: ClassVar = "z"

    # Parameters

    def direction_shapes(self, n_inputs: int) -> tuple[tuple[int, int], ...]:
        return (1 + n_inputs + self.units, 2 * self.units), (1 + n_inputs, self.units), (1 + self.units, self.units)

    def parts(self, blocks: Blocks) -> Parts:
        both, own, inner = blocks
        first = len(own)
        joined = np.concatenate([both[:first], own], axis=1)
        return Parts(joined[0], joined[1:], np.concatenate([both[first:], inner[1:]], axis=1), inner[0])

    def write(self, slots: Blocks, parts: Parts) -> None:
        both, own, inner = slots
        first, cut = len(own), 2 * self.units
        both[0], own[0] = parts.biases[:cut], parts.biases[cut:]
        both[1:first], own[1:] = parts.weights[:, :cut], parts.weights[:, cut:]
        both[first:], inner[1:] = parts.recurrent[:, :cut], parts.recurrent[:, cut:]
        inner[0] = parts.inner

    def gate_of(self, block: int, gate: int) -> str:
        return self.gates[gate] if block == 0 else "n"

    def source(self, block: int, row: int, direction: int, below: Callable[[int], str]) -> str:
        if block < 2:
            return super().source(block, row, direction, below)
        return (
            self.recurrent_source(row - 1, direction)
            if row
            else f"bias of the row {'after' if direction else 'before'}"
        )

    # The steps of one direction

    def run(self, parts: Parts, sums: Array, packed: Packed, first: Array) -> _Values:
        assert parts.inner is not None
        n_units, before = self.units, first
        h, inner = (np.empty((len(sums), n_units), dtype=sums.dtype) for _ in range(2))
        for step in packed.steps():
            gates = sums[step]
            before = before[: len(gates)]
            product = before @ parts.recurrent
            gates[:, : 2 * n_units] = logistic(gates[:, : 2 * n_units] + product[:, : 2 * n_units])
            inner[step] = product[:, 2 * n_units :] + parts.inner
            r, z, n = columns_in(gates, 3)
            n[...] = np.tanh(n + r * inner[step])
            h[step] = (1 - z) * n + z * before
            before = h[step]
        return _Values(h, sums, inner)

    def _factors(self, trace: Trace) -> _Factors:
        r, z, n = columns_in(trace.values.gates, 3)
        of_n = (1 - z) * (1 - n * n)
        of_r = of_n * trace.values.inner * r * (1 - r)
        return _Factors(np.stack([of_r, (trace.before - n) * z * (1 - z), of_n], axis=1), of_n * r, z)

    def run_back(self, parts: Parts, trace: Trace, slope: Array, seen: Array | None = None) -> tuple[Array, Array]:
        factors, cut, after, turned = self._factors(trace), 2 * self.units, slope[:0], parts.recurrent.T
        d_sums = np.empty_like(trace.values.gates)
        d_product = np.empty_like(d_sums)
        for step in trace.packed.steps_back():
            dh, d, inner = slope[step], d_sums[step], d_product[step]
            dh[: len(after)] += after
            if seen is not None:
                seen[step] = dh
            d[...] = (dh[:, None] * factors.sums[step]).reshape(d.shape)
            inner[:, :cut], inner[:, cut:] = d[:, :cut], dh * factors.inner[step]
            after = inner @ turned + dh * factors.keep[step]
        return d_sums, d_product

    def r_run(self, parts: Parts, trace: Trace, r_sums: Array, r_recurrent: Array) -> _Values:
        cut, values = 2 * self.units, trace.values
        r_gates, gates, (r_h, r_inner) = r_sums, values.gates, (np.empty_like(values.h) for _ in range(2))
        steepness = gates[:, :cut] * (1 - gates[:, :cut])
        before = np.zeros((len(trace.packed.first(trace.state)), self.units), dtype=r_h.dtype)
        for step in trace.packed.steps():
            found, here = r_gates[step], slice(step.start, step.stop)
            before = before[: len(found)]
            product = r_recurrent[here] + before @ parts.recurrent
            found[:, :cut] = (found[:, :cut] + product[:, :cut]) * steepness[here]
            r_inner[here] = product[:, cut:]
            (r, z, n), (rr, rz, rn) = columns_in(gates[here], 3), columns_in(found, 3)
            rn[...] = (1 - n * n) * (rn + rr * values.inner[here] + r * r_inner[here])
            r_h[here] = (1 - z) * rn + z * before + rz * (trace.before[here] - n)
            before = r_h[here]
        return _Values(r_h, r_gates, r_inner)

    def _r_factors(self, trace: Trace, r_trace: Trace) -> _Factors:
        (r, z, n), (rr, rz, rn) = (columns_in(one.values.gates, 3) for one in (trace, r_trace))
        inner, r_inner = trace.values.inner, r_trace.values.inner
        of_n, r_of_n = (1 - z) * (1 - n * n), -rz * (1 - n * n) - 2 * (1 - z) * n * rn
        r_of_r = r_of_n * inner * r * (1 - r) + of_n * (r_inner * r * (1 - r) + inner * (1 - 2 * r) * rr)
        r_of_z = (r_trace.before - rn) * z * (1 - z) + (trace.before - n) * (1 - 2 * z) * rz
        return _Factors(np.stack([r_of_r, r_of_z, r_of_n], axis=1), r_of_n * r + of_n * rr, rz)

    def r_run_back(
        self, parts: Parts, along: Parts, trace: Trace, r_trace: Trace, slope: Array, r_slope: Array
    ) -> tuple[Array, Array, Array, Array]:
        factors, r_factors, cut = self._factors(trace), self._r_factors(trace, r_trace), 2 * self.units
        d_sums, d_product, r_sums, r_product = (np.empty_like(trace.values.gates) for _ in range(4))
        after = r_after = slope[:0]
        for step in trace.packed.steps_back():
            dh, r_dh, d, r_d = slope[step], r_slope[step], d_sums[step], r_sums[step]
            (sums, inner, keep), (r_of_sums, r_of_inner, r_keep) = (
                (one[step] for one in each) for each in (factors, r_factors)
            )
            dh[: len(after)] += after
            r_dh[: len(after)] += r_after
            d[...] = (dh[:, None] * sums).reshape(d.shape)
            r_d[...] = (r_dh[:, None] * sums + dh[:, None] * r_of_sums).reshape(d.shape)
            product, r_of_product = d_product[step], r_product[step]
            product[:, :cut], product[:, cut:] = d[:, :cut], dh * inner
            r_of_product[:, :cut], r_of_product[:, cut:] = r_d[:, :cut], r_dh * inner + dh * r_of_inner
            after = product @ parts.recurrent.T + dh * keep
            r_after = r_of_product @ parts.recurrent.T + product @ along.recurrent.T + r_dh * keep + dh * r_keep
        return d_sums, d_product, r_sums, r_product


LAYERS = {"gru": Gru}
