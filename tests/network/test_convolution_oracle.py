"""Convolutions and pools against torch and scipy: outputs and gradients."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from anncli.arrays import Array, Rows
from anncli.network.layers.base import Shape
from anncli.network.propagation import backward, forward
from anncli.network.topology import Topology

torch = pytest.importorskip("torch")
# The oneDNN of torch 2.13 frees what is not its own when the process ends, after gradients of 1x1 convolutions.
torch.backends.mkldnn.enabled = False

TOLERANCE = {np.float32: 1e-5, np.float64: 1e-10}
LENGTHS = (1, 2, 3, 5, 7, 9)


def compared(topology: Topology, inputs: Any, model: Any, dtype: Any) -> None:
    """Outputs, gradient of all parameters and slope of the inputs; model(inputs, block, last): with torch tensors of the first
    and the last block and of the inputs, gives the outputs."""
    rng = np.random.default_rng(1)
    parameters = rng.normal(0, 0.5, topology.n_parameters).astype(dtype)
    blocks = [torch.tensor(block, requires_grad=True) for (block,) in filter(None, topology.blocks(parameters))]
    values = inputs.values if isinstance(inputs, Rows) else inputs
    given = torch.tensor(values, requires_grad=True)
    wanted = model(given, *blocks)
    passed = forward(topology, parameters, inputs)
    outputs = passed.activations[-1]
    weights = rng.normal(size=outputs.shape).astype(dtype)
    (wanted * torch.tensor(weights)).sum().backward()
    gradient = np.empty_like(parameters)
    backward(topology, parameters, passed, weights, gradient)
    expected = np.concatenate([block.grad.numpy().ravel() for block in blocks])
    for mine, other in ((outputs, wanted.detach().numpy()), (gradient, expected)):
        assert np.abs(mine - other).max() <= TOLERANCE[dtype] * max(1.0, np.abs(other).max())


def kernel_of(block: Any, size: tuple[int, ...]) -> Any:
    """Weights as torch has them: (units, channels, *size)."""
    weights = block[1:].reshape(*size, -1, block.shape[1])
    return weights.permute(-1, -2, *range(len(size)))


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (4, 2), (2, 5)])
def test_convolutions_over_pictures(size: tuple[int, int], padding: str, stride: tuple[int, int], dtype: Any) -> None:
    shape, (down, right) = Shape(9 * 8 * 3, 1, (9, 8, 3)), size
    text = f"4 tanh convolution {down}x{right} {padding} stride {stride[0]}x{stride[1]}"
    pictures = np.random.default_rng(0).normal(size=(5, shape.columns)).astype(dtype)

    def model(given: Any, block: Any, last: Any) -> Any:
        channels_first = given.reshape(5, 9, 8, 3).permute(0, 3, 1, 2)
        if padding == "same":
            edges = ((right - 1) // 2, right // 2, (down - 1) // 2, down // 2)
            channels_first = torch.nn.functional.pad(channels_first, edges)
        z = torch.nn.functional.conv2d(channels_first, kernel_of(block, size), block[0], stride=stride)
        return torch.tanh(z).permute(0, 2, 3, 1).reshape(5, -1) @ last[1:] + last[0]

    compared(Topology(shape, [text, "2 linear"]), pictures, model, dtype)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [1, 3, 4])
def test_convolutions_over_rows(size: int, stride: int, dtype: Any) -> None:
    starts = np.r_[0, np.cumsum(LENGTHS)]
    rows = Rows(np.random.default_rng(0).normal(size=(starts[-1], 3)).astype(dtype), starts)

    def model(given: Any, block: Any, last: Any) -> Any:
        found = []
        for first, end in itertools.pairwise(starts):
            sample = torch.nn.functional.pad(given[first:end].T[None], ((size - 1) // 2, size // 2))
            z = torch.nn.functional.conv1d(sample, kernel_of(block, (size,)), block[0], stride=stride)
            found.append(torch.tanh(z)[0].mean(dim=1))
        return torch.stack(found) @ last[1:] + last[0]

    text = f"4 tanh convolution {size} stride {stride}"
    compared(Topology(Shape(3, None), [text, "mean", "2 linear"]), rows, model, dtype)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("stride", [None, (1, 1), (2, 3)])
@pytest.mark.parametrize("kind", ["mean-pool", "max-pool"])
def test_pools_over_pictures(kind: str, stride: tuple[int, int] | None, dtype: Any) -> None:
    shape = Shape(9 * 8 * 3, 1, (9, 8, 3))
    words = "" if stride is None else f" stride {stride[0]}x{stride[1]}"
    pictures = np.random.default_rng(0).normal(size=(5, shape.columns)).astype(dtype)
    pool = torch.nn.functional.avg_pool2d if kind == "mean-pool" else torch.nn.functional.max_pool2d

    def model(given: Any, block: Any, last: Any) -> Any:
        z = torch.nn.functional.conv2d(
            given.reshape(5, 9, 8, 3).permute(0, 3, 1, 2), kernel_of(block, (1, 1)), block[0]
        )
        return pool(torch.tanh(z), (3, 2), stride).permute(0, 2, 3, 1).reshape(5, -1) @ last[1:] + last[0]

    layers = ["3 tanh convolution 1x1", f"{kind} 3x2{words}", "2 linear"]
    compared(Topology(shape, layers), pictures, model, dtype)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("reduction", ["last", "mean", "max"])
@pytest.mark.parametrize("kind", ["mean-pool", "max-pool"])
def test_pools_and_reductions_over_rows(kind: str, reduction: str, dtype: Any) -> None:
    lengths = [length + 2 for length in LENGTHS]
    starts = np.r_[0, np.cumsum(lengths)]
    rows = Rows(np.random.default_rng(0).normal(size=(starts[-1], 3)).astype(dtype), starts)
    pool = torch.nn.functional.avg_pool1d if kind == "mean-pool" else torch.nn.functional.max_pool1d
    reduced = {"last": lambda x: x[:, -1], "mean": lambda x: x.mean(dim=1), "max": lambda x: x.max(dim=1).values}

    def model(given: Any, block: Any, last: Any) -> Any:
        found = []
        for first, end in itertools.pairwise(starts):
            hidden = torch.tanh(given[first:end] @ block[1:] + block[0])
            found.append(reduced[reduction](pool(hidden.T[None], 3, 2)[0]))
        return torch.stack(found) @ last[1:] + last[0]

    compared(Topology(Shape(3, None), ["4 tanh", f"{kind} 3 stride 2", reduction, "2 linear"]), rows, model, dtype)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_one_channel_is_a_correlation(padding: str) -> None:
    signal = pytest.importorskip("scipy.signal")
    rng = np.random.default_rng(0)
    picture, kernel = rng.normal(size=(11, 13)), rng.normal(size=(5, 3))
    layer = Topology(Shape(11 * 13, 1, (11, 13, 1)), [f"1 linear convolution 5x3 {padding}"])
    parameters: Array = np.r_[0.25, kernel.ravel()]
    found = forward(layer, parameters, picture.reshape(1, -1)).activations[-1]
    assert found.ravel() == pytest.approx((signal.correlate2d(picture, kernel, padding) + 0.25).ravel(), rel=1e-12)
