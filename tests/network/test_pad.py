"""Padding: the rows of a sample side by side, by hand and by a loop, the way back, and what is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest

from anncli.errors import ValueFault
from anncli.network.input_shapes import read_inputs
from anncli.network.layers import read_layer
from anncli.network.layers.base import Kept, Shape
from anncli.network.layers.pad import Pad
from anncli.network.topology import Topology

# Samples of three, one and two rows of two columns.
ROWS, STARTS = np.array([[1.0, 2], [3, 4], [5, 6], [7, 8], [9, 10], [11, 12]]), np.array([0, 3, 4, 6])


def laid_out(text: str) -> Kept:
    return read_layer(text).forward((), ROWS, STARTS)


def slope_of(text: str) -> list[list[float]]:
    layer, kept = read_layer(text), laid_out(text)
    slope = layer.backward((), kept, np.arange(1.0, kept.outputs.size + 1).reshape(kept.outputs.shape), (), True)
    assert slope is not None
    return slope.tolist()


def test_the_last_rows_stand_on_the_right() -> None:
    assert laid_out("pad 2").outputs.tolist() == [[3, 4, 5, 6], [0, 0, 7, 8], [9, 10, 11, 12]]
    # The first row of the first sample is not read; the third value of the second sample is its first one.
    assert slope_of("pad 2") == [[0, 0], [1, 2], [3, 4], [7, 8], [9, 10], [11, 12]]


def test_the_first_rows_stand_on_the_left() -> None:
    assert laid_out("pad 2 right").outputs.tolist() == [[1, 2, 3, 4], [7, 8, 0, 0], [9, 10, 11, 12]]
    assert slope_of("pad 2 right") == [[1, 2], [3, 4], [0, 0], [5, 6], [9, 10], [11, 12]]


def test_one_row_on_the_left_is_the_last_one() -> None:
    assert laid_out("pad 1").outputs.tolist() == laid_out("last").outputs.tolist()


@pytest.mark.parametrize("text", ["pad 4", "pad 4 right"])
def test_samples_of_any_length_as_a_loop_pads_them(text: str) -> None:
    rng = np.random.default_rng(3)
    samples = [rng.normal(size=(length, 3)) for length in (1, 9, 4, 3, 5, 2)]
    found = read_layer(text).forward((), np.concatenate(samples), np.cumsum([0, *map(len, samples)])).outputs
    for sample, row in zip(samples, found, strict=True):
        zeros = np.zeros((max(0, 4 - len(sample)), 3))
        wanted = [*sample[:4], *zeros] if "right" in text else [*zeros, *sample[-4:]]
        assert row.tolist() == np.concatenate(wanted).tolist()


def test_samples_without_rows_are_zeros() -> None:
    found = read_layer("pad 2").forward((), np.empty((0, 3)), np.array([0, 0, 0])).outputs
    assert found.tolist() == [[0.0] * 6] * 2


def test_one_row_comes_out() -> None:
    topology = Topology(read_inputs("any x 3"), ["5 tanh", "pad 4", "2 softmax"])
    assert topology.shapes[2] == Shape(20)
    assert topology.n_parameters == 4 * 5 + 21 * 2
    assert not topology.answers_rows
    assert not topology.streams
    assert topology.least_rows == 1


@pytest.mark.parametrize(("text", "spelling"), [("PAD  12", "pad 12"), ("pad 3 left", "pad 3"), ("pad 3 right", "pad 3 right")])  # fmt: skip
def test_the_one_spelling(text: str, spelling: str) -> None:
    assert read_layer(text).text() == spelling
    assert read_layer(spelling) == read_layer(text)


def test_made_in_python() -> None:
    assert Pad(3, "right") == read_layer("pad 3 right")
    with pytest.raises(ValueFault, match=r"^a layer is padded on the left or on the right, found 'up'; write `left` or `right`$"):  # fmt: skip
        Pad(3, "up")


@pytest.mark.parametrize(
    ("inputs", "layers", "message"),
    [
        ("9", "pad 3", "layer 1: `pad 3` needs samples of several rows; write `inputs: any x 12`"),
        ("any x 3", "last, pad 3", "layer 2: `pad 3` needs samples of several rows; the layer before gives one"),
        ("9 tokens", "pad 3", "layer 1: `pad 3` cannot read tokens; put `64 embedding` or a dense layer before it"),
        ("any x 3", "pad", "`pad` is a number of rows and a side, found 'pad'; write for example `pad 12`, or `pad 12 right`"),
        ("any x 3", "pad 0", "`pad` is a number of rows and a side, found 'pad 0'; write for example `pad 12`, or `pad 12 right`"),
        ("any x 3", "pad 2 up", "`pad` is a number of rows and a side, found 'pad 2 up'; write for example `pad 12`, or `pad 12 right`"),
        ("any x 3", "padding 2", "unknown kind of layer 'padding'; write `pad`"),
    ],
)  # fmt: skip
def test_chains_that_cannot_be(inputs: str, layers: str, message: str) -> None:
    with pytest.raises(ValueFault, match=f"^{re.escape(message)}$"):
        Topology(read_inputs(inputs), [*layers.split(", "), "1 logistic"])
