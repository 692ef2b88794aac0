"""What has to hold of kinds of layers whatever their weights: what happens to the outputs where the inputs are permuted or shifted,
and which layers are the same layer."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from anncli.arrays import Rows, Tokens
from anncli.backends.base import Problem, Samples
from anncli.backends.reference import ReferenceBackend
from anncli.network.input_shapes import read_inputs
from anncli.network.names import PRODUCT_NAMES
from anncli.network.propagation import forward
from anncli.network.topology import Topology

LENGTHS = (1, 2, 3, 4, 5, 6, 7)
STARTS = np.r_[0, np.cumsum(LENGTHS)]


def float32(rng: np.random.Generator, *shape: int) -> Any:
    return rng.normal(size=shape).astype(np.float32)


def outputs(inputs: str, layers: list[str], parameters: Any, given: Any) -> Any:
    return forward(Topology(read_inputs(inputs), layers), parameters, given).activations[-1]


def parameters(inputs: str, layers: list[str], seed: int = 3) -> Any:
    return float32(np.random.default_rng(seed), Topology(read_inputs(inputs), layers).n_parameters)


AGENTS = ["16 relu communicate", "8 tanh", "12 tanh communicate skip 1", "3 softmax"]


@pytest.mark.parametrize("seed", range(3))
def test_permuting_the_agents_of_each_sample_permutes_their_outputs_exactly(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, own = float32(rng, int(STARTS[-1]), 5), parameters("any x 5", AGENTS, seed)
    order = np.concatenate([start + rng.permutation(n) for start, n in zip(STARTS[:-1], LENGTHS, strict=True)])
    found = outputs("any x 5", AGENTS, own, Rows(rows, STARTS))
    assert outputs("any x 5", AGENTS, own, Rows(rows[order], STARTS)).tolist() == found[order].tolist()


def test_permuting_agents_that_are_tokens_does_not_change_what_the_sample_gives() -> None:
    rng, layers = np.random.default_rng(5), ["6 embedding", "8 relu communicate", "max", "3 softmax"]
    own = parameters("9 tokens", layers)
    indices, values = rng.integers(0, 9, STARTS[-1]), float32(rng, int(STARTS[-1]))
    order = np.concatenate([start + rng.permutation(n) for start, n in zip(STARTS[:-1], LENGTHS, strict=True)])
    one, other = (Tokens(indices[k], values[k], STARTS, 9) for k in (slice(None), order))
    assert outputs("9 tokens", layers, own, other).tolist() == outputs("9 tokens", layers, own, one).tolist()


def test_an_agent_alone_is_a_dense_layer_and_hears_nothing() -> None:
    rng = np.random.default_rng(6)
    rows, alone = float32(rng, 4, 5), np.arange(5)
    own = parameters("any x 5", ["7 tanh communicate"]).reshape(11, 7)
    found = outputs("any x 5", ["7 tanh communicate"], own.reshape(-1), Rows(rows, alone))
    dense = outputs("5", ["7 tanh"], own[:6].reshape(-1), rows)
    assert found == pytest.approx(dense, rel=1e-6)


@pytest.mark.parametrize(("size", "shift"), [("3x3", (1, 2)), ("2x4", (2, 0)), ("1x1", (0, 3))])
def test_shifting_pictures_shifts_valid_convolutions(size: str, shift: tuple[int, int]) -> None:
    rng, (down, right) = np.random.default_rng(7), shift
    pictures = float32(rng, 2, 9, 10, 2)
    moved = np.zeros_like(pictures)
    moved[:, down:, right:] = pictures[:, : 9 - down, : 10 - right]
    layers = [f"4 tanh convolution {size} valid", f"3 relu convolution {size} valid"]
    shape, own = Topology(read_inputs("9x10x2"), layers).shapes[-1].grid, parameters("9x10x2", layers)
    assert shape is not None
    one, other = (
        outputs("9x10x2", layers, own, given.reshape(2, -1)).reshape(2, *shape) for given in (pictures, moved)
    )
    assert other[:, down:, right:] == pytest.approx(one[:, : shape[0] - down, : shape[1] - right], rel=1e-5, abs=1e-6)
    assert np.ptp(one) > 0.1


def test_rows_before_a_sample_shift_what_a_valid_convolution_gives_and_do_not_reach_other_samples() -> None:
    rng, layers = np.random.default_rng(8), ["4 tanh convolution 3 valid", "3 tanh convolution 2 valid"]
    own, sample, before, next_one = (
        parameters("any x 2", layers),
        float32(rng, 6, 2),
        float32(rng, 2, 2),
        float32(rng, 4, 2),
    )
    alone = outputs("any x 2", layers, own, Rows(np.r_[sample, next_one], np.array([0, 6, 10])))
    longer = outputs("any x 2", layers, own, Rows(np.r_[before, sample, next_one], np.array([0, 8, 12])))
    assert longer[2:] == pytest.approx(alone, rel=1e-5, abs=1e-6)
    # 6 - 2 - 1 rows of the first sample, 4 - 2 - 1 of the second.
    assert len(alone) == 3 + 1


def test_a_sample_that_is_the_same_twice_has_no_other_outputs_in_a_batch_of_any_kind() -> None:
    rng = np.random.default_rng(9)
    rows = float32(rng, int(STARTS[-1]), 3)
    layers = ["window 1", "5 tanh convolution 3", "4 relu communicate", "mean-pool 2 stride 1", "max", "2 linear"]
    own = parameters("any x 3", layers)
    together = outputs("any x 3", layers, own, Rows(rows, STARTS)[1:])
    for k, (first, last) in enumerate(pairwise(STARTS[1:])):
        alone = outputs("any x 3", layers, own, Rows(rows[first:last], np.array([0, last - first])))
        assert alone[0] == pytest.approx(together[k], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("product", [name for name, info in PRODUCT_NAMES.items() if info.components is None])
def test_vectors_of_one_component_are_a_dense_network_bit_for_bit(product: str) -> None:
    rng, dense = np.random.default_rng(10), ["7 tanh", "5 relu", "3 softmax"]
    vectors = [f"7x1 tanh {product}", f"5x1 relu {product}", "3 softmax"]
    own, inputs, targets = (
        parameters("6", dense),
        float32(rng, 40, 6),
        np.eye(3, dtype=np.float32)[rng.integers(0, 3, 40)],
    )
    results = []
    for layers in (dense, vectors):
        session = ReferenceBackend().open(Problem(Topology(6, layers), "cross-entropy"), Samples(inputs, targets))
        gradient = np.empty_like(own)
        loss = session.gradient(own, gradient, l2=0.01)
        results.append((session.outputs(own).tolist(), loss, gradient.tolist()))
    assert results[0] == results[1]
