"""Recurrent layers against torch: outputs and gradients of padded and of packed samples, in float32 and float64, and a state that
is carried on while its gradient is cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.arrays import Array, Rows, Tokens
from anncli.network.input_shapes import read_inputs
from anncli.network.layers.recurrence import Recurrence
from anncli.network.propagation import backward, forward
from anncli.network.topology import Topology

torch = pytest.importorskip("torch")

TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
D, H = 3, 5
# The samples of one length go to torch padded (there is nothing to pad), the others packed.
LENGTHS = {"padded": (6, 6, 6, 6), "packed": (5, 4, 7, 4, 1, 2)}
KINDS = {"RNN tanh": f"{H} tanh recurrent", "RNN relu": f"{H} relu recurrent", "LSTM": f"{H} lstm", "GRU": f"{H} gru"}


def starts_of(lengths: tuple[int, ...]) -> Any:
    return np.r_[0, np.cumsum(lengths)]


def torch_layer(layer: Recurrence, n_inputs: int, blocks: tuple[Array, ...], dtype: str) -> Any:
    """The layer of torch with the same numbers; its second vector of biases is 0 but for that inside the gate r."""
    makes = {"recurrent": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    more = {"nonlinearity": layer.activation} if layer.kind == "recurrent" else {}
    other = makes[layer.kind](n_inputs, layer.units, bidirectional=layer.is_bidirectional, **more).to(
        getattr(torch, dtype)
    )
    with torch.no_grad():
        for own, suffix in zip(layer.directions(blocks), ("", "_reverse"), strict=False):
            parts = layer.parts(own)
            inner = np.zeros_like(parts.biases)
            if parts.inner is not None:
                inner[-layer.units :] = parts.inner
            for name, values in (
                ("weight_ih_l0", parts.weights.T), ("weight_hh_l0", parts.recurrent.T),
                ("bias_ih_l0", parts.biases), ("bias_hh_l0", inner),
            ):  # fmt: skip
                getattr(other, name + suffix).copy_(torch.tensor(np.ascontiguousarray(values)))
    return other


def gradient_of(layer: Recurrence, other: Any) -> list[Array]:
    """The gradients of torch's layer in the order of the parameters of ours."""
    found = []
    for suffix in ("", "_reverse")[: 1 + layer.is_bidirectional]:
        weights, recurrent, biases, inner = (
            getattr(other, f"{name}_l0{suffix}").grad.numpy()
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        if layer.kind == "gru":
            cut = 2 * layer.units
            both = np.concatenate([biases[None, :cut], weights.T[:, :cut], recurrent.T[:, :cut]])
            found += [
                both,
                np.r_[biases[None, cut:], weights.T[:, cut:]],
                np.r_[inner[None, cut:], recurrent.T[:, cut:]],
            ]
        else:
            found.append(np.concatenate([biases[None], weights.T, recurrent.T]))
    return [values.ravel() for values in found]


def run_torch(others: list[Any], rows: Any, lengths: tuple[int, ...]) -> Any:
    """What stacked layers of torch give for the rows (n, columns) of the samples, one sample after the other."""
    samples = torch.split(rows, lengths)
    if len(set(lengths)) == 1:
        x = torch.stack(samples, dim=1)
        for other in others:
            x = other(x)[0]
        return torch.cat(list(x.unbind(1)))
    packed = torch.nn.utils.rnn.pack_sequence(samples, enforce_sorted=False)
    for other in others:
        packed = other(packed)[0]
    padded, _ = torch.nn.utils.rnn.pad_packed_sequence(packed)
    return torch.cat([padded[:length, k] for k, length in enumerate(lengths)])


def near(found: Array, wanted: Array, tolerance: float) -> bool:
    """Whether both differ by less than the tolerance, relative to the largest value."""
    assert found.dtype == wanted.dtype
    return bool(np.abs(found - wanted).max() <= tolerance * np.abs(wanted).max())


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("form", LENGTHS)
@pytest.mark.parametrize("direction", ["", " bidirectional"])
@pytest.mark.parametrize("kind", KINDS)
def test_two_layers_give_what_torch_gives(kind: str, direction: str, form: str, dtype: str) -> None:
    rng, lengths = np.random.default_rng(0), LENGTHS[form]
    layers = [KINDS[kind] + direction] * 2
    topology = Topology(read_inputs(f"any x {D}"), [*layers, "2 linear"])
    parameters = rng.normal(0, 0.5, topology.n_parameters).astype(dtype)
    rows = Rows(rng.normal(size=(sum(lengths), D)).astype(dtype), starts_of(lengths))
    blocks = topology.blocks(parameters)
    placed: list[Any] = list(topology.layers[:2])
    others = [
        torch_layer(layer, given.columns, own, dtype)
        for layer, given, own in zip(placed, topology.given[:2], blocks[:2], strict=True)
    ]
    x = torch.tensor(rows.values, requires_grad=True)
    last = torch.tensor(blocks[2][0], requires_grad=True)
    z = run_torch(others, x, lengths) @ last[1:] + last[0]
    delta, gradient = rng.normal(size=z.shape).astype(dtype), np.empty_like(parameters)
    (z * torch.tensor(delta)).sum().backward()
    passed = forward(topology, parameters, rows)
    backward(topology, parameters, passed, delta, gradient)
    wanted = [*gradient_of(placed[0], others[0]), *gradient_of(placed[1], others[1]), last.grad.numpy().ravel()]
    assert near(passed.activations[-1], z.detach().numpy(), TOLERANCE[dtype])
    assert near(gradient, np.concatenate(wanted), TOLERANCE[dtype])
    # The slope below the first layer, which a layer under it would get.
    slots = topology.blocks(np.empty_like(parameters))
    top = placed[1].backward(blocks[1], passed.kept[1], delta @ blocks[2][0][1:].T, slots[1], True)
    slope = placed[0].backward(blocks[0], passed.kept[0], top, slots[0], True)
    assert near(slope, x.grad.numpy(), TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("kind", KINDS)
def test_a_carried_state_is_torch_with_a_detached_state(kind: str, dtype: str) -> None:
    rng, lengths = np.random.default_rng(1), (7, 7, 7)
    topology = Topology(read_inputs(f"any x {D}"), [KINDS[kind], "2 linear"])
    parameters = rng.normal(0, 0.5, topology.n_parameters).astype(dtype)
    values, delta = rng.normal(size=(3, 7, D)).astype(dtype), rng.normal(size=(3, 7, 2)).astype(dtype)
    layer: Any = topology.layers[0]
    (own, (last,)) = topology.blocks(parameters)
    other, output = torch_layer(layer, D, own, dtype), torch.tensor(last, requires_grad=True)
    state, states, total, sums, found = None, None, 0.0, np.zeros_like(parameters), []
    for first, end in ((0, 3), (3, 4), (4, 7)):
        h, state = other(torch.tensor(values[:, first:end]).transpose(0, 1), state)
        state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
        z = h.transpose(0, 1).reshape(-1, H) @ output[1:] + output[0]
        total = total + (z * torch.tensor(delta[:, first:end].reshape(-1, 2))).sum()
        piece = Rows(values[:, first:end].reshape(-1, D), starts_of((end - first,) * 3))
        passed = forward(topology, parameters, piece, states=states)
        states, gradient = passed.states(), np.empty_like(parameters)
        backward(topology, parameters, passed, delta[:, first:end].reshape(-1, 2), gradient)
        sums += gradient
        found.append((passed.activations[-1], z.detach().numpy()))
    total.backward()
    assert all(near(*pair, TOLERANCE[dtype]) for pair in found)
    assert near(sums, np.concatenate([*gradient_of(layer, other), output.grad.numpy().ravel()]), TOLERANCE[dtype])
    whole = forward(topology, parameters, Rows(values.reshape(-1, D), starts_of(lengths))).states()[0]
    parts = state if isinstance(state, tuple) else (state,)
    assert whole is not None
    assert states is not None
    for carried in (whole, states[0]):
        assert near(carried, torch.cat([part[0] for part in parts], dim=1).numpy(), TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_what_torch_gives_for_one_hot_rows(kind: str, dtype: str) -> None:
    rng, lengths = np.random.default_rng(2), LENGTHS["packed"]
    n, topology = sum(lengths), Topology(read_inputs("8 tokens"), [KINDS[kind], "2 linear"])
    parameters = rng.normal(0, 0.5, topology.n_parameters).astype(dtype)
    tokens = Tokens(rng.integers(0, 8, n), rng.uniform(0.5, 1, n).astype(dtype), starts_of(lengths), 8)
    rows = np.zeros((n, 8), dtype=dtype)
    rows[np.arange(n), tokens.indices] = tokens.values
    layer: Any = topology.layers[0]
    own, (last,) = topology.blocks(parameters)
    other = torch_layer(layer, 8, own, dtype)
    z = run_torch([other], torch.tensor(rows), lengths) @ torch.tensor(last[1:]) + torch.tensor(last[0])
    delta, gradient = rng.normal(size=z.shape).astype(dtype), np.empty_like(parameters)
    (z * torch.tensor(delta)).sum().backward()
    passed = forward(topology, parameters, tokens)
    backward(topology, parameters, passed, delta, gradient)
    assert near(passed.activations[-1], z.detach().numpy(), TOLERANCE[dtype])
    assert near(gradient[: topology.offsets[1]], np.concatenate(gradient_of(layer, other)), TOLERANCE[dtype])
