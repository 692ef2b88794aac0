"""Update rules: how a gradient changes the parameters, and the vectors a rule keeps between updates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array

#: Rules that Session.sweep() knows, and their numbers in the compiled code.
SWEEP_RULES = {"sgd": 0, "nesterov": 1, "adam": 2, "adamw": 3}


class UpdateRule(NamedTuple):
    """How a gradient g changes the parameters w. The update is number t = 1, 2, ... of the state.

    First g gains the penalty: l2 * w + l1 * sign(w) on weights, nothing on biases. Then, where clip > 0, a g of a larger
    Euclidean norm is shortened to that norm (Pascanu et al. 2013). Then, by name (b1 = beta1, b2 = beta2):

    sgd:      v = momentum v - learning_rate g;  w += v            (Rumelhart et al. 1986)
    nesterov: v = momentum v - learning_rate g;  w += momentum v - learning_rate g   (one-point form)
    adam:     m = b1 m + (1-b1) g;  s = b2 s + (1-b2) g^2
              w -= learning_rate (m / (1-b1^t)) / (sqrt(s / (1-b2^t)) + epsilon)     (Kingma & Ba 2015)
    adamw:    adam, and w -= learning_rate weight_decay w on weights, with the w before the update (Loshchilov & Hutter 2019)
    adagrad:  s += g^2;  w -= learning_rate g / (sqrt(s) + epsilon)  (Duchi, Hazan & Singer 2011, JMLR 12, 2121-2159)
    rmsprop:  s = b2 s + (1-b2) g^2;  w -= learning_rate g / (sqrt(s) + epsilon)     (Tieleman & Hinton 2012, lecture 6.5)
    nadam:    m, s as adam
              w -= learning_rate (b1 m / (1-b1^(t+1)) + (1-b1) g / (1-b1^t)) / (sqrt(s / (1-b2^t)) + epsilon)
              (Dozat 2016, Incorporating Nesterov momentum into Adam, with constant b1)
    schedule-free: AdamW without a schedule; w is the running average of the iterates z (Defazio et al. 2024)
              y = (1-b1) z + b1 w, where g is taken (gradient_point);  s = b2 s + (1-b2) g^2
              rate = learning_rate min(1, t / (warm_up + 1))
              z -= rate (g / (sqrt(s / (1-b2^t)) + epsilon) + weight_decay y), without decay on biases
              w = (1-c) w + c z,  c = rate^2 / sum of rate^2 up to now

    Every update changes every parameter, also the weights of a token that no sample of the batch has: its gradient is 0, and yet
    momentum goes on, m and s decay, penalty and weight decay pull. Compiled sweeps put this off (lazy updates): by sgd, nesterov,
    adam and adamw, of 256 tokens and more, they touch only the rows of the tokens of a batch, make up for what a row has missed when
    it is next read, and for all rows at the end of the sweep, with the same numbers but for rounding. Updates of sgd and
    nesterov are linear in (w, v), so that n of them are one matrix; of adam and adamw the steps are taken one by one until they
    move the weight no more, and the rest are powers of b1, b2 and 1 - learning_rate weight_decay. With l2 or l1 in adam's gradient, with clip,
    and by the other rules every update goes through all rows. A rule without momentum for the rows that wait, as in other
    programs, learns the words of IMDB reviews more slowly and less well (benchmarks/reviews.md).
    """

    name: str
    learning_rate: float
    momentum: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    warm_up: int = 0
    l2: float = 0.0
    l1: float = 0.0
    clip: float = 0.0


#: The vectors each rule keeps: 'first' holds v, m or z, 'second' holds s.
_VECTORS = {
    "sgd": ("first",), "nesterov": ("first",), "adagrad": ("second",), "rmsprop": ("second",),
    "adam": ("first", "second"), "adamw": ("first", "second"), "nadam": ("first", "second"),
    "schedule-free": ("first", "second"),
}  # fmt: skip


@dataclass(eq=False, repr=False)
class UpdateState:
    """What an UpdateRule remembers: vectors (P,) or None where the rule keeps none, and the number of updates done.

    rate_squares: the sum of squared rates of schedule-free; point: where its next gradient is taken (gradient_point).
    """

    first: Array | None
    second: Array | None = None
    step: int = 0
    rate_squares: float = 0.0
    point: Array | None = None

    @classmethod
    def start(cls, rule: UpdateRule, parameters: Array) -> UpdateState:
        """The state before the first update of `parameters` (P,)."""
        first, second = (
            np.zeros_like(parameters) if name in _VECTORS[rule.name] else None for name in ("first", "second")
        )
        if rule.name == "schedule-free":
            first = parameters.copy()
        return cls(first, second)


class RpropRule(NamedTuple):
    """One step by the signs of the gradient; per weight, with s = sign(previous gradient) * sign(gradient):

    s > 0: step = min(step * increase, step_max);  move = -sign(gradient) * step
    s < 0: step = max(step * decrease, step_min);  then by `turn`:
           'on': move as above;  'back': move = -the move before;  'stay': move = 0;  gradient = 0 in the last two
    s = 0: move = -sign(gradient) * step
    Sources: training/trainers/rprop.py.
    """

    increase: float
    decrease: float
    step_min: float
    step_max: float
    turn: str


TURN_CODES = {"on": 0, "back": 1, "stay": 2}


@dataclass(eq=False, repr=False)
class RpropState:
    """What an RpropRule remembers, all (P,): the gradient and the move of the last step, and the step of each weight."""

    previous_gradient: Array
    step: Array
    move: Array


Rule = UpdateRule | RpropRule
State = UpdateState | RpropState
