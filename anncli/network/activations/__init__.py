"""Activations: one file each, with value, derivative and second derivative in a form that is stable in float32.

A new activation is one file here and its row in network/names.py; the compiled code may know it too (activation.h).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.network.names import ACTIVATION_NAMES


class Activation(NamedTuple):
    """The functions of one activation, for arrays of any shape, float32 or float64; results keep shape and dtype.

    value(z) -> a = f(z); derivative(z, a) -> f'(z) and second_derivative(z, a) -> f''(z), element by element.
    second_derivative None: trainers that need Hessian products refuse networks with this activation.
    along(z, a, r_z) -> the derivative of a along the direction r_z, for a function that is not element-wise (softmax).
    """

    value: Callable[[Array], Array]
    derivative: Callable[[Array, Array], Array]
    second_derivative: Callable[[Array, Array], Array] | None = None
    along: Callable[[Array, Array, Array], Array] | None = None


def zero(z: Array, a: Array) -> Array:
    """The second derivative of a function made of straight lines."""
    return np.zeros_like(z)


class _Activations(dict[str, Activation]):
    """Name -> activation. The file of an activation is imported on first use: a run needs two or three of them."""

    def __missing__(self, name: str) -> Activation:
        module = import_module(f"anncli.network.activations.{ACTIVATION_NAMES[name].module}")
        found: Activation = module.ACTIVATION
        self[name] = found
        return found


ACTIVATIONS = _Activations()
