"""Vectors of words that another file has, as the first layer of a network: `{kind: embedding, from: words.nn, frozen: true}`.

The file is named from the folder of the network file. How long its vectors are takes its place in the head when an untrained network
is read, and training writes all of them, so that a trained network needs the file no more.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import copy
from functools import lru_cache, partial
from typing import Any

from anncli.errors import NetworkError, UsageError, ValueFault, quoted
from anncli.formats.files.document import Place, PlacedList, PlacedMapping, parse_document
from anncli.formats.files.textfile import Path, Signature, signature
from anncli.formats.networks.named_vectors import read_vectors
from anncli.formats.networks.storage import parse
from anncli.network.encoders.words import VectorSource, WordEncoder, WordInputs
from anncli.network.layers import read_layer
from anncli.network.layers.embedding import Embedding
from anncli.network.network import Network
from anncli.network.topology import Topology


def insert_units(head: str, path: Path) -> str:
    """The head of a network file with the length of vectors where only their file is named.

    path: that of the network. Raises: NetworkError with the place of a file that cannot be read.
    """
    if "from" not in head or "embedding" not in head:
        return head
    document = parse_document(head, path, NetworkError)
    layers, lines = document.get("layers"), head.split("\n")
    if not isinstance(layers, PlacedList):
        return head
    for index in reversed(range(len(layers))):
        layer = layers[index]
        if isinstance(layer, PlacedMapping) and "from" in layer and "units" not in layer:
            name, fault = layer["from"], partial(layer.fault, "from")
            line, column = layer.key_places["from"]
        elif isinstance(layer, str) and (name := _open_source(layer)):
            fault = partial(layers.fault, index)
            line, column = layers.value_places[index] or Place(1, 1)
        else:
            continue
        if isinstance(name, str):
            text = lines[line - 1]
            before, after = text[: column - 1], text[column - 1 :]
            lines[line - 1] = before + _with_units(layer, before, after, _units(name, path, fault))
    return "\n".join(lines)


def sized(layer: str, folder: str) -> str:
    """The short form of a layer with the length of its vectors, where it names only the file that has them; raises UsageError."""
    name = _open_source(layer)
    if not name:
        return layer
    place = os.path.join(folder, "network.nn")
    return f"{_units(name, place, lambda message, advice: UsageError(message, advice=advice))} {layer.strip()}"


def with_sources(network: Network, path: Path) -> Network:
    """The network whose embedding knows where to find its vectors; raises NetworkError where no words go into it."""
    layers = network.topology.layers
    if not any(isinstance(layer, Embedding) and layer.source for layer in layers):
        return network
    if network.text is None or network.text.kind != "words" or network.text_use == "vectors":
        message = "`from` gives a layer the vectors of words, and "
        message += (
            "this network makes such vectors itself"
            if network.text_use == "vectors"
            else "no words go into this network"
        )
        advice = "leave `from` out" if network.text_use == "vectors" else "write `inputs: words`"
        raise NetworkError(message, path=os.fspath(path) or None, advice=advice)
    placed = list[Any]()
    for layer in layers:
        if isinstance(layer, Embedding) and layer.source:
            layer = copy(layer)
            layer.find = partial(_checked, _absolute(layer.source, path), layer.source, layer.units)
        placed.append(layer)
    network.topology = Topology(network.topology.inputs, placed)
    return network


def rooted(data: bytes, path: str) -> bytes:
    """The bytes of a network file in which files of vectors are named by their whole path, for another place than its folder."""
    folder = os.path.dirname(path)
    if path == "-" or not folder or b"from" not in data:
        return data
    for layer in parse(data, path).topology.layers:
        if isinstance(layer, Embedding) and layer.source and not os.path.isabs(layer.source):
            data = data.replace(layer.source.encode(), _absolute(layer.source, path).encode(), 1)
    return data


def _open_source(layer: str) -> str:
    """The file that a short form names without the length of its vectors, or ''."""
    if "embedding" not in layer or "from" not in layer:
        return ""
    try:
        found = read_layer(layer)
    except ValueFault:
        return ""
    return found.source if isinstance(found, Embedding) and not found.units else ""


def _with_units(layer: Any, before: str, after: str, units: int) -> str:
    """The rest of a line from the place on where the layer, or its key `from`, stands."""
    if isinstance(layer, str):
        quote = after[:1] if after[:1] in ("'", '"') else ""
        return f"{quote}{units} {after[len(quote) :]}"
    # A mapping without braces has a key a line.
    is_block = not before.replace("-", " ").strip()
    return f"units: {units}" + (f"\n{' ' * len(before)}" if is_block else ", ") + after


def _units(name: str, path: Path, fault: Callable[[str, str | None], Exception]) -> int:
    try:
        return int(found_at(_absolute(name, path), name).vectors.shape[1])
    except NetworkError as error:
        raise fault(f"`from`: {error}", "name a network with an embedding of words, or a file of vectors") from None


def _absolute(name: str, path: Path) -> str:
    folder = "" if os.fspath(path) in ("", "-") else os.path.dirname(os.fspath(path))
    return os.path.abspath(os.path.join(folder, name))


def found_at(file: str, shown: str) -> VectorSource:
    """The words of a file and their vectors; raises NetworkError."""
    if not os.path.isfile(file):
        raise NetworkError("no such file", path=shown, advice="files are named from the folder of the network file")
    return _found(file, signature(file))


def _checked(file: str, shown: str, units: int) -> VectorSource:
    """The same for a layer of so many units."""
    found = found_at(file, shown)
    length = found.vectors.shape[1]
    if length != units:
        message = f"the vectors of {quoted(shown)} have {length} numbers, and the embedding has {units} units"
        raise UsageError(message, advice=f"write `units: {length}`, or leave it out")
    return found


@lru_cache(maxsize=1)
def _found(file: str, state: Signature | None) -> VectorSource:
    named = read_vectors(file)
    if named.network is not None and isinstance(named.network.vocabulary, WordEncoder):
        return VectorSource(named.network.vocabulary, named.known.vectors, file)
    definition = WordInputs(case="lower" if named.known.is_folded else "keep")
    return VectorSource(
        WordEncoder(named.known.words, (0,) * len(named.known.words), definition), named.known.vectors, file
    )
