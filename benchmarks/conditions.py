"""What is done to the rows of a set before programs learn from it: clean, noise=P, outliers, exponentials=K.

noise=P: P % of the training labels are those of another class, drawn at random. outliers: five cells of one column of the training
rows become 1e6. exponentials=K: every column x becomes exp(K z), z being its standard score, in all rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any


def damaged(condition: str, x: Array, y: Array, test: Array, n_classes: int, seed: int) -> tuple[Array, Array, Array]:
    """Training vectors and labels, and test vectors; the test labels stay as they are."""
    rng = np.random.default_rng((seed, 77))
    name, _, number = condition.partition("=")
    if name == "noise":
        y, wrong = y.copy(), rng.random(len(y)) < float(number) / 100
        y[wrong] = (y[wrong] + rng.integers(1, n_classes, wrong.sum())) % n_classes
    elif name == "outliers":
        x, varying = x.copy(), np.flatnonzero(x.std(axis=0) > 0)
        x[rng.choice(len(x), 5, replace=False), rng.choice(varying)] = 1e6
    elif name == "exponentials":
        steepness = float(number)
        mean, deviation = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
        scale = np.where(deviation > 1e-12, deviation, 1)
        x, test = (np.exp(np.clip(steepness * (v - mean) / scale, -30, 30)).astype(np.float32) for v in (x, test))
    elif name != "clean":
        raise SystemExit(f"unknown condition {condition}")
    return x, y, test
