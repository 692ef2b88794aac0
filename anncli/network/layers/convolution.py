"""Convolutions: every unit is the same dense unit at each window of a picture, or of the rows of a sample.

Z = [1 | window] @ block, A = f(Z); one block (1 + places of a window * channels, units): biases in row 0, then the weights in
the order of windows.py. As in other programs for networks the window is not turned round: it is a correlation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from math import prod
from typing import Any, ClassVar, Self

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault, did_you_mean, known_name, quoted
from anncli.network.layers.affine import Affine, known_activation, whole_units
from anncli.network.layers.base import Blocks, Kept, Key, KeyFault, Shape, Start
from anncli.network.layers.initial import draw_unit_by_unit, initial_weights
from anncli.network.layers.sizes import (
    Size,
    Sliding,
    channels_of,
    check_windows,
    has_window_for_each_row,
    parse_size,
    parse_stride,
    read_stride,
    size_text,
    stride_words,
)  # fmt: skip
from anncli.network.layers.windows import Windows
from anncli.network.names import ACTIVATION_NAMES

PADDINGS = ("same", "valid")
_TEXT = re.compile(r"(\d{1,18})\s+(\S+)\s+convolution\s+(\S+)(.*)", re.ASCII)
_EXAMPLE = "write for example `6 tanh convolution 5x5` for pictures, `16 relu convolution 8` for rows"


class Convolution(Affine):
    """units: from 1, channels above; activation: a name of ACTIVATION_NAMES; size: (height, width) over a picture, (rows,) over
    the rows of a sample; padding: 'same' or 'valid', see windows.py; stride: as many numbers as size."""

    kind: ClassVar = "convolution"
    keys: ClassVar = {
        "units": Key(int, "units: 6"),
        "activation": Key(str, "activation: tanh"),
        "size": Key(str, "size: 5x5"),
        "padding": Key(str, "padding: valid", needed=False),
        "stride": Key(str, "stride: 2", needed=False),
    }
    can_be_output: ClassVar = True
    slides: ClassVar = True
    needs_given: ClassVar = True

    def __init__(self, units: int, activation: str, size: Size, padding: str = "same", stride: Size = 1) -> None:
        self.units, self.activation = whole_units(units), known_activation(activation)
        self.size = parse_size(size, "size", _EXAMPLE)
        self.stride = parse_stride(stride, self.size)
        known = known_name(str(padding), PADDINGS)
        if known is None:
            raise KeyFault("padding", f"unknown padding {quoted(str(padding))}", did_you_mean(str(padding), PADDINGS))
        self.padding = known

    @classmethod
    def read(cls, text: str) -> Self:
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueFault(
                f"a convolution is units, activation and the size of a window, found {quoted(text)}", _EXAMPLE
            )
        if int(match[1]) < 1:
            raise ValueFault("a layer needs at least 1 unit, found 0", _EXAMPLE)
        padding, words = "same", match[4].split()
        if words and known_name(words[0], PADDINGS):
            padding = words.pop(0)
        stride, words = read_stride(words)
        if words and words[0] in (*PADDINGS, "stride"):
            raise ValueFault(f"{quoted(words[0])} is one word too many after a convolution", _EXAMPLE)
        if words:
            raise ValueFault(
                f"unknown word {quoted(words[0])} after a convolution", did_you_mean(words[0], (*PADDINGS, "stride"))
            )
        return cls(int(match[1]), match[2], match[3], padding, stride or 1)

    def text(self) -> str:
        valid = " valid" if self.padding == "valid" else ""
        stride = stride_words(self.stride) if max(self.stride) > 1 else ""
        return f"{self.units} {self.activation} convolution {size_text(self.size)}{valid}{stride}"

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        if self.units < 1:
            raise ValueFault(f"{place} needs at least 1 unit, not {self.units}")
        if not below.tokens:
            check_windows(place, self.kind, self.size, self._is_same, below)
        super().check(place, below, is_output)
        if self.activation == "softmax" and (below.grid is not None or self.units == 1):
            raise ValueFault(f"{place}: softmax is over the units of a dense layer", "add `K softmax` with K classes")

    @property
    def _is_same(self) -> bool:
        return self.padding == "same"

    @cached_property
    def _sliding(self) -> Sliding:
        assert self.given is not None
        return Sliding(self.given, self.size, self.stride, self._is_same)

    def output(self, below: Shape) -> Shape:
        return Sliding(below, self.size, self.stride, self._is_same).above(self.units)

    def rows_needed(self, rows: int) -> int:
        return self._sliding.rows_needed(rows)

    @property
    def keeps_rows(self) -> bool:
        return has_window_for_each_row(self.size, self.stride, self._is_same)

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return ((1 + prod(self.size) * channels_of(below), self.units),)

    def initialize(self, blocks: Blocks, start: Start) -> None:
        block, places = blocks[0], prod(self.size)
        if start.method == "ann1dn":
            block[...] = draw_unit_by_unit(block.shape, start.rng)
            return
        low, high = (self._of_window(limit, best) for limit, best in ((start.low, np.min), (start.high, np.max)))
        # The windows share their weights: spreading the units over the range of one window would leave them too flat.
        method = (
            "glorot" if start.method == "auto" and ACTIVATION_NAMES[self.activation].family != "relu" else start.method
        )
        here = Start(method, start.rng, start.is_first, start.is_output, low, high)
        biases, block[1:] = initial_weights(block.shape[0] - 1, self.units, self.activation, here, places * self.units)
        if biases is not None:
            block[0] = biases

    def _of_window(self, limits: Array | None, best: Any) -> Array | None:
        """The limits of each value of a window, from those of all inputs: the widest of its channel."""
        if limits is None or self.given is None:
            return None
        channels = channels_of(self.given)
        return np.tile(best(limits.reshape(-1, channels), axis=0), prod(self.size))

    # Forward and backward

    def _product(self, windows: Windows, inputs: Array, matrix: Array) -> Array:
        """Each window times the matrix (values of a window, units): (m, units)."""
        product = np.empty((windows.count(len(inputs)), self.units), dtype=np.result_type(inputs, matrix))
        for part, rows, places in windows.cuts(len(inputs), len(matrix)):
            np.matmul(part.gathered(part.padded(inputs[rows])), matrix, out=product[places])
        return product

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        windows = self._sliding.windows(starts)
        z = self._product(windows, inputs, blocks[0][1:])
        z += blocks[0][0]
        z = self._sliding.as_rows(z)
        return Kept(inputs, z, self.activated(z), windows, windows.starts_above)

    def _gradient(self, kept: Kept, inputs: Array, delta: Array, slot: Array) -> None:
        """Write the sum over all windows of window and delta into the slot (values of a window, units)."""
        windows, by_place = kept.own, delta.reshape(-1, self.units)
        slot[...] = 0
        for part, rows, places in windows.cuts(len(inputs), len(slot)):
            slot += part.gathered(part.padded(inputs[rows])).T @ by_place[places]

    def _below(self, kept: Kept, delta: Array, matrix: Array) -> Array:
        """The slope (n, columns below) from delta and the weights (values of a window, units)."""
        windows, by_place = kept.own, delta.reshape(-1, self.units)
        slope = np.empty(kept.inputs.shape, dtype=delta.dtype)
        turned = np.ascontiguousarray(matrix.T)
        for part, rows, places in windows.cuts(len(slope), len(matrix)):
            slope[rows] = part.scattered(by_place[places] @ turned, part.padded(slope[rows]))
        return slope

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        self._gradient(kept, kept.inputs, delta, slots[0][1:])
        delta.reshape(-1, self.units).sum(axis=0, out=slots[0][0])
        return self._below(kept, delta, blocks[0][1:]) if wanted else None

    def gathered(self, kept: Kept) -> Array | None:
        windows: Windows = kept.own
        return windows.gathered(windows.padded(kept.inputs))

    def r_forward(self, blocks: Blocks, along: Blocks, kept: Kept, r_inputs: Array) -> Kept:
        r_z = self._product(kept.own, r_inputs, blocks[0][1:])
        r_z += self._product(kept.own, kept.inputs, along[0][1:])
        r_z += along[0][0]
        r_z = self._sliding.as_rows(r_z)
        return Kept(r_inputs, r_z, self.r_activated(kept, r_z))

    def r_backward(
        self, blocks: Blocks, along: Blocks, kept: Kept, r_kept: Kept, delta: Array, r_delta: Array, slots: Blocks,
        wanted: bool,
    ) -> tuple[Array, Array] | None:  # fmt: skip
        slot, more = slots[0], np.empty_like(slots[0][1:])
        self._gradient(kept, r_kept.inputs, delta, slot[1:])
        self._gradient(kept, kept.inputs, r_delta, more)
        slot[1:] += more
        slot[0] = r_delta.reshape(-1, self.units).sum(axis=0)
        if not wanted:
            return None
        weights = blocks[0][1:]
        return self._below(kept, delta, weights), self._below(kept, r_delta, weights) + self._below(
            kept, delta, along[0][1:]
        )

    def row_gradients(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        """As backward(), but the gradient of each sample by itself into slots (n_samples, *shape of the block)."""
        windows, by_place = kept.own, delta.reshape(-1, self.units)
        per_sample = kept.starts
        if per_sample is None:
            per_sample = np.arange(len(delta) + 1) * (len(by_place) // max(1, len(delta)))
        gathered = windows.gathered(windows.padded(kept.inputs))
        for sample, (first, last) in enumerate(pairwise(per_sample.tolist())):
            slots[0][sample, 1:] = gathered[first:last].T @ by_place[first:last]
            slots[0][sample, 0] = by_place[first:last].sum(axis=0)
        return self._below(kept, delta, blocks[0][1:]) if wanted else None

    # Words

    def column_text(self, place: str, n_rows: int) -> str:
        return f"a unit of {place} has a bias and {n_rows - 1} weights"

    def parameter_name(self, block: int, row: int, column: int, below: Callable[[int], str]) -> str:
        assert self.given is not None
        if not row:
            return f"unit {column + 1}, bias"
        place, channel = divmod(row - 1, channels_of(self.given))
        if self.given.grid is None:
            return f"unit {column + 1}, weight from {below(channel + 1)} in row {place + 1} of the window"
        down, right = divmod(place, self.size[1])
        of_channel = f"channel {channel + 1} at " if self.given.grid[2] > 1 else ""
        return f"unit {column + 1}, weight from {of_channel}row {down + 1} and column {right + 1} of the window"

    def describe(self, below: Shape) -> dict[str, Any]:
        (shape,) = self.block_shapes(below)
        found = {
            "layer": self.text(),
            "kind": self.kind, "units": self.units, "activation": self.activation, "size": list(self.size), "padding": self.padding,
            "stride": list(self.stride), "weights": [shape[0] - 1, self.units], "biases": self.units,
        }  # fmt: skip
        above = self.output(below)
        return {**found, "picture": list(above.grid)} if above.grid is not None else found


LAYERS = {"convolution": Convolution}
