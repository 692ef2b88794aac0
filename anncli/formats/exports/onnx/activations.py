"""Activations as nodes of ONNX, in forms that do not overflow in float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anncli.formats.exports.onnx.nodes import Nodes

# Activations that are one node, and its attributes.
_OPS: dict[str, tuple[str, dict[str, Any]]] = {
    "logistic": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "relu": ("Relu", {}),
    "leaky-relu": ("LeakyRelu", {"alpha": 0.01}),
    "elu": ("Elu", {"alpha": 1.0}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "softmax": ("Softmax", {"axis": 1}),
}
# The largest argument of exp, as everywhere in this program.
_MOST_EXPONENT = 88.0


def activate(nodes: Nodes, name: str, z: str, result: str) -> str:
    """The value `result` = activation(z)."""
    if name in _OPS:
        op, attributes = _OPS[name]
        return nodes.add(op, [z], result, **attributes)
    return _COMPOSED[name](nodes, z, result)


def _linear(nodes: Nodes, z: str, result: str) -> str:
    return nodes.add("Identity", [z], result)


def _bipolar_sigmoid(nodes: Nodes, z: str, result: str) -> str:
    half = nodes.add("Mul", [z, nodes.number(0.5)], f"{result}/half")
    return nodes.add("Tanh", [half], result)


def _lecun_tanh(nodes: Nodes, z: str, result: str) -> str:
    scaled = nodes.add("Mul", [z, nodes.number(2 / 3)], f"{result}/scaled")
    bounded = nodes.add("Tanh", [scaled], f"{result}/tanh")
    return nodes.add("Mul", [bounded, nodes.number(1.7159)], result)


def _gelu(nodes: Nodes, z: str, result: str) -> str:
    scaled = nodes.add("Mul", [z, nodes.number(0.7071067811865476)], f"{result}/scaled")
    erf = nodes.add("Erf", [scaled], f"{result}/erf")
    return _gated(nodes, z, erf, result)


def _gelu_tanh(nodes: Nodes, z: str, result: str) -> str:
    square = nodes.add("Mul", [z, z], f"{result}/square")
    cube = nodes.add("Mul", [square, z], f"{result}/cube")
    small = nodes.add("Mul", [cube, nodes.number(0.044715)], f"{result}/small")
    total = nodes.add("Add", [z, small], f"{result}/sum")
    scaled = nodes.add("Mul", [total, nodes.number(0.7978845608028654)], f"{result}/scaled")
    bounded = nodes.add("Tanh", [scaled], f"{result}/tanh")
    return _gated(nodes, z, bounded, result)


def _gated(nodes: Nodes, z: str, bounded: str, result: str) -> str:
    """z (1 + bounded) / 2."""
    above = nodes.add("Add", [bounded, nodes.number(1)], f"{result}/above")
    gate = nodes.add("Mul", [above, nodes.number(0.5)], f"{result}/gate")
    return nodes.add("Mul", [z, gate], result)


def _silu(nodes: Nodes, z: str, result: str) -> str:
    """z / (1 + exp(-z)), which is exact to more digits than z Sigmoid(z); an exponential that overflows gives 0."""
    e = nodes.add("Exp", [nodes.add("Neg", [z], f"{result}/minus")], f"{result}/exp")
    return nodes.add("Div", [z, nodes.add("Add", [e, nodes.number(1)], f"{result}/below")], result)


def _exp(nodes: Nodes, z: str, result: str) -> str:
    bounded = nodes.add("Min", [z, nodes.number(_MOST_EXPONENT)], f"{result}/bounded")
    return nodes.add("Exp", [bounded], result)


_COMPOSED: dict[str, Callable[[Nodes, str, str], str]] = {
    "linear": _linear,
    "bipolar-sigmoid": _bipolar_sigmoid,
    "lecun-tanh": _lecun_tanh,
    "gelu": _gelu,
    "gelu-tanh": _gelu_tanh,
    "silu": _silu,
    "exp": _exp,
}


ACTIVATIONS = (*_OPS, *_COMPOSED)


def exact_logistic(nodes: Nodes, z: str, result: str) -> str:
    """logistic(z) whose small values keep all their digits, which logarithms of them need: the node Sigmoid of some programs
    ends at 1e-8."""
    one = nodes.number(1)
    size = nodes.add("Abs", [z], f"{result}/size")
    e = nodes.add("Exp", [nodes.add("Neg", [size], f"{result}/minus")], f"{result}/exp")
    below = nodes.add("Add", [e, one], f"{result}/below")
    high = nodes.add("Div", [one, below], f"{result}/high")
    low = nodes.add("Div", [e, below], f"{result}/low")
    is_low = nodes.add("Less", [z, nodes.number(0)], f"{result}/is low")
    return nodes.add("Where", [is_low, low, high], result)
