"""Convolutions, pools, reductions and windows of rows: by hand, by differences, and what they refuse."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from chain_objective import objective_of

from anncli.analysis.gradient_check import check_gradient
from anncli.arrays import Array
from anncli.backends.gauss_newton import jacobian_rows
from anncli.errors import ValueFault
from anncli.network.input_shapes import read_inputs
from anncli.network.layers import read_layer
from anncli.network.layers.base import Kept, Shape
from anncli.network.layers.convolution import Convolution
from anncli.network.layers.pools import MaxPool, MeanPool
from anncli.network.propagation import backward, forward
from anncli.network.topology import Topology
from anncli.training.trainers.curvature import hessian_product


def passed_through(text: str, inputs: Array, shape: Shape, starts: Array | None = None, block: Any = None) -> Kept:
    """What one layer, in its place above the shape, gives."""
    blocks = () if block is None else (np.asarray(block, dtype=float),)
    return read_layer(text).on(shape).forward(blocks, inputs, starts)


# By hand


def test_a_convolution_over_a_picture_by_hand() -> None:
    picture, shape = np.array([[1.0, 2, 3, 4, 5, 6]]), Shape(6, 1, (2, 3, 1))
    # The window of 2 x 2 has its centre top left: even sizes are padded on the right and below. Bias 100, weights 1, 10, 1000, 10000.
    block = [[100], [1], [10], [1000], [10000]]
    kept = passed_through("1 linear convolution 2x2", picture, shape, None, block)
    assert kept.outputs.tolist() == [[54121, 65132, 6103, 154, 165, 106]]
    valid = passed_through("1 linear convolution 2x2 valid", picture, shape, None, block)
    assert valid.outputs.tolist() == [[54121, 65132]]
    # A window of 3 x 3 sees the zeros above and left of the first place: only its lower right quarter counts there.
    nine = [[0], *([10.0**k] for k in range(9))]
    same = passed_through("1 linear convolution 3x3", picture, shape, None, nine)
    assert same.outputs[0, 0] == 1 * 1e4 + 2 * 1e5 + 4 * 1e7 + 5 * 1e8


@pytest.mark.parametrize(
    ("words", "kept"),
    [("", [0, 1, 2, 3, 4, 5]), (" stride 2", [0, 2, 4]), (" stride 3", [0, 3]), (" stride 7", [0])],
)
def test_a_stride_keeps_every_so_many_places(words: str, kept: list[int]) -> None:
    rng, shape = np.random.default_rng(0), Shape(36 * 2, 1, (6, 6, 2))
    block, pictures = rng.normal(size=(1 + 9 * 2, 4)), rng.normal(size=(2, 72))
    every = passed_through("4 tanh convolution 3x3", pictures, shape, None, block).outputs.reshape(2, 6, 6, 4)
    some = passed_through("4 tanh convolution 3x3" + words, pictures, shape, None, block).outputs
    assert some.reshape(2, len(kept), len(kept), 4) == pytest.approx(every[:, kept][:, :, kept], rel=1e-12)


def test_channels_vary_fastest_then_columns() -> None:
    # One window over all of a picture of 1 x 2 with 2 channels: weights in the order of the numbers of the picture.
    block = [[0], [1], [10], [100], [1000]]
    kept = passed_through(
        "1 linear convolution 1x2 valid", np.array([[1.0, 2, 3, 4]]), Shape(4, 1, (1, 2, 2)), None, block
    )
    assert kept.outputs.tolist() == [[4321]]


def test_a_convolution_over_rows_by_hand() -> None:
    # Samples of 3 and 1 rows of one column; window of 4: one row before, two after, and none of another sample.
    rows, starts = np.array([[1.0], [2], [3], [4]]), np.array([0, 3, 4])
    block = [[0], [1], [10], [100], [1000]]
    kept = passed_through("1 linear convolution 4", rows, Shape(1, None), starts, block)
    assert kept.outputs[:, 0].tolist() == [3210, 321, 32, 40]
    assert kept.starts is not None
    assert kept.starts.tolist() == [0, 3, 4]
    strided = passed_through("1 linear convolution 4 stride 2", rows, Shape(1, None), starts, block)
    assert strided.outputs[:, 0].tolist() == [3210, 32, 40]
    assert strided.starts is not None
    assert strided.starts.tolist() == [0, 2, 3]
    valid = passed_through("1 linear convolution 1 valid stride 2", rows, Shape(1, None), starts, [[5], [2]])
    assert valid.outputs[:, 0].tolist() == [7, 11, 13]


def test_pools_over_a_picture_by_hand() -> None:
    # Two channels, 3 x 3: the third row and column are left over.
    first, second = np.array([[1.0, 5, 2], [3, 4, 9], [7, 8, 6]]), np.arange(9.0).reshape(3, 3)
    pictures, shape = np.stack([first, second], axis=2).reshape(1, 18), Shape(18, 1, (3, 3, 2))
    assert passed_through("mean-pool 2x2", pictures, shape).outputs.tolist() == [[3.25, 2]]
    assert passed_through("max-pool 2x2", pictures, shape).outputs.tolist() == [[5, 4]]
    strided = passed_through("max-pool 2x2 stride 1", pictures, shape).outputs.reshape(2, 2, 2)
    assert strided[:, :, 0].tolist() == [[5, 9], [8, 9]]
    assert strided[:, :, 1].tolist() == [[4, 5], [7, 8]]


def test_pools_and_reductions_over_rows_by_hand() -> None:
    rows, starts, shape = np.array([[1.0, 8], [3, 2], [2, 9], [5, 5]]), np.array([0, 3, 4]), Shape(2, None)
    pooled = passed_through("mean-pool 2 stride 1", rows, shape, np.array([0, 2, 4]))
    assert pooled.outputs.tolist() == [[2, 5], [3.5, 7]]
    assert passed_through("max-pool 1", rows, shape, starts).outputs.tolist() == rows.tolist()
    assert passed_through("max-pool 3", rows[:3], shape, np.array([0, 3])).outputs.tolist() == [[3, 9]]
    assert passed_through("last", rows, shape, starts).outputs.tolist() == [[2, 9], [5, 5]]
    assert passed_through("mean", rows, shape, starts).outputs.tolist() == [[2, 19 / 3], [5, 5]]
    assert passed_through("max", rows, shape, starts).outputs.tolist() == [[3, 9], [5, 5]]


def test_a_window_of_rows_by_hand() -> None:
    rows, starts = np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([0, 2, 3])
    kept = passed_through("window 1", rows, Shape(2, None), starts)
    assert kept.outputs.tolist() == [[0, 0, 1, 2, 3, 4], [1, 2, 3, 4, 0, 0], [0, 0, 5, 6, 0, 0]]


def test_a_window_at_the_last_row_pads_short_samples_on_the_left() -> None:
    rows, starts = np.array([[1.0], [2], [3], [4], [5]]), np.array([0, 4, 5])
    windows = passed_through("window 2", rows, Shape(1, None), starts)
    ends = passed_through("last", windows.outputs, Shape(5, None), windows.starts)
    assert ends.outputs.tolist() == [[2, 3, 4, 0, 0], [0, 0, 5, 0, 0]]


def test_the_first_of_equal_values_has_the_slope() -> None:
    layer = read_layer("max-pool 2x2").on(Shape(4, 1, (2, 2, 1)))
    kept = layer.forward((), np.array([[1.0, 7, 7, 2]]), None)
    slope = layer.backward((), kept, np.array([[5.0]]), (), True)
    assert slope is not None
    assert slope.tolist() == [[0, 5, 0, 0]]
    layer = read_layer("max")
    kept = layer.forward((), np.array([[7.0], [7]]), np.array([0, 2]))
    slope = layer.backward((), kept, np.array([[5.0]]), (), True)
    assert slope is not None
    assert slope.tolist() == [[5], [0]]


# By differences

GRIDS = [
    ("7x6x2", ["3 tanh convolution 3x2", "mean-pool 2x2", "2 softmax"]),
    ("7x6x2", ["3 softplus convolution 2x3 valid stride 2", "flatten", "2 softmax"]),
    ("7x6", ["3 relu convolution 3x3 stride 2x1", "max-pool 2x2 stride 1", "2 softmax"]),
    ("6x6", ["mean-pool 2x2", "2 tanh convolution 3x3", "3 logistic convolution 2x2 valid", "1 logistic"]),
]
RAGGED = [
    ("any x 2", ["3 tanh convolution 3", "mean", "2 softmax"]),
    ("any x 2", ["3 tanh convolution 4 stride 2", "2 softplus convolution 2", "last", "1 logistic"]),
    ("any x 2", ["window 2", "3 tanh", "max", "2 softmax"]),
    ("any x 2", ["4 tanh", "max-pool 1", "3 tanh convolution 1 valid", "mean-pool 1", "last", "2 softmax"]),
]
ROWWISE = [
    ("any x 2", ["4 tanh convolution 5", "window 1", "2 softmax"]),
    ("any x 2", ["4 tanh convolution 2", "2 softmax convolution 3"]),
]


@pytest.mark.parametrize(("inputs", "layers"), [*GRIDS, *RAGGED, *ROWWISE])
def test_gradients_are_those_of_differences(inputs: str, layers: list[str]) -> None:
    objective, point = objective_of(inputs, layers)
    found = check_gradient(objective, point.astype(np.float32), np.random.default_rng(0), limit=400)
    assert found.error < 1e-6
    assert found.checked > 0.9 * len(point)
    assert abs(objective.precise().loss_and_gradient(point)[1]).min() > 0 or "relu" in str(layers)
    assert found.backend_error < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(("inputs", "layers"), [*GRIDS, *RAGGED, *ROWWISE])
def test_hessian_products_are_those_of_differences(inputs: str, layers: list[str]) -> None:
    objective, point = objective_of(inputs, layers)
    objective = objective.precise()
    assert objective.topology.lacks("second_order") is None
    direction = np.random.default_rng(1).normal(size=len(point))
    step = 1e-5 * direction
    low, high = (objective.loss_and_gradient(at)[1] for at in (point - step, point + step))
    product = hessian_product(objective, point, direction)
    assert product == pytest.approx((high - low) / 2e-5, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(("inputs", "layers"), [*GRIDS, *RAGGED[:2]])
def test_row_gradients_are_the_gradients_of_single_samples(inputs: str, layers: list[str]) -> None:
    objective, point = objective_of(inputs, layers)
    topology, given = objective.topology, objective.inputs.astype(np.float64)
    assert topology.lacks("row_gradients") is None
    delta = np.random.default_rng(1).normal(size=(len(given), topology.n_outputs))
    rows = jacobian_rows(topology, point, forward(topology, point, given), delta)
    gradient = np.empty_like(point)
    for sample in range(len(given)):
        here = np.arange(sample, sample + 1)
        backward(topology, point, forward(topology, point, given[here]), delta[here], gradient)
        assert rows[sample] == pytest.approx(gradient, rel=1e-9, abs=1e-12)


def test_batches_larger_than_a_portion_and_samples_one_by_one_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for inputs, layers in (*GRIDS, *RAGGED):
        objective, point = objective_of(inputs, layers)
        objective = objective.precise()
        value, gradient = objective.loss_and_gradient(point)
        monkeypatch.setattr("anncli.network.layers.windows.PORTION", 1)
        again, other = objective.loss_and_gradient(point)
        monkeypatch.undo()
        assert again == pytest.approx(value, rel=1e-12)
        assert other == pytest.approx(gradient, rel=1e-9, abs=1e-12)


def test_shifting_a_picture_shifts_what_a_convolution_gives() -> None:
    rng, shape = np.random.default_rng(0), Shape(64, 1, (8, 8, 1))
    picture, block = np.zeros((8, 8)), rng.normal(size=(10, 2))
    picture[2:5, 2:5] = rng.normal(size=(3, 3))
    one, two = (
        passed_through(
            "2 tanh convolution 3x3", np.roll(picture, by, (0, 1)).reshape(1, 64), shape, None, block
        ).outputs
        for by in ((0, 0), (1, 2))
    )
    assert np.roll(one.reshape(8, 8, 2), (1, 2), (0, 1)).tolist() == two.reshape(8, 8, 2).tolist()


# Words

LENET = (
    "6 tanh convolution 5x5, mean-pool 2x2, 16 tanh convolution 5x5 valid, mean-pool 2x2, 120 tanh, 84 tanh, 10 softmax"
)


def test_shapes_and_parameters_of_lenet() -> None:
    topology = Topology(read_inputs("28x28"), LENET.split(", "))
    assert [shape.grid for shape in topology.shapes] == [
        (28, 28, 1), (28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16), None, None, None,
    ]  # fmt: skip
    # LeCun et al. 1998 count 156 of C1 and, with all connections, 2416 of C3, 48120 of C5, 10164 of F6; 850 of the outputs.
    assert topology.n_parameters == 156 + 2416 + 48120 + 10164 + 850
    assert topology.parameter_name(1) == "layer 1, unit 2, bias"
    assert topology.parameter_name(6 * 8 + 2) == "layer 1, unit 3, weight from row 2 and column 3 of the window"
    assert topology.parameter_name(156 + 16 * (1 + 6) + 1) == (
        "layer 3, unit 2, weight from channel 1 at row 1 and column 2 of the window"
    )
    rows = Topology(read_inputs("any x 3"), ["2 tanh convolution 4", "mean", "1 logistic"])
    assert rows.parameter_name(2 * 6) == "layer 1, unit 1, weight from input 3 in row 2 of the window"


def test_the_rows_that_a_sample_must_have() -> None:
    def least(*layers: str) -> int:
        return Topology(Shape(3, None), [*layers, "last", "1 logistic"]).least_rows

    assert least("5 tanh convolution 8") == 1
    assert least("5 tanh convolution 8 valid") == 8
    assert least("5 tanh convolution 8 valid", "mean-pool 2") == 9
    assert least("mean-pool 2", "5 tanh convolution 8 valid") == 16
    assert least("5 tanh convolution 3 valid stride 2", "max-pool 3 stride 1", "window 2") == 7
    assert Topology(Shape(16, 1, (4, 4, 1)), ["5 tanh convolution 3x3 valid", "1 logistic"]).least_rows == 1


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("6  tanh Convolution 5x5 same", "6 tanh convolution 5x5"),
        ("6 sigmoid convolution 5 valid stride 1", "6 logistic convolution 5 valid"),
        ("6 tanh convolution 5x3 stride 2", "6 tanh convolution 5x3 stride 2"),
        ("6 tanh convolution 5x3 stride 2x1", "6 tanh convolution 5x3 stride 2x1"),
        ("Mean_Pool 2x2 stride 2", "mean-pool 2x2"),
        ("max-pool 3 stride 2", "max-pool 3 stride 2"),
        ("window  4", "window 4"),
        ("FLATTEN", "flatten"),
    ],
)
def test_the_one_spelling_of_a_layer(text: str, spelling: str) -> None:
    assert read_layer(text).text() == spelling
    assert read_layer(spelling) == read_layer(text)


def test_layers_made_in_python() -> None:
    assert Convolution(6, "tanh", (5, 5), "valid", 2) == read_layer("6 tanh convolution 5x5 valid stride 2")
    assert (MeanPool(2), MaxPool("2x2", 1)) == (read_layer("mean-pool 2"), read_layer("max-pool 2x2 stride 1"))
    layer = Convolution(6, "tanh", "5x3")
    assert (layer.size, layer.stride, layer.padding) == ((5, 3), (1, 1), "same")
    assert (MaxPool((3, 2)).size, MaxPool((3, 2)).stride) == ((3, 2), (3, 2))


@pytest.mark.parametrize(
    ("inputs", "layers", "message"),
    [
        ("28x28", "6 tanh convolutoin 5x5", "unknown kind of layer 'convolutoin'; did you mean 'convolution'?"),
        ("28x28", "6 tanh conv2d 5x5", "unknown kind of layer 'conv2d'; write `convolution`"),
        ("28x28", "maxpool 2x2", "unknown kind of layer 'maxpool'; write `max-pool`"),
        ("28x28", "flaten", "unknown kind of layer 'flaten'; did you mean 'flatten'?"),
        ("28x28", "6 tanh convolution 5x5 vaild", "unknown word 'vaild' after a convolution; did you mean 'valid'?"),
        ("28x28", "6 tanh convolution 5x5 valid same", "'same' is one word too many after a convolution; write for example `6 tanh convolution 5x5` for pictures, `16 relu convolution 8` for rows"),
        ("28x28", "6 tanh convolution 5x5 valid strid 2", "unknown word 'strid' after a convolution; did you mean 'stride'?"),
        ("28x28", "6 tanh convolution 5x5 stride", "`stride` needs a number after it; write for example `stride 2`"),
        ("28x28", "6 tanh convolution 5x5 stride 0", "`stride` must be one whole number above 0, or two such as `5x5`, found '0'; write for example `stride 2`"),
        ("28x28", "6 tanh convolution", "a convolution is units, activation and the size of a window, found '6 tanh convolution'; write for example `6 tanh convolution 5x5` for pictures, `16 relu convolution 8` for rows"),
        ("28x28", "6 tanh convolution 5x5x5", "`size` must be one whole number above 0, or two such as `5x5`, found '5x5x5'; write for example `6 tanh convolution 5x5` for pictures, `16 relu convolution 8` for rows"),
        ("28x28", "0 tanh convolution 5x5", "a layer needs at least 1 unit, found 0; write for example `6 tanh convolution 5x5` for pictures, `16 relu convolution 8` for rows"),
        ("28x28", "6 tnah convolution 5x5", "unknown activation 'tnah'; did you mean 'tanh'?"),
        ("28x28", "6 tanh convolution 5", "layer 1: `convolution 5` slides over rows, and this is a picture; write `convolution 5x5`"),
        ("784", "6 tanh convolution 5x5", "layer 1: `convolution 5x5` needs a picture; write `inputs: 28x28`"),
        ("any x 3", "16 tanh, max-pool 2x2", "layer 2: `max-pool 2x2` needs a picture; write `max-pool 2`, which slides over rows"),
        ("28x28", "5 tanh, 6 tanh convolution 5x5", "layer 2: `convolution 5x5` needs a picture; the layer before gives none: put it after `inputs: 28x28`"),
        ("4x4", "6 tanh convolution 5x5 valid", "layer 1: windows of 5x5 are larger than the picture of 4x4; make them smaller, or leave out `valid`"),
        ("4x4", "mean-pool 5x2", "layer 1: windows of 5x2 are larger than the picture of 4x4; make them smaller"),
        ("9", "mean-pool 2", "layer 1: `mean-pool 2` needs samples of several rows; write `inputs: any x 12`"),
        ("9", "5 tanh, last", "layer 2: `last` needs samples of several rows; the layer before gives one"),
        ("28x28", "last", "layer 1: `last` needs samples of several rows; `mean-pool` and `max-pool` are for pictures"),
        ("9", "window 2", "layer 1: `window 2` needs samples of several rows; write `inputs: any x 12`"),
        ("any x 3", "flatten", "layer 1: `flatten` is for pictures, and this is any number of rows; use `last`, `mean`, `max` or, for the last 12 rows side by side, `pad 12`"),
        ("any x 3", "last 2", "`last` has no settings, found 'last 2'; write `last`"),
        ("any x 3", "window", "a window is the number of rows on each side, found 'window'; write for example `window 2`"),
        ("28x28", "mean-pool", "a mean-pool is the size of a window, found 'mean-pool'; write for example `mean-pool 2x2` for pictures, `mean-pool 2` for rows"),
        ("28x28", "6 softmax convolution 3x3", "layer 1: softmax is for the output layer only"),
        ("50 tokens", "mean", "layer 1: `mean` cannot read tokens; put `64 embedding` or a dense layer before it"),
    ],
)  # fmt: skip
def test_chains_that_cannot_be(inputs: str, layers: str, message: str) -> None:
    with pytest.raises(ValueFault, match=f"^{re.escape(message)}$"):
        Topology(read_inputs(inputs), [*layers.split(", "), "1 logistic"])


def test_a_softmax_over_all_of_a_picture_is_refused() -> None:
    message = "layer 1: softmax is over the units of a dense layer; add `K softmax` with K classes"
    with pytest.raises(ValueFault, match=f"^{message}$"):
        Topology(read_inputs("28x28"), ["10 softmax convolution 3x3"])
    with pytest.raises(
        ValueFault, match=r"^layer 1: `flatten` cannot be the output layer; add `1 logistic` or `K softmax`$"
    ):
        Topology(read_inputs("28x28"), ["flatten"])
