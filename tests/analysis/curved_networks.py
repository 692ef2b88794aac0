"""Small networks with rows for tests of curvature, and their matrices in full."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from anncli.analysis.curved_loss import CurvedLoss, Matrix
from anncli.arrays import Array
from anncli.backends.base import Samples
from anncli.network.topology import Topology

#: Output activation and loss of networks whose loss is smooth.
SMOOTH = [
    ("logistic", "binary-cross-entropy"), ("softmax", "cross-entropy"), ("linear", "mse"), ("logistic", "mse"),
    ("softmax", "mse"), ("softmax", "focal"), ("logistic", "focal"), ("linear", "huber:0.7"), ("exp", "poisson"),
]  # fmt: skip


def curved(
    layers: Iterable[str], loss: str, *, inputs: int = 3, rows: int = 20, seed: int = 0, weighted: bool = True
) -> CurvedLoss:
    """A loss at random weights; the targets are those of classes, or numbers where the outputs are."""
    rng, topology = np.random.default_rng(seed), Topology(inputs, layers)
    k = topology.n_outputs
    if topology.output_activation in ("logistic", "softmax"):
        targets = np.eye(k)[rng.integers(0, k, rows)] if k > 1 else rng.integers(0, 2, (rows, 1)).astype(float)
    else:
        targets = rng.poisson(2, (rows, k)) if topology.output_activation == "exp" else rng.normal(size=(rows, k))
    weights = rng.uniform(0.2, 2, rows) if weighted else None
    samples = Samples(rng.normal(size=(rows, inputs)), targets.astype(float), weights)
    return CurvedLoss(topology, loss, samples, 0.7 * rng.normal(size=topology.n_parameters))


def full(loss: CurvedLoss, matrix: Matrix, by_differences: bool = False) -> Array:
    """The matrix (P, P), as the products give it."""
    product = loss.difference if by_differences else loss.product
    return np.array([product(matrix, unit) for unit in np.eye(loss.size)]).T
