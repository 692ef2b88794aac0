"""Calibration: the curve by which the outputs of a network become probabilities. It was fitted on rows that did not train it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from anncli.arrays import Array, blocks
from anncli.network.activations.logistic import logistic
from anncli.network.names import ACTIVATION_NAMES

# Outputs of 0 and 1 have no finite logit; the smallest normal float32 and the largest below 1 stand for them.
_LEAST = float(np.finfo(np.float32).tiny)
_MOST = 1 - 2.0**-25


@dataclass(frozen=True, eq=False)
class Calibration:
    """How calibrated outputs are computed.

    method: a key of CALIBRATION_NAMES but none; numbers, float64: (slope, intercept) of platt, (temperature,) of
    temperature, knots (k, 2) of isotonic, each a score and a probability; of_logits: whether platt is a function of the logit
    of the output and not of the output itself.
    """

    method: str
    numbers: Array
    of_logits: bool = False

    def __repr__(self) -> str:
        return f"<Calibration {self.method}>"

    def apply(self, outputs: Array) -> Array:
        """Probabilities (n, n_outputs), float32, for the outputs (n, n_outputs) of the network."""
        found = np.empty(outputs.shape, dtype=np.float32)
        for block in blocks(len(outputs)):
            found[block] = self._curve(outputs[block].astype(np.float64))
        return found

    def _curve(self, outputs: Array) -> Array:
        if self.method == "isotonic":
            return np.interp(outputs, self.numbers[:, 0], self.numbers[:, 1])
        if self.method == "platt":
            slope, intercept = self.numbers
            return logistic(slope * (logits(outputs) if self.of_logits else outputs) + intercept)
        if outputs.shape[1] == 1:
            return logistic(logits(outputs) / self.numbers[0])
        scaled = log_probabilities(outputs) / self.numbers[0]
        exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)


def has_logits(activation: str) -> bool:
    """Whether outputs of this activation lie between 0 and 1, each by itself."""
    info = ACTIVATION_NAMES[activation]
    return (info.lowest, info.highest) == (0.0, 1.0) and activation != "softmax"


def logits(outputs: Array) -> Array:
    """log(p / (1 - p)) of outputs, float64, finite also for 0 and 1."""
    p = np.clip(np.asarray(outputs, dtype=np.float64), _LEAST, _MOST)
    return np.log(p) - np.log1p(-p)


def log_probabilities(outputs: Array) -> Array:
    """log p of the outputs (n, K), float64: the logits of a softmax, but for a number that all of a row have in common."""
    return np.log(np.maximum(np.asarray(outputs, dtype=np.float64), _LEAST))
