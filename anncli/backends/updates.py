"""The update rules in numpy: every backend uses them for the rules that its own code does not have.

The order of the floating-point operations decides the bytes of trained networks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from anncli.arrays import Array
from anncli.backends.reproducible import inner_product
from anncli.backends.rules import RpropRule, RpropState, Rule, State, UpdateRule, UpdateState
from anncli.network.topology import Topology


def apply_rule(topology: Topology, rule: Rule, state: State, parameters: Array, gradient: Array) -> None:
    """One update of `parameters` (P,) and `state` from `gradient` (P,), which is overwritten."""
    if isinstance(rule, RpropRule):
        assert isinstance(state, RpropState)
        rprop_step(rule, state, parameters, gradient)
        return
    assert isinstance(state, UpdateState)
    if rule.name == "schedule-free" or rule.l2 or rule.l1:
        point = gradient_point(rule, state, parameters)
        add_penalty_gradient(topology, point, gradient, rule.l2, rule.l1)
    if rule.clip:
        clip_norm(gradient, rule.clip)
    state.step += 1
    _UPDATES[rule.name](topology, rule, state, parameters, gradient)
    state.point = None


def gradient_point(rule: UpdateRule, state: UpdateState, parameters: Array) -> Array:
    """The parameters (P,) at which the next gradient is taken: a point of its own for schedule-free."""
    if rule.name != "schedule-free":
        return parameters
    if state.point is None:
        assert state.first is not None
        state.point = (1 - rule.beta1) * state.first + rule.beta1 * parameters
    return state.point


def add_penalty_gradient(topology: Topology, parameters: Array, gradient: Array, l2: float, l1: float = 0.0) -> None:
    """Add l2 * w + l1 * sign(w) to `gradient` (P,) for every weight w among `parameters` (P,), nothing for biases."""
    if not (l2 or l1):
        return
    for weights, slot in zip(topology.weights(parameters), topology.weights(gradient), strict=True):
        if l2:
            slot += l2 * weights
        if l1:
            slot += l1 * np.sign(weights)


def squared_weights(topology: Topology, parameters: Array) -> float:
    """Sum of the squared weights among `parameters` (P,), biases left out."""
    return sum(float(np.sum(np.square(weights), dtype=np.float64)) for weights in topology.weights(parameters))


def clip_norm(gradient: Array, limit: float) -> None:
    """Shorten `gradient` (P,) in place to the Euclidean norm `limit` where it is longer; 0: never."""
    if limit:
        norm = float(np.sqrt(gradient.dtype.type(inner_product(gradient, gradient))))
        if norm > limit:
            gradient *= gradient.dtype.type(limit / norm)


def rprop_step(rule: RpropRule, state: RpropState, parameters: Array, gradient: Array) -> None:
    """One Rprop step in place. Where a weight turned, `gradient` is set to 0; a gradient that is nan gives a nan weight."""
    real = parameters.dtype.type
    # Signs first: the product of two tiny gradients would underflow to 0 in float32.
    sign = np.sign(gradient)
    agreement = sign * np.sign(state.previous_gradient)
    turned = agreement < 0
    grown = np.minimum(state.step * real(rule.increase), real(rule.step_max))
    shrunk = np.maximum(state.step * real(rule.decrease), real(rule.step_min))
    state.step[...] = np.where(agreement > 0, grown, np.where(turned, shrunk, state.step))
    move = -sign * state.step
    if rule.turn != "on":
        move[turned] = -state.move[turned] if rule.turn == "back" else 0
        gradient[turned] = 0
    state.move[...] = move
    parameters += move
    state.previous_gradient[...] = gradient


def _sgd(topology: Topology, rule: UpdateRule, state: UpdateState, w: Array, g: Array) -> None:
    v = _vector(state.first)
    v *= rule.momentum
    g *= rule.learning_rate
    v -= g
    w += v


def _nesterov(topology: Topology, rule: UpdateRule, state: UpdateState, w: Array, g: Array) -> None:
    v = _vector(state.first)
    v *= rule.momentum
    g *= rule.learning_rate
    v -= g
    w += rule.momentum * v
    w -= g


def _adam(topology: Topology, rule: UpdateRule, state: UpdateState, w: Array, g: Array) -> None:
    m, s = _vector(state.first), _vector(state.second)
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


def _adagrad(topology: Topology, rule: UpdateRule, state: UpdateState, w: Array, g: Array) -> None:
    s = _vector(state.second)
    s += g * g
    w -= rule.learning_rate * g / (np.sqrt(s) + rule.epsilon)


def _rmsprop(topology: Topology, rule: UpdateRule, state: UpdateState, w: Array, g: Array) -> None:
    s = _vector(state.second)
    s *= rule.beta2
    s += (1 - rule.beta2) * g * g
    w -= rule.learning_rate * g / (np.sqrt(s) + rule.epsilon)


def _nadam(topology: Topology, rule: UpdateRule, state: UpdateState, w: Array, g: Array) -> None:
    m, s = _vector(state.first), _vector(state.second)
    b1, b2, t = rule.beta1, rule.beta2, state.step
    m += (1 - b1) * (g - m)
    s += (1 - b2) * (g * g - s)
    ahead = b1 / (1 - b1 ** (t + 1)) * m + (1 - b1) / (1 - b1**t) * g
    w -= rule.learning_rate * ahead / (np.sqrt(s / (1 - b2**t)) + rule.epsilon)


def _schedule_free(topology: Topology, rule: UpdateRule, state: UpdateState, w: Array, g: Array) -> None:
    z, s, y = _vector(state.first), _vector(state.second), _vector(state.point)
    rate = rule.learning_rate * min(1.0, state.step / (rule.warm_up + 1))
    s += (1 - rule.beta2) * (g * g - s)
    g /= np.sqrt(s / (1 - rule.beta2**state.step)) + rule.epsilon
    if rule.weight_decay:
        for slot, weights in zip(topology.weights(g), topology.weights(y), strict=True):
            slot += g.dtype.type(rule.weight_decay) * weights
    z -= rate * g
    state.rate_squares += rate * rate
    # The square of a tiny rate is 0.
    weight = rate * rate / state.rate_squares if state.rate_squares else 1.0
    w += weight * (z - w)


def _vector(vector: Array | None) -> Array:
    assert vector is not None
    return vector


_UPDATES: dict[str, Callable[[Topology, UpdateRule, UpdateState, Array, Array], None]] = {
    "sgd": _sgd, "nesterov": _nesterov, "adam": _adam, "adamw": _adamw, "adagrad": _adagrad, "rmsprop": _rmsprop,
    "nadam": _nadam, "schedule-free": _schedule_free,
}  # fmt: skip
