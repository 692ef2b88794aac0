"""Every other backend against the reference: all activations, losses, rules and sizes, in single precision."""

from __future__ import annotations

import numpy as np
import pytest
from cases import (
    HIDDEN,
    OUTPUTS,
    REFERENCE,
    RULES,
    assert_close,
    assert_like_reference,
    gradient_of,
    random_case,
    run_sweeps,
)

from anncli.backends.base import PLAIN, Backend, Problem, Samples, Shown
from anncli.backends.rules import UpdateRule
from anncli.network.topology import Layer, Topology


@pytest.mark.parametrize(
    ("output", "loss", "n_outputs"),
    [(*output, n) for output in OUTPUTS for n in (1, 2, 5, 19) if output[0] != "softmax" or n > 1],
)
def test_output_activations_and_losses(compiled: Backend, output: str, loss: str, n_outputs: int) -> None:
    for sizes in ((4, n_outputs), (4, 6, n_outputs)):
        case = random_case(sizes, "tanh", output, loss)
        value, gradient = gradient_of(compiled, case)
        wanted_value, wanted = gradient_of(REFERENCE, case)
        assert_close(value, wanted_value)
        assert_close(gradient, wanted)
        found, wanted = (case.open(backend).outputs(case.parameters) for backend in (compiled, REFERENCE))
        assert_close(found, wanted)
        for batch_size in (1, 7):
            assert_like_reference(compiled, case, RULES["momentum"][0], batch_size)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("rule", RULES)
def test_hidden_activations_and_rules(compiled: Backend, hidden: str, rule: str) -> None:
    case = random_case((5, 9, 3), hidden, "softmax", "cross-entropy")
    chosen, shown = RULES[rule]
    for batch_size in (1, 6):
        assert_like_reference(compiled, case, chosen, batch_size, shown)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("units", [9, 20])
def test_one_output_row_by_row(compiled: Backend, hidden: str, units: int) -> None:
    case = random_case((7, units, 1), hidden, "tanh", "mse")
    for rule in ("momentum", "momentum-l2"):
        assert_like_reference(compiled, case, RULES[rule][0], 1, tolerance=2e-5)


@pytest.mark.parametrize("units", [5, 20])
@pytest.mark.parametrize("n_inputs", [3, 150])
def test_one_output_with_everything_at_once(compiled: Backend, units: int, n_inputs: int) -> None:
    """Weights of rows, some of them 0, a penalty, and rows that are left alone because they are within the tolerance."""
    case = random_case((n_inputs, units, 1), "tanh", "logistic", "mse")
    assert case.weights is not None
    case.weights[::5] = 0
    rule, shown = UpdateRule("sgd", 0.05, 0.5, l2=0.1), Shown(tolerance=0.25)
    assert 0 < run_sweeps(REFERENCE, case, rule, 1, shown)["step"][0] < 2 * len(case.rows)
    assert_like_reference(compiled, case, rule, 1, shown, 1e-5)


@pytest.mark.parametrize("size", [1e15, 1e18, 3e19, 1e20])
@pytest.mark.parametrize("l2", [0.0, 1e-3])
def test_rows_whose_products_overflow(compiled: Backend, size: float, l2: float) -> None:
    """Saturated units make no update, however large the row: no value in between may become NaN."""
    case = random_case((3, 5, 1), "tanh", "tanh", "mse")
    case.inputs[:] *= np.float32(size)
    assert_like_reference(compiled, case, UpdateRule("sgd", 0.1, 0.5, l2=l2), 1, tolerance=1e-5)


SIZES = [(1, 1), (1, 1, 1), (3, 1, 1, 1), (2, 17, 1), (40, 16, 1), (7, 33, 8, 2), (5, 4, 3, 2, 3), (31, 65, 50, 13)]
SIZES += [(130, 48, 4)]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_sizes(compiled: Backend, sizes: tuple[int, ...]) -> None:
    case = random_case(sizes, "logistic", "logistic", "binary-cross-entropy", n=70)
    found, wanted = (case.open(backend).outputs(case.parameters, case.rows) for backend in (compiled, REFERENCE))
    assert_close(found, wanted)
    for l2 in (0.0, 0.3):
        for one in (case, case._replace(weights=None)):
            for shown in (PLAIN, Shown(0.3, 0.1, 4)):
                value, gradient = gradient_of(compiled, one, l2, shown)
                wanted_value, wanted = gradient_of(REFERENCE, one, l2, shown)
                assert_close(value, wanted_value)
                assert_close(gradient, wanted)
    for name in ("momentum-l2", "nesterov", "adamw", "dropout", "l1-clip"):
        rule, shown = RULES[name]
        for batch_size in (1, 2, 16, 47, 1000):
            assert_like_reference(compiled, case, rule, batch_size, shown, 1e-5)


def test_layers_of_different_kinds(compiled: Backend) -> None:
    layers = [Layer(3 + k % 4, name) for k, name in enumerate(HIDDEN)]
    topology = Topology(4, (*layers, Layer(1, "linear")))
    parameters = np.random.default_rng(3).normal(0, 0.5, topology.n_parameters).astype(np.float32)
    case = random_case((4, 5, 1), "tanh", "linear", "mse")._replace(topology=topology, parameters=parameters)
    for name in ("momentum", "adam", "dropout"):
        rule, shown = RULES[name]
        for batch_size in (1, 5):
            assert_like_reference(compiled, case, rule, batch_size, shown)


@pytest.mark.parametrize("classes", [2, 19, 1000])
def test_the_cross_entropy_of_large_sums(compiled: Backend, classes: int) -> None:
    case = random_case((4, classes), "tanh", "softmax", "cross-entropy")
    case.parameters[:] *= 1e-3  # all classes alike: log(classes)
    assert_close(gradient_of(compiled, case)[0], gradient_of(REFERENCE, case)[0], 3e-7)
    assert_close(gradient_of(compiled, case._replace(weights=None))[0], np.log(classes), 1e-2)


@pytest.mark.parametrize("name", ["tanh", "bipolar-sigmoid", "lecun-tanh", "elu", "softsign", "gelu", "silu"])
def test_small_values_keep_their_relative_precision(compiled: Backend, name: str) -> None:
    problem, identity = Problem(Topology(1, (Layer(1, name),))), np.array([0, 1], dtype=np.float32)
    z = np.geomspace(1e-6, 1, 200, dtype=np.float32)[:, None]
    found = compiled.open(problem, Samples(z)).outputs(identity).astype(np.float64)
    wanted = REFERENCE.open(problem, Samples(z.astype(np.float64))).outputs(identity.astype(np.float64))
    assert np.abs(found / wanted - 1).max() < 1e-6


@pytest.mark.parametrize("rule", ["sgd", "nesterov", "adam"])
@pytest.mark.parametrize("clip", [0.0, 0.3])
def test_tolerance_skips_rows(compiled: Backend, rule: str, clip: float) -> None:
    chosen, shown = UpdateRule(rule, 0.05, 0.5, epsilon=1e-2, clip=clip), Shown(tolerance=0.25)
    for sizes in ((5, 1), (5, 4, 1), (5, 20, 1), (5, 4, 2)):
        case = random_case(sizes, "tanh", "logistic", "mse")
        steps = run_sweeps(REFERENCE, case, chosen, 1, shown)["step"][0]
        assert 0 < steps < 2 * len(case.rows), "some rows must be within the tolerance, some not"
        assert_like_reference(compiled, case, chosen, 1, shown)


def test_batches_larger_than_the_working_memory(compiled: Backend) -> None:
    # 3 x 2 x 900 units: a batch of 2000 rows is worked on in blocks, its gradient collected.
    case = random_case((6, 900, 3), "relu", "softmax", "cross-entropy", n=2000)._replace(rows=np.arange(2000))
    for name in ("momentum", "adam", "dropout"):
        rule, shown = RULES[name]
        assert_like_reference(compiled, case, rule, 1900, shown, 2e-5)


@pytest.mark.parametrize("sizes", [(4, 2), (4, 6, 6), (3, 5, 20)])
def test_one_quantile_for_each_output(compiled: Backend, sizes: tuple[int, ...]) -> None:
    case = random_case(sizes, "tanh", "linear", "quantile:0.1,0.8")
    value, gradient = gradient_of(compiled, case)
    wanted_value, wanted = gradient_of(REFERENCE, case)
    assert_close(value, wanted_value)
    assert_close(gradient, wanted)
    for batch_size in (1, 7):
        assert_like_reference(compiled, case, RULES["adam"][0], batch_size)


@pytest.mark.parametrize("other", ["mse", "mae", "huber:0.3", "quantile:0.1,0.8", "quantile:0.5"])
def test_another_loss_than_that_of_training(compiled: Backend, other: str) -> None:
    case = random_case((4, 6, 2), "tanh", "linear", "quantile:0.1,0.8")
    found, wanted = (case.open(backend).loss(case.parameters, loss=other) for backend in (compiled, REFERENCE))
    assert_close(found, wanted)


@pytest.mark.parametrize("loss", ["mae", "huber:0.1", "quantile:0.2"])
def test_errors_of_0_and_at_the_limit(compiled: Backend, loss: str) -> None:
    """Output and target equal, or apart by the limit of huber exactly: the delta is the same on both sides."""
    topology, parameters = Topology(1, (Layer(1, "linear"),)), np.array([0, 1], dtype=np.float32)
    inputs = np.array([[0.25], [-1], [2], [0.0]], dtype=np.float32)
    targets = inputs + np.array([[0], [0], [0.125], [-0.125]], dtype=np.float32)
    for row in range(4):
        gradients = []
        for backend in (compiled, REFERENCE):
            gradient = np.empty(2, dtype=np.float32)
            backend.open(Problem(topology, loss), Samples(inputs, targets)).gradient(
                parameters, gradient, np.array([row])
            )
            gradients.append(gradient)
        assert_close(*gradients)
        assert np.any(gradients[0]) == (row > 1)
