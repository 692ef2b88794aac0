"""The gradient of a network's loss on rows that a Python user gives, layer by layer."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.backends.base import Problem, Samples
from anncli.backends.reference import ReferenceBackend
from anncli.dataset.dataset import Dataset
from anncli.dataset.encoding import encode_targets
from anncli.errors import DataError, ValueFault
from anncli.network.input_shapes import inputs_text
from anncli.network.network import Network, default_targets
from anncli.network.patterns import refuse_without_gradient
from anncli.options.readers import loss as read_loss
from anncli.python.frames import read_table
from anncli.python.samples import check_length, read_weights
from anncli.python.targets import Targets, read_targets
from anncli.python.use import asked_of, check_network, inputs_for
from anncli.training.answers import encode
from anncli.training.decisions import fitting_loss


class LayerGradient(NamedTuple):
    """The derivatives of the loss with respect to the parameters of one layer, float64, in loss per unit of weight.

    weights: (n_in, units); biases: (units,). Of layers with several blocks of weights a tuple of arrays each.
    """

    weights: Any
    biases: Any

    def __repr__(self) -> str:
        shapes = [np.shape(own) if isinstance(own, np.ndarray) else [one.shape for one in own] for own in self]
        return f"<LayerGradient of weights {shapes[0]}, biases {shapes[1]}>"


def gradient(
    network: Network, inputs: Any, answers: Any, sample_weight: Any = None, *, loss: str | None = None
) -> list[LayerGradient]:
    """The gradient of the mean loss over rows, without penalties, at the parameters of the network, computed in float64.

    Args: inputs: raw rows, as for predict(); answers: the classes (n,) by their names, the numbers (n, k) in the units of the
        data, or 0 and 1 for each label; sample_weight: (n,), the factor of each row's loss, divided by their mean; loss: instead
        of the one that the network was trained with.
    Raises: TypeError, ValueError, DataError for rows and answers that do not fit the network.
    """
    check_network(network)
    if network.members:
        raise ValueFault("gradient() needs one network, and this is an ensemble", "train one without ensemble")
    refuse_without_gradient(network.topology)
    _refuse_several_rows(network)
    rows = inputs_for(network, read_table(inputs))
    name = fitting_loss(network, network.task) if network.loss is None else network.loss
    name = name if loss is None else read_loss(loss)
    targets = target_outputs(network, read_targets(answers, asked_of(network)), name, len(rows))
    weights = None if sample_weight is None else read_weights(sample_weight, len(rows)).astype(np.float64)
    weights = None if weights is None else weights / weights.mean()
    scaled = network.scaling.apply(rows).astype(np.float64)
    assert network.parameters is not None
    found = np.empty(len(network.parameters), dtype=np.float64)
    samples = Samples(scaled, targets.astype(np.float64), weights)
    with closing(ReferenceBackend().open(Problem(network.topology, name), samples)) as session:
        session.gradient(network.parameters.astype(np.float64), found)
    chain = zip(network.layers, network.topology.blocks(found), strict=True)
    return [LayerGradient(_one(layer.weights(blocks)), _one(layer.biases(blocks))) for layer, blocks in chain]


def _refuse_several_rows(network: Network) -> None:
    """Raises ValueFault for a network whose samples are no single rows of numbers, and says so rather than that its rows differ in length."""
    shape = network.topology.inputs
    if shape.rows is not None and not shape.tokens and shape.descriptors is None:
        return
    message = f"gradient() takes samples of one row of numbers, and this network takes `inputs: {inputs_text(shape)}`"
    raise ValueFault(message, "ann gradcheck examines the gradient of such a network")


def _one(views: tuple[Array, ...]) -> Any:
    return views[0].copy() if len(views) == 1 else tuple(view.copy() for view in views)


def target_outputs(network: Network, targets: Targets, loss: str, n_rows: int) -> Array:
    """The outputs (n, n_outputs), float32, that the answers ask for; raises DataError for answers that the network does not have."""
    check_length(n_rows, targets)
    high_low = network.targets or default_targets(network.topology.output_activation, loss)
    if targets.labels is not None:
        return encode_targets(targets.labels, network.n_outputs, high_low)
    assert targets.numbers is not None
    if targets.numbers.shape[1] != network.n_targets:
        message = f"y has {targets.numbers.shape[1]} columns, the network predicts {network.n_targets}"
        raise DataError(message, advice="give a column for each of them")
    data = Dataset(np.zeros((n_rows, 1)), targets=targets.numbers, task=network.task or "regression")
    return encode(data, replace(network, targets=high_low), high_low, network.target_scaling, loss)
