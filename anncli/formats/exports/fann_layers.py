"""The layers of a network in FANN's terms: matrices, functions and steepnesses that give the same outputs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.formats.exports.steps import DenseStep, dense_steps
from anncli.network.network import Network

# FANN bounds steepness * sum at 150 / steepness. Units that do not saturate get so small a steepness, and weights so much larger,
# that no sum comes near; a power of two changes no digit.
_SMALL = 2.0**-30
_LECUN_HEIGHT, _LECUN_SLOPE = 1.7159, 2.0 / 3.0


class _Form(NamedTuple):
    """function: its number in FANN; steepness; slope: what weights are multiplied by; height: what FANN's values are to be
    multiplied by."""

    function: int
    steepness: float
    slope: float = 1.0
    height: float = 1.0


FORMS = {
    "linear": _Form(0, _SMALL, 1 / _SMALL),
    # FANN's sigmoid is 1 / (1 + exp(-2 x)).
    "logistic": _Form(3, 0.5),
    "tanh": _Form(5, 1.0),
    "bipolar-sigmoid": _Form(5, 1.0, 0.5),
    "lecun-tanh": _Form(5, 1.0, _LECUN_SLOPE, _LECUN_HEIGHT),
    "softsign": _Form(11, _SMALL, 1 / _SMALL),
    # A line from 0 to 1, which ends far beyond all sums.
    "relu": _Form(12, _SMALL, 1.0, 1 / _SMALL),
}


class FannLayer(NamedTuple):
    """weights (n_in, units), biases (units,), float32, of units that all have this function and steepness."""

    weights: Array
    biases: Array
    function: int
    steepness: float


def fann_layers(network: Network) -> list[FannLayer]:
    """The layers; an ensemble is one wide network with a last layer of means, and logistic scaling a first layer."""
    steps = _joined(dense_steps(network))
    if network.scaling.activation == "logistic":
        n = network.n_inputs
        steps.insert(0, DenseStep(np.eye(n, dtype=np.float32), np.zeros(n, dtype=np.float32), "logistic"))
    layers, height = list[FannLayer](), 1.0
    for step in steps:
        form = FORMS[step.activation]
        weights, biases = step.weights * np.float64(height * form.slope), step.biases * np.float64(form.slope)
        layers.append(FannLayer(weights.astype(np.float32), biases.astype(np.float32), form.function, form.steepness))
        height = form.height
    if height != 1:
        linear, n = FORMS["linear"], network.n_outputs
        weights = (np.eye(n) * height * linear.slope).astype(np.float32)
        layers.append(FannLayer(weights, np.zeros(n, dtype=np.float32), linear.function, linear.steepness))
    return layers


def _joined(members: list[list[DenseStep]]) -> list[DenseStep]:
    """The steps of one network that gives the mean of the outputs of all members."""
    if len(members) == 1:
        return list(members[0])
    joined = []
    for number, steps in enumerate(zip(*members, strict=True)):
        biases = np.concatenate([step.biases for step in steps])
        weights = np.hstack([step.weights for step in steps]) if number == 0 else _side_by_side(steps)
        joined.append(DenseStep(weights, biases, steps[0].activation))
    n = len(members[0][-1].biases)
    mean = np.tile(np.eye(n), (len(members), 1)) / len(members)
    return [*joined, DenseStep(mean.astype(np.float32), np.zeros(n, dtype=np.float32), "linear")]


def _side_by_side(steps: tuple[DenseStep, ...]) -> Array:
    """Weights by which each member reads only its own units."""
    rows, columns = (sum(step.weights.shape[axis] for step in steps) for axis in (0, 1))
    block = np.zeros((rows, columns), dtype=np.float32)
    row, column = 0, 0
    for step in steps:
        n_in, n_out = step.weights.shape
        block[row : row + n_in, column : column + n_out] = step.weights
        row, column = row + n_in, column + n_out
    return block
