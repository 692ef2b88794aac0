"""A network as an ONNX model: the whole way from raw rows to decisions, and what the nodes do not say as metadata.

Everything computes in float32: several programs have no float64 form of Elu and Softplus. The metadata holds the network file
without weights and training record, so that an import can give the same network again.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from onnx import ModelProto, checker, helper

from anncli import __version__
from anncli.formats.exports.onnx.inputs import INDICES, VALUES, check_rows, check_tokens, encode, input_values, scale
from anncli.formats.exports.onnx.layers import Value, layer_nodes
from anncli.formats.exports.onnx.nodes import ML_DOMAIN, Nodes
from anncli.formats.exports.onnx.outputs import finish, needs_logits, output_names, output_values
from anncli.formats.exports.onnx.recurrent import State
from anncli.formats.exports.text_steps import words_of
from anncli.formats.networks.ann import render_network
from anncli.network.class_names import class_names, column_names
from anncli.network.input_shapes import inputs_text
from anncli.network.network import Network, NetworkSource

# Opset 13 with ai.onnx.ml 2 is that of ONNX 1.8, of 2020; programs of today read it.
OPSET, ML_OPSET, IR_VERSION = 13, 2, 8
# The key of the network file in the metadata.
NETWORK_KEY = "anncli.network"


def model_of(network: Network, name: str, stateful: bool = False) -> ModelProto:
    """The model; the same network and name always give the same bytes, see model_bytes(). stateful: it takes and gives the state that
    layers carry from row to row."""
    nodes = Nodes()
    state = State(nodes) if stateful else None
    shape = network.topology.inputs
    if shape.tokens:
        below, check = Value(INDICES, shape, values=VALUES), check_tokens(nodes)
    else:
        inputs = encode(nodes, network)
        check = check_rows(nodes, inputs, shape.rows is None)
        below = Value(scale(nodes, network.scaling, inputs), shape)
    finish(nodes, network, _members(nodes, network, below, state), check)
    given, results = input_values(network), output_values(network)
    if state is not None:
        state.finish(check)
        given, results = [*given, state.value(State.INPUT)], [*results, state.value(State.OUTPUT)]
    graph = helper.make_graph(nodes.nodes, name, given, results, list(nodes.constants.values()))
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(ML_DOMAIN, ML_OPSET)],
        ir_version=IR_VERSION,
        producer_name="anncli",
        producer_version=__version__,
        doc_string=_description(network, stateful),
    )
    for key, value in _metadata(network).items():
        model.metadata_props.add(key=key, value=value)
    return model


def model_bytes(model: ModelProto) -> bytes:
    """The bytes of a model that keeps the rules of ONNX."""
    checker.check_model(model, full_check=True)
    found: bytes = model.SerializeToString(deterministic=True)
    return found


def _members(nodes: Nodes, network: Network, below: Value, state: State | None) -> str:
    """The outputs of the layers, the mean over the members of an ensemble."""
    exact = needs_logits(network)
    if not network.members:
        return layer_nodes(nodes, network, network.all_parameters, below, "", exact, state)
    outputs = [
        layer_nodes(nodes, network, own, below, f"member {k}/", exact, state)
        for k, own in enumerate(network.members, 1)
    ]
    return nodes.add("Mean", outputs, "mean")


def _description(network: Network, stateful: bool) -> str:
    takes = ", ".join(column_names(network)[:10]) + (", ..." if len(column_names(network)) > 10 else "")
    if not network.topology.takes_vectors:
        takes = f"one sample of {inputs_text(network.topology.inputs)}"
    if stateful:
        takes = f"the next of {inputs_text(network.topology.inputs)}, and the state, which is zeros before the first"
    gives = ", ".join(output_names(network).values())
    of = "raw rows of " if network.topology.takes_vectors else ""
    return f"{network.topology} network ({network.layers_text}). Takes {of}{takes}; gives {gives}. float32."


def _metadata(network: Network) -> dict[str, str]:
    """For people and programs: names and decisions; the network file without weights for an import."""
    found: dict[str, Any] = {"task": network.task or "classification", "inputs": column_names(network)}
    found["outputs"] = class_names(network)
    if network.vocabulary is not None:
        words = words_of(network)
        found["symbols"] = list(words.symbols)
        if words.weights is not None:
            found |= {"weights": words.weights.tolist(), "sublinear": words.sublinear}
    if network.n_classes:
        found["classes"] = class_names(network)
    if network.n_classes == 2 or network.task == "multi-label":
        found["threshold"] = network.decision_threshold
    if network.abstain:
        found["abstain"] = list(network.abstain)
    if network.calibration is not None:
        found["calibration"] = network.calibration.method
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in found.items()}
    return texts | {NETWORK_KEY: _network_file(network)}


def _network_file(network: Network) -> str:
    """The text of a network file that holds everything but weights, the record of the training, and a person's comments."""
    loss = {"loss": network.record["loss"]} if "loss" in network.record else {}
    bare = replace(
        network, parameters=None, members=(), record=loss, row_digests=None, curve=None, source=NetworkSource()
    )
    return render_network(bare, None)
