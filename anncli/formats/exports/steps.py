"""What a network computes, as plain steps that exports write down one after the other.

The whole computation of a row: the encoder makes inputs of the columns of a table (network.encoder), the scaling changes them
(network.scaling), each member multiplies its way through its dense layers, the mean of the members is taken
(network.averaging), target_scaling gives numbers in the units of the data, calibration gives probabilities, and threshold,
abstain or the largest output decide.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from anncli.arrays import Array
from anncli.network.input_shapes import inputs_text
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.network import Network
from anncli.network.topology import Topology

_REDUCTIONS = ("last", "mean", "max")


class DenseStep(NamedTuple):
    """a = activation(a @ weights + biases); weights: float32 (n_in, units); biases: float32 (units,)."""

    weights: Array
    biases: Array
    activation: str


def dense_steps(network: Network) -> list[list[DenseStep]]:
    """The layers of each member of an ensemble, or of the one network; ask layer_refusal() first."""
    topology = network.topology
    every = network.members or (network.all_parameters,)
    return [
        [
            DenseStep(weights, biases, layer.activation)
            for weights, biases, layer in zip(
                topology.weights(parameters), topology.biases(parameters), topology.layers, strict=True
            )
        ]
        for parameters in every
    ]


def streams(topology: Topology) -> bool:
    """Whether a program can take the rows or tokens of a sample one by one, and keep no more of them than the state of the layers.

    That is so where some layer carries a state from row to row, and every other layer treats each row for itself, up to a `last`,
    `mean` or `max`, which needs no more than the rows so far.
    """
    layers = topology.layers[: reduction(topology)]
    return any(layer.carries for layer in layers) and all(layer.streams for layer in layers)


def reduction(topology: Topology) -> int:
    """The place, from 0, of the first `last`, `mean` or `max` among the layers; the number of layers where there is none."""
    kinds = [layer.kind for layer in topology.layers]
    return next((at for at, kind in enumerate(kinds) if kind in _REDUCTIONS), len(kinds))


def layer_refusal(network: Network, what: str, activations: Collection[str] = ACTIVATION_NAMES) -> str | None:
    """Why the layers cannot be written as dense steps, or None; what: 'a FANN file'; activations: those that can be written."""
    if refused := kind_refusal(network, what, ("dense",), activations):
        return refused
    shape = network.topology.inputs
    return None if shape.rows == 1 else f"{what} cannot hold samples of {inputs_text(shape)}, only vectors"


def kind_refusal(
    network: Network, what: str, kinds: Collection[str], activations: Collection[str] = ACTIVATION_NAMES
) -> str | None:
    """Why one of the layers cannot be written, or None; kinds, activations: those that can be."""
    if network.parameters is None:
        return f"the network is untrained: {what} needs its weights"
    for layer in network.layers:
        if layer.kind not in kinds:
            only = ", only dense layers" if tuple(kinds) == ("dense",) else ""
            advice = "; --to json writes it" if layer.kind in ("memory", "hopfield") else ""
            return f"{what} cannot hold the layer `{layer.text()}`{only}{advice}"
        if layer.activation not in activations:
            known = ", ".join(name for name in ACTIVATION_NAMES if name in activations)
            return f"{what} cannot hold {layer.activation} units, only {known}"
    return None


def table_refusal(network: Network, what: str) -> str | None:
    """Why a file that takes plain numbers cannot stand for the network, whose inputs are made from a table, or None."""
    encoder = network.encoder
    if encoder is None:
        return None
    if not encoder.is_plain:
        return f"{what} cannot hold the categories and gaps of a table; use --to json, c or onnx"
    if any(encoder.may_miss(column) for column in encoder.columns):
        return f"{what} cannot hold the numbers that fill missing cells; train without --missing, or use --to json, c or onnx"
    return None
