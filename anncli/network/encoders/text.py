"""Networks whose samples are texts: what their definition says, and the symbols that training finds in its texts.

A kind of symbol is one file in this folder, with a TextDefinition and its TextEncoder, a line in TEXT_DEFINITIONS, one in TEXT_NAMES of
network/names.py, and one in ENCODER_PARTS of formats/networks/ann_text.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from anncli.errors import ValueFault, count_of, known_name
from anncli.network.encoders.characters import CharacterInputs
from anncli.network.encoders.documents import DocumentInputs
from anncli.network.encoders.settings import parse_flow
from anncli.network.encoders.symbols import TextDefinition, TextEncoder
from anncli.network.encoders.words import WordInputs
from anncli.network.input_shapes import read_inputs
from anncli.network.layers.base import LayerKind, Shape
from anncli.network.layers.dense import Dense
from anncli.network.names import TEXT_NAMES
from anncli.network.patterns import without_patterns
from anncli.network.topology import Topology

if TYPE_CHECKING:
    from anncli.forecasts import Forecast
    from anncli.network.encoders.table import TableEncoder, TableInputs

#: What `inputs:` says for each kind of symbol; it knows how to fit the encoder.
TEXT_DEFINITIONS: dict[str, type[TextDefinition]] = {
    "characters": CharacterInputs,
    "documents": DocumentInputs,
    "words": WordInputs,
}

#: The output layer that stands for as many outputs as there are symbols.
OPEN_OUTPUT = "softmax"
# What a topology has in its place before training.
_PLACEHOLDER = Dense(2, OPEN_OUTPUT)


class TextInputs(NamedTuple):
    """What the head of a network file says where samples are texts.

    definition: what makes symbols of them; open_output: the output layer is written without its number of units.
    """

    definition: TextDefinition
    open_output: bool = False

    @property
    def kind(self) -> str:
        """A name of TEXT_NAMES."""
        return self.definition.kind

    @property
    def one(self) -> str:
        """What one symbol is called."""
        return TEXT_NAMES[self.kind].one

    def use(self, topology: Topology) -> str:
        """What the network does with a text, see TakesText.text_use."""
        if own := topology.layers[-1].text_use:
            return own
        if not topology.answers_rows:
            return "classes"
        return "next" if self.open_output or not self.definition.has_tags else "tags"

    def defined(self, topology: Topology) -> Topology:
        """The topology before training, which does not yet know how many symbols there are."""
        layers = [*topology.layers[:-1], _PLACEHOLDER] if self.open_output else topology.layers
        return Topology(Shape(1, None, None, True), layers)


def is_open_output(layer: object) -> bool:
    """Whether an output layer is written without its number of units."""
    return isinstance(layer, str) and layer.strip().lower() == OPEN_OUTPUT


def text_definition(said: object) -> TextDefinition | None:
    """What a value of `inputs:` says about texts: `words`, `{words: 20000}` as a text or as a mapping; None for one that is about other
    samples. Raises: DefinitionFault."""
    if isinstance(said, str) and (kind := known_name(said.strip(), TEXT_NAMES)) is not None:
        return TEXT_DEFINITIONS[kind].read({})
    if isinstance(said, str) and said.strip().startswith("{"):
        key = said.strip()[1:].split(":")[0].strip()
        said = parse_flow(said) if key in TEXT_NAMES else None
    if isinstance(said, Mapping):
        kind = next((name for name in TEXT_NAMES if name in said), None)
        return None if kind is None else TEXT_DEFINITIONS[kind].read(said)
    return None


def read_chain(inputs: int | str | Shape, layers: Iterable[Any]) -> tuple[TextInputs | None, Topology]:
    """What inputs, in any form, and layers describe: what is said of texts, None for other samples, and the topology; raises as
    Topology and read_text_layers()."""
    if isinstance(inputs, str) and (definition := text_definition(inputs)) is not None:
        return read_text_layers(definition, [*layers])
    return None, without_texts(read_inputs(inputs) if isinstance(inputs, str) else inputs, layers)


def without_texts(inputs: int | Shape, layers: Iterable[Any]) -> Topology:
    """The topology of a network that reads no texts. Raises: ValueFault as Topology, and for layers that learn from words."""
    topology = Topology(inputs, layers)
    if topology.layers[-1].text_use == "vectors":
        raise _no_words_fault(topology, "tokens without words")
    return topology


def read_text_layers(definition: TextDefinition, layers: Sequence[Any]) -> tuple[TextInputs, Topology]:
    """What a definition says: layers, of which the last may be OPEN_OUTPUT. Raises: ValueFault for a chain that cannot be, DefinitionFault
    for a definition that does not fit it."""
    is_open = bool(layers) and is_open_output(layers[-1])
    chain = [*layers[:-1], _PLACEHOLDER] if is_open else layers
    topology = Topology(Shape(1, None, None, True), chain)
    text = TextInputs(definition.read_by(topology, is_open), is_open)
    if is_open and not topology.answers_rows:
        raise _one_answer_fault(topology, text.one)
    use = text.use(topology)
    if use == "next":
        _check_next(topology, text)
    if use == "vectors" and text.kind != "words":
        raise _no_words_fault(topology, text.kind)
    if use == "vectors" and topology.layers[0].is_frozen:
        raise ValueFault(
            f"layer 1 is frozen, and `{topology.layers[-1].shown}` trains nothing but it", "leave `frozen` out"
        )
    return text._replace(definition=text.definition.used_for(use)), topology


def _no_words_fault(topology: Topology, taken: str) -> ValueFault:
    message = f"`{topology.layers[-1].shown}` is for words, and this network takes {taken}"
    return ValueFault(message, "write `inputs: words`")


def _one_answer_fault(topology: Topology, one: str) -> ValueFault:
    """`softmax` without a number above one answer for each text: a dense first layer adds all tokens up, or another reduces rows."""
    message = f"the output layer `softmax` without a number is for networks that predict the next {one}, and this one has an answer for each text"
    if topology.shapes[1].rows == 1:
        return ValueFault(
            message,
            f"begin with `64 lstm` or another layer that answers each {one}, or write `K softmax` with K classes",
        )
    return ValueFault(message, "write `K softmax` with K classes, or leave out the layer that makes one row of many")


def _check_next(topology: Topology, text: TextInputs) -> None:
    """Raises ValueFault for a network that could look at the symbol that it is to predict, and for one without probabilities."""
    tags = f", or `K softmax` for K tags of each {text.one}" if text.definition.has_tags else ""
    for number, layer in enumerate(topology.layers, 1):
        if not layer.streams:
            message = f"layer {number} (`{layer.shown}`) reads what follows a {text.one}, and the network is to predict the next one"
            raise ValueFault(
                message, f"write `64 lstm`, or one row of many for a class of each line: `last`, `mean` or `max`{tags}"
            )
    if topology.output_activation != OPEN_OUTPUT:
        message = f"the next {text.one} is predicted by softmax, and the output layer is `{topology.layers[-1].shown}`"
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
    is_memory: bool

    @property
    def forecast(self) -> Forecast | None:
        """How the rows of a table become windows, None for a network that makes no forecasts."""
        return None if self.encoder is None else self.encoder.forecast

    @property
    def text_use(self) -> str:
        """What the network does with a text: 'next', its answer for each symbol is the next one; 'tags', each symbol has a class; 'classes', the
        whole text has one; or what its output layer says. '' for a network that takes no texts."""
        return "" if self.text is None else self.text.use(self.topology)

    @property
    def predicts_next(self) -> bool:
        """Whether the network answers each symbol of a text with the next one."""
        return self.text_use == "next"

    @property
    def next_noun(self) -> str:
        """What one symbol is called where the network predicts the next one, else ''."""
        return self.text.one if self.text is not None and self.predicts_next else ""

    @property
    def needs_encoder(self) -> bool:
        """Whether the number of inputs is not known before the network meets a table, or texts."""
        return (self.table is not None and self.encoder is None) or (self.text is not None and self.vocabulary is None)

    @property
    def data_noun(self) -> str:
        """What the network takes, where its number of inputs is that of the data."""
        return (
            "tables"
            if self.text is None
            else "documents"
            if self.text.kind == "documents"
            else f"texts of {self.text.kind}"
        )

    @property
    def layers(self) -> tuple[LayerKind, ...]:
        return self.topology.layers

    @property
    def layers_text(self) -> str:
        """'16 tanh, 1 logistic'."""
        return ", ".join(self.layer_texts)

    @property
    def layer_texts(self) -> list[str]:
        """The short form of each layer, as a definition has it."""
        topology = without_patterns(self.topology) if self.is_memory else self.topology
        texts = [layer.text() for layer in topology.layers]
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
            message = f"{count_of(n, self.text.one)} in the training text, and {count_of(known.n_outputs, 'output')}"
            raise ValueFault(
                message, f"write the output layer `{OPEN_OUTPUT}` without a number, or `{n} {OPEN_OUTPUT}`"
            )
        # Word vectors are those of known words: others are left out of the text.
        return Topology(Shape(n if self.text_use == "vectors" else vocabulary.width, None, None, True), layers)
