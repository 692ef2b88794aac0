"""Counts rows whose scores are not finite."""

from __future__ import annotations

from typing import Any

import numpy as np


class NotFinite:
    """How many rows have a score that is not finite, and the first of them, counted from 1."""

    def __init__(self) -> None:
        self.count = self.first = self._seen = 0

    def look(self, outputs: Any) -> None:
        """Check the outputs (n, n_outputs) of the next n rows."""
        bad = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
        if len(bad) and not self.count:
            self.first = self._seen + int(bad[0]) + 1
        self.count += len(bad)
        self._seen += len(outputs)

    def __str__(self) -> str:
        one = self.count == 1
        which = f"row {self.first} has" if one else f"{self.count} rows, the first of them row {self.first}, have"
        return f"{which} a score that is not finite, so the class means nothing; look for values far from the training data"
