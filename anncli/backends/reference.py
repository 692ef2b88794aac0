"""The numpy kernel: the reference the compiled one is held against, and the fallback where there is none."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.rules import RpropRule, UpdateRule, UpdateState, add_penalty_gradient, dropout_mask
from anncli.network.losses import LOSSES
from anncli.network.propagation import backward, forward
from anncli.network.topology import Topology

# Rows per block of a full-batch pass: activations of a block stay in the cache, memory does not grow with the data.
BLOCK_ROWS = 512


# What overflows becomes inf or nan, as in compiled code; whoever asked looks at the result.
_QUIET = np.errstate(over="ignore", invalid="ignore")


class NumpyKernel:
    """Every number of a network in numpy; works in float32, and in float64 for gradient checks."""

    name = "numpy"

    @_QUIET
    def forward(self, topology: Topology, parameters: Array, inputs: Array, rows: Array | None = None) -> Array:
        """Outputs (n, n_outputs) for scaled inputs (N, n_inputs), of the rows named (n,), in their order, or of all."""
        n = len(inputs) if rows is None else len(rows)
        outputs = np.empty((n, topology.n_outputs), dtype=parameters.dtype)
        for start in range(0, n, BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            taken = inputs[block] if rows is None else inputs[rows[block]]
            outputs[block] = forward(topology, parameters, taken).activations[-1]
        return outputs

    @_QUIET
    def loss_and_gradient(
        self,
        topology: Topology,
        parameters: Array,
        loss: str,
        inputs: Array,
        targets: Array,
        weights: Array | None,
        rows: Array | None,
        gradient: Array | None,
        l2: float = 0.0,
    ) -> float:
        """E = (sum of weights * loss over the rows) / n + l2/2 * sum of squared weights; its gradient into `gradient` (P,).

        Args: inputs (N, n_inputs), targets (N, n_outputs), weights (N,) or None, rows (n,) or None for all;
            gradient None: only the loss is computed. Biases carry no penalty. The sum is accumulated in float64.
        """
        n = len(inputs) if rows is None else len(rows)
        total, part = 0.0, np.empty_like(parameters)
        if gradient is not None:
            gradient[...] = 0
        for start in range(0, n, BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            taken = block if rows is None else rows[block]
            passed = forward(topology, parameters, inputs[taken])
            z, outputs, wanted = passed.pre_activations[-1], passed.activations[-1], targets[taken]
            values = LOSSES[loss].value(topology.output_activation, z, outputs, wanted)
            total += float(np.sum(values if weights is None else values * weights[taken], dtype=np.float64))
            if gradient is None:
                continue
            delta = LOSSES[loss].delta(topology.output_activation, z, outputs, wanted)
            if weights is not None:
                delta = delta * weights[taken][:, None]
            backward(topology, parameters, passed, delta, part)
            gradient += part
        if gradient is not None:
            gradient /= n
        if l2:
            total += n * l2 / 2 * _penalty(topology, parameters, gradient, l2)
        return total / n

    @_QUIET
    def epoch(
        self,
        topology: Topology,
        parameters: Array,
        loss: str,
        rule: UpdateRule,
        state: UpdateState,
        inputs: Array,
        targets: Array,
        weights: Array | None,
        rows: Array,
        batch_size: int,
        outputs: Array | None = None,
    ) -> float:
        """Present `rows` (n,) in their order, in batches, changing parameters (P,) and state in place.

        Returns the mean of weights * loss over the rows, each taken before the update it led to, penalty left out.
        outputs (n, n_outputs), when given, receives the output of each presentation.
        """
        if rule.tolerance and batch_size != 1:
            raise ValueError("a tolerance needs batch size 1")
        gradient, total = np.empty_like(parameters), 0.0
        for start in range(0, len(rows), batch_size):
            taken = rows[start : start + batch_size]
            masks = _masks(topology, rule, state.rows_seen, len(taken))
            state.rows_seen += len(taken)
            passed = forward(topology, parameters, inputs[taken], masks)
            z, given, wanted = passed.pre_activations[-1], passed.activations[-1], targets[taken]
            if outputs is not None:
                outputs[start : start + batch_size] = given
            values = LOSSES[loss].value(topology.output_activation, z, given, wanted)
            total += float(np.sum(values if weights is None else values * weights[taken], dtype=np.float64))
            if rule.tolerance and bool((np.abs(given - wanted) <= rule.tolerance).all()):
                continue
            delta = LOSSES[loss].delta(topology.output_activation, z, given, wanted)
            delta = delta / len(taken) if weights is None else delta * (weights[taken] / len(taken))[:, None]
            backward(topology, parameters, passed, delta, gradient)
            apply_rule(topology, rule, state, parameters, gradient)
        return total / len(rows)

    @_QUIET
    def rprop_step(
        self,
        rule: RpropRule,
        turn: str,
        parameters: Array,
        gradient: Array,
        previous_gradient: Array,
        step: Array,
        move: Array,
    ) -> None:
        """One Rprop step: parameters, step, move (the one before comes in, the new one goes out) and, where it turned,
        gradient change in place; all (P,). A gradient that is nan makes its weight nan."""
        real = parameters.dtype.type
        # Signs first: the product of two tiny gradients would underflow to 0 in float32.
        sign = np.sign(gradient)
        agreement = sign * np.sign(previous_gradient)
        turned = agreement < 0
        grown = np.minimum(step * real(rule.increase), real(rule.step_max))
        shrunk = np.maximum(step * real(rule.decrease), real(rule.step_min))
        step[...] = np.where(agreement > 0, grown, np.where(turned, shrunk, step))
        now = -sign * step
        if turn != "on":
            now[turned] = -move[turned] if turn == "back" else 0
            gradient[turned] = 0
        move[...] = now
        parameters += now


def apply_rule(topology: Topology, rule: UpdateRule, state: UpdateState, parameters: Array, gradient: Array) -> None:
    """One update of parameters and state from the gradient (P,) of a batch, which is used up."""
    add_penalty_gradient(topology, parameters, gradient, rule.l2, rule.l1)
    clip_norm(gradient, rule.clip)
    _UPDATES[rule.name](topology, rule, state, parameters, gradient)


def clip_norm(gradient: Array, limit: float) -> None:
    """Shorten `gradient` in place to the Euclidean norm `limit` where it is longer; 0: never."""
    if limit:
        norm = float(np.sqrt(np.dot(gradient, gradient)))
        if norm > limit:
            gradient *= gradient.dtype.type(limit / norm)


def _penalty(topology: Topology, parameters: Array, gradient: Array | None, l2: float) -> float:
    """Sum of squared weights; adds its gradient l2 * w."""
    if gradient is not None:
        add_penalty_gradient(topology, parameters, gradient, l2)
    return sum(float(np.sum(np.square(weights), dtype=np.float64)) for weights in topology.weights(parameters))


def _masks(topology: Topology, rule: UpdateRule, first_row: int, n_rows: int) -> list[Array | None] | None:
    if not rule.dropout and not rule.input_dropout:
        return None
    sizes = topology.sizes[:-1]
    shares = (rule.input_dropout, *(rule.dropout for _ in sizes[1:]))
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    return [
        dropout_mask(rule.dropout_seed, share, first_row, n_rows, sum(sizes), start, units) if share else None
        for share, start, units in zip(shares, starts, sizes, strict=True)
    ]


def _sgd(topology: Topology, rule: UpdateRule, state: UpdateState, w: Array, g: Array) -> None:
    v = state.first
    v *= rule.momentum
    g *= rule.learning_rate
    v -= g
    w += v
    state.step += 1


def _nesterov(topology: Topology, rule: UpdateRule, state: UpdateState, w: Array, g: Array) -> None:
    v = state.first
    v *= rule.momentum
    g *= rule.learning_rate
    v -= g
    w += rule.momentum * v
    w -= g
    state.step += 1


def _adam(topology: Topology, rule: UpdateRule, state: UpdateState, w: Array, g: Array) -> None:
    assert state.second is not None
    m, s = state.first, state.second
    state.step += 1
    m += (1 - rule.beta1) * (g - m)
    s += (1 - rule.beta2) * (g * g - s)
    # The two bias corrections are folded into the rate and epsilon: the same quotient with two passes fewer.
    root = (1 - rule.beta2**state.step) ** 0.5
    rate = rule.learning_rate * root / (1 - rule.beta1**state.step)
    w -= rate * m / (np.sqrt(s) + rule.epsilon * root)


def _adamw(topology: Topology, rule: UpdateRule, state: UpdateState, w: Array, g: Array) -> None:
    for weights in topology.weights(w):
        weights *= 1 - rule.learning_rate * rule.weight_decay
    _adam(topology, rule, state, w, g)


_UPDATES = {"sgd": _sgd, "nesterov": _nesterov, "adam": _adam, "adamw": _adamw}
