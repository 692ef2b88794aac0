"""Workloads: five networks from tiny to large with made-up data, the same in every benchmark."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.backends.choice import choose_backend
from anncli.dataset.dataset import Dataset
from anncli.network.network import Network
from anncli.network.topology import Layer, Topology
from anncli.options.layers import Given, resolve_options
from anncli.training.run import TrainingRun
from anncli.training.setup import prepare

Array = npt.NDArray[Any]

SIZES = {"a": (9, 8, 1), "b": (57, 16, 1), "c": (361, 25, 1), "d": (784, 128, 10), "e": (28, 300, 300, 1)}
ROWS = {"a": 699, "b": 4601, "c": 6977, "d": 8000, "e": 8000}


class Workload(NamedTuple):
    """sizes, inputs first; inputs (n, n_inputs) and targets (n, n_outputs), float32; labels (n,)."""

    name: str
    sizes: tuple[int, ...]
    inputs: Array
    targets: Array
    labels: Array

    def training(self, loss: str, trainer: str, threads: int, **options: Any) -> TrainingRun:
        """A run on all rows as they are: logistic hidden units; logistic outputs, or softmax for cross-entropy."""
        output = "softmax" if loss == "cross-entropy" else "logistic"
        layers = [Layer(units, "logistic") for units in self.sizes[1:-1]] + [Layer(self.sizes[-1], output)]
        network = Network(Topology(self.sizes[0], tuple(layers)))
        data = Dataset(self.inputs, self.labels, tuple(f"class {k}" for k in range(network.n_classes)))
        plain = {"trainer": trainer, "loss": loss, "validation": 0.0, "test": 0.0, "scaling": "none", "l2": 0.0}
        chosen = resolve_options([{name: Given(value, "") for name, value in (plain | options).items()}], "ann")
        return TrainingRun(prepare(network, data, chosen, backend=choose_backend(threads=threads)))

    @property
    def n_classes(self) -> int:
        return max(2, self.sizes[-1])

    def classification_loss(self) -> str:
        return "cross-entropy" if self.sizes[-1] > 1 else "binary-cross-entropy"

    def operations_per_row(self) -> int:
        """Floating-point operations of one training row: forward, weight gradient, and delta but into the inputs."""
        return sum(
            2 * a * b * (3 if k else 2) for k, (a, b) in enumerate(zip(self.sizes, self.sizes[1:], strict=False))
        )


def make(name: str) -> Workload:
    """Normal inputs (d: between 0 and 1, as pixels are), classes by a random linear rule."""
    sizes, rng = SIZES[name], np.random.default_rng(7)
    inputs = rng.standard_normal((ROWS[name], sizes[0]), dtype=np.float32)
    if name == "d":
        inputs = np.abs(inputs).clip(0, 1)
    scores = inputs @ rng.standard_normal((sizes[0], sizes[-1])).astype(np.float32)
    if sizes[-1] == 1:
        targets = (scores > 0).astype(np.float32)
        labels = 1 - targets[:, 0].astype(np.int64)
    else:
        labels = scores.argmax(axis=1)
        targets = np.eye(sizes[-1], dtype=np.float32)[labels]
    return Workload(name, sizes, inputs, targets, labels)
