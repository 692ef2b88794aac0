"""What recurrent kinds of layers share: rows in the order of time, one product for all inputs before the loop over the steps, and
the products of the gradient after it.

Symbols, beside those of base.py: D columns below, H units, C = gates * H columns, gate by gate; S = x W + b are the sums of the
inputs of a row, h (H,) what the layer gives for it. A kind says how one step goes from S and the h before it, and its adjoint.

Sources: Elman 1990, Cognitive Science 14, 179-211; Werbos 1990, Proceedings of the IEEE 78, 1550-1560 (the way back in time);
Pearlmutter 1994, Neural Computation 6, 147-160 (R{...}); Schuster & Paliwal 1997, IEEE Trans. Signal Processing 45, 2673-2681
(both directions).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.network.layers.base import Blocks, Kept
from anncli.network.layers.directions import Directed, Parts
from anncli.network.layers.packed import Packed
from anncli.network.layers.sparse import add_to_indices, rows_of_tokens


class Trace(NamedTuple):
    """What one direction keeps of a forward pass, or R{...} of it; all rows in the order of time.

    values: a named tuple of the kind whose first field is h (n, H); before (n, H): the h of the step before; state (n_samples,
    state_width): that before the first row.
    """

    packed: Packed
    values: Any
    before: Array
    state: Array


class Recurrence(Directed):
    """The arithmetic of layers that read rows one after the other: a kind has the steps of one direction."""

    @property
    def carries(self) -> bool:
        return not self.is_bidirectional

    @property
    def state_width(self) -> int:
        return 0 if self.is_bidirectional else self._width

    # The steps of one direction, which a kind computes. first (m, state_width): the states of the samples that have a row.

    @abstractmethod
    def run(self, parts: Parts, sums: Array, packed: Packed, first: Array) -> Any:
        """The values of a Trace, from the sums S (n, C), which may be overwritten."""

    @abstractmethod
    def run_back(self, parts: Parts, trace: Trace, slope: Array, seen: Array | None = None) -> tuple[Array, Array]:
        """dE/dS (n, C) and dE/d(h U) (n, C), from dE/dh (n, H) of the layer above, which is overwritten.

        seen (n, H) receives the slope of what a row hands to the next one, over all ways: dE/dh, of a memory dE/dc.
        """

    @abstractmethod
    def r_run(self, parts: Parts, trace: Trace, r_sums: Array, r_recurrent: Array) -> Any:
        """R{values}, from R{S} and from h R{U}, both (n, C)."""

    @abstractmethod
    def r_run_back(
        self, parts: Parts, along: Parts, trace: Trace, r_trace: Trace, slope: Array, r_slope: Array
    ) -> tuple[Array, Array, Array, Array]:
        """dE/dS and dE/d(h U), and R{...} of both."""

    def state_of(self, trace: Trace) -> Array:
        """(n_samples, state_width) after the last row."""
        return trace.packed.last(trace.values.h, trace.state)

    # Forward and backward

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        return self.carried(blocks, inputs, starts, None)

    def carried(self, blocks: Blocks, inputs: Any, starts: Array | None, state: Array | None) -> Kept:
        starts = inputs.starts if isinstance(inputs, Tokens) else starts
        assert starts is not None
        traces = []
        for number, own in enumerate(self.directions(blocks)):
            parts, packed = self.parts(own), Packed.of(starts, is_backward=number > 0)
            sums = _product(inputs, parts.weights)
            sums += parts.biases
            given = np.zeros((len(starts) - 1, self._width), dtype=sums.dtype) if state is None else state
            given = given.astype(sums.dtype, copy=False)
            values = self.run(parts, packed.pack(sums), packed, packed.first(given))
            traces.append(Trace(packed, values, packed.before(values.h, packed.first(given[:, : self.units])), given))
        return self._kept(inputs, tuple(traces), starts)

    @property
    def _width(self) -> int:
        """As state_width, in either direction."""
        return self.units

    def _kept(self, inputs: Any, traces: tuple[Trace, ...], starts: Array | None) -> Kept:
        outputs = side_by_side(traces, [trace.values.h for trace in traces])
        return Kept(inputs, outputs, outputs, traces, starts)

    def final_state(self, kept: Kept) -> Array:
        return self.state_of(kept.own[0])

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        slope = None
        each = zip(kept.own, self.directions(blocks), self.directions(slots), self._halves(delta), strict=True)
        for trace, own, slot, above in each:
            parts = self.parts(own)
            d_sums, d_recurrent = self.run_back(parts, trace, trace.packed.pack(above))
            inner = None if parts.inner is None else d_recurrent[:, -self.units :].sum(axis=0)
            by_row = trace.packed.unpack(d_sums)
            weights = _gradient(kept.inputs, by_row, parts.weights)
            self.write(slot, Parts(d_sums.sum(axis=0), weights, trace.before.T @ d_recurrent, inner))
            if wanted:
                below = by_row @ parts.weights.T
                slope = below if slope is None else slope + below
        return slope

    def slopes_in_time(self, blocks: Blocks, kept: Kept, delta: Array) -> Array:
        """(n, H): for each row the slope, over all ways, of what the forward direction hands to the row after it."""
        trace, seen = kept.own[0], np.empty((len(delta), self.units), dtype=delta.dtype)
        above = trace.packed.pack(delta[:, : self.units])
        self.run_back(self.parts(next(self.directions(blocks))), trace, above, seen)
        return trace.packed.unpack(seen)

    def _halves(self, rows: Array) -> list[Array]:
        """The columns of each direction."""
        return [rows[:, first : first + self.units] for first in range(0, rows.shape[1], self.units)]

    def r_forward(self, blocks: Blocks, along: Blocks, kept: Kept, r_inputs: Any) -> Kept:
        traces = []
        for trace, own, moved in zip(kept.own, self.directions(blocks), self.directions(along), strict=True):
            parts, direction, packed = self.parts(own), self.parts(moved), trace.packed
            r_sums = _product(kept.inputs, direction.weights)
            r_sums += direction.biases
            if r_inputs is not None:
                r_sums += r_inputs @ parts.weights
            r_recurrent = trace.before @ direction.recurrent
            if direction.inner is not None:
                r_recurrent[:, -self.units :] += direction.inner
            values = self.r_run(parts, trace, packed.pack(r_sums), r_recurrent)
            none = np.zeros_like(trace.state)
            traces.append(Trace(packed, values, packed.before(values.h, packed.first(none[:, : self.units])), none))
        return self._kept(r_inputs, tuple(traces), kept.starts)

    def r_backward(
        self, blocks: Blocks, along: Blocks, kept: Kept, r_kept: Kept, delta: Array, r_delta: Array, slots: Blocks,
        wanted: bool,
    ) -> tuple[Array, Array] | None:  # fmt: skip
        slopes = []
        each = zip(kept.own, r_kept.own, *map(self.directions, (blocks, along, slots)), strict=True)
        for (trace, r_trace, own, moved, slot), *above in zip(
            each, self._halves(delta), self._halves(r_delta), strict=True
        ):
            parts, direction = self.parts(own), self.parts(moved)
            found = self.r_run_back(parts, direction, trace, r_trace, *map(trace.packed.pack, above))
            d_sums, d_recurrent, r_sums, r_recurrent = found
            inner = None if parts.inner is None else r_recurrent[:, -self.units :].sum(axis=0)
            by_row, r_by_row = trace.packed.unpack(d_sums), trace.packed.unpack(r_sums)
            weights = _gradient(kept.inputs, r_by_row, parts.weights)
            if r_kept.inputs is not None:
                weights += r_kept.inputs.T @ by_row
            recurrent = r_trace.before.T @ d_recurrent + trace.before.T @ r_recurrent
            self.write(slot, Parts(r_sums.sum(axis=0), weights, recurrent, inner))
            if wanted:
                r_slope = r_by_row @ parts.weights.T + by_row @ direction.weights.T
                slopes.append((by_row @ parts.weights.T, r_slope))
        return (sum(one for one, _ in slopes), sum(other for _, other in slopes)) if wanted else None


def _product(inputs: Any, weights: Array) -> Array:
    """(n, C): each row, or token, times the weights (D, C)."""
    found: Array = rows_of_tokens(inputs, weights) if isinstance(inputs, Tokens) else inputs @ weights
    return found


def _gradient(inputs: Any, delta: Array, weights: Array) -> Array:
    """(D, C): that of the weights, from delta (n, C) of the products."""
    found = np.empty(weights.shape, dtype=delta.dtype)
    if isinstance(inputs, Tokens):
        add_to_indices(inputs, delta, found)
    else:
        np.matmul(inputs.T, delta, out=found)
    return found


def side_by_side(traces: tuple[Trace, ...], packed: list[Array]) -> Array:
    """The values of each direction in the order of the samples."""
    rows = [trace.packed.unpack(values) for trace, values in zip(traces, packed, strict=True)]
    return rows[0] if len(rows) == 1 else np.concatenate(rows, axis=1)
