"""The count of rows whose scores are not finite."""

from __future__ import annotations

from typing import Any


class NotFinite:
    """How many vectors have a score that is no number, and which is the first of them, counted from 1."""

    def __init__(self) -> None:
        self.count = self.first = self._seen = 0

    def look(self, outputs: Any) -> None:
        """Take in the outputs (n, n_outputs) of the next n vectors."""
        import numpy as np

        bad = np.flatnonzero(~np.isfinite(outputs).all(axis=1))
        if len(bad) and not self.count:
            self.first = self._seen + int(bad[0]) + 1
        self.count += len(bad)
        self._seen += len(outputs)

    def __str__(self) -> str:
        which = (
            f"vector {self.first}"
            if self.count == 1
            else f"{self.count} vectors, the first of them number {self.first},"
        )
        have = "has" if self.count == 1 else "have"
        return f"{which} {have} a score that is no finite number, and so no class; look for values far from those trained on"
