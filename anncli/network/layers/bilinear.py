"""Bilinear layers: inputs, weights and units are vectors of N numbers, multiplied by any bilinear product of two vectors.

Z[q] = sum over p of W[q, p] o X[p] + b[q], an activation on every component. Such a layer is a dense layer whose weights are
tied: M[(p, j), (q, k)] = sum over i of B[k, i, j] W[q, p, i], so that it has N times fewer weights than a dense one of this width.

Source: Fan, Chan, Yang & Jang 2020, IEEE Trans. Neural Networks and Learning Systems, doi 10.1109/TNNLS.2019.2933882.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, ClassVar, Self

from anncli.arrays import Array
from anncli.errors import ValueFault, did_you_mean, known_name, quoted
from anncli.limits import FLOAT32_MAX, decimal
from anncli.network.layers.affine import Affine, known_activation
from anncli.network.layers.base import Blocks, Kept, Key, KeyFault, Shape, Start
from anncli.network.layers.initial import draw_unit_by_unit, initial_weights
from anncli.network.layers.products import Product, product_of
from anncli.network.names import PRODUCT_NAMES

#: The most components of a vector: the product of two vectors has a million terms.
MOST_COMPONENTS = 1024

_TEXT = re.compile(r"(\S+)\s+(\S+)(?:\s+bilinear)?\s+(\S.*)", re.ASCII)
_SIZE = re.compile(r"\s*([1-9]\d{0,8})\s*x\s*([1-9]\d{0,8})\s*", re.ASCII)
_EXAMPLE = "write for example `16x7 tanh circular`"


class Bilinear(Affine):
    """`units` vectors of `components` numbers; one block (1 + P, units N): biases in row 0, then the weights from each of P vectors.

    units: a text such as `16x7`; product: a name of PRODUCT_NAMES, or N^3 numbers, B[k, i, j] with j varying fastest.
    """

    kind: ClassVar = "bilinear"
    keys: ClassVar = {
        "units": Key(str, "units: 16x7"),
        "activation": Key(str, "activation: tanh"),
        "product": Key(str, "product: circular"),
    }
    by_row: ClassVar = True
    can_be_output: ClassVar = True

    def __init__(self, units: str, activation: str, product: str) -> None:
        match = _SIZE.fullmatch(str(units))
        if match is None:
            message = f"a layer of vectors needs UNITSxCOMPONENTS, found {quoted(str(units))}"
            raise KeyFault("units", message, "write for example 16x7")
        self.units, self.components = int(match[1]), int(match[2])
        if self.components > MOST_COMPONENTS:
            raise KeyFault(
                "units", f"vectors of {self.components} components are too long", f"{MOST_COMPONENTS} are the most"
            )
        self.activation = known_activation(activation)
        self.product = _known_product(product, self.components)

    @classmethod
    def read(cls, text: str) -> Self:
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueFault(f"a layer of vectors is its size, activation and product, found {quoted(text)}", _EXAMPLE)
        return cls(*match.groups())

    def text(self) -> str:
        numbers = "" if self.product in PRODUCT_NAMES else "bilinear "
        return f"{self.units}x{self.components} {self.activation} {numbers}{self.product}"

    @property
    def shown(self) -> str:
        if self.product in PRODUCT_NAMES or self.components < 3:
            return self.text()
        return f"{self.units}x{self.components} {self.activation} bilinear of {self.components**3} numbers"

    @property
    def structure(self) -> Product:
        """The numbers of the product."""
        return product_of(self.product, self.components)

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        super().check(place, below, is_output)
        if self.activation == "softmax":
            raise ValueFault(
                f"{place}: `{self.shown}` gives vectors, not classes", "put `K softmax` behind `tanh` vectors"
            )
        given, n = _components(below), self.components
        advice = f"write for example `inputs: 3x{n}`, or put `{3 * n} tanh` between"
        if given is not None and given != n:
            raise ValueFault(
                f"{place}: `{self.shown}` reads vectors of {n} components, and is given such of {given}", advice
            )
        if below.columns % n:
            raise ValueFault(f"{place}: `{self.shown}` reads vectors of {n} components, and {below.columns} values are no multiple of {n}", advice)  # fmt: skip

    @property
    def is_dense(self) -> bool:
        """Of one component, every product that has a name is that of two numbers."""
        return self.components == 1 and self.product in PRODUCT_NAMES

    def output(self, below: Shape) -> Shape:
        return Shape(self.units * self.components, below.rows, (self.units, self.components, 1))

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        return ((1 + below.columns // self.components, self.units * self.components),)

    def initialize(self, blocks: Blocks, start: Start) -> None:
        """Each component as in a dense layer of as many units, over the root of how many products add up in one; vectors are not
        spread over the range of the inputs as nguyen-widrow does it."""
        block, n = blocks[0], self.components
        if start.method == "ann1dn":
            block[...] = draw_unit_by_unit(block.shape, start.rng)
            return
        if n > 1:
            start = Start(start.method, start.rng, is_first=False, is_output=True)
        factor = 1.0 if start.method == "classic" else 1 / math.sqrt(self.structure.squares)
        cube = block.reshape(len(block), self.units, n)
        for component in range(n):
            biases, weights = initial_weights(len(block) - 1, self.units, self.activation, start)
            cube[1:, :, component] = weights * factor
            if biases is not None:
                cube[0, :, component] = biases

    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        block = blocks[0]
        matrix = self.structure.matrix(block[1:])
        z = inputs @ matrix
        z += block[0]
        return Kept(inputs, z, self.activated(z), matrix, starts)

    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        slot = slots[0]
        slot[1:] = self.structure.weights_of(kept.inputs.T @ delta)
        delta.sum(axis=0, out=slot[0])
        return delta @ kept.own.T if wanted else None

    def r_forward(self, blocks: Blocks, along: Blocks, kept: Kept, r_inputs: Array) -> Kept:
        r_matrix = self.structure.matrix(along[0][1:])
        r_z = r_inputs @ kept.own + kept.inputs @ r_matrix + along[0][0]
        return Kept(r_inputs, r_z, self.r_activated(kept, r_z), r_matrix, kept.starts)

    def r_backward(
        self, blocks: Blocks, along: Blocks, kept: Kept, r_kept: Kept, delta: Array, r_delta: Array, slots: Blocks,
        wanted: bool,
    ) -> tuple[Array, Array] | None:  # fmt: skip
        slots[0][1:] = self.structure.weights_of(r_kept.inputs.T @ delta + kept.inputs.T @ r_delta)
        slots[0][0] = r_delta.sum(axis=0)
        return (delta @ kept.own.T, r_delta @ kept.own.T + delta @ r_kept.own.T) if wanted else None

    def row_gradients(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        products = kept.inputs[:, :, None] * delta[:, None, :]
        found = self.structure.weights_of(products.reshape(-1, delta.shape[1]))
        slots[0][:, 1:] = found.reshape(len(delta), -1, delta.shape[1])
        slots[0][:, 0] = delta
        return delta @ kept.own.T if wanted else None

    def column_text(self, place: str, n_rows: int) -> str:
        return f"a component of a unit of {place} has a bias and {n_rows - 1} weights"

    def parameter_name(self, block: int, row: int, column: int, below: Callable[[int], str]) -> str:
        unit, component = divmod(column, self.components)
        where = f"of the weight from vector {row} below" if row else "of the bias"
        return f"unit {unit + 1}, component {component + 1} {where}"

    def describe(self, below: Shape) -> dict[str, Any]:
        found = super().describe(below)
        return {**found, "units": self.units, "components": self.components, "activation": self.activation, "product": self.product}  # fmt: skip


def _components(shape: Shape) -> int | None:
    """The length of the vectors that stand one after the other in a row: the channels of a picture, or what its rows hold; None
    where nothing is said."""
    if shape.grid is None:
        return None
    _, width, channels = shape.grid
    return channels if channels > 1 else width


def _known_product(text: str, components: int) -> str:
    """The one spelling of a product, or of its numbers; raises KeyFault."""
    name = known_name(text, PRODUCT_NAMES)
    if name is not None:
        fixed = PRODUCT_NAMES[name].components
        if fixed not in (None, components):
            raise KeyFault("product", f"the product {name} is of vectors of {fixed} components, not {components}", f"write for example 16x{fixed}")  # fmt: skip
        return name
    numbers = [decimal(word) for word in text.split()]
    if any(map(math.isnan, numbers)):
        raise KeyFault("product", f"unknown product {quoted(text)}", did_you_mean(text, PRODUCT_NAMES))
    if len(numbers) != components**3:
        message = (
            f"the product of two vectors of {components} components has {components**3} numbers, found {len(numbers)}"
        )
        raise KeyFault("product", message, "write B[k, i, j] of result, weight and input, j varying fastest")
    if max(map(abs, numbers)) > FLOAT32_MAX or not any(numbers):
        raise KeyFault(
            "product", "the numbers of a product must be finite, and not all 0", "write B[k, i, j], N^3 numbers"
        )
    return " ".join(repr(number) if number % 1 else f"{number + 0.0:.0f}" for number in numbers)


LAYERS = {"bilinear": Bilinear}
