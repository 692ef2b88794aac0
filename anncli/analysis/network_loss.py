"""The loss of a trained network on labelled rows, bound to a session, so that other parameters can be tried."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, take_rows
from anncli.backends.base import Problem, Samples, Session
from anncli.backends.choice import choose_backend
from anncli.dataset.dataset import Dataset
from anncli.dataset.encoding import smooth_targets
from anncli.network.network import Network, default_targets
from anncli.options.table import TrainingOptions
from anncli.training.answers import encode
from anncli.training.decisions import fitting_loss, sample_weights


def problem_of(network: Network) -> Problem:
    """The network with the loss that it was trained with, or the one that fits where the file does not say."""
    return Problem(network.topology, network.loss or fitting_loss(network, network.task))


def samples_of(network: Network, data: Dataset, rows: Array, loss: str) -> Samples:
    """The samples `rows` (n,) of a dataset that fits the network (see inference.evaluate.check_data()) as its training saw them: scaling,
    target outputs, label smoothing, weights of rows and classes, which have mean 1 over these rows."""
    taken, everything = _taken(data, rows), np.arange(len(rows))
    high_low = network.targets or default_targets(network.topology.output_activation, loss)
    targets = encode(taken, network, high_low, network.target_scaling, loss)
    if smoothing := network.record.get("label_smoothing"):
        smooth_targets(targets, taken.answer_rows(everything), float(smoothing))
    asked = network.record.get("class_weight", "none")
    options = TrainingOptions({}, class_weight=None if asked == "none" else asked)
    weights = sample_weights(network, taken, options, everything)
    packed = None if weights is None else taken.packed(weights)
    return Samples(network.scaling.apply(taken.inputs), taken.packed(targets), packed)


def open_loss(network: Network, data: Dataset, rows: Array, threads: int = 1) -> Session:
    """A session whose loss() is the mean loss over the rows (n,), without penalties; the caller closes it."""
    problem = problem_of(network)
    return choose_backend(problem, threads).open(problem, samples_of(network, data, rows, problem.loss))


def _taken(data: Dataset, rows: Array) -> Dataset:
    """Inputs, answers and weights of some samples."""
    return Dataset(
        take_rows(data.inputs, rows),
        data.labels_of(rows) if data.targets is None else data.labels[:0],
        data.classes,
        targets=None if data.targets is None else data.targets_of(rows),
        weights=None if data.weights is None else take_rows(data.weights, rows),
        task=data.task,
        by_row=data.by_row,
    )
