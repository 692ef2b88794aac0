"""Scaling of targets: how numbers to be predicted become target outputs, and outputs numbers in the units of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from anncli.arrays import Array


@dataclass
class TargetScaling:
    """target = offset + spread * output, for each target by itself.

    method: the name of TARGET_SCALING_NAMES that it was fitted by; offset, spread: float32 (n_targets,), both None for no
    change; the spread is above 0. With zscore they are the mean and the standard deviation of the training rows.
    """

    method: str = "none"
    offset: Array | None = None
    spread: Array | None = None

    def __repr__(self) -> str:
        return f"<TargetScaling {self.method}>"

    def to_outputs(self, targets: Array) -> Array:
        """Target outputs (n, n_targets), float32, for targets in the units of the data."""
        if self.offset is None or self.spread is None:
            return targets.astype(np.float32)
        # In float64, where the difference of the largest float32 numbers does not overflow.
        scaled: Array = ((targets - self.offset.astype(np.float64)) / self.spread).astype(np.float32)
        return scaled

    def to_data(self, outputs: Array) -> Array:
        """Outputs (n, n_outputs) in the units of the data. n_outputs may be a multiple of n_targets: the outputs of one target
        stand together. Values that overflow become infinite."""
        numbers = self.of_outputs(outputs.shape[1])
        if numbers is None:
            return outputs
        offset, spread = numbers
        with np.errstate(over="ignore"):
            restored: Array = outputs * spread
            restored += offset
        return restored

    def of_outputs(self, n_outputs: int) -> tuple[Array, Array] | None:
        """The offset and the spread of each output (n_outputs,), float32, or None for no change; see to_data() for n_outputs."""
        if self.offset is None or self.spread is None:
            return None
        per_target = n_outputs // len(self.offset)
        return np.repeat(self.offset, per_target), np.repeat(self.spread, per_target)
