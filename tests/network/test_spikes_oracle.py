"""Spiking layers against torch: gradients of the times of spikes by autograd, through the implicit function V(t, w) = theta."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kind_cases import SPIKING, spiking_case

from anncli.network.losses import LOSSES, parse_loss
from anncli.network.propagation import backward, forward

torch = pytest.importorskip("torch")

TAU_M, TAU_S = 0.02, 0.005


def voltage_and_current(t: Any, times: Any, weights: Any, resets: list[Any]) -> tuple[Any, Any]:
    """Of one neuron at a time t, from all its input spikes and its own spikes before; weights (T,)."""
    waits = t - times
    before = waits > 0
    waits = torch.where(before, waits, torch.zeros_like(waits))
    slow, fast = torch.exp(-waits / TAU_M), torch.exp(-waits / TAU_S)
    terms = torch.where(before, weights, torch.zeros_like(weights))
    voltage = (terms * (slow - fast)).sum() * TAU_S / (TAU_M - TAU_S)
    for own in resets:
        voltage = voltage - torch.exp(-(t - own) / TAU_M)
    return voltage, (terms * fast).sum()


def spike(at: float, times: Any, weights: Any, resets: list[Any]) -> Any:
    """The known time of a spike as a function of everything that it depends on: one step of Newton's, whose derivative is
    dt = -(dV) / V'."""
    voltage, current = voltage_and_current(torch.tensor(at, dtype=torch.float64), times, weights, resets)
    slope = ((current - voltage) / TAU_M).detach()
    assert abs(float(voltage.detach()) - 1) < 1e-9
    return at - (voltage - 1) / slope


def layer(fired: Any, times: Any, sources: Any, weights: Any) -> tuple[Any, Any]:
    """The spikes of one sample of a layer, with their derivatives: times (T,) and units, in the order of `fired`."""
    found, own = [], {unit: list[Any]() for unit in range(weights.shape[1])}
    for unit, at in zip(fired.indices.tolist(), fired.values.tolist(), strict=True):
        found.append(spike(at, times, weights[sources, unit], own[unit]))
        own[unit].append(found[-1])
    return torch.stack(found) if found else torch.zeros(0, dtype=torch.float64), fired.indices.astype(np.int64)


@pytest.mark.parametrize("name", [name for name in SPIKING if "tau_m" not in SPIKING[name][1]])
def test_gradients_are_those_of_autograd(name: str) -> None:
    problem, samples, parameters = spiking_case(name)
    topology, loss = problem.topology, LOSSES[problem.loss]
    passed = forward(topology, parameters, samples.inputs)
    z, outputs = passed.pre_activations[-1], passed.activations[-1]
    gradient = np.empty_like(parameters)
    backward(topology, parameters, passed, loss.delta("softmax", z, outputs, samples.targets), gradient)
    blocks = [torch.tensor(own[0], requires_grad=True) for own in topology.blocks(parameters)]
    total = torch.zeros((), dtype=torch.float64)
    for k in range(len(samples.inputs)):
        spikes = passed.kept[0].own[0][np.array([k])]
        times, sources = torch.tensor(spikes.values), spikes.indices.astype(np.int64)
        for kept, block in zip(passed.kept[:-1], blocks[:-1], strict=True):
            times, sources = layer(kept.outputs[np.array([k])], times, sources, block)
        last = passed.kept[-1]
        wanted = int(samples.targets[k].argmax())
        if topology.own_loss is None:
            total = total + peak_loss(last, k, (times, sources), blocks[-1], wanted)
            continue
        first = [spike_of(last, k, unit, (times, sources), blocks[-1]) for unit in range(topology.n_outputs)]
        if first[wanted] is None:
            continue
        alpha, ratio = parse_loss(problem.loss).numbers
        scores = torch.stack([-t / 0.0005 for t in first if t is not None])
        total = total + torch.logsumexp(scores, 0) + first[wanted] / 0.0005
        total = total + alpha * (torch.exp(first[wanted] / (ratio * 0.0005)) - 1)
    total.backward()
    found = np.concatenate([block.grad.numpy().ravel() for block in blocks])
    assert np.abs(gradient).max() > 0.01
    assert gradient == pytest.approx(found, rel=1e-8, abs=1e-10 * np.abs(found).max())


def spike_of(last: Any, k: int, unit: int, given: tuple[Any, Any], block: Any) -> Any:
    """The first spike of an output neuron, or None."""
    if not np.isfinite(last.z[k, unit]):
        return None
    times, sources = given
    return spike(float(-last.z[k, unit] * 0.0005), times, block[sources, unit], [])


def peak_loss(last: Any, k: int, given: tuple[Any, Any], block: Any, wanted: int) -> Any:
    """Cross-entropy of the peaks of the voltages, each at its known time."""
    (times, sources), (_, when, kinks, _) = given, last.own
    assert (kinks[k] < 0).all()
    peaks = []
    for unit in range(block.shape[1]):
        at = torch.tensor(float(max(when[k, unit], -1.0)), dtype=torch.float64)
        peaks.append(voltage_and_current(at, times, block[sources, unit], [])[0])
    return torch.logsumexp(torch.stack(peaks), 0) - peaks[wanted]
