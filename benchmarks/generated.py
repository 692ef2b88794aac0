"""Sets that are made, not found: a million rows labelled by a random network, and one-hot rows of many words.

The sets `million` and `one-hot` of accuracy.py. To train on them from the shell:

    python benchmarks/generated.py million FOLDER     # FOLDER/train.npy, FOLDER/test.npy; the label is the last column
    python benchmarks/generated.py one-hot FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

Array = Any

# Of these many rows the first ones are the test set.
ROWS, TEST_ROWS = {"million": 1_200_000, "one-hot": 5000}, {"million": 200_000, "one-hot": 1000}


def million(n_rows: int, n_inputs: int = 28, flipped: float = 0.15, seed: int = 0) -> tuple[Array, Array]:
    """Normal inputs (n, 28), float32, and labels 0 and 1 (n,): the sign of a random network of 20 tanh units, `flipped` of
    them turned round. The best possible accuracy is 1 - flipped."""
    rng = np.random.default_rng(seed)
    first = rng.standard_normal((n_inputs, 20), dtype=np.float32) / np.sqrt(n_inputs) * 2
    second = rng.standard_normal(20, dtype=np.float32)
    inputs = rng.standard_normal((n_rows, n_inputs), dtype=np.float32)
    scores = np.tanh(inputs @ first) @ second
    labels = scores > np.median(scores)
    return inputs, (labels ^ (rng.random(n_rows) < flipped)).astype(int)


def one_hot(n_rows: int, n_words: int = 600, n_columns: int = 6, seed: int = 0) -> tuple[Array, Array]:
    """Rows of 6 words of 100 possible ones each, one-hot (n, 600), float32, and labels 0 and 1 (n,), drawn with the
    probabilities of a logistic model with a normal weight for every word."""
    rng = np.random.default_rng(seed)
    per_column = n_words // n_columns
    words = rng.integers(0, per_column, (n_rows, n_columns)) + np.arange(n_columns) * per_column
    inputs = np.zeros((n_rows, n_words), dtype=np.float32)
    np.put_along_axis(inputs, words, 1, axis=1)
    scores = inputs @ (rng.standard_normal(n_words) * 0.6)
    return inputs, (rng.random(n_rows) < 1 / (1 + np.exp(-scores))).astype(int)


def generate(name: str) -> list[Array]:
    """Inputs and labels to train on, inputs and labels to evaluate on."""
    inputs, labels = {"million": million, "one-hot": one_hot}[name](ROWS[name])
    n = TEST_ROWS[name]
    return [inputs[n:], labels[n:], inputs[:n], labels[:n]]


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in ROWS:
        sys.exit(__doc__)
    train, train_labels, test, test_labels = generate(sys.argv[1])
    for name, inputs, labels in (("train", train, train_labels), ("test", test, test_labels)):
        np.save(Path(sys.argv[2]) / f"{name}.npy", np.column_stack([inputs, labels.astype(np.float32)]))


if __name__ == "__main__":
    main()
