"""Samples of several rows that a network learns only if it remembers: the answer of a row is the sign of a sum."""

from __future__ import annotations

import numpy as np


def signed_sums(n: int, fewest: int, most: int) -> str:
    """So many samples of `fewest` to `most` rows of two values and an answer: the sign of the sum of the first values so far."""
    rng, blocks = np.random.default_rng(2), []
    for _ in range(n):
        rows = rng.normal(size=(rng.integers(fewest, most + 1), 2))
        answers = np.where(rows[:, 0].cumsum() > 0, "up", "down")
        blocks.append("".join(f"{a:.3f},{b:.3f},{c}\n" for (a, b), c in zip(rows, answers, strict=True)))
    return "\n".join(blocks)
