"""A kind of layer as a contributor would write it: one file and one line in the table of names."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from anncli.arrays import Array
from anncli.errors import ValueFault
from anncli.network.layers.base import Blocks, Kept, LayerKind, Shape, Start
from anncli.network.names import LAYER_NAMES, LayerName


class Scale(LayerKind):
    """outputs = inputs * factor + shift, for each column: two blocks of one row. It lacks all that is optional."""

    kind = "scale"

    @classmethod
    def read(cls, text: str) -> Scale:
        if text != "scale":
            raise ValueFault(f"a scale layer has no settings, found '{text}'", "write `scale`")
        return cls()

    def text(self) -> str:
        return "scale"

    def output(self, below: Shape) -> Shape:
        return below

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return (1, below.columns), (1, below.columns)

    def weights(self, blocks: Blocks) -> Blocks:
        return blocks[:1]

    def biases(self, blocks: Blocks) -> Blocks:
        return blocks[1:]

    def initialize(self, blocks: Blocks, start: Start) -> None:
        blocks[0][...] = start.rng.uniform(0.5, 1.5, blocks[0].shape)

    def forward(self, blocks: Blocks, inputs: Array, starts: Array | None) -> Kept:
        outputs = inputs * blocks[0] + blocks[1]
        return Kept(inputs, outputs, outputs, None, starts)

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        np.sum(delta * kept.inputs, axis=0, keepdims=True, out=slots[0])
        np.sum(delta, axis=0, keepdims=True, out=slots[1])
        return delta * blocks[0] if wanted else None


@pytest.fixture
def scale_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind `scale` in the table of names and in its module, for one test."""
    module = types.ModuleType("anncli.network.layers.scale")
    module.LAYERS = {"scale": Scale}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(LAYER_NAMES, "scale", LayerName("scale", "scale", "multiplies every column and adds to it"))


class SmoothScale(Scale):
    """The same with all that is optional."""

    def r_forward(self, blocks: Blocks, along: Blocks, kept: Kept, r_inputs: Array) -> Kept:
        r_outputs = r_inputs * blocks[0] + kept.inputs * along[0] + along[1]
        return Kept(r_inputs, r_outputs, r_outputs)

    def r_backward(
        self, blocks: Blocks, along: Blocks, kept: Kept, r_kept: Kept, delta: Array, r_delta: Array, slots: Blocks,
        wanted: bool,
    ) -> tuple[Array, Array] | None:  # fmt: skip
        slots[0][...] = (r_delta * kept.inputs + delta * r_kept.inputs).sum(axis=0)
        slots[1][...] = r_delta.sum(axis=0)
        return (delta * blocks[0], r_delta * blocks[0] + delta * along[0]) if wanted else None

    def row_gradients(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        slots[0][:, 0], slots[1][:, 0] = delta * kept.inputs, delta
        return delta * blocks[0] if wanted else None


@pytest.fixture
def smooth_scale_kind(scale_kind: None) -> None:
    """The kind `scale` with all that is optional."""
    sys.modules["anncli.network.layers.scale"].LAYERS = {"scale": SmoothScale}  # type: ignore[attr-defined]
