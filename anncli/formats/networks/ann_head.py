"""The head of an `ann` network file, which a person writes: inputs, layers and training options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from anncli.errors import ValueFault, known_name
from anncli.formats.files.document import PlacedList, PlacedMapping, kind_of
from anncli.formats.files.yaml_text import write_block
from anncli.formats.networks.ann_table import read_table_inputs, table_inputs_text
from anncli.formats.networks.ann_text import read_definition
from anncli.formats.networks.numbers import size_fault
from anncli.network.encoders.descriptors import DESCRIPTOR_KEYS, Descriptors
from anncli.network.encoders.settings import DefinitionFault
from anncli.network.encoders.symbols import TextDefinition
from anncli.network.encoders.table import TableInputs
from anncli.network.encoders.text import OPEN_OUTPUT, TextInputs, is_open_output, read_text_layers, without_texts
from anncli.network.input_shapes import coded, described, inputs_text, read_inputs
from anncli.network.layers import DEFAULT_KIND, layer_class, read_layer
from anncli.network.layers.base import KeyFault, LayerKind, Shape
from anncli.network.names import LAYER_NAMES, TASK_NAMES
from anncli.network.network import Network
from anncli.network.spikes.code import CODE_KEYS, CodeFault, LatencyCode
from anncli.network.topology import Topology

FORMAT_VERSION = 1
HEAD_KEYS = ("anncli", "inputs", "layers", "task", "training", "trained")


class Head(NamedTuple):
    """What a head describes. table, text: for a network that takes tables, or texts, which leaves the inputs open: 1 in the topology."""

    topology: Topology
    table: TableInputs | None = None
    text: TextInputs | None = None

    @property
    def table_task(self) -> str | None:
        """The task that the head names for its table; several labels of classes are a task of their own."""
        if self.table is None:
            return None
        return "multi-label" if self.table.task == "classification" and len(self.table.label) > 1 else self.table.task


def read_head(document: PlacedMapping) -> Head:
    """What a document describes; raises the document's error with the place of a fault."""
    if not document:
        raise document.fault(None, "holds no network", "write at least `anncli: 1`, `inputs:` and `layers:`")
    version = document.get("anncli")
    if isinstance(version, int) and version > FORMAT_VERSION:
        message = f"is in format {version}, this program reads format {FORMAT_VERSION}"
        raise document.fault("anncli", message, "update anncli")
    document.refuse_unknown(HEAD_KEYS)
    if "anncli" not in document:
        raise document.fault(None, "the format version is missing", f"add the line `anncli: {FORMAT_VERSION}`")
    if version != FORMAT_VERSION or isinstance(version, bool):
        raise document.fault("anncli", f"unknown format version {_shown(version)}", f"write `anncli: {FORMAT_VERSION}`")
    mapping, definition = document.get("inputs"), read_definition(document)
    is_table = isinstance(mapping, PlacedMapping) and not {"spikes", "descriptors"} & {*mapping} and definition is None
    table = read_table_inputs(document) if is_table else None
    text, topology = _read_chain(document, definition, None if table is None else Shape(1))
    if too_large := size_fault(topology.sizes, topology.n_parameters):
        raise document.fault("layers", too_large, "make the network smaller")
    return Head(topology, table, text)


def _read_chain(
    document: PlacedMapping, definition: TextDefinition | None, inputs: Shape | None
) -> tuple[TextInputs | None, Topology]:
    """What the head says about texts, None for other samples, and the topology; inputs: None where `inputs` says what they are."""
    if definition is None:
        inputs = inputs or _read_inputs(document)
    layers = _read_layers(document, definition is not None)
    try:
        if definition is not None:
            return read_text_layers(definition, layers)
        assert inputs is not None
        return None, without_texts(inputs, [layer for layer in layers if isinstance(layer, LayerKind)])
    except ValueFault as fault:
        place = "inputs" if isinstance(fault, DefinitionFault) else "layers"
        raise document.fault(place, fault.message, fault.advice) from None


def _read_inputs(document: PlacedMapping) -> Shape:
    """The shape of a sample: a number of inputs, a text such as `28x28` or `any x 12`, the code that makes spikes of vectors, or rows that become one vector."""
    value = document.get("inputs")
    if isinstance(value, PlacedMapping):
        return _checked_size(document, _read_mapping(value))
    if not isinstance(value, str):
        return Shape(_whole(document, "inputs", "inputs: 9` or `inputs: {table: auto}"))
    try:
        shape = read_inputs(value)
    except ValueFault as fault:
        raise document.fault("inputs", fault.message, fault.advice) from None
    return _checked_size(document, shape)


def _read_mapping(value: PlacedMapping) -> Shape:
    is_described = "descriptors" in value
    value.refuse_unknown(DESCRIPTOR_KEYS if is_described else CODE_KEYS)
    try:
        return described(Descriptors.read(value)) if is_described else coded(*LatencyCode.read(value))
    except (CodeFault, DefinitionFault) as fault:
        raise value.fault(fault.key, fault.message, fault.advice) from None


def _checked_size(document: PlacedMapping, shape: Shape) -> Shape:
    if too_large := size_fault([shape.columns]):
        raise document.fault("inputs", too_large, "make the network smaller")
    return shape


def read_task(document: PlacedMapping) -> str | None:
    """The task that the head names, None where it names none."""
    said = document.get("task")
    task = known_name(said, TASK_NAMES) if isinstance(said, str) else None
    if "task" in document and task is None:
        message = f"`task` must be the name of a task, found {_named(said)}"
        raise document.fault("task", message, f"use one of {', '.join(TASK_NAMES)}")
    return task


def _named(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else kind_of(value)


def _read_layers(document: PlacedMapping, may_be_open: bool) -> list[LayerKind | str]:
    """The layers; may_be_open: the last may be OPEN_OUTPUT, which stays a text."""
    items = document.get("layers")
    example = "write for example `layers: [8 tanh, 1 logistic]`"
    if "layers" not in document:
        raise document.fault(None, "`layers` is missing", example)
    if not isinstance(items, PlacedList) or not items:
        raise document.fault("layers", f"`layers` must be a list of layers, found {kind_of(items)}", example)
    is_open = may_be_open and is_open_output(items[-1])
    layers: list[LayerKind | str] = [_read_layer(items, index) for index in range(len(items) - is_open)]
    return [*layers, OPEN_OUTPUT] if is_open else layers


def _read_layer(items: PlacedList, index: int) -> LayerKind:
    """One layer: a short form such as `8 tanh`, or a long form such as {units: 8, activation: tanh}."""
    value = items[index]
    if isinstance(value, PlacedMapping):
        return _read_long_form(value)
    if not isinstance(value, str):
        message = f"a layer is its units and activation, found {kind_of(value)}"
        raise items.fault(index, message, "write for example `8 tanh`")
    try:
        layer = read_layer(value)
    except ValueFault as fault:
        raise items.fault(index, fault.message, fault.advice) from None
    if too_large := size_fault(
        [size for name, key in layer.keys.items() if key.form is int and (size := getattr(layer, name))]
    ):
        raise items.fault(index, too_large, "make the network smaller")
    return layer


def _read_long_form(form: PlacedMapping) -> LayerKind:
    kind = form.get("kind", DEFAULT_KIND)
    if not isinstance(kind, str):
        raise form.fault(
            "kind", f"`kind` must be a name, found {kind_of(kind)}", f"use one of {', '.join(LAYER_NAMES)}"
        )
    try:
        known = layer_class(kind)
    except ValueFault as fault:
        raise form.fault("kind", fault.message, fault.advice) from None
    form.refuse_unknown([*known.keys, "kind"])
    values: dict[str, Any] = {}
    for name, key in known.keys.items():
        if not key.needed and name not in form:
            continue
        values[name] = _VALUES[key.form](form, name, key.example)
    try:
        return known(**values)
    except KeyFault as fault:
        raise form.fault(fault.key, fault.message, fault.advice) from None


def _whole(mapping: PlacedMapping, key: str, example: str) -> int:
    value = mapping.get(key)
    if key not in mapping:
        raise mapping.fault(None, f"`{key}` is missing", f"write for example `{example}`")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        message = f"`{key}` must be a whole number above 0, found {_shown(value)}"
        raise mapping.fault(key, message, f"write for example `{example}`")
    if fault := size_fault([value]):
        raise mapping.fault(key, fault, "make the network smaller")
    return value


def _word(mapping: PlacedMapping, key: str, example: str) -> str:
    """A text, such as `tanh` or `5x5`, or a number, which YAML does not take for a text."""
    value = mapping.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        found = f"`{key}` is missing" if key not in mapping else f"`{key}` must be a text, found {_shown(value)}"
        raise mapping.fault(key if key in mapping else None, found, f"write for example `{example}`")
    return value


def _flag(mapping: PlacedMapping, key: str, example: str) -> bool:
    value = mapping.get(key)
    if not isinstance(value, bool):
        message = f"`{key}` must be true or false, found {_shown(value)}"
        raise mapping.fault(key, message, f"write for example `{example}`")
    return value


# What reads the value of a key, by its form.
_VALUES: dict[type, Callable[[PlacedMapping, str, str], Any]] = {int: _whole, str: _word, bool: _flag}


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else kind_of(value)


def new_head(network: Network) -> str:
    """A head with comments, for a network that was not read from a file."""
    layers = network.layers_text
    inputs = inputs_text(network.topology.inputs) if network.text is None else network.text.definition.text()
    takes = (f"for {network.data_noun}" if network.table is not None or network.text is not None else
             f"with {inputs} inputs" if inputs.isdecimal() else f"for samples of {inputs}")  # fmt: skip
    lines = [
        f"# A network {takes} and layers of {layers}.",
        "# Everything above the line `trained:` is yours to edit; what follows it is written by ann.",
        f"anncli: {FORMAT_VERSION}",
        f"inputs: {inputs if network.table is None else table_inputs_text(network.table)}",
        f"layers: [{layers}]",
    ]
    if network.task is not None and (network.table is None or network.table.task is None):
        lines.append(f"task: {network.task}")
    if network.source.training:
        lines += write_block({"training": dict(network.source.training)})
    return "\n".join(lines) + "\n"
