"""Error surfaces of networks with layers of every kind, on samples of every kind."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from anncli.analysis.network_loss import open_loss
from anncli.analysis.slices import Segment, random_direction
from anncli.analysis.surface import SurfaceRequest, losses_on_grid, products_of, values_on_line
from anncli.analysis.surface_cut import make_cut
from anncli.arrays import Array, Inputs, Rows, Tokens
from anncli.dataset.dataset import Dataset
from anncli.network.layers.base import Shape
from anncli.network.names import LAYER_NAMES
from anncli.network.network import Network
from anncli.network.topology import Topology

N = 12
STARTS = np.r_[0, np.cumsum([1, 3, 2] * (N // 3))]
MANY, TOKENS = Shape(3, None), Shape(30, None, None, True)
SPIKES = TOKENS._replace(spikes=True)

CASES = {
    "dense": (Shape(4), ["3 tanh"]),
    "convolution": (Shape(64, 1, (8, 8, 1)), ["3 tanh convolution 3x3", "max-pool 2x2", "mean-pool 2x2", "flatten"]),
    "convolution of rows": (MANY, ["4 tanh convolution 3", "mean"]),
    "window": (MANY, ["window 1", "4 tanh", "last"]),
    "pad": (MANY, ["pad 2", "4 tanh"]),
    "memory": (Shape(4), ["3 memory beta 2", "3 tanh"]),
    "bilinear": (Shape(8), ["3x2 tanh circular"]),
    "communicate": (MANY, ["4 tanh communicate", "max"]),
    "recurrent": (MANY, ["4 tanh recurrent bidirectional", "mean"]),
    "lstm": (MANY, ["3 lstm", "last"]),
    "gru": (TOKENS, ["3 gru", "last"]),
    "embedding": (TOKENS, ["5 embedding", "mean"]),
    "dense of tokens": (TOKENS, ["5 tanh"]),
    "first-spike": (SPIKES, ["8 lif", "2 first-spike"]),
    "peak-voltage": (SPIKES, ["8 lif", "2 peak-voltage"]),
}


def made(case: str, seed: int = 0) -> Network:
    shape, layers = CASES[case]
    topology = Topology(shape, layers if shape.spikes else [*layers, "1 logistic"])
    loss = "mse" if topology.own_loss is None else "first-spike:0.003,12.8"
    network = Network(topology, classes=("a", "b"), loss=loss, targets=(1.0, 0.0))
    # Weights around 0 would let no neuron fire.
    drawn = np.random.default_rng(seed).normal(4.0 if shape.spikes else 0.0, size=topology.n_parameters)
    network.set_parameters(drawn)
    return network


def samples(shape: Shape) -> Inputs:
    rng, total = np.random.default_rng(1), int(STARTS[-1])
    if shape.tokens:
        indices = rng.integers(0, shape.columns, total).astype(np.int32)
        values = rng.normal(size=total).astype(np.float32)
        return Tokens(indices, abs(values) / 100 if shape.spikes else values, STARTS, shape.columns)
    if shape.rows is None:
        return Rows(rng.normal(size=(total, shape.columns)).astype(np.float32), STARTS)
    vectors: Array = rng.normal(size=(N, shape.columns)).astype(np.float32)
    return vectors


def test_every_kind_is_there() -> None:
    kinds = {layer.kind for case in CASES for layer in made(case).layers}
    # Those of others have no losses of samples.
    assert set(LAYER_NAMES) <= kinds | {"hopfield", "skip-gram", "cbow"}, "a kind needs a case of its own"


@pytest.mark.parametrize("case", CASES)
def test_surfaces_of_every_kind(case: str) -> None:
    network, other = made(case), made(case, 1)
    assert network.parameters is not None
    inputs = samples(network.topology.inputs)
    data, rows = Dataset(inputs, np.arange(N) % 2, ("a", "b")), np.arange(1, N)
    direction = random_direction(network.topology, network.parameters, np.random.default_rng(2))
    for moved, own in zip(network.topology.weights(direction), network.weights, strict=True):
        assert np.linalg.norm(moved, axis=0) == pytest.approx(np.linalg.norm(own, axis=0), rel=1e-5)
    assert not any(view.any() for view in network.topology.biases(direction))
    for directions in ("random", "sharpest"):
        cut = make_cut(network, SurfaceRequest(directions), data, rows, 0)
        line = np.array([-0.5, 0.0, 0.5])
        with closing(open_loss(network, data, rows)) as session:
            losses = losses_on_grid(session, cut.slice, line, line)
            assert losses[1, 1] == session.loss(network.parameters)
            assert losses[0, 2] == session.loss(cut.slice.at(0.5, -0.5))
        assert np.isfinite(losses).all()
    found = values_on_line(Segment(network, other).at, data, rows, np.array([0.0, 1.0]), None, 1)
    for k, own in enumerate((network, other)):
        with closing(open_loss(own, data, rows)) as session:
            assert own.parameters is not None
            assert found.losses[k] == session.loss(own.parameters)


def test_products_of_a_sample() -> None:
    # Each of 64 places of the picture meets 10 weights of 3 units; 12 values are left for the output. A token reads one row of 5.
    assert products_of(made("convolution").topology, samples(CASES["convolution"][0])) == 1 + 64 * 10 * 3 + 13
    assert products_of(made("embedding").topology, samples(TOKENS)) == 1 + 2 * 5 + 6
