"""The stacked program against the reference backend, number by number, and against numbers worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from stacked_devices import DEVICES, fits, opened

from anncli.backends.base import Problem, Samples, Shown
from anncli.backends.presentation import dropout_masks
from anncli.backends.reference import ReferenceBackend
from anncli.backends.stacked.device import Device, open_device
from anncli.errors import UsageError
from anncli.network.names import ACTIVATION_NAMES, LOSS_NAMES, parse_loss
from anncli.network.topology import Topology

pytestmark = pytest.mark.slow
LOSSES = [
    "mse",
    "binary-cross-entropy",
    "cross-entropy",
    "focal",
    "mae",
    "huber:0.5",
    "quantile:0.1,0.5,0.9",
    "poisson",
]
SECOND_ORDER = ["mse", "binary-cross-entropy", "cross-entropy", "focal", "huber:0.5", "poisson"]
N, WIDTH = 23, 4


@pytest.fixture(params=DEVICES, scope="module")
def device(request: pytest.FixtureRequest) -> Device:
    return opened(request.param)


PAIRS = [(activation, loss) for activation in ACTIVATION_NAMES for loss in LOSSES if fits(loss, activation)]


def case(activation: str, loss: str, k: int, seed: int = 1) -> tuple[Problem, Samples, npt.NDArray[Any], list[Any]]:
    """A problem, samples with weights of which some are 0, parameters (k, P) and the rows of each network."""
    rng = np.random.default_rng(seed)
    hidden = "tanh" if ACTIVATION_NAMES[activation].output_only else activation
    topology = Topology(WIDTH, [(5, hidden), (3, "silu"), (3, activation)])
    # Of float64, so that the reference takes no logarithm of a float32.
    targets = rng.integers(0, 9, (N, 3)) / 8
    weights = rng.integers(0, 5, N).astype(np.float32) / 2
    samples = Samples(rng.normal(size=(N, WIDTH)).astype(np.float32), targets, weights)
    rows = [np.arange(N), np.arange(3, 20), np.arange(0, N, 2)]
    parameters = 0.5 * rng.normal(size=(k, topology.n_parameters))
    return Problem(topology, str(parse_loss(loss))), samples, parameters, [rows[j % 3] for j in range(k)]


def program_of(device: Device, problem: Problem, memory: int = 1 << 28, dtype: str = "float64") -> Any:
    from anncli.backends.stacked.program import StackedProgram

    return StackedProgram(problem, device, getattr(device.torch, dtype), memory)


def stacked(device: Device, samples: Any, rows: Any, dtype: str = "float64") -> Any:
    from anncli.backends.stacked.rows import stacked_rows

    return stacked_rows(device, getattr(device.torch, dtype), samples, rows)


def up(device: Device, values: Any) -> Any:
    return device.torch.as_tensor(np.asarray(values)).to(device.place)


def down(values: Any) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = values.to("cpu").numpy()
    return found


def test_every_loss_is_here() -> None:
    assert {parse_loss(text).name for text in LOSSES} | {"first-spike"} == LOSS_NAMES.keys()
    assert {activation for activation, _ in PAIRS} == ACTIVATION_NAMES.keys()


@pytest.mark.parametrize("k", [1, 2, 33])
@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_losses_gradients_and_outputs_are_those_of_the_reference(device: Device, activation: str, loss: str, k: int):
    problem, samples, parameters, rows = case(activation, loss, k)
    program, own = program_of(device, problem), stacked(device, [samples] * k, rows)
    values, gradients = program.gradient(up(device, parameters), own)
    alone, outputs = program.losses(up(device, parameters), own), program.outputs(up(device, parameters), own)
    session = ReferenceBackend().open(problem, samples)
    for j in range(k):
        wanted = np.empty(problem.topology.n_parameters)
        value = session.gradient(parameters[j], wanted, rows[j])
        assert down(values)[j, 0] == pytest.approx(value, rel=1e-10)
        assert down(alone)[j, 0] == pytest.approx(value, rel=1e-10)
        np.testing.assert_allclose(down(gradients)[j], wanted, rtol=0, atol=1e-10)
        np.testing.assert_allclose(
            down(outputs)[j, : len(rows[j])], session.outputs(parameters[j], rows[j]), atol=1e-10
        )


@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_gradients_of_float32_are_those_of_the_reference(device: Device, activation: str, loss: str):
    problem, samples, parameters, rows = case(activation, loss, 2)
    program = program_of(device, problem, dtype="float32")
    _, gradients = program.gradient(
        up(device, parameters.astype(np.float32)), stacked(device, [samples] * 2, rows, "float32")
    )
    session, wanted = ReferenceBackend().open(problem, samples), np.empty(problem.topology.n_parameters)
    for j in range(2):
        session.gradient(parameters[j].astype(np.float32).astype(np.float64), wanted, rows[j])
        np.testing.assert_allclose(down(gradients)[j], wanted, rtol=1e-5, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize(("activation", "loss"), [pair for pair in PAIRS if pair[1] in SECOND_ORDER])
def test_hessian_products_are_those_of_the_reference(device: Device, activation: str, loss: str):
    from anncli.backends.stacked.curvature import hessian_products
    from anncli.training.objective import Objective
    from anncli.training.trainers.curvature import hessian_product

    problem, samples, parameters, rows = case(activation, loss, 3)
    along = np.random.default_rng(2).normal(size=parameters.shape)
    program, own = program_of(device, problem), stacked(device, [samples] * 3, rows)
    products = down(hessian_products(program, up(device, parameters), up(device, along), own))
    session = ReferenceBackend().open(problem, samples)
    for j in range(3):
        objective = Objective(session, problem, samples, rows[j], np.zeros(N))
        np.testing.assert_allclose(products[j], hessian_product(objective, parameters[j], along[j]), rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("activation", "loss"), [pair for pair in PAIRS if pair[1] in ("mse", "binary-cross-entropy", "cross-entropy")]
)
def test_normal_equations_are_those_of_the_reference(device: Device, activation: str, loss: str):
    from anncli.backends.stacked.normal_equations import stacked_equations
    from anncli.training.objective import Objective
    from anncli.training.trainers.jacobian import normal_equations

    problem, samples, parameters, rows = case(activation, loss, 3)
    program, own = program_of(device, problem, 1 << 20), stacked(device, [samples] * 3, rows)
    found = [down(part) for part in stacked_equations(program, up(device, parameters), own)]
    session = ReferenceBackend().open(problem, samples)
    for j in range(3):
        wanted = normal_equations(Objective(session, problem, samples, rows[j], np.zeros(N)), parameters[j])
        np.testing.assert_allclose(found[0][j], wanted.matrix, rtol=0, atol=1e-10)
        np.testing.assert_allclose(found[1][j], wanted.vector, rtol=0, atol=1e-10)
        assert found[2][j, 0] == pytest.approx(wanted.scale)


def test_a_network_of_one_unit_by_hand(device: Device):
    # z = 0.5 + 2 * 1 = 2.5; a = tanh z; y = -1 + 3 a; E = (y - 0.25)^2, of weight 2; the second network: all weights 0, y = 1.
    problem = Problem(Topology(1, [(1, "tanh"), (1, "linear")]), "mse")
    samples = Samples(np.array([[1.0]], np.float32), np.array([[0.25]], np.float32), np.array([2.0], np.float32))
    parameters = np.array([[0.5, 2.0, -1.0, 3.0], [0.0, 0.0, 1.0, 0.0]])
    values, gradients = program_of(device, problem).gradient(
        up(device, parameters), stacked(device, [samples] * 2, [np.array([0])] * 2)
    )
    a = math.tanh(2.5)
    e = -1 + 3 * a - 0.25
    slope = 2 * 2 * e
    inner = slope * 3 * (1 - a * a)
    np.testing.assert_allclose(down(values)[:, 0], [2 * e * e, 2 * 0.75**2])
    np.testing.assert_allclose(down(gradients), [[inner, inner, slope, slope * a], [0, 0, 3, 0]], atol=1e-14)


def test_portions_of_rows_make_no_difference(device: Device):
    problem, samples, parameters, rows = case("tanh", "mse", 3)
    own = stacked(device, [samples] * 3, rows)
    whole, pieces = program_of(device, problem), program_of(device, problem, 1 << 14)
    assert pieces.block_rows(3) < 5 < N < whole.block_rows(3)
    for found, wanted in zip(
        pieces.gradient(up(device, parameters), own), whole.gradient(up(device, parameters), own), strict=True
    ):
        np.testing.assert_allclose(down(found), down(wanted), rtol=0, atol=1e-14)


def test_samples_of_each_network_are_its_own(device: Device):
    problem, samples, parameters, rows = case("logistic", "mse", 3)
    other = Samples(samples.inputs * 2, samples.targets, None)
    parts = [samples, other, samples]
    values, _ = program_of(device, problem).gradient(up(device, parameters), stacked(device, parts, rows))
    for j, own in enumerate(parts):
        session = ReferenceBackend().open(problem, own)
        assert down(values)[j, 0] == pytest.approx(session.loss(parameters[j], rows[j]), rel=1e-10)


def test_rows_of_weight_0_count_and_change_nothing_else(device: Device):
    problem, samples, parameters, _ = case("tanh", "mse", 1)
    weights = np.ones(N, np.float32)
    weights[:11] = 0
    own = stacked(device, [samples._replace(weights=weights)], [np.arange(N)])
    few = stacked(device, [samples._replace(weights=None)], [np.arange(11, N)])
    program = program_of(device, problem)
    for found, wanted in zip(
        program.gradient(up(device, parameters), own), program.gradient(up(device, parameters), few), strict=True
    ):
        np.testing.assert_allclose(down(found) * N, down(wanted) * (N - 11), atol=1e-12)


def test_a_network_that_is_not_finite_touches_no_other(device: Device):
    problem, samples, parameters, rows = case("tanh", "mse", 3)
    own, program = stacked(device, [samples] * 3, rows), program_of(device, problem)
    before = program.gradient(up(device, parameters), own)[1]
    broken = parameters.copy()
    broken[1] = np.nan
    after = program.gradient(up(device, broken), own)[1]
    assert np.isnan(down(after)[1]).all()
    np.testing.assert_array_equal(down(after)[[0, 2]], down(before)[[0, 2]])


@pytest.mark.parametrize("fraction", [0.0, 0.3])
def test_masks_are_those_of_the_reference(device: Device, fraction: float):
    from anncli.backends.stacked.dropout import DropoutMasks

    topology = Topology(WIDTH, [(5, "tanh"), (3, "tanh"), (2, "linear")])
    seeds, seen = np.array([[2**63 - 5], [77]]), np.array([[2**40], [3]])
    masks = DropoutMasks(device, topology, seeds, seen, np.full((2, 1), 0.5), np.array([[fraction], [0.1]]))
    for number in range(3):
        found = down(masks(number, 6, 10))
        for j in range(2):
            shown = Shown(0.5, (fraction, 0.1)[j], int(seeds[j, 0]))
            own = dropout_masks(topology, shown, int(seen[j, 0]) + 6)
            assert own is not None
            wanted = own(number, 10, None)
            np.testing.assert_array_equal(found[j], np.ones_like(found[j]) if wanted is None else wanted)


def test_refusals_are_in_words() -> None:
    from anncli.backends.stacked.program import refusal
    from anncli.network.layers.base import Shape

    assert refusal(Problem(Topology(3, ["4 tanh", "1 logistic"]), "mse")) is None
    rows = Topology(Shape(3, None), ["4 tanh recurrent", "last", "1 logistic"])
    assert refusal(Problem(rows, "mse")) == "a device computes networks over vectors of numbers"
    pictures = Topology(Shape(16, 1, grid=(4, 4, 1)), ["2 tanh convolution 3x3", "flatten", "1 logistic"])
    assert (
        refusal(Problem(pictures, "mse")) == "a device computes dense layers, and layer 1 is `2 tanh convolution 3x3`"
    )
    vectors = Topology(6, ["2x3 tanh cross", "1 logistic"])
    assert refusal(Problem(vectors, "mse")) == "a device computes dense layers, and layer 1 is `2x3 tanh cross`"


def test_a_device_that_is_not_there_gives_the_reason_of_torch() -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(UsageError, match=r"^--device cuda:1: .*CUDA.*; use --device cpu$"):
        open_device("cuda:1")
    if not torch.backends.mps.is_available():
        with pytest.raises(
            UsageError, match=r"^--device mps: torch finds no Apple GPU that it can use; use --device cpu$"
        ):
            open_device("mps")
    with pytest.raises(UsageError, match=r"^unknown device 'gpu'; use torch-cpu, cuda, cuda:1 or mps$"):
        open_device("gpu")
