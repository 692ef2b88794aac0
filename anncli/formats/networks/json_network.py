"""The network format `json`: what `ann export NETWORK -o FILE.json` writes, read back. docs/export.md has every key."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from anncli.arrays import Array, Rows, Tokens
from anncli.errors import NetworkError, ValueFault
from anncli.formats.files.document import DocumentSource, PlacedList, PlacedMapping, kind_of
from anncli.formats.files.textfile import Path, decode, shown_name
from anncli.formats.networks.ann_decision import read_decision
from anncli.formats.networks.ann_table import take_encoder
from anncli.formats.networks.ann_task import read_target_scaling, read_task
from anncli.formats.networks.ann_trained import read_scaling
from anncli.formats.networks.json_text import take_text
from anncli.formats.networks.numbers import size_fault
from anncli.limits import FLOAT32_MAX
from anncli.network.input_shapes import read_inputs
from anncli.network.layers import read_layer
from anncli.network.layers.base import LayerKind, Shape
from anncli.network.layers.dense import Dense
from anncli.network.names import quantiles_of
from anncli.network.network import Network, NetworkSource, SelfTest
from anncli.network.topology import Topology

FORMAT_WORD, VERSION = "anncli-network", 1
KEYS = (
    "format", "version", "inputs", "columns", "first_token", "encoder", "text", "scaling", "members", "target_scaling", "calibration", "task",
    "classes", "target_names", "targets", "loss", "threshold", "threshold_rule", "abstain", "self_test",
)  # fmt: skip
_ADVICE = "export the network anew"
_LAYER_KEYS = ("units", "activation", "biases", "weights")
_OTHER_KEYS = ("layer", "blocks")
_SAMPLE_KEYS = ("starts", "indices", "values")


class JsonNetwork:
    """The format `json`."""

    def parse(self, data: bytes, path: Path) -> Network:
        return _File(_document(decode(data, path, NetworkError), path), path).network()


FORMAT = JsonNetwork()


def _document(text: str, path: Path) -> PlacedMapping:
    """The object in the text; raises NetworkError for a text that is no JSON, and for keys given twice."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_not_finite)
    except json.JSONDecodeError as fault:
        message = f"is not valid JSON: {fault.msg}"
        raise NetworkError(
            message, path=shown_name(path), line=fault.lineno, column=fault.colno, advice=_ADVICE
        ) from None
    except ValueError as fault:
        raise NetworkError(
            f"is not valid JSON: {str(fault).partition(';')[0]}", path=shown_name(path), advice=_ADVICE
        ) from None
    except RecursionError:
        raise NetworkError("is nested too deeply", path=shown_name(path), advice=_ADVICE) from None
    found = _placed(value, DocumentSource(path, NetworkError))
    if not isinstance(found, PlacedMapping):
        raise NetworkError(f"is {kind_of(value)} and no object", path=shown_name(path), advice=_ADVICE)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key in found if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"the key {twice!r} is given twice")
    return found


def _not_finite(word: str) -> float:
    raise ValueError(f"{word} is not a finite number")


def _placed(value: Any, source: DocumentSource) -> Any:
    """Objects as mappings, and lists of objects as lists, that the readers of the `ann` format take; JSON tells no places."""
    if isinstance(value, dict):
        mapping = PlacedMapping(source, None)
        mapping.update({key: _placed(entry, source) for key, entry in value.items() if entry is not None})
        return mapping
    if isinstance(value, list):
        items = PlacedList(source, None)
        items += [entry if isinstance(entry, float) else _placed(entry, source) for entry in value]
        items.value_places += [None] * len(items)
        return items
    return value


class _File:
    """The document, read key by key."""

    def __init__(self, document: PlacedMapping, path: Path) -> None:
        self._document, self._path = document, path

    def network(self) -> Network:
        document = self._document
        document.refuse_unknown(KEYS)
        if document.get("version") != VERSION:
            message = f"`version` must be {VERSION}, found {kind_of(document.get('version'))}"
            raise self._fault(message, "read it with a newer ann, or export it anew")
        members = self._members()
        source = NetworkSource(path=shown_name(self._path), origin="json")
        loss = self._loss()
        network = Network(members[0][0], source=source, record={"imported_from": "json", **({"loss": loss} if loss else {})})  # fmt: skip
        network.loss = loss
        take_encoder(document, network, _ADVICE)
        take_text(document, network, _ADVICE)
        network.task = read_task(document, network, _ADVICE)
        network.classes = self._names("classes", network.n_classes)
        read_decision(document, network, self._matrix, _ADVICE)
        network.targets = self._targets()
        network.columns = self._names("columns", network.n_inputs)
        network.first_token = 0 if document.get("first_token") == 0 else 1
        network.scaling = read_scaling(document, network.n_inputs, self._matrix, _ADVICE)
        self._check_quantiles(network)
        network.target_names = self._names("target_names", network.n_targets)
        network.target_scaling = read_target_scaling(document, network, self._matrix, _ADVICE)
        if len(members) == 1:
            network.set_parameters(members[0][1])
        else:
            network.set_members([parameters for _, parameters in members])
        network.self_test = self._self_test(network)
        return network

    def _fault(self, message: str, advice: str = _ADVICE) -> NetworkError:
        return NetworkError(message, path=shown_name(self._path), advice=advice)

    def _members(self) -> list[tuple[Topology, Array]]:
        """The layers and the parameters (P,) of each network."""
        value = self._document.get("members")
        if not isinstance(value, PlacedList) or not value:
            raise self._fault(f"`members` must be a list of networks, found {kind_of(value)}")
        found = [self._member(entry) for entry in value]
        if any(topology != found[0][0] for topology, _ in found):
            raise self._fault("`members` are not of one shape")
        return found

    def _member(self, member: Any) -> tuple[Topology, Array]:
        layers = member.get("layers") if isinstance(member, PlacedMapping) else None
        if not isinstance(layers, PlacedList) or not layers or not all(isinstance(e, PlacedMapping) for e in layers):
            raise self._fault("each of `members` must have `layers`, a list of objects")
        shape = self._shape()
        try:
            topology = Topology(shape, [self._layer(layer) for layer in layers])
        except ValueFault as fault:
            raise self._fault(fault.message) from None
        if too_large := size_fault(topology.sizes, topology.n_parameters):
            raise self._fault(too_large)
        blocks = [
            self._block(layer, own, shapes)
            for layer, own, shapes in zip(layers, topology.layers, topology.block_shapes, strict=True)
        ]
        return topology, np.concatenate([block for own in blocks for block in own])

    def _shape(self) -> Shape:
        """The number of inputs, or the text that a network file has for another shape."""
        value = self._document.get("inputs")
        try:
            shape = read_inputs(value) if isinstance(value, str) else Shape(self._whole(self._document, "inputs"))
        except ValueFault as fault:
            raise self._fault(f"`inputs`: {fault.message}") from None
        if too_large := size_fault([shape.columns]):
            raise self._fault(too_large)
        return shape

    def _layer(self, layer: PlacedMapping) -> LayerKind:
        """A dense layer by its units and its activation, another one by its short form."""
        if "layer" in layer:
            layer.refuse_unknown(_OTHER_KEYS)
            if not isinstance(layer["layer"], str):
                raise self._fault(f"`layer` must be a text, found {kind_of(layer['layer'])}")
            found = read_layer(layer["layer"])
            if too_large := size_fault([getattr(found, name) for name, key in found.keys.items() if key.form is int]):
                raise self._fault(too_large)
            return found
        layer.refuse_unknown(_LAYER_KEYS)
        if not isinstance(layer.get("activation"), str):
            raise self._fault(f"`activation` must be a name, found {kind_of(layer.get('activation'))}")
        units = self._whole(layer, "units")
        if too_large := size_fault([units]):
            raise self._fault(too_large)
        return Dense(units, layer["activation"])

    def _block(self, layer: PlacedMapping, own: LayerKind, shapes: tuple[tuple[int, int], ...]) -> list[Array]:
        """The parameters of a layer, in the order of the parameter vector."""
        if "layer" not in layer:
            ((n_rows, units),) = shapes
            return [
                self._matrix(layer, "biases", 1, units).reshape(-1),
                self._matrix(layer, "weights", n_rows - 1, units).reshape(-1),
            ]
        blocks = layer.get("blocks", [])
        if not isinstance(blocks, PlacedList) or len(blocks) != len(shapes):
            raise self._fault(f"`blocks` of `{own.text()}` must be a list of {len(shapes)}")
        if not all(isinstance(block, PlacedMapping) for block in blocks):
            raise self._fault(f"`blocks` of `{own.text()}` must hold objects")
        return [self._matrix(block, "rows", *shape).reshape(-1) for block, shape in zip(blocks, shapes, strict=True)]

    def _whole(self, mapping: PlacedMapping, key: str) -> int:
        value = mapping.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self._fault(f"`{key}` must be a whole number above 0, found {kind_of(value)}")
        return value

    def _matrix(self, mapping: PlacedMapping, key: str, n_rows: int | None, width: int) -> Array:
        """float32 (n_rows, width): the list of numbers under `key` for one row, else a list of such lists."""
        value = mapping.get(key)
        rows = (
            [value] if n_rows == 1 and not (isinstance(value, list) and value and isinstance(value[0], list)) else value
        )
        if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == width for row in rows):
            raise self._fault(f"`{key}` must be lists of {width} numbers")
        if n_rows is not None and len(rows) != n_rows:
            raise self._fault(f"`{key}` has {len(rows)} lists, needs {n_rows}")
        found = np.empty((len(rows), width))
        for number, row in enumerate(rows):
            for entry in row:
                if type(entry) not in (int, float) or not abs(entry) <= FLOAT32_MAX:
                    raise self._fault(f"`{key}` must hold 32-bit numbers, found {kind_of(entry)}")
            found[number] = row
        return found.astype(np.float32)

    def _names(self, key: str, count: int) -> tuple[str, ...]:
        value = self._document.get(key, [])
        if not isinstance(value, PlacedList) or not all(isinstance(name, str) for name in value):
            raise self._fault(f"`{key}` must be a list of names, found {kind_of(value)}")
        if value and len(value) != count:
            raise self._fault(f"`{key}` names {len(value)}, this network has {count}")
        return tuple(value)

    def _targets(self) -> tuple[float, float] | None:
        if "targets" not in self._document:
            return None
        self._matrix(self._document, "targets", 1, 2)
        high, low = self._document["targets"]
        return float(high), float(low)

    def _loss(self) -> str | None:
        value = self._document.get("loss")
        if value is None or isinstance(value, str):
            return value
        raise self._fault(f"`loss` must be a name, found {kind_of(value)}")

    def _check_quantiles(self, network: Network) -> None:
        try:
            quantiles = quantiles_of(network.loss)
        except ValueFault as fault:
            raise self._fault(f"`loss`: {fault.message}") from None
        if quantiles and network.n_outputs % len(quantiles):
            raise self._fault(f"{network.n_outputs} outputs for {len(quantiles)} quantiles of each target")

    def _self_test(self, network: Network) -> SelfTest | None:
        value = self._document.mapping_at("self_test")
        if not value:
            return None
        value.refuse_unknown(SelfTest._fields)
        topology = network.topology
        if topology.takes_vectors:
            vectors = self._matrix(value, "inputs", None, network.n_inputs)
            return SelfTest(vectors, self._matrix(value, "outputs", len(vectors), network.n_outputs))
        inputs = self._samples(value, topology.inputs)
        n = len(inputs.values) if topology.answers_rows else len(inputs)
        return SelfTest(inputs, self._matrix(value, "outputs", n, network.n_outputs))

    def _samples(self, test: PlacedMapping, shape: Shape) -> Rows | Tokens:
        """Samples of several rows, or of tokens."""
        given = test.mapping_at("inputs")
        given.refuse_unknown(_SAMPLE_KEYS)
        starts = self._wholes(given, "starts")
        try:
            if not shape.tokens:
                return Rows(self._matrix(given, "values", None, shape.columns), starts)
            indices = self._wholes(given, "indices")
            return Tokens(indices, self._matrix(given, "values", 1, len(indices))[0], starts, shape.columns)
        except ValueError as fault:
            raise self._fault(f"`inputs` of `self_test`: {fault}") from None

    def _wholes(self, mapping: PlacedMapping, key: str) -> Array:
        value = mapping.get(key)
        if not isinstance(value, list) or any(type(entry) is not int or not 0 <= entry < 2**31 for entry in value):
            raise self._fault(f"`{key}` must be a list of whole numbers")
        return np.array(value, dtype=np.int64)
