"""The compiled kernel against the numpy kernel, which is the reference, in every variant this machine runs."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from anncli.backends.choice import active_kernel
from anncli.backends.reference import NumpyKernel
from anncli.backends.rules import RpropRule, UpdateRule, UpdateState
from anncli.compiled import describe_kernel
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.topology import Layer, Topology

native = pytest.importorskip(
    "anncli.compiled._native", reason="the compiled kernels are not built (python setup.py build_ext --inplace)"
)

from anncli.backends import native as native_kernel  # noqa: E402
from anncli.backends.native import NativeKernel  # noqa: E402

ROOT = Path(__file__).parents[2]
VARIANTS = native.variants()
HIDDEN = [name for name in ACTIVATION_NAMES if name != "softmax"]
REFERENCE = NumpyKernel()

# Epsilon and rates are tame: where a gradient is a rounding error, adam's quotient would be decided by it.
RULES = {
    "sgd": UpdateRule("sgd", 0.02),
    "momentum": UpdateRule("sgd", 0.02, 0.9),
    "momentum-l2": UpdateRule("sgd", 0.02, 0.9, l2=0.05),
    "nesterov": UpdateRule("nesterov", 0.02, 0.9, l2=0.05),
    "adam": UpdateRule("adam", 0.01, epsilon=1e-2),
    "adam-l2": UpdateRule("adam", 0.01, epsilon=1e-2, l2=0.05),
    "adamw": UpdateRule("adamw", 0.01, epsilon=1e-2, weight_decay=0.1),
    "dropout": UpdateRule("sgd", 0.02, 0.9, dropout=0.4, input_dropout=0.2, dropout_seed=2**63 + 5),
    "dropout-adam": UpdateRule("adam", 0.01, epsilon=1e-2, dropout=0.5, dropout_seed=7),
}


class Problem(NamedTuple):
    topology: Topology
    parameters: Any
    loss: str
    inputs: Any
    targets: Any
    weights: Any
    rows: Any


def problem(sizes: tuple[int, ...], hidden: str, output: str, loss: str, n: int = 23, seed: int = 1) -> Problem:
    """A random network and data; every third row is left out and one is taken twice."""
    rng = np.random.default_rng(seed)
    layers = [Layer(units, hidden) for units in sizes[1:-1]] + [Layer(sizes[-1], output)]
    topology = Topology(sizes[0], tuple(layers))
    parameters = np.concatenate([rng.normal(0, 1 / np.sqrt(a + 1), (a + 1) * b) for a, b in pairwise(sizes)])
    targets = np.eye(sizes[-1])[rng.integers(0, sizes[-1], n)] if output == "softmax" else rng.random((n, sizes[-1]))
    rows = np.array([r for r in rng.permutation(n) if r % 3] + [1], dtype=np.int64)
    return Problem(
        topology,
        parameters.astype(np.float32),
        loss,
        rng.normal(size=(n, sizes[0])).astype(np.float32),
        targets.astype(np.float32),
        rng.uniform(0.5, 2, n).astype(np.float32),
        rows,
    )


def run_epochs(kernel: Any, p: Problem, rule: UpdateRule, batch_size: int, epochs: int = 2) -> tuple[Any, ...]:
    """Everything an epoch changes or reports: parameters, state, losses, outputs."""
    parameters, state = p.parameters.copy(), UpdateState.zeros(rule, p.parameters)
    outputs = np.full((len(p.rows), p.topology.n_outputs), np.nan, dtype=np.float32)
    losses = [
        kernel.epoch(
            p.topology, parameters, p.loss, rule, state, p.inputs, p.targets, p.weights, p.rows, batch_size, outputs
        )
        for _ in range(epochs)
    ]
    second = np.zeros(0, np.float32) if state.second is None else state.second
    return parameters, state.first, second, np.array(losses), outputs, np.array([state.step, state.rows_seen])


def gradient_of(kernel: Any, p: Problem, l2: float = 0.0, weighted: bool = True) -> tuple[float, Any]:
    gradient = np.full_like(p.parameters, np.nan)
    weights = p.weights if weighted else None
    value = kernel.loss_and_gradient(
        p.topology, p.parameters, p.loss, p.inputs, p.targets, weights, p.rows, gradient, l2
    )
    return value, gradient


def assert_close(found: Any, wanted: Any, tolerance: float = 2e-6) -> None:
    """Within float32 rounding of a sum of some dozen terms, measured against the largest number there is."""
    found, wanted = np.asarray(found, dtype=np.float64), np.asarray(wanted, dtype=np.float64)
    assert found.shape == wanted.shape
    assert np.isfinite(found).all()
    if wanted.size:
        assert np.abs(found - wanted).max() <= tolerance * max(1.0, np.abs(wanted).max())


def assert_same_epochs(p: Problem, kernel: Any, rule: UpdateRule, batch_size: int, tolerance: float = 5e-6) -> None:
    wanted = run_epochs(REFERENCE, p, rule, batch_size)
    for one, other in zip(run_epochs(kernel, p, rule, batch_size), wanted, strict=True):
        assert_close(one, other, tolerance)


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    return str(request.param)


OUTPUTS = [(name, "mse") for name in HIDDEN]
OUTPUTS += [("softmax", "mse"), ("softmax", "cross-entropy"), ("logistic", "binary-cross-entropy")]
OUTPUTS += [("softmax", "focal"), ("logistic", "focal")]


@pytest.mark.parametrize(
    ("output", "loss", "n_outputs"),
    [(*output, n) for output in OUTPUTS for n in (1, 2, 5, 19) if output[0] != "softmax" or n > 1],
)
def test_output_activations_and_losses(variant: str, output: str, loss: str, n_outputs: int) -> None:
    kernel = NativeKernel(variant=variant)
    for sizes in ((4, n_outputs), (4, 6, n_outputs)):
        p = problem(sizes, "tanh", output, loss)
        value, gradient = gradient_of(kernel, p)
        wanted_value, wanted = gradient_of(REFERENCE, p)
        assert_close(value, wanted_value)
        assert_close(gradient, wanted)
        found, wanted = (k.forward(p.topology, p.parameters, p.inputs) for k in (kernel, REFERENCE))
        assert_close(found, wanted)
        for batch_size in (1, 7):
            assert_same_epochs(p, kernel, RULES["momentum"], batch_size)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("rule", RULES)
def test_hidden_activations_and_rules(variant: str, hidden: str, rule: str) -> None:
    p = problem((5, 9, 3), hidden, "softmax", "cross-entropy")
    for batch_size in (1, 6):
        assert_same_epochs(p, NativeKernel(variant=variant), RULES[rule], batch_size)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("units", [9, 20])
def test_one_output_row_by_row(variant: str, hidden: str, units: int) -> None:
    p = problem((7, units, 1), hidden, "tanh", "mse")
    for rule in ("momentum", "momentum-l2"):
        assert_same_epochs(p, NativeKernel(variant=variant), RULES[rule], 1, 2e-5)


@pytest.mark.parametrize("units", [5, 20])
@pytest.mark.parametrize("n_inputs", [3, 150])
def test_one_output_with_everything_at_once(variant: str, units: int, n_inputs: int) -> None:
    """Weights of rows, some of them 0, a penalty, and rows that are left alone because they are within the tolerance."""
    p = problem((n_inputs, units, 1), "tanh", "logistic", "mse")
    assert p.weights is not None
    p.weights[::5] = 0
    rule = UpdateRule("sgd", 0.05, 0.5, l2=0.1, tolerance=0.25)
    wanted = run_epochs(REFERENCE, p, rule, 1)
    assert 0 < wanted[-1][0] < 2 * len(p.rows)
    for one, other in zip(run_epochs(NativeKernel(variant=variant), p, rule, 1), wanted, strict=True):
        assert_close(one, other, 1e-5)


@pytest.mark.parametrize("size", [1e15, 1e18, 3e19, 1e20])
@pytest.mark.parametrize("l2", [0.0, 1e-3])
def test_rows_whose_products_overflow(variant: str, size: float, l2: float) -> None:
    """Saturated units make no update, however large the row: nothing may become NaN on the way."""
    p = problem((3, 5, 1), "tanh", "tanh", "mse")
    p.inputs[:] *= np.float32(size)
    for one, other in zip(
        run_epochs(NativeKernel(variant=variant), p, UpdateRule("sgd", 0.1, 0.5, l2=l2), 1),
        run_epochs(REFERENCE, p, UpdateRule("sgd", 0.1, 0.5, l2=l2), 1),
        strict=True,
    ):
        assert_close(one, other, 1e-5)


@pytest.mark.parametrize("sizes", [(3, 2), (3, 4, 1), (3, 4, 2)], ids=str)
@pytest.mark.parametrize("batch_size", [1, 5])
def test_an_epoch_of_no_rows_is_refused_and_changes_nothing(
    variant: str, sizes: tuple[int, ...], batch_size: int
) -> None:
    p = problem(sizes, "tanh", "logistic", "mse")
    rule, state = RULES["momentum"], UpdateState.zeros(RULES["momentum"], p.parameters)
    parameters, rows = p.parameters.copy(), np.zeros(0, dtype=np.int32)
    arguments = (p.topology, parameters, p.loss, rule, state, p.inputs, p.targets, None, rows, batch_size)
    with pytest.raises(ZeroDivisionError):
        NativeKernel(variant=variant).epoch(*arguments)
    assert np.array_equal(parameters, p.parameters)
    assert state.step == 0


SIZES = [(1, 1), (1, 1, 1), (3, 1, 1, 1), (2, 17, 1), (40, 16, 1), (7, 33, 8, 2), (5, 4, 3, 2, 3), (31, 65, 50, 13)]
SIZES += [(130, 48, 4)]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_sizes(variant: str, sizes: tuple[int, ...]) -> None:
    kernel = NativeKernel(variant=variant)
    p = problem(sizes, "logistic", "logistic", "binary-cross-entropy", n=70)
    assert_close(
        kernel.forward(p.topology, p.parameters, p.inputs, p.rows),
        REFERENCE.forward(p.topology, p.parameters, p.inputs, p.rows),
    )
    for l2 in (0.0, 0.3):
        for weighted in (False, True):
            value, gradient = gradient_of(kernel, p, l2, weighted)
            wanted_value, wanted = gradient_of(REFERENCE, p, l2, weighted)
            assert_close(value, wanted_value)
            assert_close(gradient, wanted)
    for rule in ("momentum-l2", "nesterov", "adamw", "dropout"):
        for batch_size in (1, 2, 16, 47, 1000):
            assert_same_epochs(p, kernel, RULES[rule], batch_size, 1e-5)


def test_layers_of_different_kinds(variant: str) -> None:
    rng = np.random.default_rng(3)
    layers = [Layer(3 + k % 4, name) for k, name in enumerate(HIDDEN)]
    topology = Topology(4, (*layers, Layer(1, "linear")))
    p = problem((4, 5, 1), "tanh", "linear", "mse")
    p = p._replace(topology=topology, parameters=rng.normal(0, 0.5, topology.n_parameters).astype(np.float32))
    for rule in ("momentum", "adam", "dropout"):
        for batch_size in (1, 5):
            assert_same_epochs(p, NativeKernel(variant=variant), RULES[rule], batch_size)


def test_large_values_stay_finite_and_nan_stays_nan(variant: str) -> None:
    kernel = NativeKernel(variant=variant)
    for name in HIDDEN:
        topology = Topology(1, (Layer(1, name),))
        identity = np.array([0, 1], dtype=np.float32)
        z = np.array([[-1e4], [-90], [-20], [-1e-20], [0], [1e-3], [20], [90], [1e4]], dtype=np.float32)
        assert_close(kernel.forward(topology, identity, z), REFERENCE.forward(topology, identity, z), 3e-7)
        assert np.isnan(kernel.forward(topology, np.array([0, np.nan], np.float32), z[:3])).all(), name


@pytest.mark.parametrize("loss", ["cross-entropy", "focal", "mse"])
@pytest.mark.parametrize("n_outputs", [3, 40])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_of_outputs_that_are_no_numbers_is_none(variant: str, loss: str, n_outputs: int, value: float) -> None:
    p = problem((4, n_outputs), "tanh", "softmax", loss)
    for unit in (0, n_outputs - 1):
        p.parameters[unit] = value  # a bias of the only layer
        for one in (gradient_of(NativeKernel(variant=variant), p), gradient_of(REFERENCE, p)):
            assert np.isnan(one[0])


@pytest.mark.parametrize("classes", [2, 19, 1000])
def test_the_cross_entropy_of_large_sums(variant: str, classes: int) -> None:
    p = problem((4, classes), "tanh", "softmax", "cross-entropy")
    p.parameters[:] *= 1e-3  # all classes alike: log(classes)
    assert_close(gradient_of(NativeKernel(variant=variant), p)[0], gradient_of(REFERENCE, p)[0], 3e-7)
    assert_close(gradient_of(NativeKernel(variant=variant), p, weighted=False)[0], np.log(classes), 1e-2)


@pytest.mark.parametrize("name", ["tanh", "bipolar-sigmoid", "lecun-tanh", "elu", "softsign", "gelu", "silu"])
def test_small_values_keep_their_relative_precision(variant: str, name: str) -> None:
    topology, identity = Topology(1, (Layer(1, name),)), np.array([0, 1], dtype=np.float32)
    z = np.geomspace(1e-6, 1, 200, dtype=np.float32)[:, None]
    found = NativeKernel(variant=variant).forward(topology, identity, z).astype(np.float64)
    wanted = REFERENCE.forward(topology, identity.astype(np.float64), z.astype(np.float64))
    assert np.abs(found / wanted - 1).max() < 1e-6


@pytest.mark.parametrize("rule", ["sgd", "nesterov", "adam"])
def test_tolerance_skips_rows(variant: str, rule: str) -> None:
    for sizes in ((5, 1), (5, 4, 1), (5, 20, 1), (5, 4, 2)):
        p = problem(sizes, "tanh", "logistic", "mse")
        chosen = UpdateRule(rule, 0.05, 0.5, epsilon=1e-2, tolerance=0.25)
        wanted = run_epochs(REFERENCE, p, chosen, 1)
        assert 0 < wanted[-1][0] < 2 * len(p.rows), "some rows must be within the tolerance, some not"
        for one, other in zip(run_epochs(NativeKernel(variant=variant), p, chosen, 1), wanted, strict=True):
            assert_close(one, other, 5e-6)


def test_tolerance_needs_single_rows() -> None:
    p = problem((5, 4, 1), "tanh", "logistic", "mse")
    with pytest.raises(ValueError, match="batch size 1"):
        run_epochs(NativeKernel(), p, UpdateRule("sgd", 0.1, tolerance=0.1), 2)


@pytest.mark.parametrize("sizes", [(9, 8, 1), (30, 37, 20, 3)], ids=str)
def test_any_number_of_threads_gives_the_same_bits(
    variant: str, sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native_kernel, "_LEAST_WORK", 1)
    assert shared_among(NativeKernel(3, variant)) == 3
    p = problem(sizes, "tanh", "logistic", "binary-cross-entropy", n=301)
    kernels = [NativeKernel(threads, variant) for threads in (1, 2, 3, 0)]
    for rule in RULES.values():
        for batch_size in (10, 64, 1000):
            first, *others = (run_epochs(kernel, p, rule, batch_size) for kernel in kernels)
            for other in others:
                assert all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    first, *others = (gradient_of(kernel, p, 0.1) for kernel in kernels)
    assert all(value == first[0] and np.array_equal(gradient, first[1]) for value, gradient in others)
    first, *others = (kernel.forward(p.topology, p.parameters, p.inputs) for kernel in kernels)
    assert all(np.array_equal(first, other) for other in others)


def shared_among(kernel: NativeKernel) -> int:
    with kernel._threads(Topology(9, (Layer(8, "tanh"),)), "sgd", 32, 100) as threads:
        return threads


def test_small_work_is_not_shared() -> None:
    assert shared_among(NativeKernel(3)) == 1


def test_batches_larger_than_the_working_memory(variant: str) -> None:
    # 3 x 2 x 900 units: a batch of 2000 rows is worked on in blocks, its gradient collected.
    p = problem((6, 900, 3), "relu", "softmax", "cross-entropy", n=2000)
    rows = np.arange(2000)
    kernel = NativeKernel(2, variant)
    for rule in ("momentum", "adam", "dropout"):
        found, wanted = (run_epochs(k, p._replace(rows=rows), RULES[rule], 1900) for k in (kernel, REFERENCE))
        for one, other in zip(found, wanted, strict=True):
            assert_close(one, other, 2e-5)


def test_two_threads_of_the_caller_may_share_a_kernel(variant: str) -> None:
    kernel = NativeKernel(variant=variant)
    p = problem((20, 30, 1), "tanh", "logistic", "mse", n=400)

    def work(number: int) -> Any:
        rule = list(RULES.values())[number % len(RULES)]
        return run_epochs(kernel, p, rule, (1, 16)[number % 2], epochs=5)

    alone = [work(number) for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(work, range(12)))
    for one, other in zip(alone, together, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_nothing_is_written_outside_the_arrays(variant: str) -> None:
    p = problem((7, 5, 3), "logistic", "logistic", "mse")
    guard, n = np.float32(-12345.5), p.topology.n_parameters
    for rule in (RULES["momentum"], RULES["adam"]):
        for batch_size in (1, 4):
            space = np.full(5 * (n + 32), guard, dtype=np.float32)
            parts = [space[k * (n + 32) + 16 :][:n] for k in range(4)]
            parts[0][:] = p.parameters
            parts[1][:] = parts[2][:] = 0
            outputs = space[4 * (n + 32) + 16 :][: len(p.rows) * 3].reshape(-1, 3)
            state = UpdateState(parts[1], parts[2])
            kernel = NativeKernel(variant=variant)
            kernel.epoch(
                p.topology, parts[0], p.loss, rule, state, p.inputs, p.targets, p.weights, p.rows, batch_size, outputs
            )
            kernel.loss_and_gradient(
                p.topology, parts[0], p.loss, p.inputs, p.targets, p.weights, p.rows, parts[3], 0.1
            )
            used = np.zeros(space.shape, dtype=bool)
            for k in range(4):
                used[k * (n + 32) + 16 :][:n] = True
            used[4 * (n + 32) + 16 :][: outputs.size] = True
            assert (space[~used] == guard).all()
            assert not (space[used] == guard).any()


def test_denormal_numbers_live_on_outside(variant: str) -> None:
    tiny = np.array([1e-40, 3e-41], dtype=np.float32)
    before = tiny * np.float32(0.5)
    assert (before > 0).all()
    p = problem((5, 4, 1), "tanh", "logistic", "mse")
    for batch_size in (1, 4):
        run_epochs(NativeKernel(2, variant), p, RULES["momentum"], batch_size)
        gradient_of(NativeKernel(2, variant), p)
        assert np.array_equal(tiny * np.float32(0.5), before)


def test_float64_and_arrays_with_gaps_go_to_the_reference(variant: str) -> None:
    p = problem((5, 4, 1), "tanh", "logistic", "mse")
    kernel = NativeKernel(variant=variant)
    wide = p._replace(**{k: getattr(p, k).astype(np.float64) for k in ("parameters", "inputs", "targets", "weights")})
    value, gradient = gradient_of(kernel, wide)
    assert gradient.dtype == np.float64
    assert (value, gradient.tolist()) == (lambda v, g: (v, g.tolist()))(*gradient_of(REFERENCE, wide))
    gaps = p._replace(inputs=np.repeat(p.inputs, 2, axis=1)[:, ::2])
    assert not gaps.inputs.flags.c_contiguous
    assert_close(gradient_of(kernel, gaps)[1], gradient_of(kernel, p)[1])


def test_large_batches_on_the_baseline_go_to_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "variants", lambda: ("baseline",))
    kernel, forced = NativeKernel(), NativeKernel(variant="baseline")
    large, small = (problem((64, units, 1), "tanh", "logistic", "mse", n=50) for units in (256, 255))
    wanted, odd = gradient_of(REFERENCE, large)[1], gradient_of(REFERENCE, small)[1]
    assert np.array_equal(gradient_of(kernel, large)[1], wanted)
    assert not np.array_equal(gradient_of(forced, large)[1], wanted)
    assert not np.array_equal(gradient_of(kernel, small)[1], odd)
    few = large._replace(rows=large.rows[:31])
    assert not np.array_equal(gradient_of(kernel, few)[1], gradient_of(REFERENCE, few)[1])


def test_wrong_arrays_are_refused() -> None:
    p = problem((5, 4, 1), "tanh", "logistic", "mse")
    kernel = NativeKernel()
    for change, fault in (
        ({"parameters": p.parameters[:-1]}, "parameters has the wrong shape"),
        ({"inputs": p.inputs[:, :4].copy()}, "inputs has the wrong shape"),
        ({"targets": p.targets[:-1]}, "targets has the wrong shape"),
        ({"weights": p.weights[:-1]}, "weights has the wrong shape"),
    ):
        with pytest.raises(ValueError, match=fault):
            gradient_of(kernel, p._replace(**change))
    # The last two would be rows 1 and 0 in 32 bits.
    for number in (-1, len(p.inputs), 2**32 + 1, -(2**32)):
        with pytest.raises(IndexError, match="row number"):
            gradient_of(kernel, p._replace(rows=np.array([0, number])))
    with pytest.raises(ZeroDivisionError):
        gradient_of(kernel, p._replace(rows=np.array([], dtype=np.int64)))
    with pytest.raises(ValueError, match="batch of 0 rows"):
        run_epochs(kernel, p, RULES["sgd"], 0)
    with pytest.raises(ValueError, match="no kernel variant 'x86'"):
        NativeKernel(variant="x86")
    assert kernel.forward(p.topology, p.parameters, p.inputs[:0]).shape == (0, 1)


def test_the_environment_chooses_the_kernel() -> None:
    def answer(**variables: str) -> str:
        code = (
            "import sys; from anncli.compiled import describe_kernel as d; from anncli.errors import UsageError\n"
            "try: print(d(), 'numpy' in sys.modules)\n"
            "except UsageError as e: print(e)"
        )
        others = {name: value for name, value in os.environ.items() if not name.startswith("ANN_")}
        run = subprocess.run(
            [sys.executable, "-c", code], env=others | variables, capture_output=True, text=True, check=True, cwd=ROOT
        )
        return run.stdout.strip()

    assert answer() == f"native {VARIANTS[0]} False"
    assert answer(ANN_KERNELS="native", ANN_KERNEL_VARIANT="baseline") == "native baseline False"
    assert answer(ANN_KERNELS="numpy") == "numpy (ANN_KERNELS=numpy) False"
    assert answer(ANN_KERNELS="cuda") == "unknown kernels ANN_KERNELS=cuda; use numpy or native, or unset it"
    assert answer(ANN_KERNEL_VARIANT="z80") == (
        f"ANN_KERNEL_VARIANT=z80, but this machine has no such kernels; use one of {', '.join(VARIANTS)}"
    )


def test_the_name_says_what_runs() -> None:
    assert NativeKernel(variant="baseline").name == "native baseline"
    if active_kernel().name != "numpy":
        assert describe_kernel() == active_kernel().name


def test_auto_threads_time_only_work_worth_sharing_and_stop_when_it_is_decided() -> None:
    kernel = NativeKernel(0)
    small, large = (Topology(units, (Layer(units, "tanh"),)) for units in (8, 600))
    with kernel._threads(small, "sgd", 32, 100) as threads:
        assert threads == 1
    assert not kernel._trials
    kernel._threads(large, "sgd", 200, 1000)
    (trial,) = kernel._trials.values()
    trial.gave_up = True
    with kernel._threads(large, "sgd", 200, 1000) as threads:
        assert threads == 1
    assert trial.alone == []


@pytest.mark.parametrize("turn", ["on", "back", "stay"])
@pytest.mark.parametrize("size", [1, 7, 16, 1001])
def test_rprop_steps_are_the_same_bits(turn: str, size: int) -> None:
    rng = np.random.default_rng(size)
    rule = RpropRule(1.2, 0.5, 1e-6, 50.0)

    def course(kernel: Any) -> list[bytes]:
        draw = np.random.default_rng(3)
        parameters, step = rng_like(size), np.full(size, 0.1, np.float32)
        previous, move = np.zeros(size, np.float32), np.zeros(size, np.float32)
        seen = []
        for number in range(40):
            gradient = draw.normal(size=size).astype(np.float32) + np.float32(0.5)
            gradient[draw.random(size) < 0.1] = 0
            gradient *= np.float32(1e-30) if number % 3 else np.float32(1)
            kernel.rprop_step(rule, turn, parameters, gradient, previous, step, move)
            previous = gradient
            seen += [a.tobytes() for a in (parameters, gradient, step, move)]
        return seen

    start = rng.normal(size=size).astype(np.float32)

    def rng_like(n: int) -> Any:
        return start[:n].copy()

    assert course(NativeKernel()) == course(REFERENCE)


def test_rprop_limits_and_nan() -> None:
    rule = RpropRule(1.2, 0.5, 0.08, 0.11)
    for kernel in (NativeKernel(), REFERENCE):
        w, s, m = np.zeros(4, np.float32), np.full(4, 0.1, np.float32), np.full(4, 9, np.float32)
        g, before = np.array([2, -2, np.nan, 0], np.float32), np.array([1, 1, 1, 1], np.float32)
        kernel.rprop_step(rule, "back", w, g, before, s, m)
        # Grown to the upper limit, shrunk to the lower one and taken back, not a number, unchanged.
        assert s[[0, 1, 3]].tolist() == pytest.approx([0.11, 0.08, 0.1])
        assert m[[0, 1, 3]].tolist() == pytest.approx([-0.11, -9, 0])
        assert np.isnan(w[2])
        assert w[[0, 1, 3]].tolist() == pytest.approx([-0.11, -9, 0])
        assert g[[0, 1, 3]].tolist() == [2, 0, 0]


def test_rprop_in_float64_goes_to_the_twin() -> None:
    w, g = np.zeros(2), np.array([1.0, -1.0])
    NativeKernel().rprop_step(RpropRule(1.2, 0.5, 0, 1), "on", w, g, np.zeros(2), np.full(2, 0.1), np.zeros(2))
    assert w.tolist() == [-0.1, 0.1]
