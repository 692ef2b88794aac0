"""Networks with data for the tests of backends, and calls that return everything a session changed or reported."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.backends.base import PLAIN, Backend, Problem, Samples, Session, Shown
from anncli.backends.reference import ReferenceBackend
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.compiled import _import_native
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.topology import Layer, Topology

Array = npt.NDArray[Any]

REFERENCE = ReferenceBackend()
HIDDEN = [name for name, info in ACTIVATION_NAMES.items() if not info.output_only]
OUTPUTS = [(name, "mse") for name in HIDDEN]
OUTPUTS += [("softmax", "mse"), ("softmax", "cross-entropy"), ("logistic", "binary-cross-entropy")]
OUTPUTS += [("softmax", "focal"), ("logistic", "focal")]
OUTPUTS += [("exp", "poisson"), ("linear", "mae"), ("tanh", "mae"), ("linear", "huber:0.5")]
OUTPUTS += [("softplus", "huber:0.2"), ("linear", "quantile:0.9"), ("logistic", "quantile:0.2")]

_MODULE = _import_native()[0]
VARIANTS: tuple[str, ...] = () if _MODULE is None else _MODULE.variants()
NAMES = ["numpy", *(f"native {variant}" for variant in VARIANTS)]


def make_backend(name: str, threads: int = 1) -> Backend:
    """A backend by its name, 'numpy' or 'native VARIANT'."""
    if name == "numpy":
        return REFERENCE
    from anncli.backends.native import NativeBackend

    return NativeBackend(threads, name.removeprefix("native "))


# Rules and presentations. Epsilon and rates are moderate: where a gradient is only rounding, adam's quotient would follow it.
RULES: dict[str, tuple[UpdateRule, Shown]] = {
    "sgd": (UpdateRule("sgd", 0.02), PLAIN),
    "momentum": (UpdateRule("sgd", 0.02, 0.9), PLAIN),
    "momentum-l2": (UpdateRule("sgd", 0.02, 0.9, l2=0.05), PLAIN),
    "nesterov": (UpdateRule("nesterov", 0.02, 0.9, l2=0.05), PLAIN),
    "adam": (UpdateRule("adam", 0.01, epsilon=1e-2), PLAIN),
    "adam-l2": (UpdateRule("adam", 0.01, epsilon=1e-2, l2=0.05), PLAIN),
    "adamw": (UpdateRule("adamw", 0.01, epsilon=1e-2, weight_decay=0.1), PLAIN),
    "l1-clip": (UpdateRule("sgd", 0.02, 0.9, l1=0.01, clip=0.1), PLAIN),
    "dropout": (UpdateRule("sgd", 0.02, 0.9), Shown(0.4, 0.2, 2**63 + 5)),
    "dropout-adam": (UpdateRule("adam", 0.01, epsilon=1e-2), Shown(0.5, 0.0, 7)),
    "dropout-clip": (UpdateRule("adam", 0.01, epsilon=1e-2, clip=0.1), Shown(0.3, 0.1, 7)),
}


class Case(NamedTuple):
    """A network with data and the rows to work on."""

    topology: Topology
    parameters: Array
    loss: str
    inputs: Array
    targets: Array
    weights: Array | None
    rows: Array

    def open(self, backend: Backend) -> Session:
        samples = Samples(self.inputs, self.targets, self.weights)
        return backend.open(Problem(self.topology, self.loss), samples)

    def as_type(self, dtype: Any) -> Case:
        """The same numbers in another precision."""
        names = ("parameters", "inputs", "targets", "weights")
        return self._replace(
            **{name: getattr(self, name).astype(dtype) for name in names if getattr(self, name) is not None}
        )


def random_case(sizes: tuple[int, ...], hidden: str, output: str, loss: str, n: int = 23, seed: int = 1) -> Case:
    """A random network and data; every third row is left out and one is taken twice."""
    rng = np.random.default_rng(seed)
    layers = [Layer(units, hidden) for units in sizes[1:-1]] + [Layer(sizes[-1], output)]
    parameters = np.concatenate([rng.normal(0, 1 / np.sqrt(a + 1), (a + 1) * b) for a, b in pairwise(sizes)])
    targets = np.eye(sizes[-1])[rng.integers(0, sizes[-1], n)] if output == "softmax" else rng.random((n, sizes[-1]))
    rows = np.array([r for r in rng.permutation(n) if r % 3] + [1], dtype=np.int64)
    return Case(
        Topology(sizes[0], tuple(layers)),
        parameters.astype(np.float32),
        loss,
        rng.normal(size=(n, sizes[0])).astype(np.float32),
        targets.astype(np.float32),
        rng.uniform(0.5, 2, n).astype(np.float32),
        rows,
    )


def run_sweeps(
    backend: Backend, case: Case, rule: UpdateRule, batch_size: int, shown: Shown = PLAIN, sweeps: int = 2
) -> dict[str, Array]:
    """Everything that sweeps change or report."""
    parameters, state = case.parameters.copy(), UpdateState.start(rule, case.parameters)
    outputs = np.full((len(case.rows), case.topology.n_outputs), np.nan, dtype=case.parameters.dtype)
    session, losses = case.open(backend), []
    for _ in range(sweeps):
        losses.append(session.sweep(parameters, rule, state, case.rows, batch_size, shown, outputs))
        shown = shown.after(len(case.rows))
    session.close()
    assert state.first is not None
    second = np.zeros(0, np.float32) if state.second is None else state.second
    return {
        "parameters": parameters, "first": state.first, "second": second, "losses": np.array(losses),
        "outputs": outputs, "step": np.array([state.step]),
    }  # fmt: skip


def gradient_of(backend: Backend, case: Case, l2: float = 0.0, shown: Shown = PLAIN) -> tuple[float, Array]:
    """Loss and gradient over the rows of the case."""
    gradient = np.full_like(case.parameters, np.nan)
    return case.open(backend).gradient(case.parameters, gradient, case.rows, shown, l2=l2), gradient


def assert_close(found: Any, wanted: Any, tolerance: float = 2e-6) -> None:
    """Within float32 rounding of a sum of some dozen terms, relative to the largest number."""
    found, wanted = np.asarray(found, dtype=np.float64), np.asarray(wanted, dtype=np.float64)
    assert found.shape == wanted.shape
    assert np.isfinite(found).all()
    if wanted.size:
        assert np.abs(found - wanted).max() <= tolerance * max(1.0, np.abs(wanted).max())


def assert_like_reference(
    backend: Backend, case: Case, rule: UpdateRule, batch_size: int, shown: Shown = PLAIN, tolerance: float = 5e-6
) -> None:
    """Two sweeps give what the reference backend gives."""
    wanted = run_sweeps(REFERENCE, case, rule, batch_size, shown)
    for name, found in run_sweeps(backend, case, rule, batch_size, shown).items():
        assert_close(found, wanted[name], tolerance)
