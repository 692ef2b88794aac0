"""A network: its topology, its parameters in one flat vector, and what it needs to read its own inputs and outputs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.scaling import Scaling
from anncli.network.topology import Layer, Topology


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
    loss: the loss it was trained with, or None; threshold: with one output, a score strictly above it is the first class;
    columns: input column names or (); training: settings the network file asks for; record: how it was trained;
    dialect: the kind of file it came from, 'ann' or 'ann1dn'; head: what a person wrote in that file, kept when saved.
    """

    topology: Topology
    parameters: Array | None = None
    scaling: Scaling = field(default_factory=Scaling)
    classes: tuple[str, ...] = ()
    targets: tuple[float, float] | None = None
    loss: str | None = None
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
