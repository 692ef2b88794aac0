"""The error surface: slices, directions and losses against values worked out by hand and against other ways to compute them."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from anncli.analysis.curvature_data import curved_loss
from anncli.analysis.network_loss import open_loss, samples_of
from anncli.analysis.slices import Segment, Slice, cosine, principal_directions, random_direction, why_no_segment
from anncli.analysis.surface import SurfaceRequest, losses_on_grid, places, products_of, some_rows, values_on_line
from anncli.analysis.surface_cut import make_cut
from anncli.arrays import Array
from anncli.cli.running.surface_request import surface_request
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError
from anncli.inference.evaluate import evaluate
from anncli.network.network import Network
from anncli.network.scaling import Scaling
from anncli.network.target_scaling import TargetScaling
from anncli.network.topology import Topology
from anncli.options.directions import Directions


class Given(np.random.Generator):
    """A generator that gives these numbers in turn."""

    def __init__(self, *numbers: float) -> None:
        super().__init__(np.random.PCG64())
        self.numbers = list(numbers)

    def standard_normal(self, size: Any = None, *_: Any, **__: Any) -> Any:
        count = math.prod(size)
        taken, self.numbers = self.numbers[:count], self.numbers[count:]
        return np.array(taken).reshape(size)


def two_weights(first: float, second: float) -> tuple[Network, Dataset]:
    """y = sig(w2 tanh(w1 x)) on four rows."""
    network = Network.create(1, ["1 tanh", "1 logistic"], classes=("yes", "no"), loss="binary-cross-entropy")
    network.set_parameters(np.array([0, first, 0, second]))
    return network, Dataset(np.array([[-2.0], [-0.5], [0.25], [3.0]]), np.array([1, 0, 1, 0]), ("yes", "no"))


def closed_loss(first: Array, second: Array) -> Array:
    """The mean cross-entropy of that network, in float64."""
    x, wanted = np.array([-2.0, -0.5, 0.25, 3.0]), np.array([0, 1, 0, 1])
    z = second[..., None] * np.tanh(first[..., None] * x)
    return (np.log1p(np.exp(z)) - wanted * z).mean(axis=-1)


def test_the_picture_of_two_weights_is_the_closed_one() -> None:
    network, data = two_weights(1.5, -0.75)
    rows = np.arange(4)
    cut = make_cut(network, SurfaceRequest(), data, rows, 0)
    # A column of one weight: the direction is as long as the weight, and only its sign is drawn. Biases do not move.
    assert np.abs(cut.slice.directions).round(8).tolist() == [[0, 1.5, 0, 0.75]] * 2
    line = places(-1, 1, 7, [0.0])
    with closing(open_loss(network, data, rows)) as session:
        found = losses_on_grid(session, cut.slice, line, line)
    for i, b in enumerate(line):
        for j, a in enumerate(line):
            with closing(open_loss(network, data, rows)) as alone:
                assert found[i, j] == alone.loss(cut.slice.at(a, b))
    signs = np.sign(cut.slice.directions)
    first = 1.5 + 1.5 * (line[None, :] * signs[0, 1] + line[:, None] * signs[1, 1])
    second = -0.75 + 0.75 * (line[None, :] * signs[0, 3] + line[:, None] * signs[1, 3])
    assert found == pytest.approx(closed_loss(first, second), rel=2e-6)
    # Where both weights are 0 every output is 1/2.
    assert closed_loss(np.zeros(1), np.ones(1))[0] == pytest.approx(math.log(2))


def test_directions_are_as_long_as_the_weights_of_each_unit() -> None:
    topology = Topology(2, ["2 tanh", "1 logistic"])
    parameters = np.array([9, 8, 3, 0, 4, 2, 7, 5, 12], dtype=np.float32)
    # Weights of the first unit (3, 4), drawn (1, 0); of the second (0, 2), drawn (3, 4); of the output (5, 12), drawn (0, -2).
    found = random_direction(topology, parameters, Given(1, 3, 0, 4, 0, -2))
    assert found == pytest.approx([0, 0, 5, 2 * 3 / 5, 0, 2 * 4 / 5, 0, 0, -13])


def test_a_column_of_zeros_does_not_move() -> None:
    topology = Topology(1, ["2 tanh", "1 logistic"])
    found = random_direction(topology, np.zeros(topology.n_parameters, dtype=np.float32), np.random.default_rng(1))
    assert not found.any()


def test_principal_directions_are_those_of_the_second_moments() -> None:
    steps = np.random.default_rng(2).normal(size=(9, 40)) * np.linspace(3, 0.1, 40)
    found = principal_directions(steps, 2)
    values, vectors = np.linalg.eigh(steps.T @ steps)
    assert found.fractions == pytest.approx(values[[-1, -2]] / values.sum())
    for one, other in zip(found.directions, vectors[:, [-1, -2]].T, strict=True):
        assert abs(cosine(one, other)) == pytest.approx(1)
    assert found.directions @ found.directions.T == pytest.approx(np.eye(2))
    assert (found.directions @ steps[0] < 0).all()


def test_steps_on_a_line_have_one_direction() -> None:
    found = principal_directions(np.array([[3.0, 4.0], [-6.0, -8.0]]), 2)
    assert found.directions == pytest.approx(np.array([[-0.6, -0.8]]))
    assert found.fractions == pytest.approx([1.0])
    assert len(principal_directions(np.zeros((2, 3)), 2).fractions) == 0


def test_places_of_a_slice() -> None:
    cut = Slice(np.array([1.0, 2.0, 3.0]), np.array([[1.0, 0, 0], [0, 2.0, 0]]))
    assert cut.at(0.5, -1.0).tolist() == [1.5, 0.0, 3.0]
    assert cut.coordinates(np.array([[1.5, 0.0, 7.0]])) == pytest.approx(np.array([[0.5, -1.0]]))
    assert places(-0.3, 0.3, 51, [0.0])[25] == 0
    assert places(-0.5, 1.5, 3, [0.0, 1.0]).tolist() == [-0.5, 0.0, 0.5, 1.0, 1.5]


def test_rows_are_drawn_once_for_a_seed() -> None:
    numbers = np.arange(10, 30)
    drawn = some_rows(numbers, 5, 3)
    assert len(set(drawn.tolist()) & set(numbers.tolist())) == 5
    assert drawn.tolist() == sorted(some_rows(numbers, 5, 3).tolist())
    assert drawn.tolist() != some_rows(numbers, 5, 4).tolist()
    assert some_rows(numbers, 20, 3) is numbers


def made(seed: int, scaling: Scaling, **more: Any) -> Network:
    network = Network.create(
        3, ["4 tanh", "1 logistic"], classes=("a", "b"), loss="binary-cross-entropy", targets=(1.0, 0.0), **more
    )
    network.set_parameters(np.random.default_rng(seed).normal(size=network.topology.n_parameters))
    return replace(network, scaling=scaling)


def numbers(n: int) -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset(rng.normal(size=(n, 3)), rng.integers(0, 2, n), ("a", "b"))


def test_the_ends_of_a_line_are_the_networks_bit_for_bit() -> None:
    one = made(1, Scaling("zscore", np.float32([0.5, 0, -0.5]), np.float32([1, 2, 3])))
    other = made(2, Scaling("soft-clip", np.float32([0.25, 1, 0]), np.float32([3, 2, 1]), activation="soft-clip"))
    data, rows = numbers(60), np.arange(5, 55)
    line = np.array([0.0, 0.4, 1.0])
    found = values_on_line(Segment(one, other).at, data, rows, line, None, 1)
    for k, network in ((0, one), (2, other)):
        with closing(open_loss(network, data, rows)) as session:
            assert found.losses[k] == session.loss(network.parameters)
        evaluation = evaluate(network, data, rows)
        assert found.accuracies is not None
        assert found.accuracies[k] == evaluation.accuracy
        assert found.losses[k] == pytest.approx(evaluation.log_loss, rel=1e-5)
    # Between them: the weights and the scaled inputs.
    middle = Segment(one, other).at(0.4)
    assert one.parameters is not None
    assert other.parameters is not None
    assert middle.parameters == pytest.approx(0.6 * one.parameters + 0.4 * other.parameters, rel=1e-6)
    inputs = data.inputs[:4]
    mixed = 0.6 * one.scaling.apply(inputs) + 0.4 * other.scaling.apply(inputs)
    assert middle.scaling.apply(inputs) == pytest.approx(mixed, rel=1e-6)


def test_targets_move_along_a_line() -> None:
    first, last = (
        replace(
            Network.create(1, ["1 linear"], task="regression", loss="mse"),
            target_scaling=TargetScaling("zscore", np.float32([mean]), np.float32([spread])),
        )
        for mean, spread in ((10, 2), (20, 4))
    )
    for network in (first, last):
        network.set_parameters(np.zeros(2))
    data = Dataset(np.zeros((2, 1)), targets=np.array([[14.0], [18.0]]))
    # Output 0 is 10, 15 or 20, and the spread 2, 3 or 4: errors of (2, 4), (-1/3, 1), (-3/2, -1/2) spreads.
    found = values_on_line(Segment(first, last).at, data, np.arange(2), np.array([0, 0.5, 1.0]), None, 1)
    assert found.losses == pytest.approx([(4 + 16) / 2, (1 / 9 + 1) / 2, (9 / 4 + 1 / 4) / 2])
    assert found.accuracies is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"topology": Topology(3, ["5 tanh", "1 logistic"])}, "is a 3-5-1 network, and NETWORK a 3-4-1"),
        ({"topology": Topology(3, ["4 relu", "1 logistic"])}, "has the layers 4 relu, 1 logistic, and NETWORK 4 tanh, 1 logistic"),
        ({"classes": ("b", "a")}, "has the classes b, a, and NETWORK a, b"),
        ({"loss": "mse"}, "was trained with the loss mse, and NETWORK with binary-cross-entropy"),
        ({"task": "multi-label"}, "predicts something else than NETWORK"),
    ],
)  # fmt: skip
def test_networks_without_a_line_between_them(change: dict[str, Any], words: str) -> None:
    one = made(1, Scaling())
    assert why_no_segment(one, made(2, Scaling())) is None
    assert why_no_segment(one, replace(made(2, Scaling()), **change, parameters=None)) == words


def test_samples_are_those_of_the_training() -> None:
    network = made(1, Scaling(), record={"label_smoothing": 0.2, "class_weight": [3, 1]})
    data = Dataset(np.zeros((4, 3)), np.array([0, 1, 1, 0]), ("a", "b"))
    found = samples_of(network, data, np.array([0, 1, 2]), "binary-cross-entropy")
    assert found.targets is not None
    assert found.targets[:, 0] == pytest.approx([0.9, 0.1, 0.1])
    # 3, 1 and 1 over their mean.
    assert found.weights == pytest.approx([9 / 5, 3 / 5, 3 / 5])


def test_losses_that_overflow_stay_in_their_places() -> None:
    network = Network.create(1, ["1 linear"], task="regression", loss="mse")
    network.set_parameters(np.array([0.0, 1.0]))
    data = Dataset(np.array([[1.0], [2.0]]), targets=np.array([[1.0], [2.0]]))
    cut = Slice(np.array([0.0, 1.0]), np.array([[0.0, 1e30], [1.0, 0.0]]))
    with closing(open_loss(network, data, np.arange(2))) as session:
        found = losses_on_grid(session, cut, np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    assert found[:, 0].tolist() == [0.0, 1.0]
    assert not np.isfinite(found[:, 1]).any()


def test_products_of_a_dense_network() -> None:
    assert products_of(Topology(3, ["4 tanh", "2 softmax"]), np.zeros((1, 3))) == 1 + 4 * 4 + 5 * 2


def test_the_sharpest_directions_are_eigenvectors() -> None:
    network, data, rows = made(1, Scaling()), numbers(60), np.arange(60)
    assert network.parameters is not None
    cut = make_cut(network, SurfaceRequest("sharpest"), data, rows, 0)
    with closing(curved_loss(network, data, rows, "binary-cross-entropy")) as loss:
        whole = np.stack([loss.product("hessian", unit) for unit in np.eye(loss.size)])
    values, vectors = np.linalg.eigh((whole + whole.T) / 2)
    assert cut.told["eigenvalues"] == pytest.approx(values[[-1, -2]].tolist(), rel=1e-5)
    for direction, vector in zip(cut.slice.directions, vectors[:, [-1, -2]].T, strict=True):
        assert abs(cosine(direction, vector)) == pytest.approx(1, abs=1e-5)
        assert np.linalg.norm(direction) == pytest.approx(np.linalg.norm(network.parameters))
    assert cut.ranges == ((-0.5, 0.5),) * 2


def test_a_loss_of_straight_lines_has_no_sharpest_direction() -> None:
    values: Any = {"directions": Directions("sharpest"), "dimensions": 2, "points": 5, "range": 1.0, "rows": 9}
    network = Network.create(1, ["1 linear"], task="regression", loss="mae")
    with pytest.raises(UsageError, match=r"^there are no sharpest directions: loss mae is made of straight lines"):
        surface_request(values, network)
