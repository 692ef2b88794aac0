"""The values of an ONNX graph as far as they are those of a network of dense layers.

A value is an array, where it does not depend on the inputs; a Flow, the outputs of the layers so far; a Pair, a Label, Flags, a
Mask or Unread. Whoever combines functions of one number (Sigmoid, Mul ...) gets a Flow with a curve: the function computed at many
numbers. It is compared with the activations of ann when the next layer, or the end, asks which one it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.formats.networks.chain import Chain
from anncli.network.activations import ACTIVATIONS
from anncli.network.names import ACTIVATION_NAMES

# Numbers at which functions are compared: dense near 0, and as far as float32 lets exp grow.
POINTS: Array = np.concatenate([np.linspace(-20, 20, 801), np.geomspace(20.5, 80, 20), -np.geomspace(20.5, 80, 20)])
# Far away, where exp overflows in a formula that is written without care: there only what is finite is compared.
FAR: Array = np.array([-1e6, -1e4, -1000, -300, 300, 1000, 1e4, 1e6])
_ALL = np.concatenate([POINTS, FAR])
_TOLERANCE = 1e-6
# Stands for a number of rows that the model leaves open: no other size of a tensor is likely to be the same prime number.
OPEN_ROWS = 1_000_003
# A curve of more functions one after another, or a network of more steps, is a mistake.
_MOST_DEPTH = 60


class UnreadError(Exception):
    """What cannot be read: message, and advice or None."""

    def __init__(self, message: str, advice: str | None = None) -> None:
        self.advice = advice
        super().__init__(message)


class Unread(NamedTuple):
    """In place of a value that cannot be read: told only if it is needed."""

    message: str
    advice: str | None = None


class Stem:
    """Layers and maps up to one place. tell: how the last step is told to a Chain; inputs: names of the graph's inputs that the
    first step takes. Two values with the same stem depend on the same numbers."""

    def __init__(
        self, before: Stem | None, width: int, tell: Callable[[Chain], None] | None = None, inputs: tuple[str, ...] = ()
    ) -> None:
        self.before, self.width, self.tell = before, width, tell
        self.inputs: tuple[str, ...] = inputs if before is None else before.inputs
        self.n_inputs: int = width if before is None else before.n_inputs

    def steps(self) -> Iterator[Callable[[Chain], None]]:
        """All steps, the first one first."""
        found = []
        stem: Stem | None = self
        while stem is not None:
            if stem.tell is not None:
                found.append(stem.tell)
            stem = stem.before
        return reversed(found)

    def each(self, factor: Array | float = 1.0, shift: Array | float = 0.0, add: Array | float = 0.0) -> Stem:
        return Stem(self, self.width, lambda chain: chain.each(factor, shift, add))

    def activate(self, name: str) -> Stem:
        return Stem(self, self.width, lambda chain: chain.activate(name))


class Curve(NamedTuple):
    """A function of one number at all points; names: the ops that made it; scales: factors of its argument worth a try;
    before: the Flow before its last function, and which one that was, None where it joins two branches."""

    values: Array
    names: tuple[str, ...]
    scales: tuple[float, ...] = ()
    before: tuple[Flow, Array] | None = None
    depth: int = 1


class Flow(NamedTuple):
    """value = curve(stem's value) * factor + shift, or without a curve the stem's value * factor.

    factor, shift: one number, or one for each of the values; shape: of the tensor, with the number of rows first where there
    are rows.
    """

    stem: Stem
    shape: tuple[int, ...]
    curve: Curve | None = None
    factor: Array | float = 1.0
    shift: Array | float = 0.0

    @property
    def values(self) -> Array | None:
        """The function at all points, None where it is not the same for all values."""
        if np.ndim(self.factor) or np.ndim(self.shift):
            return None
        core = _ALL if self.curve is None else self.curve.values
        with np.errstate(all="ignore"):
            return core * self.factor + self.shift

    def shaped(self, shape: tuple[int, ...]) -> Flow:
        return self._replace(shape=shape)

    def each(self, factor: Array, shift: Array, add: Array) -> Flow:
        """(value + add) * factor + shift; each of them one number () or (width,). What has no curve yet is folded into the layer,
        except for one factor for all, which may belong to an activation."""
        if self.curve is not None:
            return self._replace(factor=self.factor * factor, shift=(self.shift + add) * factor + shift)
        if not (np.ndim(factor) or np.any(shift) or np.any(add)):
            return self._replace(factor=self.factor * factor)
        return Flow(self.settled().each(factor, shift, add), self.shape)

    def function(self, op: str, function: Callable[[Array], Array]) -> Flow:
        """The function of each value; op: its name for messages."""
        values = self.values
        if values is None or (self.curve is not None and self.curve.depth >= _MOST_DEPTH):
            return Flow(self.settled(), self.shape).function(op, function)
        with np.errstate(all="ignore"):
            made, alone = function(values), function(_ALL)
        if self.curve is None:
            scales = (float(self.factor),)
            return Flow(self.stem, self.shape, Curve(made, (op,), scales))
        old = self.curve
        curve = Curve(made, (*old.names, op), old.scales, (self, alone), old.depth + 1)
        return Flow(self.stem, self.shape, curve)

    def joined(self, op: str, other: Flow, function: Callable[[Array, Array], Array]) -> Flow:
        """The function of the values of two branches that begin at one place; raises UnreadError for others."""
        mine, others = self.values, other.values
        if self.stem is not other.stem or mine is None or others is None:
            raise UnreadError(f"{op} joins two branches of the graph, which a chain of layers does not have")
        with np.errstate(all="ignore"):
            made = function(mine, others)
        curves = [flow.curve for flow in (self, other) if flow.curve is not None]
        names = tuple(dict.fromkeys(name for curve in curves for name in curve.names))
        scales = {scale for curve in curves for scale in curve.scales}
        scales |= {float(flow.factor) for flow in (self, other) if flow.curve is None}
        depth = 1 + max((curve.depth for curve in curves), default=0)
        if depth > _MOST_DEPTH:
            raise UnreadError(f"{op} is one of more than {_MOST_DEPTH} functions one after another")
        return Flow(self.stem, self.shape, Curve(made, (*names, op)[:20], tuple(sorted(scales))[:8], None, depth))

    def constant(self, value: float) -> Flow:
        """One number beside this flow."""
        return Flow(self.stem, self.shape, Curve(np.full(len(_ALL), value), ()))

    def settled(self) -> Stem:
        """The stem that ends with this value; raises UnreadError where the curve is no activation of ann."""
        if self.curve is None:
            plain = not np.ndim(self.factor) and self.factor == 1
            return self.stem if plain else self.stem.each(self.factor)
        scales = (1.0, *self.curve.scales)
        values = self.values
        if values is not None and (found := _match(values, scales)):
            return _activated(self.stem, *found)
        if found := _match(self.curve.values, scales):
            return _activated(self.stem, *found).each(self.factor, self.shift)
        if self.curve.before is not None and (alone := _match(self.curve.before[1], (1.0,))):
            return self.curve.before[0].settled().activate(alone[0]).each(self.factor, self.shift)
        what = " and ".join(dict.fromkeys(self.curve.names))
        raise UnreadError(
            f"what {what} compute together is none of the activations of ann"
            if len(set(self.curve.names)) > 1
            else f"{what} with these settings is none of the activations of ann",
            f"use one of {', '.join(ACTIVATION_NAMES)}",
        )


class Pair(NamedTuple):
    """The scores of two classes that add up to 1, of which the layers give one; is_second: that of the second class."""

    flow: Flow
    is_second: bool


class Scores(NamedTuple):
    """Scores with the names of the classes."""

    scores: Flow | Pair
    words: tuple[str, ...]


class Label(NamedTuple):
    """The class of the largest score, or its name; scores: of what; words: the names, () while they are places."""

    scores: Flow | Pair
    words: tuple[str, ...] = ()


class Flags(NamedTuple):
    """Which scores lie above the threshold."""

    scores: Flow
    threshold: float


class Mask(NamedTuple):
    """Where a comparison of the flow with a number holds: bool at all points."""

    flow: Flow
    values: Array


def _activated(stem: Stem, name: str, scale: float) -> Stem:
    return (stem if scale == 1 else stem.each(scale)).activate(name)


def _match(values: Array, scales: tuple[float, ...]) -> tuple[str, float] | None:
    """The activation f and the scale s for which the values are f(s x), or None."""
    for scale in dict.fromkeys(filter(None, scales)):
        for name in ACTIVATION_NAMES:
            if name != "softmax" and _is_close(values, _activation(name, scale), scale if name == "exp" else 0.0):
                return name, scale
    return None


@lru_cache(maxsize=64)
def _activation(name: str, scale: float) -> Array:
    """The activation of all points times the scale, float64."""
    with np.errstate(all="ignore"):
        return ACTIVATIONS[name].value(_ALL * scale)


def _is_close(values: Array, wanted: Array, exponents: float) -> bool:
    """exponents: of exp the scale, 0 of others: exp of ann ends where float32 does."""
    n = len(POINTS)
    with np.errstate(all="ignore"):
        close = np.abs(values - wanted) <= _TOLERANCE * (1 + np.abs(wanted))
    free = _ALL * exponents > POINTS.max()
    free[n:] |= ~np.isfinite(values[n:])
    return bool((close | free).all())


def shape_text(shape: Sequence[int]) -> str:
    """'N x 3': N stands for a number of rows that the model leaves open."""
    sizes = [
        str(size) if size == 0 or size % OPEN_ROWS else f"{size // OPEN_ROWS}N".removeprefix("1") for size in shape
    ]
    return " x ".join(sizes) or "one number"
