"""Lazy updates: processor time of an epoch over documents, beside updates of all rows and scikit-learn's MLPClassifier, in one run.

    python benchmarks/lazy.py FOLDER [--only words|pairs] [--write]    # needs scikit-learn; --write puts the table into benchmarks/lazy.md

FOLDER has train.pos.txt.gz and train.neg.txt.gz, a review on each line (IMDB, Maas et al. 2011). All trainers take the same sparse rows
(TfidfVectorizer with sublinear_tf), a network of one hidden layer of 16 tanh, one thread and no penalty. ann has no switch that turns lazy updates
off: for `adam` a penalty of 1e-12 does, which also adds one multiplication to the update of a weight. Of each trainer the best of several epochs counts.
"""

from __future__ import annotations

import argparse
import gzip
import os
import time
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from pages import processor, put
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neural_network import MLPClassifier

from anncli.arrays import Tokens
from anncli.backends.base import PLAIN, Problem, Samples
from anncli.backends.native import NativeBackend
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.initialization import initialize
from anncli.network.input_shapes import read_inputs
from anncli.network.topology import Topology

LAYERS = ["16 tanh", "1 logistic"]
VECTORS: dict[str, dict[str, Any]] = {
    "words": {"max_features": 20000},
    "pairs": {"max_features": 100000, "ngram_range": (1, 2)},
}
NAMES = {"words": "20,000 words", "pairs": "100,000 words and pairs"}
LAZY = UpdateRule("adam", 0.002)
DENSE = LAZY._replace(l2=1e-12)
ONLINE = UpdateRule("sgd", 0.02, 0.7)


class Reviews(NamedTuple):
    rows: Any
    tokens: Tokens
    labels: np.ndarray[Any, Any]


def read(folder: Path, name: str) -> Reviews:
    texts = [gzip.decompress((folder / f"train.{k}.txt.gz").read_bytes()).decode().splitlines() for k in ("pos", "neg")]
    labels = np.repeat(np.asarray([1, 0], np.float32), [len(one) for one in texts])
    vectors = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **VECTORS[name])
    rows = vectors.fit_transform(texts[0] + texts[1]).tocsr()
    rows.sort_indices()
    return Reviews(rows, Tokens(rows.indices, rows.data, rows.indptr, rows.shape[1]), labels)


def of_ann(rule: UpdateRule, batch: int, epochs: int) -> Callable[[Reviews], float]:
    def run(given: Reviews) -> float:
        topology = Topology(read_inputs(f"{given.tokens.width} tokens"), LAYERS)
        problem = Problem(topology, "cross-entropy")
        session = NativeBackend(threads=1).open(problem, Samples(given.tokens, given.labels.reshape(-1, 1)))
        rng = np.random.default_rng(0)
        weights = initialize(topology, "auto", rng).astype(np.float32)
        state, best = UpdateState.start(rule, weights), float("inf")
        for _ in range(epochs):
            order = rng.permutation(len(given.labels)).astype(np.int32)
            before = time.process_time()
            session.sweep(weights, rule, state, order, batch, PLAIN)
            best = min(best, time.process_time() - before)
        return best

    return run


def of_sklearn(batch: int, epochs: int) -> Callable[[Reviews], float]:
    def run(given: Reviews) -> float:
        model = MLPClassifier(
            (16,), activation="tanh", batch_size=batch, learning_rate_init=0.002, alpha=0.0, random_state=0
        )
        best = float("inf")
        for _ in range(epochs):
            before = time.process_time()
            model.partial_fit(given.rows, given.labels, classes=[0, 1])
            best = min(best, time.process_time() - before)
        return best

    return run


ROWS = {
    "adam, batch 32": (of_ann(LAZY, 32, 4), of_ann(DENSE, 32, 4), of_sklearn(32, 2)),
    "adam, batch 200": (of_ann(LAZY, 200, 4), of_ann(DENSE, 200, 4), of_sklearn(200, 2)),
    "online": (of_ann(ONLINE, 1, 4), None, None),
}


def table(lines: list[str]) -> str:
    head = ["| texts | trainer | lazy updates, s | all rows, s | scikit-learn, s |", "|---|---|---:|---:|---:|"]
    return f"\n{date.today()}, {processor()}, one thread, 25,000 reviews:\n\n" + "\n".join(head + lines) + "\n\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=VECTORS)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    lines = []
    for name in [asked.only] if asked.only else VECTORS:
        given = read(asked.folder, name)
        for trainer, runs in ROWS.items():
            cells = ["-" if run is None else f"{run(given):.2f}" for run in runs]
            lines.append(f"| {NAMES[name]} | {trainer} | " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    if asked.write:
        put(__file__, "table", table(lines))


if __name__ == "__main__":
    main()
