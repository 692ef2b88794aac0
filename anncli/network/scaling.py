"""Scaling: how raw inputs become network inputs; it belongs to the network, so what was trained is what predicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from anncli.arrays import Array

PER_VECTOR = ("none", "energy", "minmax")
INPUT_ACTIVATIONS = ("linear", "logistic")

_BLOCK_VALUES = 1 << 18


@dataclass
class Scaling:
    """First the whole vector (`per_vector`), then each input `(x + add) * multiply`, then `activation`.

    method: the name the user asked for ('none', 'zscore', ...), a remark only; add, multiply: float32 (n_inputs,) or
    both None for no change; per_vector: 'none', 'energy' (divide by the Euclidean norm; a zero vector stays) or
    'minmax' (stretch to 0.1..0.9; a constant vector becomes all 0.1); activation: 'linear' or 'logistic'.
    """

    method: str = "none"
    add: Array | None = None
    multiply: Array | None = None
    per_vector: str = "none"
    activation: str = "linear"

    @property
    def is_identity(self) -> bool:
        return self.add is None and self.per_vector == "none" and self.activation == "linear"

    def apply(self, inputs: Array, *, in_place: bool = False) -> Array:
        """Scaled copy of raw inputs (n, n_inputs), float32 (float64 stays float64); in place when the caller allows it.

        What becomes too large is infinite: for the caller to see in the values, not for numpy to warn of.
        """
        if self.is_identity:
            return inputs
        scaled = inputs if in_place else inputs.copy()
        # Some vectors at a time: what is made on the way is several times as large as they are.
        count = max(1, _BLOCK_VALUES // max(1, inputs.shape[1]))
        with np.errstate(over="ignore", invalid="ignore"):
            # Of all at once, since how einsum sums up depends on how many there are.
            norms = _norms(scaled) if self.per_vector == "energy" else None
            for start in range(0, len(scaled), count):
                block = slice(start, start + count)
                self._scale(scaled[block], None if norms is None else norms[block])
        return scaled

    def _scale(self, scaled: Array, norms: Array | None) -> None:
        """The same of some vectors, in place."""
        if norms is not None:
            scaled /= norms.astype(scaled.dtype)[:, None]
        elif self.per_vector == "minmax":
            low = scaled.min(axis=1, keepdims=True)
            spread = scaled.max(axis=1, keepdims=True) - low
            scaled -= low
            scaled *= 0.8 / np.where(spread > 0, spread, 1.0).astype(scaled.dtype)
            scaled += scaled.dtype.type(0.1)
        if self.add is not None and self.multiply is not None:
            scaled += self.add
            scaled *= self.multiply
        if self.activation == "logistic":
            from anncli.network.activations import ACTIVATIONS

            scaled[...] = ACTIVATIONS["logistic"].value(scaled)


def _norms(vectors: Array) -> Array:
    """(n,) Euclidean norms, float64, 1 in place of 0."""
    norms: Array = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    np.sqrt(norms, out=norms)
    norms[~(norms > 0)] = 1
    return norms
