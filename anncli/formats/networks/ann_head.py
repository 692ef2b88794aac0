"""The head of our network file: what a person writes, inputs, layers and training settings."""

from __future__ import annotations

import re
from typing import Any

from anncli.errors import ValueFault
from anncli.formats.files.document import Items, Mapping, kind_of
from anncli.formats.files.yaml_text import write_block
from anncli.formats.networks.numbers import size_fault
from anncli.network.names import canonical_activation
from anncli.network.network import Network
from anncli.network.topology import Layer, Topology

FORMAT_VERSION = 1
HEAD_KEYS = ("anncli", "inputs", "layers", "training", "trained")

_LAYER = re.compile(r"(\d{1,18})\s+(\S.*)", re.ASCII)


def read_head(document: Mapping) -> Topology:
    """The shape of the network a document describes; raises the document's error with the place of a fault."""
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
    n_inputs = _whole(document, "inputs", "inputs: 9")
    layers = _read_layers(document)
    if fault := size_fault([n_inputs, *(layer.units for layer in layers)]):
        raise document.fault("layers", fault, "make the network smaller")
    try:
        return Topology(n_inputs, tuple(layers))
    except ValueFault as impossible:
        raise document.fault("layers", impossible.message, impossible.advice) from None


def _read_layers(document: Mapping) -> list[Layer]:
    items = document.get("layers")
    example = "write for example `layers: [8 tanh, 1 logistic]`"
    if "layers" not in document:
        raise document.fault(None, "`layers` is missing", example)
    if not isinstance(items, Items) or not items:
        raise document.fault("layers", f"`layers` must be a list of layers, found {kind_of(items)}", example)
    return [_read_layer(items, index) for index in range(len(items))]


def _read_layer(items: Items, index: int) -> Layer:
    layer = items[index]
    if isinstance(layer, Mapping):
        layer.refuse_unknown(Layer._fields)
        units, name = _whole(layer, "units", "units: 8"), layer.get("activation")
        if not isinstance(name, str):
            raise layer.fault("activation", "`activation` is missing", "write for example `activation: tanh`")
    else:
        match = _LAYER.fullmatch(layer) if isinstance(layer, str) else None
        if match is None:
            message = f"a layer is its units and activation, found {kind_of(layer)}"
            raise items.fault(index, message, "write for example `8 tanh`")
        units, name = int(match[1]), match[2]
        if units < 1:
            raise items.fault(index, "a layer needs at least 1 unit, found 0", "write for example `8 tanh`")
        if fault := size_fault([units]):
            raise items.fault(index, fault, "make the network smaller")
    try:
        return Layer(units, canonical_activation(name))
    except ValueFault as unknown:
        if isinstance(layer, Mapping):
            raise layer.fault("activation", unknown.message, unknown.advice) from None
        raise items.fault(index, unknown.message, unknown.advice) from None


def _whole(mapping: Mapping, key: str, example: str) -> int:
    value = mapping.get(key)
    if key not in mapping:
        raise mapping.fault(None, f"`{key}` is missing", f"write for example `{example}`")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        message = f"`{key}` must be a whole number above 0, found {_shown(value)}"
        raise mapping.fault(key, message, f"write for example `{example}`")
    if fault := size_fault([value]):
        raise mapping.fault(key, fault, "make the network smaller")
    return value


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else kind_of(value)


def new_head(network: Network) -> str:
    """A commented head for a network that was not read from a file."""
    layers = ", ".join(f"{layer.units} {layer.activation}" for layer in network.layers)
    lines = [
        f"# A network with {network.n_inputs} inputs and layers of {layers}.",
        "# Everything above the line `trained:` is yours to edit; what follows it is written by ann.",
        f"anncli: {FORMAT_VERSION}",
        f"inputs: {network.n_inputs}",
        f"layers: [{layers}]",
    ]
    if network.training:
        lines += write_block({"training": network.training})
    return "\n".join(lines) + "\n"
