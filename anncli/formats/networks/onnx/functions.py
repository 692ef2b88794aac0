"""The ops of ONNX that are functions of one number, in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.network.activations import ACTIVATIONS
from anncli.network.activations.gelu import erf


def unary(op: str, attributes: Mapping[str, Any]) -> Callable[[Array], Array] | None:
    """The function of a node with these attributes, None for an op that is none."""
    if op in _PLAIN:
        return _PLAIN[op]
    if op in ("LeakyRelu", "ThresholdedRelu"):
        alpha = attributes.get("alpha", 0.01 if op == "LeakyRelu" else 1.0)
        if op == "LeakyRelu":
            return lambda x: np.where(x < 0, alpha * x, x)
        return lambda x: np.where(x > alpha, x, 0)
    if op == "Elu":
        alpha = attributes.get("alpha", 1.0)
        return lambda x: np.where(x < 0, alpha * np.expm1(np.minimum(x, 0)), x)
    if op == "Gelu":
        is_tanh = attributes.get("approximate", b"none") == b"tanh"
        return ACTIVATIONS["gelu-tanh" if is_tanh else "gelu"].value
    if op == "Swish":
        alpha = attributes.get("alpha", 1.0)
        return lambda x: x * ACTIVATIONS["logistic"].value(alpha * x)
    return None


_PLAIN: dict[str, Callable[[Array], Array]] = {
    "Relu": lambda x: np.maximum(x, 0),
    "Sigmoid": ACTIVATIONS["logistic"].value,
    "Tanh": np.tanh,
    "Softplus": ACTIVATIONS["softplus"].value,
    "Softsign": ACTIVATIONS["softsign"].value,
    "Exp": np.exp,
    "Log": np.log,
    "Erf": erf,
    "Abs": np.abs,
    "Sqrt": np.sqrt,
    "Reciprocal": lambda x: 1 / x,
}

JOINED: dict[str, Callable[[Array, Array], Array]] = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Max": np.maximum, "Min": np.minimum,
    "Pow": np.power, "Sum": np.add,
}  # fmt: skip
