"""A network: its topology, its parameters in one vector, and how to read its inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, Inputs, vectors_of
from anncli.errors import NetworkError, value_text
from anncli.network.calibration import Calibration
from anncli.network.encoders.fisher import Mixture
from anncli.network.encoders.symbols import TextEncoder
from anncli.network.encoders.table import TableEncoder, TableInputs
from anncli.network.encoders.text import TakesText, TextInputs, read_chain
from anncli.network.layers.base import LayerKind, Shape
from anncli.network.loss_curve import LossCurves
from anncli.network.methods import method
from anncli.network.names import ACTIVATION_NAMES, quantiles_of
from anncli.network.patterns import HoldsPatterns, Patterns, without_patterns
from anncli.network.row_digests import RowDigests
from anncli.network.scaling import Scaling
from anncli.network.target_scaling import TargetScaling
from anncli.network.topology import Topology


class SelfTest(NamedTuple):
    """A few raw samples and the outputs (n, n_outputs) that the network gave for them, or for their rows, when it was saved."""

    inputs: Inputs
    outputs: Array

    @property
    def vectors(self) -> Array:
        """The samples as (n, n_inputs); raises UsageError for samples of several rows or of tokens."""
        return vectors_of(self.inputs)

    def __repr__(self) -> str:
        return f"<SelfTest of {len(self.inputs)} rows>"


class Recorded(NamedTuple):
    """Rows in a file of another program, with what that program computed for them.

    name: where they stand in the file; inputs: float32 samples, before scaling; outputs: float64 (n, n_outputs), nan
    where one is not recorded, calibrated and in the units of the data, or None; decisions: int (n,), the number of the class, or None;
    tolerance: the difference that is allowed, times the larger of 1 and the largest recorded output; is_certain: whether the
    file says that the network computed them.
    """

    name: str
    inputs: Inputs
    outputs: Array | None = None
    decisions: Array | None = None
    tolerance: float = 1e-4
    is_certain: bool = True


class NetworkSource(NamedTuple):
    """The file that a network was read from, as far as training and saving need it; a network made in Python has the default.

    dialect: the name of the network format it is saved in; origin: that of the format it was read from where it is only read,
    remarks: what was assumed or lost then, and recorded: outputs that the file has; path: its name as messages show it;
    head: the text a person wrote in it, kept byte for byte when the network is saved (None: a new head is written);
    training: the training options it asks for, as they were read; key_places, value_places: (line, column), both from 1,
    of the name and of the value of each of these options; task: the task that the head names, or None.
    """

    dialect: str = "ann"
    path: str | None = None
    head: str | None = None
    training: Mapping[str, Any] = {}
    key_places: Mapping[str, tuple[int, int]] = {}
    value_places: Mapping[str, tuple[int, int]] = {}
    task: str | None = None
    origin: str | None = None
    remarks: tuple[str, ...] = ()
    recorded: tuple[Recorded, ...] = ()

    def __repr__(self) -> str:
        return f"<NetworkSource {self.path or 'made in Python'}, {self.dialect}>"

    def key_fault(self, key: str, message: str, advice: str | None = None) -> NetworkError:
        """The error to raise about the name of a training option, with its place in the file."""
        line, column = self.key_places.get(key, (None, None))
        return NetworkError(message, path=self.path, line=line, column=column, advice=advice)

    def value_fault(self, key: str, message: str, advice: str | None = None) -> NetworkError:
        """The error to raise about the value of a training option, with its place in the file."""
        line, column = self.value_places.get(key, (None, None))
        return NetworkError(message, path=self.path, line=line, column=column, advice=advice)


@dataclass(eq=False, repr=False)
class Network(TakesText, HoldsPatterns):
    """A network with everything that it needs at use.

    topology: its shape; parameters: float32 (P,), or None while the network is untrained (training draws them);
    members: of an ensemble, whose outputs are the mean of those of its networks, the parameters of each of them, the first of
    which are `parameters` too; () for one network;
    scaling: raw inputs -> network inputs; classes: their names, the positive one first if there is one output;
    targets: the output values (high, low) that stand for "is" and "is not" a class;
    loss: the loss it was trained with, or None; threshold: with one output, a score strictly above it means the first class;
    threshold_rule: the rule that chose it, None for a threshold that was given; abstain: which scores are no decision, see
    inference.decide(), None for none; calibration: how outputs become probabilities, of which threshold and abstain speak;
    columns: names of the inputs or (); task: 'regression' or 'multi-label', or 'classification'; None where nothing says so:
    a trained network then classifies, and training an untrained one decides by the data; target_names: of the numbers
    or labels that are predicted; target_scaling: network outputs -> numbers in the units of the data; record: how it was
    trained; curve: its losses, None where they are not known; row_digests: which rows trained its parameters, None where that is not known;
    table, text: for a network that takes tables or texts, what its definition says about them; encoder: how the columns of a table become inputs, None for a
    network that was not trained on one; first_token: the number in files of the first token, 0 or 1; vocabulary: the symbols that it knows, mixture: that of its Fisher vectors, None before training; patterns: for
    recall, or None; is_memory: its layer has the patterns that training stored; source: the file it was read from. While `needs_encoder`, the number of inputs of the topology is 1 in place of the one that the data will decide.
    """

    topology: Topology
    parameters: Array | None = None
    scaling: Scaling = field(default_factory=Scaling)
    classes: tuple[str, ...] = ()
    targets: tuple[float, float] | None = None
    loss: str | None = None
    threshold: float | None = None
    columns: tuple[str, ...] = ()
    record: dict[str, Any] = field(default_factory=dict)
    self_test: SelfTest | None = None
    row_digests: RowDigests | None = None
    table: TableInputs | None = None
    encoder: TableEncoder | None = None
    source: NetworkSource = field(default_factory=NetworkSource)
    task: str | None = None
    target_names: tuple[str, ...] = ()
    target_scaling: TargetScaling = field(default_factory=TargetScaling)
    curve: LossCurves | None = None
    threshold_rule: str | None = None
    abstain: tuple[float, ...] | None = None
    calibration: Calibration | None = None
    members: tuple[Array, ...] = ()
    first_token: int = 1
    text: TextInputs | None = None
    vocabulary: TextEncoder | None = None
    mixture: Mixture | None = None
    patterns: Patterns | None = None
    is_memory: bool = False

    def __post_init__(self) -> None:
        if self.members:
            self.set_members(self.members)
        elif self.parameters is not None:
            self.set_parameters(self.parameters)

    def __repr__(self) -> str:
        shape = f"for {self.data_noun}, {self.layers_text}" if self.needs_encoder else str(self.topology)
        many = f"{len(self.members)} networks " if self.members else ""
        return f"<Network {many}{shape}, {'untrained' if self.parameters is None else 'trained'}>"

    @classmethod
    def create(
        cls, inputs: int | str | Shape, layers: Iterable[LayerKind | tuple[int, str] | str], **rest: Any
    ) -> Network:
        """An untrained network from plain values: `Network.create(9, ["16 tanh", "1 logistic"])`, or "28x28", "any x 12" or "characters" in
        place of 9; see Topology for layers, and the class for the rest. Raises: TypeError, ValueError for what is no chain of layers."""
        text, topology = read_chain(inputs, layers)
        return cls(topology, text=text, **rest)

    # What needs rooms above this one; the functions say what they take, give and raise.

    def predict(self, inputs: Any, *, threads: int = 1) -> Array:
        """Outputs (n, n_outputs), float32, for raw rows: an array (n, d), a list of rows or a data frame; see python.use."""
        return method("predict")(self, inputs, threads=threads)

    def predict_classes(self, inputs: Any, *, threads: int = 1) -> Array:
        """The names (n,) of the predicted classes, or for several labels bool (n, n_labels); see python.use."""
        return method("predict_classes")(self, inputs, threads=threads)

    def gradient(self, inputs: Any, answers: Any, sample_weight: Any = None, *, loss: str | None = None) -> list[Any]:
        """For each layer the gradient (weights, biases) of the mean loss over rows, without penalties; see python.gradients."""
        return method("gradient")(self, inputs, answers, sample_weight, loss=loss)

    def summary(self) -> str:
        """Layers, shapes, numbers of parameters, scaling, classes: several lines of text; see python.summary."""
        return method("summary")(self)

    def recall(self, inputs: Any, *, steps: int = 50) -> Any:
        """What raw rows (n, d) recall: vectors, steps and the nearest patterns, as inference.recall.Recalled; see python.recall."""
        return method("recall")(self, inputs, steps=steps)

    def set_parameters(self, parameters: Array) -> None:
        """Take a copy of `parameters` (P,) as float32, in place of all members; raises ValueError for a wrong length or a value
        that is not finite."""
        self.parameters, self.members = self._checked(parameters), ()

    def set_members(self, members: Iterable[Array]) -> None:
        """Take copies of the parameters (P,) of the networks of an ensemble; raises ValueError as set_parameters(), and for
        fewer than two."""
        taken = tuple(map(self._checked, members))
        if len(taken) < 2:
            raise ValueError(f"an ensemble has two or more networks, not {len(taken)}")
        self.parameters, self.members = taken[0], taken

    def _checked(self, parameters: Array) -> Array:
        try:
            taken = np.array(() if parameters is None else parameters, dtype=np.float32, order="C").reshape(-1)
        except (TypeError, ValueError):
            message = f"parameters: expected {self.topology.n_parameters} numbers, found {value_text(parameters)}"
            raise TypeError(message) from None
        if taken.size != self.topology.n_parameters:
            raise ValueError(f"a {self.topology} network has {self.topology.n_parameters} parameters, not {taken.size}")
        if not np.isfinite(taken).all():
            raise ValueError("the parameters are not all finite")
        return taken

    def definition(self) -> Network:
        """The untrained network that training anew begins with: the part of the file that a person writes."""
        topology = self.topology if self.table is None else self.topology._replace(inputs=Shape(1))
        topology = topology if self.text is None else self.text.defined(topology)
        topology = without_patterns(topology) if self.is_memory else topology
        return Network(topology, table=self.table, text=self.text, source=self.source, task=self.source.task)

    def with_encoder(self, encoder: TableEncoder) -> Network:
        """The untrained network that takes what this encoder gives."""
        return replace(self, topology=self._topology_of(encoder), encoder=encoder)

    def take_encoder(self, encoder: TableEncoder) -> None:
        """Take the encoder that belongs to the parameters."""
        self.topology, self.encoder = self._topology_of(encoder), encoder

    def _topology_of(self, encoder: TableEncoder) -> Topology:
        """The topology for inputs of this encoder; what the network says about their layout, as pictures, stays."""
        known = self.topology.inputs.samples
        return self.topology if encoder.width in known.cells else self.topology._replace(inputs=Shape(encoder.width))

    @property
    def is_trained(self) -> bool:
        return self.parameters is not None

    @property
    def all_parameters(self) -> Array:
        """The parameters (P,), or (n_members, P) of an ensemble."""
        return np.stack(self.members) if self.members else self._require_parameters()

    @property
    def n_inputs(self) -> int:
        return self.topology.n_inputs

    @property
    def n_outputs(self) -> int:
        return self.topology.n_outputs

    @property
    def weights(self) -> list[Array]:
        """Views into the parameters that penalties act on; one (n_in, units) per dense layer."""
        return self.topology.weights(self._require_parameters())

    @property
    def biases(self) -> list[Array]:
        """Views of all other parameters; one (units,) per dense layer."""
        return self.topology.biases(self._require_parameters())

    @property
    def n_classes(self) -> int:
        """The number of classes that the outputs distinguish; 0 where they are numbers or labels."""
        if self.task not in (None, "classification"):
            return 0
        return 2 if self.n_outputs == 1 else self.n_outputs

    @property
    def quantiles(self) -> tuple[float, ...]:
        """Which quantiles of each target the outputs give, in order; () where each target has one output."""
        return quantiles_of(self.loss)

    @property
    def n_targets(self) -> int:
        """The number of numbers or labels that are predicted; 0 for classes."""
        return 0 if self.n_classes else self.n_outputs // max(1, len(self.quantiles))

    @property
    def decision_threshold(self) -> float:
        """The threshold to use with one output: the stored one, or the middle between the targets."""
        if self.threshold is not None:
            return self.threshold
        return sum(self.score_targets) / 2

    @property
    def score_targets(self) -> tuple[float, float]:
        """The scores (high, low) that stand for "is" and "is not" a class."""
        if self.calibration is not None:
            return 1.0, 0.0
        return self.targets or default_targets(self.topology.output_activation, "mse")

    def _require_parameters(self) -> Array:
        if self.parameters is None:
            raise ValueError("the network is untrained: it has no weights yet")
        return self.parameters


def default_targets(activation: str, loss: str) -> tuple[float, float]:
    """Output values (high, low) to train for: 1, 0 with a cross-entropy, else those of the activation."""
    return ACTIVATION_NAMES[activation].targets if loss == "mse" else (1.0, 0.0)
