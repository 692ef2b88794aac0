"""ONNX models that ann wrote: the metadata gives everything but the weights, and the graph proves that both belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from anncli import __version__
from anncli.arrays import Array
from anncli.errors import AnnError, printable
from anncli.formats.exports.onnx.layers import put_parameters
from anncli.formats.exports.onnx.model import NETWORK_KEY, model_of
from anncli.formats.exports.onnx.recurrent import State
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.ann import parse_network
from anncli.network.network import Network, NetworkSource


def own_network(model: Any, constants: Mapping[str, Array], path: Path) -> Network | None:
    """The network whose export has exactly these nodes, or None where there is none: another program wrote or changed them.

    Another version of ann may have written it with other nodes; then the metadata and the weights are taken alone.
    """
    text = next((entry.value for entry in model.metadata_props if entry.key == NETWORK_KEY), "")
    if not text:
        return None
    try:
        network = _with_weights(parse_network(text, path), constants)
        is_same = _computes(_model_like(model, network).graph) == _computes(model.graph)
    except (AnnError, KeyError, ValueError):
        return None
    if not is_same and model.producer_version == __version__:
        return None
    remarks = (
        ()
        if is_same
        else (f"written by ann {printable(model.producer_version)}: its metadata were read, not its nodes",)
    )
    loss = {"loss": network.record["loss"]} if "loss" in network.record else {}
    source = NetworkSource(path=shown_name(path), origin="onnx", task=network.source.task, remarks=remarks)
    return replace(network, source=source, record={"imported_from": "onnx", **loss})


def _model_like(model: Any, network: Network) -> Any:
    """The export of the network that takes and gives a state if this model does."""
    takes_state = any(value.name == State.INPUT for value in model.graph.input)
    carries = any(layer.carries for layer in network.layers)
    return model_of(network, model.graph.name, stateful=takes_state and carries)


def _computes(graph: Any) -> tuple[Any, ...]:
    """What decides what a graph computes; shapes and remarks, which other tools may have added, do not."""
    names = [value.name for value in (*graph.input, *graph.output)]
    return names, list(graph.node), {tensor.name: tensor for tensor in graph.initializer}


def _with_weights(network: Network, constants: Mapping[str, Array]) -> Network:
    """Raises KeyError or ValueError for weights that are not there or do not fit."""
    n_members = 1
    while any(name.startswith(f"member {n_members}/") for name in constants):
        n_members += 1
    if n_members == 1:
        network.set_parameters(_parameters(network, constants, ""))
    else:
        network.set_members([_parameters(network, constants, f"member {k}/") for k in range(1, n_members)])
    return network


def _parameters(network: Network, constants: Mapping[str, Array], place: str) -> Array:
    topology = network.topology
    parameters = np.empty(topology.n_parameters, dtype=np.float32)
    for number, (layer, blocks) in enumerate(zip(topology.layers, topology.blocks(parameters), strict=True), 1):
        if blocks:
            here = f"{place}layer {number}/"
            arrays = {name.removeprefix(here): own for name, own in constants.items() if name.startswith(here)}
            put_parameters(layer, blocks, arrays)
    return parameters
