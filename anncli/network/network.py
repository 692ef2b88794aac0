"""A network: its topology, its parameters in one flat vector, and what it needs to read its own inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.network.names import ACTIVATION_NAMES, canonical_activation
from anncli.network.scaling import Scaling

Array = npt.NDArray[Any]


class Layer(NamedTuple):
    """One layer of units after the inputs: how many, and their activation."""

    units: int
    activation: str


class _Shape(NamedTuple):
    """What a Topology holds; a named tuple cannot check its own values, but a class made from it can."""

    n_inputs: int
    layers: tuple[Layer, ...]


class Topology(_Shape):
    """The shape of a network, without its numbers: what kernels and files need to walk the parameters.

    The parameters are one vector of length n_parameters: for each layer in order a block (n_in + 1, n_out),
    row by row, whose first row holds the biases and whose other rows hold the weights (n_in, n_out).
    """

    def __new__(cls, n_inputs: int, layers: Iterable[tuple[int, str]]) -> Topology:
        if n_inputs < 1:
            raise ValueError(f"a network needs at least 1 input, not {n_inputs}")
        known = tuple(Layer(int(units), canonical_activation(name)) for units, name in layers)
        if not known:
            raise ValueError("a network needs at least one layer")
        for number, layer in enumerate(known, 1):
            if layer.units < 1:
                raise ValueError(f"layer {number} needs at least 1 unit, not {layer.units}")
            if layer.activation == "softmax" and number < len(known):
                raise ValueError(f"layer {number}: softmax is for the output layer only")
        if known[-1] == Layer(1, "softmax"):
            raise ValueError("softmax over a single output is always 1; use '1 logistic' or 'K softmax' with K classes")
        return super().__new__(cls, n_inputs, known)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Units per layer, inputs first."""
        return (self.n_inputs, *(layer.units for layer in self.layers))

    @property
    def n_outputs(self) -> int:
        return self.layers[-1].units

    @property
    def output_activation(self) -> str:
        return self.layers[-1].activation

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Where each layer's block starts in the parameter vector, and at the end its length."""
        starts = [0]
        for n_in, n_out in zip(self.sizes, self.sizes[1:], strict=False):
            starts.append(starts[-1] + (n_in + 1) * n_out)
        return tuple(starts)

    @property
    def n_parameters(self) -> int:
        return self.offsets[-1]

    @cached_property
    def activation_codes(self) -> tuple[int, ...]:
        return tuple(ACTIVATION_NAMES[layer.activation].code for layer in self.layers)

    def blocks(self, parameters: Array) -> list[Array]:
        """Views (n_in + 1, n_out) into a parameter vector (P,), one per layer: biases in row 0, weights below."""
        return [
            parameters[start:end].reshape(n_in + 1, n_out)
            for start, end, n_in, n_out in zip(self.offsets, self.offsets[1:], self.sizes, self.sizes[1:], strict=False)
        ]

    def weights_mask(self) -> npt.NDArray[np.bool_]:
        """(P,) True where the parameter is a weight, False where it is a bias."""
        mask = np.ones(self.n_parameters, dtype=bool)
        for block in self.blocks(mask):
            block[0] = False
        return mask

    def _replace(self, **changes: Any) -> Topology:
        return Topology(**{**self._asdict(), **changes})

    def __str__(self) -> str:
        return "-".join(str(size) for size in self.sizes)


class SelfTest(NamedTuple):
    """A few raw input vectors (n, n_inputs) and the outputs (n, n_outputs) the network gave for them when saved."""

    inputs: Array
    outputs: Array


@dataclass(eq=False, repr=False)
class Network:
    """A multilayer perceptron with everything that belongs to it.

    topology: its shape; parameters: float32 (P,), or None while the network is untrained (drawn by training);
    scaling: raw inputs -> network inputs; classes: their names, positive first when there is one output;
    targets: the output values (high, low) that stand for "is" and "is not" a class;
    threshold: with one output, a score strictly above it is the first class;
    columns: input column names or (); training: settings the network file asks for; record: how it was trained;
    dialect: the kind of file it came from, 'ann' or 'ann1dn'; head: what a person wrote in that file, kept when saved.
    """

    topology: Topology
    parameters: Array | None = None
    scaling: Scaling = field(default_factory=Scaling)
    classes: tuple[str, ...] = ()
    targets: tuple[float, float] | None = None
    threshold: float | None = None
    columns: tuple[str, ...] = ()
    training: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    self_test: SelfTest | None = None
    dialect: str = "ann"
    head: str | None = None

    def __post_init__(self) -> None:
        if self.parameters is not None:
            self.set_parameters(self.parameters)

    def __repr__(self) -> str:
        return f"<Network {self.topology}, {'untrained' if self.parameters is None else 'trained'}>"

    @classmethod
    def create(cls, n_inputs: int, layers: list[tuple[int, str]] | tuple[tuple[int, str], ...], **rest: Any) -> Network:
        """A network from plain values: `Network.create(9, [(16, "tanh"), (1, "logistic")])`."""
        return cls(Topology(n_inputs, tuple(Layer(*layer) for layer in layers)), **rest)

    def set_parameters(self, parameters: Array) -> None:
        """Take a copy of `parameters` (P,) as float32; raises ValueError when the length or a value is wrong."""
        taken = np.array(parameters, dtype=np.float32, order="C").reshape(-1)
        if taken.size != self.topology.n_parameters:
            raise ValueError(f"a {self.topology} network has {self.topology.n_parameters} parameters, not {taken.size}")
        if not np.isfinite(taken).all():
            raise ValueError("the parameters are not all finite")
        self.parameters = taken

    @property
    def is_trained(self) -> bool:
        return self.parameters is not None

    @property
    def n_inputs(self) -> int:
        return self.topology.n_inputs

    @property
    def n_outputs(self) -> int:
        return self.topology.n_outputs

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self.topology.layers

    @property
    def weights(self) -> list[Array]:
        """Views (n_in, n_out) into the parameters, one per layer."""
        return [block[1:] for block in self.topology.blocks(self._require_parameters())]

    @property
    def biases(self) -> list[Array]:
        """Views (n_out,) into the parameters, one per layer."""
        return [block[0] for block in self.topology.blocks(self._require_parameters())]

    @property
    def n_classes(self) -> int:
        """How many classes the outputs can tell apart."""
        return 2 if self.n_outputs == 1 else self.n_outputs

    @property
    def decision_threshold(self) -> float:
        """The threshold in force with one output: the stored one, or the middle between the targets."""
        if self.threshold is not None:
            return self.threshold
        high, low = self.targets or default_targets(self.topology.output_activation, "mse")
        return (high + low) / 2

    def _require_parameters(self) -> Array:
        if self.parameters is None:
            raise ValueError("the network is untrained: it has no weights yet")
        return self.parameters


def default_targets(activation: str, loss: str) -> tuple[float, float]:
    """Output values (high, low) to ask for: 1, 0 for cross-entropy, else values the activation reaches without saturating.

    Source: LeCun et al. 1998, Efficient BackProp, section 4.5 (targets inside the range of the sigmoid).
    """
    if loss != "mse" or activation == "softmax":
        return 1.0, 0.0
    if activation == "lecun-tanh":
        return 1.0, -1.0
    info = ACTIVATION_NAMES[activation]
    if info.lowest == -1.0 and info.highest == 1.0:
        return 0.9, -0.9
    if info.lowest == 0.0 and info.highest == 1.0:
        return 0.9, 0.1
    if math.isinf(info.lowest) or math.isinf(info.highest):
        return 1.0, 0.0
    raise AssertionError(f"no targets known for {activation}")
