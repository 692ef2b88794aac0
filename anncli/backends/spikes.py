"""Sessions of the compiled code on chains of spiking neurons."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from anncli.arrays import Array, Rows, Tokens, n_columns
from anncli.backends.base import PLAIN, Problem, RowChoice, Samples, Session, Shown
from anncli.backends.bound_session import MOST_ROWS, BoundSession
from anncli.backends.checks import all_float32, check_sweep, targets_of
from anncli.backends.native_binding import Binding
from anncli.backends.rules import SWEEP_RULES, Rule, State, UpdateRule, UpdateState
from anncli.backends.updates import add_penalty_gradient, squared_weights
from anncli.compiled import _native
from anncli.network.layers.first_spike import FirstSpike
from anncli.network.layers.lif import MOST_SPIKES, Lif
from anncli.network.layers.peak_voltage import PeakVoltage
from anncli.network.layers.spiking import Spiking
from anncli.network.names import parse_loss

_MOST_LAYERS = 32
# Of samples with more spikes than that together, the reference encodes a portion at a time.
_MOST_SPIKES = 1 << 27
_SHARE = 8


def spikes_refusal(problem: Problem) -> str | None:
    """Why the compiled code cannot compute a spiking network in one call; None where it can."""
    *hidden, last = problem.topology.layers
    kinds = all(isinstance(layer, Lif) for layer in hidden) and isinstance(last, FirstSpike | PeakVoltage)
    if not kinds or len(hidden) >= _MOST_LAYERS:
        return "this chain of layers is not in the compiled code"
    if parse_loss(problem.loss).name != ("first-spike" if isinstance(last, FirstSpike) else "cross-entropy"):
        return f"loss {problem.loss} of spiking neurons is not in the compiled code"
    return None


class SpikeBinding(Binding):
    """What sessions on one spiking network share. plan: the chain as run_spikes() reads it."""

    def __init__(self, problem: Problem, threads: int) -> None:
        self.topology, self.threads, self.trials = problem.topology, threads, {}
        layers = [layer for layer in problem.topology.layers if isinstance(layer, Spiking)]
        last, rows = layers[-1], [(*layer.neuron, layer.units, MOST_SPIKES) for layer in layers]
        rows[-1] = (*last.neuron, last.units, 1)
        tau0 = last.tau0 if isinstance(last, FirstSpike) else 0.0
        alpha, ratio = parse_loss(problem.loss).numbers if tau0 else (0.0, 1.0)
        sources = problem.topology.block_shapes[0][0][0]
        self.plan = (np.array(rows, dtype=np.float64), sources, tau0, alpha, ratio)
        self._work = 200 * sum(layer.units for layer in layers) + 2 * problem.topology.n_parameters

    def work(self, n_rows: int) -> int:
        return self._work * min(n_rows, 2 * _SHARE)


class SpikeSession(BoundSession):
    """See base.Session. Float32 parameters without dropout go to the compiled code, everything else to a reference session."""

    def __init__(self, problem: Problem, samples: Samples, binding: Binding) -> None:
        super().__init__(problem, samples, binding)
        inputs = samples.inputs
        n_spikes = len(inputs.indices) if isinstance(inputs, Tokens) else self._n_samples * (n_columns(inputs) + 1)
        self._fits = self._n_samples <= MOST_ROWS and n_spikes <= _MOST_SPIKES
        self._fits = self._fits and all_float32(*self._answers)

    def outputs(self, parameters: Array, rows: RowChoice | None = None) -> Array:
        if not self._compiled(parameters):
            return self._reference.outputs(parameters, rows)
        numbers = self._numbers(rows)
        n = self._n_samples if numbers is None else len(numbers)
        outputs = np.empty((n, self._problem.topology.n_outputs), dtype=np.float32)
        self._run("forward", parameters, numbers, outputs=outputs)
        return outputs

    def outputs_from(self, parameters: Array, states: Any) -> tuple[Array, Any]:
        return self._reference.outputs_from(parameters, states)

    def loss(
        self, parameters: Array, rows: RowChoice | None = None, *, loss: str | None = None, l2: float = 0.0
    ) -> float:
        if loss not in (None, self._problem.loss) or not self._compiled(parameters):
            return self._reference.loss(parameters, rows, loss=loss, l2=l2)
        return self._mean("loss", parameters, self._numbers(rows), None, l2)

    def gradient(
        self, parameters: Array, out: Array, rows: RowChoice | None = None, shown: Shown = PLAIN, *, l2: float = 0.0
    ) -> float:
        if shown.dropout or shown.input_dropout or not self._compiled(parameters, out):
            return self._reference.gradient(parameters, out, rows, shown, l2=l2)
        return self._mean("gradient", parameters, self._numbers(rows), out, l2)

    def sweep(
        self,
        parameters: Array,
        rule: Rule,
        state: State,
        order: RowChoice,
        batch_size: int,
        shown: Shown = PLAIN,
        outputs: Array | None = None,
    ) -> float:
        rule, state = check_sweep(rule, state, batch_size, shown, self._problem.truncate)
        is_plain = not (shown.dropout or shown.input_dropout or shown.tolerance or rule.l1 or rule.clip)
        fits = self._compiled(parameters, outputs, state.first, state.second)
        if not (is_plain and fits and rule.name in SWEEP_RULES):
            return self._reference.sweep(parameters, rule, state, order, batch_size, shown, outputs)
        numbers = self._numbers(order)
        assert numbers is not None
        total, state.step = self._run(rule.name, parameters, numbers, outputs, None, (rule, state), batch_size)
        return total / len(numbers)

    def over(self, samples: Samples) -> Session:
        return SpikeSession(self._problem, samples, self._bound())

    def _mean(self, kind: str, parameters: Array, numbers: Array | None, out: Array | None, l2: float) -> float:
        targets_of(self._samples)
        n = self._n_samples if numbers is None else len(numbers)
        total, _ = self._run(kind, parameters, numbers, None, out)
        if not l2:
            return total / n
        if out is not None:
            add_penalty_gradient(self._problem.topology, parameters, out, l2)
        return total / n + l2 / 2 * squared_weights(self._problem.topology, parameters)

    def _run(
        self, kind: str, parameters: Array, numbers: Array | None, outputs: Array | None = None,
        gradient: Array | None = None, learnt: tuple[UpdateRule, UpdateState] | None = None, batch_size: int = 0,
    ) -> tuple[float, int]:  # fmt: skip
        """The sum of the losses, and how many updates there were; learnt: the rule of an epoch and its state."""
        binding, spikes = self._bound(), self._spikes
        targets, weights = self._answers
        if kind == "forward":
            targets = weights = None
        n = self._n_samples if numbers is None else len(numbers)
        packed, first, second, step = None, None, None, 0
        if learnt is not None:
            rule, state = learnt
            packed, first, second, step = self._pack(rule, PLAIN), state.first, state.second, state.step
        with binding.threads_for(kind, batch_size or n, n) as threads:
            found: tuple[float, int] = _native.run_spikes(
                binding.plan, packed, batch_size, step, threads, parameters, first, second, gradient, outputs, spikes.indices,
                spikes.values, spikes.starts, targets, weights, numbers,
            )  # fmt: skip
        return found

    @cached_property
    def _spikes(self) -> Tokens:
        """The spikes that the first layer is given, of all samples."""
        first = self._problem.topology.layers[0]
        assert isinstance(first, Spiking)
        return first.spikes_of(self._samples.inputs)

    @property
    def _answers(self) -> tuple[Array | None, Array | None]:
        """Targets and weights: spiking networks answer once for each sample."""
        targets, weights = self._samples.targets, self._samples.weights
        assert not isinstance(targets, Rows)
        assert not isinstance(weights, Rows)
        return targets, weights

    def _compiled(self, *arrays: Array | None) -> bool:
        return self._fits and all_float32(*arrays)
