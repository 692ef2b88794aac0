"""Training in pieces against torch: the state of each sample is detached between pieces, and an update follows each piece."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.arrays import Array, Rows
from anncli.backends.base import Backend, Problem, Samples
from anncli.backends.choice import choose_backend
from anncli.backends.reference import ReferenceBackend
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.input_shapes import read_inputs
from anncli.network.topology import Topology

torch = pytest.importorskip("torch")

D, H, K, PIECE, BATCH, EPOCHS = 3, 5, 4, 3, 3, 3
LENGTHS = (8, 1, 5, 12, 3, 7, 2)
# Each batch is a piece of one row longer than the others, has samples that end early, or has a sample alone.
ORDERS = ([3, 0, 4, 1, 2, 5, 6], [6, 5, 4, 3, 2, 1, 0], [1, 6, 0, 2, 4, 5, 3])
KINDS = {"LSTM": f"{H} lstm", "GRU": f"{H} gru", "RNN": f"{H} tanh recurrent"}
RULES = {"sgd": UpdateRule("sgd", 0.1, 0.9), "adam": UpdateRule("adam", 0.02), "clipped": UpdateRule("adam", 0.02, clip=0.2)}  # fmt: skip


class Torch(torch.nn.Module):  # type: ignore[misc]
    """The same network with the numbers of a parameter vector."""

    def __init__(self, kind: str, topology: Topology, parameters: Array) -> None:
        super().__init__()
        self.layer = getattr(torch.nn, kind)(D, H)
        self.out = torch.nn.Linear(H, K)
        self.double() if parameters.dtype == np.float64 else self.float()
        layer: Any = topology.layers[0]
        blocks = topology.blocks(parameters)
        parts = layer.parts(next(iter(layer.directions(blocks[0]))))
        inner = np.zeros_like(parts.biases)
        if parts.inner is not None:
            inner[-H:] = parts.inner
        with torch.no_grad():
            for name, values in (
                ("weight_ih_l0", parts.weights.T), ("weight_hh_l0", parts.recurrent.T),
                ("bias_ih_l0", parts.biases), ("bias_hh_l0", inner),
            ):  # fmt: skip
                getattr(self.layer, name).copy_(torch.tensor(np.ascontiguousarray(values)))
            self.out.weight.copy_(torch.tensor(np.ascontiguousarray(blocks[1][0][1:].T)))
            self.out.bias.copy_(torch.tensor(blocks[1][0][0]))
        # Of its two biases ours has one; inside the gate r of a GRU both are ours.
        self.layer.bias_hh_l0.requires_grad_(kind == "GRU")
        if kind == "GRU":
            self.layer.bias_hh_l0.register_hook(
                lambda slope: torch.cat([torch.zeros(2 * H, dtype=slope.dtype), slope[2 * H :]])
            )

    def vector(self, topology: Topology) -> Array:
        """The numbers in the order of ours."""
        found = np.zeros(topology.n_parameters)
        layer: Any = topology.layers[0]
        blocks = topology.blocks(found)
        own = next(iter(layer.directions(blocks[0])))
        parts = layer.parts(own)
        inner = self.layer.bias_hh_l0.detach().numpy()[-H:] if parts.inner is not None else None
        taken = [getattr(self.layer, name).detach().numpy() for name in ("bias_ih_l0", "weight_ih_l0", "weight_hh_l0")]
        layer.write(own, type(parts)(taken[0], taken[1].T, taken[2].T, inner))
        blocks[1][0][0], blocks[1][0][1:] = self.out.bias.detach(), self.out.weight.detach().T
        return found


def trained_by_torch(model: Torch, inputs: Rows, targets: Rows, rule: UpdateRule) -> None:
    own = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if rule.name == "sgd":
        optimizer: Any = torch.optim.SGD(own, rule.learning_rate, rule.momentum)
    else:
        optimizer = torch.optim.Adam(own, rule.learning_rate)
    samples = [(torch.tensor(inputs[[k]].values), torch.tensor(targets[[k]].values)) for k in range(len(LENGTHS))]
    for order in ORDERS:
        for begin in range(0, len(order), BATCH):
            batch = order[begin : begin + BATCH]
            states: dict[int, Any] = dict.fromkeys(batch)
            for first in range(0, max(LENGTHS[k] for k in batch), PIECE):
                alive = [k for k in batch if LENGTHS[k] > first]
                total, n = 0.0, 0
                for k in alive:
                    x, y = (values[first : first + PIECE] for values in samples[k])
                    h, state = model.layer(x, states[k])
                    states[k] = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
                    total, n = total - (y * torch.log_softmax(model.out(h), 1)).sum(), n + len(x)
                optimizer.zero_grad()
                (total / n).backward()
                # Torch adds 1e-6 to the norm that it divides by.
                norm = torch.cat([parameter.grad.flatten() for parameter in own]).norm()
                if rule.clip and norm > rule.clip:
                    for parameter in own:
                        parameter.grad *= rule.clip / norm
                optimizer.step()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_three_epochs_end_at_the_same_weights(kind: str, rule: UpdateRule, dtype: str) -> None:
    topology = Topology(read_inputs(f"any x {D}"), [KINDS[kind], f"{K} softmax"])
    rng, starts = np.random.default_rng(4), np.r_[0, np.cumsum(LENGTHS)]
    inputs = Rows(rng.normal(size=(starts[-1], D)).astype(dtype), starts)
    targets = Rows(np.eye(K, dtype=dtype)[rng.integers(0, K, starts[-1])], starts)
    begun = (rng.normal(size=topology.n_parameters) * 0.5).astype(dtype)
    problem = Problem(topology, "cross-entropy", PIECE)
    backend: Backend = ReferenceBackend() if dtype == "float64" else choose_backend(problem)
    found, state = begun.copy(), UpdateState.start(rule, begun)
    session = backend.open(problem, Samples(inputs, targets))
    for order in ORDERS:
        session.sweep(found, rule, state, np.array(order, dtype=np.int32), BATCH)
    session.close()
    model = Torch(kind, topology, begun)
    np.testing.assert_allclose(model.vector(topology), begun, rtol=0, atol=0)
    trained_by_torch(model, inputs, targets, rule)
    limit = 1e-5 if dtype == "float32" else 1e-10
    assert np.abs(found - begun).max() > 0.05
    np.testing.assert_allclose(found, model.vector(topology), rtol=0, atol=limit)
