"""What every kind of layer is: how it reads, what shape it gives, its parameters, and forward beside backward.

A new kind is one file in this folder, with a subclass of LayerKind and a table LAYERS = {name: class}, and its line in
network/names.py. A kind without r_forward() or row_gradients() works with every trainer that does not need them.

Symbols: E is the loss, Z the pre-activations of a layer and A = f(Z) its outputs, D = dE/dZ. R{x} is the derivative of x
along a direction in the space of the parameters. n is the number of rows: one for each sample, or, where samples have several
rows, all rows of all samples, one sample after the other; `starts` (n_samples + 1,) then says where each sample begins.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault
from anncli.network.layers.shape import Shape as Shape

# The parameters of one layer: views into the parameter vector, in the order of block_shapes().
Blocks = tuple[Array, ...]


class Kept(NamedTuple):
    """What one layer keeps of a forward pass, or the derivative R{...} of all that.

    inputs (n, columns below), or tokens, after dropout; z: the pre-activations that the loss and the activation see; outputs:
    f(z) before dropout. A kind that has no activation at its end gives its outputs as z too. own: anything else it needs.
    starts (n_samples + 1,): the rows of each sample among its outputs, None where each sample has one row.
    """

    inputs: Any
    z: Array
    outputs: Array
    own: Any = None
    starts: Array | None = None


class Key(NamedTuple):
    """A key of the long form. form: the type of its value (int: a whole number above 0); example: for messages; a key that is not
    needed keeps the default of the class when it is left out. A number under a key for text is taken as text."""

    form: type[int] | type[str] | type[bool]
    example: str
    needed: bool = True


class Start:
    """What initial weights depend on: a method of INITIALIZATION_NAMES, the random numbers, and the place of the layer.

    low, high (n_inputs,): the range of the scaled inputs, for the first layer only; None: -1..1.
    """

    def __init__(
        self, method: str, rng: np.random.Generator, is_first: bool, is_output: bool, low: Array | None = None,
        high: Array | None = None,
    ) -> None:  # fmt: skip
        self.method, self.rng, self.is_first, self.is_output = method, rng, is_first, is_output
        self.low, self.high = low, high


class KeyFault(ValueFault):
    """An invalid value under one key of the long form."""

    def __init__(self, key: str, message: str, advice: str | None = None) -> None:
        self.key = key
        super().__init__(message, advice)


class LayerKind(ABC):
    """A layer of some kind. Its text says all there is to it: two layers of one text are equal. Never change one."""

    #: The name in LAYER_NAMES.
    kind: ClassVar[str]
    #: The keys of the long form `{units: 16, activation: tanh}`, which are the arguments of the class.
    keys: ClassVar[Mapping[str, Key]] = {}
    #: Whether the loss may act on its z. Kinds whose last step is not an activation are for hidden layers only.
    can_be_output: ClassVar[bool] = False
    #: Whether it treats all places of a picture alike.
    slides: ClassVar[bool] = False
    #: Whether it can be the first layer of a network whose inputs are tokens.
    takes_tokens: ClassVar[bool] = False
    #: Whether it treats every row, or token, for itself, so that an answer does not depend on other rows.
    by_row: ClassVar[bool] = False
    #: Whether it reads spikes, and nothing else.
    takes_spikes: ClassVar[bool] = False
    #: Whether it needs at work to know the shape that it is given, which is then `given`.
    needs_given: ClassVar[bool] = False
    #: What it is given, where a topology has it and the kind needs it.
    given: Shape | None = None
    #: What a network with this output layer does with a text, where this is no answer of its own, see TakesText.text_use; '' for most.
    text_use: ClassVar[str] = ""
    #: Whether numpy computes it about as fast as compiled code would.
    suits_numpy: ClassVar[bool] = False
    #: Why it has no gradient, in words; '' for a kind that has one.
    gradient_fault: ClassVar[str] = ""
    #: The only loss that may act on its z; None: any that fits the activation.
    own_loss: ClassVar[str | None] = None
    #: The activation that turns z into outputs.
    activation: str = "linear"
    #: Whether training leaves all its parameters as they are; it then gives a gradient of 0.
    is_frozen: bool = False
    #: The number of an earlier layer, from 1, whose outputs stand to the right of the inputs of this layer; 0: none.
    skip: int = 0

    @classmethod
    @abstractmethod
    def read(cls, text: str) -> Self:
        """The layer that the short form describes; raises ValueFault."""

    @abstractmethod
    def text(self) -> str:
        """The short form, in one spelling: it is part of the checksum of a network file."""

    @property
    def stores(self) -> bool:
        """Whether training stores the patterns that it is given in place of learning from gradients."""
        return False

    @property
    def shown(self) -> str:
        """The short form for people, where it may be long."""
        return self.text()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LayerKind) and self.kind == other.kind and self.text() == other.text()

    def __hash__(self) -> int:
        return hash(self.text())

    def __repr__(self) -> str:
        return f"<layer {self.text()}>"

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        """Raises ValueFault if the layer cannot stand here; place: 'layer 2'; below: what it is given, without a skip."""
        if (below.spikes or below.code is not None) and not self.takes_spikes:
            raise ValueFault(f"{place}: `{self.text()}` cannot read spikes", "put `K first-spike` or `K peak-voltage` after `lif` layers")  # fmt: skip
        if below.tokens and not self.takes_tokens:
            raise ValueFault(
                f"{place}: `{self.text()}` cannot read tokens", "put `64 embedding` or a dense layer before it"
            )
        if is_output and not self.can_be_output:
            raise ValueFault(f"{place}: `{self.text()}` cannot be the output layer", "add `1 logistic` or `K softmax`")

    @abstractmethod
    def output(self, below: Shape) -> Shape:
        """The shape of its outputs."""

    def on(self, below: Shape) -> Self:
        """The layer as a topology has it above that shape: of a kind that needs the shape at work a copy that has it."""
        if not self.needs_given:
            return self
        placed = copy.copy(self)
        # What was found for another shape does not hold here.
        for name in [name for name in vars(placed) if isinstance(getattr(type(self), name, None), cached_property)]:
            del placed.__dict__[name]
        placed.given = below
        return placed

    def rows_needed(self, rows: int) -> int:
        """How many rows a sample must have below for `rows` rows above; a sample has at least one."""
        return rows

    @property
    def keeps_rows(self) -> bool:
        """Whether a sample of several rows that stays one has as many rows above as below, whatever their number."""
        return True

    # Parameters

    @property
    def is_dense(self) -> bool:
        """Whether it computes what a dense layer of its columns and its activation computes with the same block."""
        return False

    @abstractmethod
    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        """(rows, columns) of each block of parameters. A network file has a line for each column of a block."""

    @abstractmethod
    def weights(self, blocks: Blocks) -> Blocks:
        """Views of the parameters that penalties and weight decay act on."""

    @abstractmethod
    def biases(self, blocks: Blocks) -> Blocks:
        """Views of all other parameters."""

    @abstractmethod
    def initialize(self, blocks: Blocks, start: Start) -> None:
        """Fill the blocks, which hold zeros, with initial values."""

    # Forward and backward

    @abstractmethod
    def forward(self, blocks: Blocks, inputs: Any, starts: Array | None) -> Kept:
        """The outputs for inputs (n, columns below) or Tokens, and what backward needs, in the dtype of the blocks.

        starts (n_samples + 1,): where the rows of each sample begin, None where each sample has one row.
        """

    # A kind that carries a state from row to row may go on where the rows before a sample ended.

    @property
    def carries(self) -> bool:
        """Whether a row depends on the rows before it through a state alone, and on no row after it."""
        return False

    @property
    def streams(self) -> bool:
        """Whether its answer for a row depends on no row after it."""
        return self.by_row or self.carries

    @property
    def state_width(self) -> int:
        """How many numbers the state of a sample has; 0 for a kind that carries none."""
        return 0

    def carried(self, blocks: Blocks, inputs: Any, starts: Array | None, state: Array | None) -> Kept:
        """As forward(), from the state (n_samples, state_width) of each sample before its first row; None: zeros. The way back takes
        it as a constant."""
        raise NotImplementedError

    def final_state(self, kept: Kept) -> Array:
        """(n_samples, state_width) after the last row of each sample; that before the first one where it has no rows."""
        raise NotImplementedError

    def delta(self, kept: Kept, slope: Array) -> Array:
        """dE/dZ from slope = dE/dA, which may be changed in place. The loss gives dE/dZ of the output layer itself."""
        return slope

    @abstractmethod
    def backward(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        """Write the gradient, summed over the rows, into the slots; the slope (n, columns below), or None if not wanted.

        delta (n, columns) is dE/dZ; it must not be changed. slots are views of the gradient in the shape of the blocks.
        """

    def gathered(self, kept: Kept) -> Array | None:
        """What the weights are multiplied with: G (m, fan_in), where Z (m, units) = G W + b with one block of weights W and biases
        b; m may be more than the rows of the outputs. None for a kind that computes otherwise."""
        return None

    # What some trainers need besides; a kind that leaves it out lacks it.

    @property
    def lacks(self) -> frozenset[str]:
        """Those of 'second_order' and 'row_gradients' that this layer cannot give."""
        kind = type(self)
        second_order = kind.r_forward is not LayerKind.r_forward and kind.r_backward is not LayerKind.r_backward
        row_gradients = kind.row_gradients is not LayerKind.row_gradients
        given = (("second_order", second_order), ("row_gradients", row_gradients))
        return frozenset(name for name, is_given in given if not is_given)

    def r_forward(self, blocks: Blocks, along: Blocks, kept: Kept, r_inputs: Any) -> Kept:
        """R{inputs}, R{Z} and R{A}; along: the direction in the shape of the blocks; r_inputs is None for tokens."""
        raise NotImplementedError

    def r_delta(self, kept: Kept, r_kept: Kept, slope: Array, r_slope: Array) -> tuple[Array, Array]:
        """delta and R{delta}, from slope and R{slope}."""
        return slope, r_slope

    def r_backward(
        self, blocks: Blocks, along: Blocks, kept: Kept, r_kept: Kept, delta: Array, r_delta: Array, slots: Blocks,
        wanted: bool,
    ) -> tuple[Array, Array] | None:  # fmt: skip
        """Write R{gradient}, summed over the rows, into the slots; the slope and R{slope} of the layer below, if wanted."""
        raise NotImplementedError

    def row_gradients(self, blocks: Blocks, kept: Kept, delta: Array, slots: Blocks, wanted: bool) -> Array | None:
        """As backward(), but the gradient of each row by itself into slots (n, *shape of the block)."""
        raise NotImplementedError

    # Words

    @property
    def has_kink(self) -> bool:
        """Whether the outputs have a kink where an element of z is 0."""
        return False

    def crosses_kink(self, one: Kept, other: Kept) -> bool:
        """Whether a kink of the outputs lies between two forward passes of the same samples."""
        return self.has_kink and bool(((one.z > 0) != (other.z > 0)).any())

    def column_text(self, place: str, n_rows: int) -> str:
        """What one line of a block in a network file holds, for messages; place: 'layer 2'."""
        return f"a line of {place} has {n_rows} number{'s' * (n_rows != 1)}"

    def parameter_name(self, block: int, row: int, column: int, below: Callable[[int], str]) -> str:
        """The name of one parameter within the layer; below: what a value below is called by its number from 1: 'input 3' or 'unit 3 of layer 1'."""
        return f"block {block + 1}, row {row + 1}, column {column + 1}"

    def describe(self, below: Shape) -> dict[str, Any]:
        """What `ann info` shows of it."""
        return {"layer": self.shown, "blocks": [list(shape) for shape in self.block_shapes(below)]}
