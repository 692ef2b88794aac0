"""Export as JSON: everything that a network needs at use, and nothing that another program would have to guess."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from anncli.arrays import Array, Inputs, Tokens
from anncli.formats.exports.base import ExportRequest
from anncli.formats.networks.ann_table import column_entries
from anncli.formats.networks.json_network import FORMAT_WORD, VERSION
from anncli.formats.networks.json_text import KEY, text_entry
from anncli.formats.networks.numbers import write_rows
from anncli.formats.networks.registry import network_format
from anncli.network.calibration import Calibration
from anncli.network.encoders.table import TableEncoder
from anncli.network.input_shapes import inputs_text
from anncli.network.layers.base import Blocks, LayerKind, Shape
from anncli.network.layers.dense import Dense
from anncli.network.network import Network
from anncli.network.scaling import Scaling
from anncli.network.target_scaling import TargetScaling

_INDENT = 2


class JsonExport:
    """See base.ExportFormat and base.ReadBack."""

    keeps_decisions: ClassVar[bool] = True

    def refusal(self, network: Network, request: ExportRequest) -> str | None:
        return "the network is untrained: a JSON file of ann needs its weights" if network.parameters is None else None

    def render(self, network: Network, request: ExportRequest) -> dict[str, bytes]:
        return {"": (_text(_document(network)) + "\n").encode("utf-8")}

    def read_back(self, files: Mapping[str, bytes]) -> Network:
        return network_format("json").parse(files[""], "export.json")


EXPORT = JsonExport()


def _document(network: Network) -> dict[str, Any]:
    stored = network.self_test
    return {
        "format": FORMAT_WORD,
        "version": VERSION,
        "inputs": _inputs(network.topology.inputs),
        "columns": list(network.columns),
        **({"first_token": network.first_token} if network.topology.inputs.tokens else {}),
        "encoder": None if network.encoder is None else _encoder(network.encoder),
        **({KEY: said} if (said := text_entry(network)) is not None else {}),
        "scaling": _scaling(network.scaling),
        "members": [{"layers": layers} for layers in _members(network)],
        "target_scaling": _target_scaling(network.target_scaling),
        "calibration": None if network.calibration is None else _calibration(network.calibration),
        "task": network.task,
        "classes": list(network.classes),
        "target_names": list(network.target_names),
        "targets": None if network.targets is None else [float(x) for x in network.targets],
        "loss": network.loss,
        "threshold": None if network.threshold is None else float(network.threshold),
        "threshold_rule": network.threshold_rule,
        "abstain": None if network.abstain is None else [float(x) for x in network.abstain],
        "self_test": None if stored is None else {"inputs": _samples(stored.inputs), "outputs": stored.outputs},
    }


def _inputs(shape: Shape) -> int | str:
    """The number of inputs, or what the network file says of another shape."""
    text = inputs_text(shape)
    return int(text) if text.isdecimal() else text


def _members(network: Network) -> list[list[dict[str, Any]]]:
    topology = network.topology
    every = network.members or (network.all_parameters,)
    return [
        [_layer(layer, blocks) for layer, blocks in zip(topology.layers, topology.blocks(own), strict=True)]
        for own in every
    ]


def _layer(layer: LayerKind, blocks: Blocks) -> dict[str, Any]:
    if isinstance(layer, Dense):
        (weights,), (biases,) = layer.weights(blocks), layer.biases(blocks)
        return {"units": layer.units, "activation": layer.activation, "biases": biases, "weights": weights}
    return {"layer": layer.text(), "blocks": [{"rows": block} for block in blocks]}


def _samples(inputs: Inputs) -> Any:
    """Vectors as rows of numbers; other samples as one list of rows or of tokens, and where each sample begins."""
    if isinstance(inputs, np.ndarray):
        return inputs
    tokens = {"indices": inputs.indices.tolist()} if isinstance(inputs, Tokens) else {}
    return {"starts": inputs.starts.tolist(), **tokens, "values": inputs.values}


def _encoder(encoder: TableEncoder) -> dict[str, Any]:
    roles = encoder.roles
    named = {} if roles.is_named else {"named": False}
    return {"task": roles.task, "missing": encoder.missing, **named, "columns": column_entries(encoder)}


def _scaling(scaling: Scaling) -> dict[str, Any]:
    return {
        "method": scaling.method,
        "per_vector": scaling.per_vector,
        "log_floor": scaling.log_floor,
        "add": scaling.add,
        "multiply": scaling.multiply,
        "activation": scaling.activation,
    }


def _target_scaling(scaling: TargetScaling) -> dict[str, Any] | None:
    if scaling.offset is None and scaling.method == "none":
        return None
    return {"method": scaling.method, "offset": scaling.offset, "spread": scaling.spread}


def _calibration(calibration: Calibration) -> dict[str, Any]:
    if calibration.method == "isotonic":
        return {"method": "isotonic", "knots": calibration.numbers.astype(np.float32)}
    numbers = calibration.numbers.tolist()
    if calibration.method == "temperature":
        return {"method": "temperature", "temperature": numbers[0]}
    of = "logit" if calibration.of_logits else "output"
    return {"method": "platt", "of": of, "slope": numbers[0], "intercept": numbers[1]}


def _text(value: Any, depth: int = 0) -> str:
    """JSON with an entry a line; rows of numbers take one line each, in the fewest digits that keep every bit of a float32."""
    before, after = " " * _INDENT * (depth + 1), " " * _INDENT * depth
    if isinstance(value, np.ndarray):
        return _numbers(value, before, after)
    if isinstance(value, dict):
        entries = [f"{json.dumps(key)}: {_text(entry, depth + 1)}" for key, entry in value.items()]
        brackets = "{}"
    elif isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        entries, brackets = [_text(entry, depth + 1) for entry in value], "[]"
    else:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    inner = ",\n".join(before + entry for entry in entries)
    return f"{brackets[0]}\n{inner}\n{after}{brackets[1]}" if entries else brackets


def _numbers(matrix: Array, before: str, after: str) -> str:
    rows = [f"[{row.replace(' ', ', ')}]" for row in write_rows(np.atleast_2d(matrix))]
    if matrix.ndim == 1:
        return rows[0]
    return "[\n" + ",\n".join(before + row for row in rows) + f"\n{after}]" if rows else "[]"
