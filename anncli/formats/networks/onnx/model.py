"""An ONNX model as a network: checked, and read as the export wrote it or else node by node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
from onnx import ModelProto

from anncli.arrays import Array
from anncli.errors import NetworkError, quoted
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.numbers import MAX_PARAMETERS
from anncli.formats.networks.onnx.graph import GraphReader
from anncli.formats.networks.onnx.own import own_network
from anncli.formats.networks.onnx.series import OPEN_SIZES
from anncli.formats.networks.onnx.tensors import EXPORT_ANEW, read_tensor, refuse_external, tensor_size
from anncli.formats.networks.onnx.values import UnreadError
from anncli.network.network import Network

# No network of dense layers needs more; each node costs some time.
_MOST_NODES = 20_000


def read_network(data: bytes, path: Path) -> Network:
    """The network; raises NetworkError for what is damaged, and by its name for what is no network of dense layers."""
    try:
        model = _decoded(data)
        _refuse_unsafe(model)
        constants = _constants(model)
        return own_network(model, constants, path) or _other_network(model, constants, path)
    except UnreadError as fault:
        raise NetworkError(str(fault), path=shown_name(path), advice=fault.advice) from None


def _other_network(model: Any, constants: dict[str, Array], path: Path) -> Network:
    reader = GraphReader(model, constants, path)
    try:
        network = reader.network()
        if reader.has_series:
            again = GraphReader(model, constants, path, OPEN_SIZES[1]).network()
            if again.layers != network.layers or not np.array_equal(_numbers(again), _numbers(network)):
                _refuse("computes with the number of rows, which no layer of ann does", None)
        return network
    except UnreadError as fault:
        if model.producer_name != "anncli":
            raise
        raise UnreadError(
            str(fault), "ann wrote this model, and it was changed since: export the network anew"
        ) from None


def _numbers(network: Network) -> Array:
    """All parameters, and the scaling of the inputs."""
    scaling = [part for part in (network.scaling.add, network.scaling.multiply) if part is not None]
    return np.concatenate([network.all_parameters, *scaling])


def _decoded(data: bytes) -> Any:
    model = ModelProto()
    try:
        model.ParseFromString(data)
    # The class of the error depends on how protobuf was built.
    except Exception:
        _refuse("is no ONNX model, or is damaged", "restore it from a copy")
    if not model.HasField("graph") or not model.graph.node:
        _refuse("is an ONNX model without a graph", "restore it from a copy")
    if len(model.graph.node) > _MOST_NODES:
        _refuse(f"has {len(model.graph.node)} nodes, more than the {_MOST_NODES} that are read", None)
    if not all(isinstance(text, str) for text in _texts(model)):
        _refuse("has names that are no UTF-8 text", "the file is damaged: restore it")
    return model


def _texts(model: Any) -> Iterator[Any]:
    """All names of the model; those that are damaged are bytes."""
    graph = model.graph
    yield graph.name
    for entry in model.metadata_props:
        yield from (entry.key, entry.value)
    for named in (*graph.input, *graph.output, *graph.initializer):
        yield named.name
    for node in graph.node:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)
        yield from (attribute.t.name for attribute in node.attribute)


def _refuse_unsafe(model: Any) -> None:
    """Graphs inside of nodes, and tensors there that lie in other files: nothing may follow them before they are refused."""
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g") or attribute.graphs:
                message = f"node {quoted(node.name or node.op_type)}: {node.op_type} holds a graph of its own"
                _refuse(message, "export the model without loops and branches")
            if attribute.HasField("sparse_tensor") or attribute.sparse_tensors or attribute.tensors:
                _refuse(
                    f"node {quoted(node.name or node.op_type)} holds sparse tensors or a list of tensors", EXPORT_ANEW
                )
            if attribute.HasField("t"):
                refuse_external(attribute.t)
    if model.functions or model.training_info:
        _refuse("holds functions or a training of its own", "export the model for inference, without functions")


def _constants(model: Any) -> dict[str, Array]:
    """The initializers by their names: numbers as they are stored, or words."""
    graph = model.graph
    if graph.sparse_initializer:
        _refuse(f"{quoted(graph.sparse_initializer[0].values.name)} is a sparse tensor", EXPORT_ANEW)
    total = sum(tensor_size(tensor) for tensor in graph.initializer)
    if total > 2 * MAX_PARAMETERS:
        _refuse(f"holds {total} numbers, more than this program handles", None)
    found = {tensor.name: read_tensor(tensor) for tensor in graph.initializer}
    if len(found) < len(graph.initializer):
        _refuse("holds two tensors of one name", "the file is damaged: restore it")
    return found


def _refuse(message: str, advice: str | None) -> NoReturn:
    raise UnreadError(message, advice)
