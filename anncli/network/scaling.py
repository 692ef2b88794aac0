"""Scaling: how raw inputs become network inputs. The network stores it, so that predictions use the scaling of training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from anncli.arrays import Array, Rows, Some, Tokens, blocks_of_rows
from anncli.logarithm import logarithm
from anncli.network.activations import ACTIVATIONS

PER_VECTOR = ("none", "energy", "minmax")
INPUT_ACTIVATIONS = ("linear", "logistic", "soft-clip")

# The bound of the soft clip, in standard deviations.
CLIP = 3.0
# A value beyond this becomes the bound itself to all digits of float32, and its square does not overflow.
_BEYOND = 1e9

_BLOCK_VALUES = 1 << 16


@dataclass
class Scaling:
    """First each row as a whole (`per_vector`), then logarithms (`log_floor`), then each input `(x + add) * multiply`, then
    `activation`.

    method: the name the user asked for ('none', 'zscore', ...), for information only; add, multiply: float32 (n_inputs,),
    or both None for no change; per_vector: 'none', 'energy' (divide by the Euclidean norm; a row of zeros stays) or
    'minmax' (stretch to 0.1..0.9; a constant row becomes 0.1); activation: 'linear', 'logistic' or 'soft-clip',
    x / sqrt(1 + (x/3)^2); log_floor: float32 (n_inputs,), or None: where it is above 0, x becomes log(max(x, log_floor)).
    """

    method: str = "none"
    add: Array | None = None
    multiply: Array | None = None
    per_vector: str = "none"
    activation: str = "linear"
    log_floor: Array | None = None

    def __repr__(self) -> str:
        return f"<Scaling {self.method}>"

    @property
    def is_identity(self) -> bool:
        linear = self.add is None and self.log_floor is None and self.activation == "linear"
        return linear and self.per_vector == "none"

    @property
    def of_logarithms(self) -> list[int]:
        """The inputs, counted from 0, of which the logarithm is taken."""
        return [] if self.log_floor is None else np.flatnonzero(self.log_floor).tolist()

    def apply(self, inputs: Some, *, in_place: bool = False) -> Some:
        """A scaled copy of raw inputs (n, n_inputs) in their dtype, or the inputs themselves, changed, with in_place,
        if they can be written to. Of samples with several rows each row is scaled; tokens are not scaled.

        Overflow gives inf, which callers check; numpy does not warn about it.
        """
        if self.is_identity:
            return inputs
        if isinstance(inputs, Tokens):
            raise ValueError("tokens cannot be scaled")
        if isinstance(inputs, Rows):
            return Rows(self.apply(inputs.values, in_place=in_place), inputs.starts)
        scaled: Array = inputs if in_place and inputs.flags.writeable else inputs.copy()
        # In blocks: the temporary arrays need several times the memory of the rows.
        with np.errstate(over="ignore", invalid="ignore"):
            # For all rows at once: the order in which einsum adds depends on their number.
            norms = _norms(scaled) if self.per_vector == "energy" else None
            for block in blocks_of_rows(len(scaled), scaled.shape[1], _BLOCK_VALUES):
                self._scale(scaled[block], None if norms is None else norms[block])
        return scaled

    def _scale(self, scaled: Array, norms: Array | None) -> None:
        """Scale some rows in place; norms: their Euclidean norms for 'energy'."""
        if norms is not None:
            scaled /= norms.astype(scaled.dtype)[:, None]
        elif self.per_vector == "minmax":
            low = scaled.min(axis=1, keepdims=True)
            spread = scaled.max(axis=1, keepdims=True) - low
            scaled -= low
            scaled *= 0.8 / np.where(spread > 0, spread, 1.0).astype(scaled.dtype)
            scaled += scaled.dtype.type(0.1)
        if self.log_floor is not None:
            taken = self.of_logarithms
            scaled[:, taken] = logarithm(np.maximum(scaled[:, taken], self.log_floor[taken]))
        if self.add is not None and self.multiply is not None:
            scaled += self.add
            scaled *= self.multiply
        if self.activation == "logistic":
            scaled[...] = ACTIVATIONS["logistic"].value(scaled)
        elif self.activation == "soft-clip":
            np.clip(scaled, -_BEYOND, _BEYOND, out=scaled)
            divisor = scaled / scaled.dtype.type(CLIP)
            np.square(divisor, out=divisor)
            divisor += 1
            scaled /= np.sqrt(divisor, out=divisor)


def _norms(rows: Array) -> Array:
    """(n,) Euclidean norms, float64, 1 in place of 0."""
    norms: Array = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
    np.sqrt(norms, out=norms)
    norms[~(norms > 0)] = 1
    return norms
