"""Small problems with known answers, for the tests of trainers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from anncli.backends.base import Backend, Problem, Samples
from anncli.backends.reference import ReferenceBackend
from anncli.backends.rules import Rule, State
from anncli.backends.updates import apply_rule
from anncli.network.initialization import initialize
from anncli.network.topology import Layer, Topology
from anncli.training.objective import Objective

Array = npt.NDArray[Any]


def make_objective(
    inputs: Array, targets: Array, layers: list[tuple[int, str]], loss: str = "mse", l2: float = 0.0,
    dtype: Any = np.float32,
) -> Objective:  # fmt: skip
    inputs, targets = np.asarray(inputs), np.asarray(targets)
    topology = Topology(inputs.shape[1], tuple(Layer(*layer) for layer in layers))
    rows = np.arange(len(inputs), dtype=np.int64)
    labels = np.argmax(targets, axis=1) if targets.shape[1] > 1 else (targets[:, 0] < 0.5).astype(int)
    problem, samples = Problem(topology, loss), Samples(inputs.astype(dtype), targets.astype(dtype))
    session = ReferenceBackend().open(problem, samples)
    return Objective(session, problem, samples, rows, labels.astype(np.int32), l2)


def changed(objective: Objective, backend: Backend | None = None, **changes: Any) -> Objective:
    """The objective on another backend, or with another loss, topology, inputs, targets or weights."""
    problem = objective.problem._replace(**{k: v for k, v in changes.items() if k in Problem._fields})
    samples = objective.samples._replace(**{k: v for k, v in changes.items() if k in Samples._fields})
    assert changes.keys() <= {*Problem._fields, *Samples._fields}
    session = (backend or ReferenceBackend()).open(problem, samples)
    return objective._replace(session=session, problem=problem, samples=samples)


def blobs(l2: float = 1e-3, dtype: Any = np.float32) -> Objective:
    """Two overlapping clouds, 40 rows, a 2-3-1 network with 13 parameters and loss mse."""
    rng = np.random.default_rng(7)
    labels = np.arange(40) % 2
    inputs = rng.normal(size=(40, 2)) + np.where(labels[:, None] == 0, 1.0, -1.0)
    return make_objective(
        inputs, np.where(labels == 0, 0.9, 0.1)[:, None], [(3, "tanh"), (1, "logistic")], l2=l2, dtype=dtype
    )


def quadratic(dtype: Any = np.float64, n_inputs: int = 5) -> Objective:
    """A linear network with mse: the loss is a quadratic of n_inputs + 1 parameters, not too round."""
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=(60, n_inputs)) * np.linspace(0.7, 1.6, n_inputs)
    targets = inputs @ rng.normal(size=(n_inputs, 1)) + 0.3 + 0.1 * rng.normal(size=(60, 1))
    return make_objective(inputs, targets, [(1, "linear")], dtype=dtype)


def least_squares(objective: Objective) -> tuple[Array, float]:
    """The minimum of a quadratic(): parameters (bias first) and loss, by numpy's lstsq."""
    inputs = objective.inputs.astype(np.float64)
    design = np.concatenate([np.ones((len(inputs), 1)), inputs], axis=1)
    targets = objective.targets.astype(np.float64)
    solution = np.linalg.lstsq(design, targets, rcond=None)[0]
    return solution[:, 0], float(np.mean((design @ solution - targets) ** 2))


def xor() -> Objective:
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) * 2.0 - 1
    return make_objective(inputs, np.array([[0.1], [0.9], [0.9], [0.1]]), [(4, "tanh"), (1, "logistic")])


def parity3() -> Objective:
    inputs = np.array([[int(bit) for bit in f"{i:03b}"] for i in range(8)]) * 2.0 - 1
    return make_objective(inputs, np.prod(inputs, axis=1, keepdims=True), [(10, "tanh"), (10, "tanh"), (1, "tanh")])


def sine() -> Objective:
    inputs = np.linspace(-1, 1, 41)[:, None]
    return make_objective(inputs, np.sin(np.pi * inputs), [(5, "tanh"), (1, "linear")])


def start(objective: Objective, seed: int = 0, method: str = "nguyen-widrow") -> Array:
    """Initial parameters in the precision of the objective."""
    n = objective.topology.n_inputs
    low, high = np.full(n, -1.0), np.full(n, 1.0)
    parameters = initialize(objective.topology, method, np.random.default_rng(seed), input_low=low, input_high=high)
    return parameters.astype(objective.inputs.dtype)


class Scripted:
    """Stands for an objective whose losses and gradients are given beforehand, whatever the parameters are."""

    def __init__(
        self, gradients: list[Any], losses: list[float] | None = None, topology: Topology | None = None
    ) -> None:
        self.gradients = [np.atleast_1d(np.array(g, dtype=np.float32)) for g in gradients]
        self.losses = losses or [1.0] * len(gradients)
        self.topology = topology or Topology(1, (Layer(1, "linear"),))
        nothing = np.zeros((1, 1), dtype=np.float32)
        self.problem, self.samples = Problem(self.topology), Samples(nothing, nothing)
        self.rows, self.n_samples, self.row_bytes, self.l2, self.l1 = np.arange(1), 1, 4, 0.0, 0.0
        self.calls = 0

    def loss_and_gradient(self, parameters: Array) -> tuple[float, Array]:
        self.calls += 1
        return self.losses[self.calls - 1], self.gradients[self.calls - 1].astype(parameters.dtype)

    def noisy_pieces(self, order: Array, *_: Any) -> list[tuple[Any, Array]]:
        return [(self, order)]

    def batch_gradient(self, parameters: Array, rows: Array, gradient: Array, *_: Any) -> float:
        loss, gradient[...] = self.loss_and_gradient(parameters)
        return loss

    def update(self, rule: Rule, state: State, parameters: Array, gradient: Array) -> None:
        apply_rule(self.topology, rule, state, parameters, gradient)
