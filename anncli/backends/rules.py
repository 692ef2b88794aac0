"""An update rule: what a kernel does with each mini-batch gradient, and the vectors it keeps between updates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.arrays import Array

if TYPE_CHECKING:
    from anncli.network.topology import Topology


RULE_CODES = {"sgd": 0, "nesterov": 1, "adam": 2, "adamw": 3}


class UpdateRule(NamedTuple):
    """How a batch gradient g (mean over the batch rows, plus `l2 * w` on weights) changes the parameters w.

    sgd:      v = momentum v - learning_rate g;  w += v            (Rumelhart et al. 1986)
    nesterov: v = momentum v - learning_rate g;  w += momentum v - learning_rate g   (one-point form)
    adam:     m = b1 m + (1-b1) g;  s = b2 s + (1-b2) g^2;  t += 1
              w -= learning_rate (m / (1-b1^t)) / (sqrt(s / (1-b2^t)) + epsilon)     (Kingma & Ba 2015)
    adamw:    adam, and w -= learning_rate weight_decay w on weights, with the w before the update (Loshchilov & Hutter 2019)
    tolerance (batch size 1 only): a row with every |output - target| <= tolerance changes nothing, velocity included.
    l1: g gains l1 * sign(w) on weights; clip: then a g of Euclidean norm above it is shortened to it (Pascanu et al. 2013).
    dropout, input_dropout: share of hidden units and inputs switched off per row; the rest are divided by (1 - share).
    """

    name: str
    learning_rate: float
    momentum: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    l2: float = 0.0
    weight_decay: float = 0.0
    tolerance: float = 0.0
    dropout: float = 0.0
    input_dropout: float = 0.0
    dropout_seed: int = 0
    l1: float = 0.0
    clip: float = 0.0

    @property
    def n_vectors(self) -> int:
        """Vectors of length P the rule keeps: 2 for the adam family, 1 for the others."""
        return 2 if self.name in ("adam", "adamw") else 1


@dataclass(eq=False, repr=False)
class UpdateState:
    """What a rule remembers: first (P,) = v or m, second (P,) = s or None, steps taken, rows presented so far."""

    first: Array
    second: Array | None = None
    step: int = 0
    rows_seen: int = 0

    @classmethod
    def zeros(cls, rule: UpdateRule, parameters: Array) -> UpdateState:
        second = np.zeros_like(parameters) if rule.n_vectors == 2 else None
        return cls(np.zeros_like(parameters), second)


class RpropRule(NamedTuple):
    """How an Rprop step goes; per weight, with s = sign(previous gradient) * sign(gradient):

    s > 0: step = min(step * increase, step_max);  move = -sign(gradient) * step
    s < 0: step = max(step * decrease, step_min);  then by `turn`:
           'on': move as above;  'back': move = -the move before;  'stay': move = 0;  gradient = 0 in the last two
    s = 0: move = -sign(gradient) * step
    Formulas and sources: training/trainers/rprop.py.
    """

    increase: float
    decrease: float
    step_min: float
    step_max: float


TURN_CODES = {"on": 0, "back": 1, "stay": 2}


def add_penalty_gradient(topology: Topology, parameters: Array, gradient: Array, l2: float, l1: float = 0.0) -> None:
    """Add l2 * w + l1 * sign(w) to `gradient` (P,) for every weight w among the parameters (P,); biases go free."""
    if not (l2 or l1):
        return
    for weights, slot in zip(topology.weights(parameters), topology.weights(gradient), strict=True):
        if l2:
            slot += l2 * weights
        if l1:
            slot += l1 * np.sign(weights)


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def splitmix64(seed: int, counters: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The counter-th 64-bit value of the splitmix64 sequence of `seed`, for an array of counters.

    Source: Steele, Lea & Flood 2014, Fast splittable pseudorandom number generators.
    """
    with np.errstate(over="ignore"):
        z = np.uint64(seed & (2**64 - 1)) + (counters + np.uint64(1)) * _GOLDEN
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def dropout_mask(seed: int, share: float, first_row: int, n_rows: int, stride: int, start: int, units: int) -> Array:
    """Factors (n_rows, units), 0 or 1/(1-share), float32: unit j of row r is decided by counter (first_row + r) * stride + start + j.

    stride is the number of inputs and hidden units together, start the position of this layer's first unit among them.
    A unit is dropped when the top 24 bits of its value are below share * 2^24, rounded.
    """
    rows = np.arange(first_row, first_row + n_rows, dtype=np.uint64)[:, None]
    counters = rows * np.uint64(stride) + np.uint64(start) + np.arange(units, dtype=np.uint64)[None, :]
    kept = (splitmix64(seed, counters) >> np.uint64(40)) >= np.uint64(round(share * 2**24))
    return np.where(kept, np.float32(1 / (1 - share)), np.float32(0))
