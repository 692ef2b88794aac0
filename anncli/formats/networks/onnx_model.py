"""An ONNX model as a network: checked, and read as the export wrote it or else node by node."""

from __future__ import annotations

from typing import Any, NoReturn

from onnx import ModelProto

from anncli.arrays import Array
from anncli.errors import NetworkError, quoted
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.numbers import MAX_PARAMETERS
from anncli.formats.networks.onnx_graph import GraphReader
from anncli.formats.networks.onnx_own import own_network
from anncli.formats.networks.onnx_tensors import EXPORT_ANEW, read_tensor, tensor_size
from anncli.formats.networks.onnx_values import UnreadError
from anncli.network.network import Network

# No network of dense layers needs more; each node costs some time.
_MOST_NODES = 20_000


def read_network(data: bytes, path: Path) -> Network:
    """The network; raises NetworkError for what is damaged, and by its name for what is no network of dense layers."""
    try:
        model = _decoded(data)
        constants = _constants(model)
        return own_network(model, constants, path) or GraphReader(model, constants, path).network()
    except UnreadError as fault:
        raise NetworkError(str(fault), path=shown_name(path), advice=fault.advice) from None


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
    return model


def _constants(model: Any) -> dict[str, Array]:
    """The initializers by their names: numbers as they are stored, or words."""
    graph = model.graph
    if graph.sparse_initializer:
        _refuse(f"{quoted(graph.sparse_initializer[0].values.name)} is a sparse tensor", EXPORT_ANEW)
    total = sum(tensor_size(tensor) for tensor in graph.initializer)
    if total > 2 * MAX_PARAMETERS:
        _refuse(f"holds {total} numbers, more than this program handles", None)
    return {tensor.name: read_tensor(tensor) for tensor in graph.initializer}


def _refuse(message: str, advice: str | None) -> NoReturn:
    raise UnreadError(message, advice)
