"""A training objective over a few random samples, for chains of layers of any kind."""

from __future__ import annotations

from typing import Any

import numpy as np

from anncli.arrays import Array, Rows, Tokens, random_stream
from anncli.backends.base import Problem, Samples
from anncli.backends.reference import ReferenceBackend
from anncli.network.initialization import initialize
from anncli.network.input_shapes import read_inputs
from anncli.network.topology import Topology
from anncli.training.objective import Objective

#: Where the rows of samples of 3, 1, 5 and 7 rows begin.
STARTS = np.array([0, 3, 4, 9, 16])


def inputs_of(topology: Topology, rng: np.random.Generator) -> Any:
    """Four random samples: vectors, or rows or tokens of different lengths."""
    n, shape = int(STARTS[-1]), topology.inputs
    if shape.tokens:
        values = rng.normal(size=n).astype(np.float32)
        return Tokens(rng.integers(0, shape.columns, n), values, STARTS, shape.columns)
    values = rng.normal(size=(n, shape.columns)).astype(np.float32)
    return values[: len(STARTS) - 1] if topology.takes_vectors else Rows(values, STARTS)


def objective_of(inputs: str, layers: list[str], loss: str | None = None) -> tuple[Objective, Array]:
    """An objective with random answers and weights of samples, and parameters (P,), float64.

    Answers are classes, or numbers where the outputs are neither softmax nor logistic.
    """
    rng, topology = np.random.default_rng(3), Topology(read_inputs(inputs), layers)
    given, activation = inputs_of(topology, rng), topology.output_activation
    n = int(STARTS[-1]) if topology.answers_rows else len(given)
    own = rng.uniform(0.5, 2, n).astype(np.float32)
    if activation == "softmax":
        wanted = np.eye(topology.n_outputs, dtype=np.float32)[rng.integers(0, topology.n_outputs, n)]
    elif activation == "logistic":
        wanted = rng.integers(0, 2, (n, topology.n_outputs)).astype(np.float32)
    else:
        wanted = rng.normal(size=(n, topology.n_outputs)).astype(np.float32)
    samples = Samples(given, wanted, own)
    if topology.answers_rows:
        samples = Samples(given, Rows(wanted, STARTS), Rows(own[:, None], STARTS))
    loss = loss or {"softmax": "cross-entropy", "logistic": "binary-cross-entropy"}.get(activation, "mse")
    problem, rows = Problem(topology, loss), np.arange(len(given))
    session = ReferenceBackend().open(problem, samples)
    objective = Objective(session, problem, samples, rows, np.zeros(len(rows), int), 0.1)
    return objective, initialize(topology, "lecun", random_stream(1, "weights")).astype(np.float64) * 1.5
