"""The ops of ONNX by which a network of dense layers is computed, on the values of values.py."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from anncli.arrays import Array
from anncli.formats.networks.chain import Chain
from anncli.formats.networks.onnx.functions import JOINED, unary
from anncli.formats.networks.onnx.node import Node
from anncli.formats.networks.onnx.shapes import reshaped, transposed, unchanged
from anncli.formats.networks.onnx.values import Flags, Flow, Mask, Stem, UnreadError, shape_text


def flow_of(node: Node) -> Flow:
    """The result of a node whose first value, or the only one that is no constant, depends on the inputs."""
    if node.op in _OPS:
        return _OPS[node.op](node)
    function = unary(node.op, node.attributes)
    if function is not None and isinstance(node.given[0], Flow):
        return node.given[0].function(node.op, function)
    raise UnreadError(
        f"{node.op} has no counterpart in a network of dense layers",
        "ann imports layers (Gemm, MatMul, Add), activations and scalings of inputs",
    )


# Layers


def _matmul(node: Node) -> Flow:
    flow = node.flow()
    if len(flow.shape) < 2 and node.rows:
        raise UnreadError(f"MatMul takes a tensor of {shape_text(flow.shape)}")
    return _layer(flow, node.array(1), None)


def _gemm(node: Node) -> Flow:
    flow, attributes = node.flow(), node.attributes
    if attributes.get("transA", 0):
        raise UnreadError("Gemm with transA takes the rows as columns, which dense layers do not")
    weights = node.array(1)
    if attributes.get("transB", 0):
        weights = weights.T
    with np.errstate(all="ignore"):
        weights = weights * attributes.get("alpha", 1.0)
        biases = node.array(2, np.zeros(1)) * attributes.get("beta", 1.0)
    n = weights.shape[-1] if weights.ndim else 0
    return _layer(flow, weights, _vector(biases, (1, n), n))


def _layer(flow: Flow, weights: Array, biases: Array | None) -> Flow:
    while weights.ndim > 2 and weights.shape[0] == 1:
        weights = weights[0]
    width = flow.stem.width
    if weights.ndim != 2 or flow.shape[-1] != width or weights.shape[0] != width or not weights.shape[1]:
        text = f"weights of {shape_text(weights.shape)} do not fit a tensor of {shape_text(flow.shape)}"
        raise UnreadError(text, "check that the model has dense layers only, one after another")
    if not (np.isfinite(weights).all() and (biases is None or np.isfinite(biases).all())):
        raise UnreadError("the weights are not all finite numbers", "train the model again, its training has failed")
    stem = Stem(flow.settled(), weights.shape[1], lambda chain: chain.affine(weights, biases))
    return Flow(stem, (*flow.shape[:-1], weights.shape[1]))


def _normalization(node: Node) -> Flow:
    flow = node.flow()
    if node.attributes.get("training_mode", 0) or len(flow.shape) < 2:
        raise UnreadError("BatchNormalization in training mode changes from batch to batch", "export for inference")
    n, rest = flow.shape[1], len(flow.shape) - 2
    scale, shift, mean, variance = (_vector(node.array(k), (n,), n).reshape(n, *[1] * rest) for k in range(1, 5))
    with np.errstate(all="ignore"):
        factor = scale / np.sqrt(variance + node.attributes.get("epsilon", 1e-5))
    return _each(flow, node.rows, factor=factor, shift=shift, add=-mean)


def _scaler(node: Node) -> Flow:
    offset, factor = (
        np.asarray(node.attributes.get(key, [default])) for key, default in (("offset", 0.0), ("scale", 1.0))
    )
    return _each(node.flow(), node.rows, factor=factor.astype(np.float64), add=-offset.astype(np.float64))


# Functions of one number


def _add(node: Node) -> Flow:
    return _constant_or_joined(node, lambda flow, c: _each(flow, node.rows, shift=c))


def _mul(node: Node) -> Flow:
    return _constant_or_joined(node, lambda flow, c: _each(flow, node.rows, factor=c))


def _sub(node: Node) -> Flow:
    if isinstance(node.given[0], np.ndarray):
        minus = _each(node.flow(1), node.rows, factor=np.array(-1.0))
        return _each(minus, node.rows, shift=node.array(0))
    return _constant_or_joined(node, lambda flow, c: _each(flow, node.rows, add=-c))


def _div(node: Node) -> Flow:
    if isinstance(node.given[0], np.ndarray):
        top = _one(node.array(0), "Div")
        return node.flow(1).function("Div", lambda x: top / x)
    with np.errstate(all="ignore"):
        return _constant_or_joined(node, lambda flow, c: _each(flow, node.rows, factor=1 / c))


def _pow(node: Node) -> Flow:
    if isinstance(node.given[1], np.ndarray):
        exponent = _one(node.array(1), "Pow")
        return node.flow().function("Pow", lambda x: x**exponent)
    return _constant_or_joined(node, lambda flow, c: flow)


def _bound(node: Node) -> Flow:
    function = np.maximum if node.op == "Max" else np.minimum

    def bounded(flow: Flow, bound: Array) -> Flow:
        one = _one(bound, node.op)
        return flow.function(node.op, lambda x: function(x, one))

    return _constant_or_joined(node, bounded)


def _where(node: Node) -> Flow:
    """One of two functions of the same numbers, by a comparison of these numbers."""
    mask, *parts = node.given
    flow = mask.scores if isinstance(mask, Flags) else mask.flow if isinstance(mask, Mask) else None
    if flow is None or flow.values is None:
        raise UnreadError("Where does not choose by a comparison of what the layers compute")
    chosen = flow.values > mask.threshold if isinstance(mask, Flags) else mask.values
    first, second = (
        part if isinstance(part, Flow) else flow.constant(_one(node.array(at), "Where"))
        for at, part in enumerate(parts, 1)
    )
    if not flow.stem is first.stem is second.stem:
        raise UnreadError("Where joins two branches of the graph, which a chain of layers does not have")
    return first.joined("Where", second, lambda x, y: np.where(chosen, x, y))


def _clip(node: Node) -> Flow:
    """A lower bound of 0 alone is relu; other bounds are a layer of their own."""
    flow = node.flow()
    low, high = (
        _one(node.array(at, np.array(float(node.attributes.get(key, unbounded)))), "Clip")
        for at, key, unbounded in ((1, "min", -math.inf), (2, "max", math.inf))
    )
    most = float(np.finfo(np.float32).max)
    low, high = (bound if abs(bound) < most else math.copysign(math.inf, bound) for bound in (low, high))
    if math.isinf(high) or math.isinf(low):
        return flow.function("Clip", lambda x: np.clip(x, low, high))
    if not low < high:
        raise UnreadError(f"Clip from {low:g} to {high:g} is no range")
    before = flow.settled()

    def tell(chain: Chain) -> None:
        chain.clip(np.array(low), np.array(high))

    return Flow(Stem(before, before.width, tell), flow.shape)


def _prelu(node: Node) -> Flow:
    slope = _one(node.array(1), "PRelu")
    return node.flow().function("PRelu", lambda x: np.where(x < 0, slope * x, x))


def _neg(node: Node) -> Flow:
    return _each(node.flow(), node.rows, factor=np.array(-1.0))


def _softmax(node: Node) -> Flow:
    flow, axis = node.flow(), node.attributes.get("axis", -1)
    if not -len(flow.shape) <= axis < len(flow.shape) or flow.shape[axis] != flow.stem.width:
        raise UnreadError(f"Softmax along axis {axis} of {shape_text(flow.shape)} is not over all outputs of a row")
    return Flow(flow.settled().activate("softmax"), flow.shape)


# What they share


def _constant_or_joined(node: Node, with_constant: Callable[[Flow, Array], Flow]) -> Flow:
    """A node of one or two values; one of two may be constant."""
    if len(node.given) == 1:
        return node.flow()
    if len(node.given) != 2:
        raise UnreadError(
            f"{node.op} joins {len(node.given)} branches of the graph, which a chain of layers does not have"
        )
    first, second = node.given
    if isinstance(first, Flow) and isinstance(second, Flow):
        if first.shape != second.shape:
            raise UnreadError(f"{node.op} joins tensors of {shape_text(first.shape)} and {shape_text(second.shape)}")
        return first.joined(node.op, second, JOINED[node.op])
    return with_constant(
        node.flow(0 if isinstance(first, Flow) else 1), node.array(1 if isinstance(first, Flow) else 0)
    )


def _each(flow: Flow, rows: int, **maps: Array) -> Flow:
    """(value + add) * factor + shift for constants whose shapes fit one row; one number for all where they are equal."""
    shape = (1, *flow.shape[1:]) if rows else flow.shape
    given = {"factor": np.array(1.0), "shift": np.array(0.0), "add": np.array(0.0)} | maps
    vectors = {key: _uniform(_vector(value, shape, flow.stem.width)) for key, value in given.items()}
    if not all(np.isfinite(vector).all() for vector in vectors.values()):
        raise UnreadError("the constants of a scaling are not all finite", "check the model: it divides by 0")
    if not np.any(vectors["shift"]) and not np.any(vectors["add"]) and np.all(vectors["factor"] == 1):
        return flow
    return flow.each(**vectors)


def _vector(values: Array, shape: Sequence[int], width: int) -> Array:
    """The values (width,) that a constant has for a row of this shape."""
    try:
        fits = np.broadcast_shapes(values.shape, tuple(shape)) == tuple(shape) and math.prod(shape) == width
        if fits:
            return np.broadcast_to(values, tuple(shape)).reshape(-1)
    except ValueError:
        pass
    raise UnreadError(f"constants of {shape_text(values.shape)} do not fit a row of {shape_text(shape)}")


def _uniform(vector: Array) -> Array:
    return vector[0] if vector.size and (vector == vector[0]).all() else vector


def _one(values: Array, op: str) -> float:
    """The one number of a constant."""
    if not values.size or (values != values.flat[0]).any():
        raise UnreadError(f"{op} has a constant for each value, where activations have one for all")
    return float(values.flat[0])


_OPS: dict[str, Callable[[Node], Flow]] = {
    "MatMul": _matmul, "Gemm": _gemm, "BatchNormalization": _normalization, "Scaler": _scaler,
    "Add": _add, "Sum": _add, "Sub": _sub, "Mul": _mul, "Div": _div, "Neg": _neg, "Pow": _pow, "Max": _bound, "Min": _bound,
    "Clip": _clip, "Where": _where, "PRelu": _prelu, "Softmax": _softmax,
    "Identity": unchanged, "Dropout": unchanged, "Cast": unchanged,
    "Flatten": reshaped, "Reshape": reshaped, "Squeeze": reshaped, "Unsqueeze": reshaped, "Transpose": transposed,
}  # fmt: skip
