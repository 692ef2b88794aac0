"""Layers of vectors, of agents and of tokens against torch: outputs and gradients in float32 and float64."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from chain_objective import STARTS, inputs_of

from anncli.arrays import Array, Rows
from anncli.network.input_shapes import read_inputs
from anncli.network.layers.products import product_of
from anncli.network.names import PRODUCT_NAMES
from anncli.network.propagation import backward, forward
from anncli.network.topology import Topology

torch = pytest.importorskip("torch")

TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
PRODUCTS = [(name, info.components or 6) for name, info in PRODUCT_NAMES.items()]


class Case:
    """A network with random weights and inputs, what it gives, and its gradient for a random slope."""

    def __init__(self, inputs: str, layers: list[str], dtype: str) -> None:
        rng, self.topology = np.random.default_rng(0), Topology(read_inputs(inputs), layers)
        self.parameters = rng.normal(0, 0.4, self.topology.n_parameters).astype(dtype)
        self.inputs = inputs_of(self.topology, rng).astype(dtype)
        passed = forward(self.topology, self.parameters, self.inputs)
        self.outputs = passed.activations[-1]
        self.delta = rng.normal(size=self.outputs.shape).astype(dtype)
        self.gradient = np.empty_like(self.parameters)
        backward(self.topology, self.parameters, passed, self.delta, self.gradient)
        self.blocks = [torch.tensor(blocks[0], requires_grad=True) for blocks in self.topology.blocks(self.parameters)]

    def check(self, z: Any, outputs: Any) -> None:
        """Compare with the pre-activations and outputs of torch, and with its gradient of the sum of delta * z."""
        (z * torch.tensor(self.delta)).sum().backward()
        found = np.concatenate([block.grad.numpy().ravel() for block in self.blocks])
        tolerance = TOLERANCE[str(self.parameters.dtype)]
        assert near(self.outputs, outputs.detach().numpy(), tolerance)
        assert near(self.gradient, found, tolerance)


def near(found: Array, wanted: Array, tolerance: float) -> bool:
    """Whether both differ by less than the tolerance, relative to the largest value."""
    assert found.dtype == wanted.dtype
    return bool(np.abs(found - wanted).max() <= tolerance * np.abs(wanted).max())


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("name", "n"), PRODUCTS)
def test_layers_of_vectors_are_an_einsum(name: str, n: int, dtype: str) -> None:
    case = Case(f"5x{n}", [f"4x{n} tanh {name}", f"3x{n} linear {name}"], dtype)
    tensor = torch.tensor(product_of(name, n).tensor().astype(dtype))
    x = torch.tensor(case.inputs).reshape(-1, 5, n)
    for number, block in enumerate(case.blocks):
        weights, biases = block[1:].reshape(len(block) - 1, -1, n), block[0].reshape(-1, n)
        z = torch.einsum("kij,pqi,npj->nqk", tensor, weights, x) + biases
        x = torch.tanh(z) if number == 0 else z
    flat = z.reshape(len(x), -1)
    case.check(flat, flat)


def commnet(h: Any, h0: Any, block: Any) -> Any:
    """One round of communication, as the paper writes it: each agent's own weights, those of the mean of the others, the skip."""
    d, rows = h.shape[1], []
    own, heard, skip = block[1 : 1 + d], block[1 + d : 1 + 2 * d], block[1 + 2 * d :]
    for first, last in pairwise(STARTS):
        for agent in range(first, last):
            others = [h[other] for other in range(first, last) if other != agent]
            mean = torch.stack(others).mean(0) if others else torch.zeros_like(h[agent])
            rows.append(block[0] + h[agent] @ own + mean @ heard + (h0[agent] @ skip if len(skip) else 0))
    return torch.stack(rows)


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_agents_are_commnet_on_groups_of_different_sizes(dtype: str) -> None:
    layers = ["6 tanh", "5 relu communicate", "4 relu", "7 relu communicate skip 1", "3 softmax"]
    case = Case("any x 4", layers, dtype)
    assert isinstance(case.inputs, Rows)
    first, second, third, fourth, last = case.blocks
    h0 = torch.tanh(torch.tensor(case.inputs.values) @ first[1:] + first[0])
    h = torch.relu(commnet(h0, h0, second))
    h = torch.relu(h @ third[1:] + third[0])
    h = torch.relu(commnet(h, h0, fourth))
    z = h @ last[1:] + last[0]
    case.check(z, torch.softmax(z, dim=1))


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_embeddings_are_those_of_torch(dtype: str) -> None:
    case = Case("40 tokens", ["6 embedding", "3 tanh"], dtype)
    table, last = case.blocks
    indices, values = torch.tensor(case.inputs.indices), torch.tensor(case.inputs.values)
    z = (torch.nn.functional.embedding(indices, table) * values[:, None]) @ last[1:] + last[0]
    case.check(z, torch.tanh(z))


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_dense_layers_on_tokens_are_bags_of_embeddings(dtype: str) -> None:
    case = Case("40 tokens", ["6 tanh", "2 linear"], dtype)
    first, last = case.blocks
    indices, values = torch.tensor(case.inputs.indices, dtype=torch.int64), torch.tensor(case.inputs.values)
    starts = torch.tensor(STARTS[:-1])
    bag = torch.nn.functional.embedding_bag(indices, first[1:], starts, mode="sum", per_sample_weights=values)
    z = torch.tanh(bag + first[0]) @ last[1:] + last[0]
    case.check(z, z)
