"""Networks whose samples are texts: what their definition says, and the symbols that training finds in its texts.

A kind of symbol is one file in this folder and a line in TEXT_NAMES of network/names.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

from anncli.errors import ValueFault, count_of, known_name
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.input_shapes import read_inputs
from anncli.network.layers.base import LayerKind, Shape
from anncli.network.layers.dense import Dense
from anncli.network.names import TEXT_NAMES
from anncli.network.topology import Topology

if TYPE_CHECKING:
    from anncli.forecasts import Forecast
    from anncli.network.encoders.table import TableEncoder, TableInputs

#: What makes tokens of texts.
TextEncoder: TypeAlias = CharacterEncoder

#: The encoder of each kind of symbol.
TEXT_ENCODERS: dict[str, type[TextEncoder]] = {"characters": CharacterEncoder}

#: The output layer that stands for as many outputs as there are symbols.
OPEN_OUTPUT = "softmax"
# What a topology has in its place before training.
_PLACEHOLDER = Dense(2, OPEN_OUTPUT)


class TextInputs(NamedTuple):
    """What the head of a network file says where samples are texts.

    kind: a name of TEXT_NAMES; open_output: the output layer is written without its number of units.
    """

    kind: str
    open_output: bool = False

    def defined(self, topology: Topology) -> Topology:
        """The topology before training, which does not yet know how many symbols there are."""
        layers = [*topology.layers[:-1], _PLACEHOLDER] if self.open_output else topology.layers
        return Topology(Shape(1, None, None, True), layers)


def is_open_output(layer: object) -> bool:
    """Whether an output layer is written without its number of units."""
    return isinstance(layer, str) and layer.strip().lower() == OPEN_OUTPUT


def read_chain(inputs: int | str | Shape, layers: Iterable[Any]) -> tuple[TextInputs | None, Topology]:
    """What inputs, in any form, and layers describe: what is said of texts, None for other samples, and the topology; raises as
    Topology and read_text_layers()."""
    if isinstance(inputs, str) and (kind := known_name(inputs.strip(), TEXT_NAMES)) is not None:
        return read_text_layers(kind, [*layers])
    return None, Topology(read_inputs(inputs) if isinstance(inputs, str) else inputs, layers)


def read_text_layers(kind: str, layers: Sequence[Any]) -> tuple[TextInputs, Topology]:
    """What a definition says: layers, of which the last may be OPEN_OUTPUT. Raises: ValueFault for a chain that cannot be."""
    is_open = bool(layers) and is_open_output(layers[-1])
    chain = [*layers[:-1], _PLACEHOLDER] if is_open else layers
    text, topology = TextInputs(kind, is_open), Topology(Shape(1, None, None, True), chain)
    if is_open and not topology.answers_rows:
        raise _one_answer_fault(topology)
    if topology.answers_rows:
        _check_next(topology)
    return text, topology


def _one_answer_fault(topology: Topology) -> ValueFault:
    """`softmax` without a number above one answer for each text: a dense first layer adds all tokens up, or another reduces rows."""
    message = "the output layer `softmax` without a number is for networks that predict the next character, and this one has an answer for each text"
    if topology.shapes[1].rows == 1:
        return ValueFault(
            message,
            "begin with `64 lstm` or another layer that answers each character, or write `K softmax` with K classes",
        )
    return ValueFault(message, "write `K softmax` with K classes, or leave out the layer that makes one row of many")


def _check_next(topology: Topology) -> None:
    """Raises ValueFault for a network that could look at the symbol that it is to predict, and for one without probabilities."""
    for number, layer in enumerate(topology.layers, 1):
        if not layer.streams:
            message = f"layer {number} (`{layer.shown}`) reads what follows a character, and the network is to predict the next one"
            raise ValueFault(
                message, "write `64 lstm`, or one row of many for a class of each line: `last`, `mean` or `max`"
            )
    if topology.output_activation != OPEN_OUTPUT:
        message = f"the next character is predicted by softmax, and the output layer is `{topology.layers[-1].shown}`"
        raise ValueFault(
            message, f"write `{OPEN_OUTPUT}`, or one row of many for a class of each line: `last`, `mean` or `max`"
        )


class TakesText:
    """What a Network has for samples that are texts, or windows of a table; it has these fields."""

    topology: Topology
    table: TableInputs | None
    encoder: TableEncoder | None
    text: TextInputs | None
    vocabulary: TextEncoder | None

    @property
    def forecast(self) -> Forecast | None:
        """How the rows of a table become windows, None for a network that makes no forecasts."""
        return None if self.encoder is None else self.encoder.forecast

    @property
    def predicts_next(self) -> bool:
        """Whether the network answers each symbol of a text with the next one."""
        return self.text is not None and self.topology.answers_rows

    @property
    def next_noun(self) -> str:
        """What one symbol is called where the network predicts the next one, else ''."""
        return TEXT_NAMES[self.text.kind].one if self.text is not None and self.predicts_next else ""

    @property
    def needs_encoder(self) -> bool:
        """Whether the number of inputs is not known before the network meets a table, or texts."""
        return (self.table is not None and self.encoder is None) or (self.text is not None and self.vocabulary is None)

    @property
    def data_noun(self) -> str:
        """What the network takes, where its number of inputs is that of the data."""
        return "tables" if self.text is None else f"texts of {self.text.kind}"

    @property
    def layer_texts(self) -> list[str]:
        """The short form of each layer, as a definition has it."""
        texts = [layer.text() for layer in self.topology.layers]
        return [*texts[:-1], OPEN_OUTPUT] if self.text is not None and self.text.open_output else texts

    def with_vocabulary(self, vocabulary: TextEncoder) -> Self:
        """The untrained network that knows these symbols; raises ValueFault for a network with another number of outputs."""
        changes: dict[str, Any] = {"topology": self._topology_with(vocabulary), "vocabulary": vocabulary}
        changes |= {"classes": vocabulary.symbols} if self.predicts_next else {}
        return replace(self, **changes)  # type: ignore[type-var]

    def take_vocabulary(self, vocabulary: TextEncoder) -> None:
        """Take the symbols that belong to the parameters; raises ValueFault as with_vocabulary()."""
        self.topology, self.vocabulary = self._topology_with(vocabulary), vocabulary

    def _topology_with(self, vocabulary: TextEncoder) -> Topology:
        assert self.text is not None
        known, layers, n = self.topology, list[LayerKind](self.topology.layers), len(vocabulary.symbols)
        if self.text.open_output:
            layers[-1] = Dense(n, OPEN_OUTPUT)
        elif self.predicts_next and known.n_outputs != n:
            message = f"{count_of(n, TEXT_NAMES[vocabulary.kind].one)} in the training text, and {count_of(known.n_outputs, 'output')}"
            raise ValueFault(
                message, f"write the output layer `{OPEN_OUTPUT}` without a number, or `{n} {OPEN_OUTPUT}`"
            )
        return Topology(Shape(vocabulary.width, None, None, True), layers)
