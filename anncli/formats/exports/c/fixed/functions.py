"""Activations in integers: which tables they read, and how exact they are.

A value z before an activation is an integer in units of `unit`. Functions with bounds are a table of tanh; others are a straight
line for z > 0 and a table of what is missing to it, of |z|: elu(z) = max(z, 0) + (exp(-|z|) - 1 for z < 0), and for the even ones
silu, gelu, gelu-tanh and softplus f(z) = max(z, 0) + g(|z|). Between the entries of a table a line is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.network.activations import ACTIVATIONS

# The largest value of a hidden unit, and of a bounded output.
TOP = 32767
# Entries of the table of powers of two, and the bits of the fraction of an exponent.
POWERS, EXPONENT_BITS = 64, 16
# An exponential is an integer in units of 2^-25.
EXPONENTIAL_BITS = 25
# A sum of exponentials is in units of 2^-15, a probability in units of 2^-16.
PROBABILITY_BITS = 16
# softsign(z) = (|z| in these units) / (1 + |z|).
SOFTSIGN_ONE = 1 << 16
# The relative error of the line between two powers of two, with the rounding of the entries.
POWER_ERROR = (math.log(2) / POWERS) ** 2 / 8 + 2.0**-15


class Grid(NamedTuple):
    """How fine tables are. intervals: of a table; bits: the table ends at z = 2^bits units."""

    intervals: int
    bits: int

    @property
    def step_bits(self) -> int:
        return self.bits - (self.intervals.bit_length() - 1)


GRIDS = {8: Grid(64, 15), 16: Grid(512, 18)}


class Function(NamedTuple):
    """An activation. kind: 'line', 'relu', 'leaky', 'tanh', 'half' (tanh moved to 0..1), 'elu', 'even', 'softsign', 'softmax', 'exp';
    inner, outer: kind tanh is outer * tanh(inner * z); end: where the table ends; slope: the largest |f'|; bend: the largest |f''| of
    what the table holds; value: that, of |z|."""

    kind: str
    inner: float = 1.0
    outer: float = 1.0
    end: float = 0.0
    slope: float = 1.0
    bend: float = 0.0
    value: Callable[[Array], Array] | None = None


def _tanh(kind: str, inner: float, outer: float) -> Function:
    return Function(kind, inner, outer, end=6.0, slope=inner * outer, bend=0.77, value=np.tanh)


def _missing(name: str) -> Callable[[Array], Array]:
    """f(-|z|), which is what is missing to the line of an even activation."""
    return lambda distance: ACTIVATIONS[name].value(-distance)


FUNCTIONS = {
    "linear": Function("line"),
    "relu": Function("relu"),
    "leaky-relu": Function("leaky"),
    "tanh": _tanh("tanh", 1, 1),
    "bipolar-sigmoid": _tanh("tanh", 0.5, 1),
    "lecun-tanh": _tanh("tanh", 2 / 3, 1.7159),
    "logistic": _tanh("half", 0.5, 0.5),
    "elu": Function("elu", end=12.0, bend=1.0, value=_missing("elu")),
    "silu": Function("even", end=16.0, slope=1.1, bend=0.5, value=_missing("silu")),
    "gelu": Function("even", end=6.0, slope=1.13, bend=0.8, value=_missing("gelu")),
    "gelu-tanh": Function("even", end=6.0, slope=1.13, bend=0.8, value=_missing("gelu-tanh")),
    "softplus": Function("even", end=12.0, bend=0.25, value=_missing("softplus")),
    "softsign": Function("softsign"),
    "softmax": Function("softmax"),
    "exp": Function("exp"),
}


def unit_of(function: Function, bits: int) -> float:
    """The unit of z before this activation; of a line it is that of its values, which the layer chooses (0)."""
    grid = GRIDS[bits]
    if function.kind in ("tanh", "half"):
        return function.end / function.inner / (1 << grid.bits)
    if function.kind in ("elu", "even"):
        return function.end / (1 << grid.bits)
    if function.kind == "softsign":
        return 1 / SOFTSIGN_ONE
    if function.kind in ("softmax", "exp"):
        return math.log(2) / (1 << EXPONENT_BITS)
    return 0.0


def table_of(function: Function, bits: int) -> Array | None:
    """The entries, int16 (intervals + 1,), or None: of tanh in units of 1 / TOP, of the others in units of z."""
    if function.value is None:
        return None
    grid = GRIDS[bits]
    values = function.value(np.linspace(0, function.end, grid.intervals + 1))
    scale = TOP if function.kind in ("tanh", "half") else 1 / unit_of(function, bits)
    return np.rint(values * scale).astype(np.int16)


def powers_of_two() -> Array:
    """2^(-k / POWERS) in units of 2^-15, (POWERS + 1,)."""
    return np.rint(2.0 ** (15 - np.arange(POWERS + 1) / POWERS)).astype(np.int64)


def function_error(function: Function, bits: int) -> float:
    """The most by which the integers differ from the activation of the same z, in the activation's own units."""
    grid = GRIDS[bits]
    if function.value is None:
        return 2 / TOP if function.kind == "softsign" else 0.0
    between = (function.end / grid.intervals) ** 2 / 8 * function.bend
    beyond = abs(float(function.value(np.array([function.end]))[0] - function.value(np.array([50.0]))[0]))
    if function.kind in ("tanh", "half"):
        return function.outer * (between + beyond + 2 / TOP)
    return between + beyond + 1.5 * unit_of(function, bits)
