"""Chains of layers as the steps that the compiled code knows (compiled/src/chain_steps.h)."""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.compiled import _native
from anncli.network.layers.base import LayerKind
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.topology import Topology

_FIELDS: tuple[str, ...] = _native.step_layout()
_CODES = {name: code for code, name in enumerate(_native.steps())}

# Layers that read every row of a sample for itself, and a picture as one row.
_BY_ROW = ("dense", "bilinear")

# Components of vectors beyond which their N^3 numbers, of which nearly all are 0, take seconds and much memory.
_MOST_COMPONENTS = 128


class Form(NamedTuple):
    """The rows of a sample: of a picture height * width of its channels, of a vector one; width 0 for any number."""

    height: int
    width: int
    columns: int


class Steps(NamedTuple):
    """A chain for the compiled code: its steps int32 (n, fields), the form of its inputs, how many inputs and hidden units there
    are, and the numbers B[k, i, j] of the products of all bilinear steps, float32."""

    steps: Array
    form: Form
    tokens: bool
    n_units: int
    products: Array


def steps_of(topology: Topology) -> Steps:
    """The steps of a chain of layers; raises ValueError for one that the compiled code does not know."""
    form = first = _first_form(topology)
    positions = [0, *accumulate(topology.sizes[:-1])]
    steps: list[dict[str, int]] = []
    products = [np.zeros(0, dtype=np.float32)]
    number_of_form = {0: 0}
    for number, layer in enumerate(topology.layers, 1):
        if layer.kind in _BY_ROW and form.height * form.width > 1:
            steps.append({"kind": _CODES["flatten"]})
        if _is_flat(layer) and topology.shapes[number - 1].grid != form:
            raise ValueError(f"layer {number}, `{layer.text()}`, over vectors")
        step = _step_of(layer, topology.inputs.tokens and number == 1)
        # A position says of which units the outputs are, from 1. Those of the output layer are never dropped.
        steps.append(step | {"position": positions[number] + 1 if number < len(topology.layers) else 0})
        if layer.skip:
            steps[-1]["skip"] = number_of_form[layer.skip]
        if layer.kind == "bilinear":
            products.append(_product_of(layer, number))
        number_of_form[number] = len(steps)
        form = _form_after(topology, number)
    table = np.array([[step.get(name, 0) for name in _FIELDS] for step in steps], dtype=np.int32)
    return Steps(table, first, topology.inputs.tokens, sum(topology.sizes[:-1]), np.concatenate(products))


def _first_form(topology: Topology) -> Form:
    inputs = topology.inputs
    if inputs.rows is None:
        return Form(1, 0, inputs.columns)
    if inputs.grid is not None and _is_flat(topology.layers[0]):
        return Form(*inputs.grid)
    return Form(1, 1, inputs.columns)


def _form_after(topology: Topology, number: int) -> Form:
    shape, layer = topology.shapes[number], topology.layers[number - 1]
    if shape.rows is None:
        return Form(1, 0, shape.columns)
    # Only what slides over a picture gives one: vectors of N components are a row.
    if shape.grid is not None and _is_flat(layer):
        return Form(*shape.grid)
    return Form(1, 1, shape.columns)


def _is_flat(layer: LayerKind) -> bool:
    """Whether windows of the layer slide over two axes."""
    return len(getattr(layer, "size", ())) == 2


def _step_of(layer: LayerKind, of_tokens: bool) -> dict[str, int]:
    kind: Any = layer
    code = ACTIVATION_NAMES[layer.activation].code
    assert code is not None
    step = {
        "kind": _CODES["sparse" if of_tokens and layer.kind == "dense" else layer.kind],
        "activation": code,
        "frozen": int(layer.is_frozen),
    }
    if layer.kind == "window":
        size = 2 * kind.rows + 1
        return step | _windows((size,), (1,), True)
    if layer.kind == "pad":
        return step | {"size_x": kind.rows, "before_x": int(kind.side == "left")}
    if layer.kind in ("convolution", "mean-pool", "max-pool"):
        step |= _windows(kind.size, kind.stride, getattr(kind, "padding", "valid") == "same")
    if layer.kind == "bilinear":
        step["components"] = kind.components
    if hasattr(kind, "units"):
        step["units"] = kind.units
    if hasattr(kind, "is_bidirectional"):
        step["directions"] = 1 + kind.is_bidirectional
    return step


def _windows(size: tuple[int, ...], stride: tuple[int, ...], is_same: bool) -> dict[str, int]:
    """Windows over rows are windows over a picture of one row."""
    (size_y, size_x), (stride_y, stride_x) = ((1,) * (2 - len(axes)) + tuple(axes) for axes in (size, stride))
    found = {"size_y": size_y, "size_x": size_x, "stride_y": stride_y, "stride_x": stride_x}
    if is_same:
        found |= {
            "before_y": (size_y - 1) // 2,
            "after_y": size_y // 2,
            "before_x": (size_x - 1) // 2,
            "after_x": size_x // 2,
        }
    return found


def _product_of(layer: Any, number: int) -> Array:
    if layer.components > _MOST_COMPONENTS:
        message = f"layer {number} has vectors of {layer.components} components, and {_MOST_COMPONENTS} are the most"
        raise ValueError(message)
    tensor: Array = layer.structure.tensor()
    return tensor.astype(np.float32).reshape(-1)


def state_floats(layer: LayerKind) -> int:
    """The floats of a sample's state after a layer in compiled code: its parts in whole lines of 16."""
    if not layer.carries:
        return 0
    kind: Any = layer
    return int(kind.state_width // kind.units * (-(-kind.units // 16) * 16))
