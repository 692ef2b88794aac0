"""What the right product of vectors gains over other products and over dense networks with as many parameters.

    python benchmarks/vectors.py teachers [--seeds 10] [--write]
    python benchmarks/vectors.py jasper FILE [--seeds 5] [--write]

teachers: rows are the outputs of a network of vectors with random weights and a product, with noise; networks of the same size with
every product for that number of components, and a dense one with as many parameters, learn from the same rows.
jasper: FILE is an .npz with `bands` (198, 10000), the Jasper Ridge picture; noise of 0.1 of its range is taken out of the bands of
single pixels. --write puts the table into benchmarks/vectors.md.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, stdev
from typing import Any, NamedTuple

import numpy as np
from pages import put

import anncli
from anncli.network.input_shapes import read_inputs
from anncli.network.names import PRODUCT_NAMES
from anncli.network.network import Network
from anncli.network.topology import Topology

Array = Any

# Product and number of components of the teachers.
TEACHERS = (("circular", 5), ("skew-circular", 5), ("quaternion", 4), ("seven", 7))
ROWS, TEST_ROWS, NOISE = 300, 2000, 0.05
# Components of the vectors into which 198 bands are cut, and the products that are tried.
CUTS = {
    9: ("componentwise", "circular", "skew-circular", "correlation"),
    3: ("circular", "cross"),
    2: ("complex",),
}
PIXELS, SIGMA = 2000, 0.1


class Scores(NamedTuple):
    """The scores of a network by its name, one for each seed; parameters: how many it has."""

    values: dict[str, list[float]]
    parameters: dict[str, int]

    def add(self, name: str, score: float, parameters: int) -> None:
        self.values.setdefault(name, []).append(score)
        self.parameters[name] = parameters


def chain(sizes: list[int], n: int, product: str) -> list[str]:
    """Layers of vectors, tanh below a linear one."""
    *hidden, last = sizes
    return [*(f"{units}x{n} tanh {product}" for units in hidden), f"{last}x{n} linear {product}"]


def dense_chain(n_inputs: int, n_hidden: int, n_outputs: int, parameters: int) -> list[str]:
    """Dense layers with n_hidden layers of one width and about as many parameters."""

    def layers(units: int) -> list[str]:
        return [*[f"{units} tanh"] * n_hidden, f"{n_outputs} linear"]

    def distance(units: int) -> int:
        return abs(Topology(n_inputs, layers(units)).n_parameters - parameters)

    return layers(min(range(1, 400), key=distance))


def fitted(shape: str, layers: list[str], x: Array, y: Array, epochs: int, seed: int, trainer: str) -> Network:
    """A network that learned from the rows, without a penalty; a fifth of them chooses the epoch."""
    network = Network.create(read_inputs(shape), layers, task="regression")
    options = {"trainer": trainer, "l2": 0.0, "validation": 0.2, "refit": "no", "target_scaling": "zscore"}
    anncli.train(network, (x, y), epochs, seed=seed, scaling="zscore", **options)
    return network


def teacher_scores(product: str, n: int, n_seeds: int) -> Scores:
    """Mean squared errors on rows without noise, over the variance of the answers."""
    scores, sizes, shape = Scores({}, {}), [6, 6, 2], f"4x{n}"
    students = [name for name, info in PRODUCT_NAMES.items() if info.components in (None, n)]
    for seed in range(n_seeds):
        rng = np.random.default_rng((seed, n))
        teacher = Network.create(read_inputs(shape), chain(sizes, n, product))
        weights = [rng.normal(0, 1.5 / np.sqrt(len(b[0]) * n), b[0].shape).ravel() for b in teacher.topology.blocks(np.zeros(teacher.topology.n_parameters))]  # fmt: skip
        teacher.set_parameters(np.concatenate(weights))
        x = rng.normal(size=(ROWS + TEST_ROWS, 4 * n)).astype(np.float32)
        y = teacher.predict(x)
        spread = y.std()
        y_seen = y[:ROWS] + NOISE * spread * rng.normal(size=(ROWS, y.shape[1]))
        n_parameters = teacher.topology.n_parameters
        nets = {name: chain(sizes, n, name) for name in students} | {
            "dense": dense_chain(4 * n, 2, 2 * n, n_parameters)
        }
        for name, layers in nets.items():
            network = fitted(shape, layers, x[:ROWS], y_seen, 500, seed, "lbfgs")
            error = float(((network.predict(x[ROWS:]) - y[ROWS:]) ** 2).mean()) / spread**2
            scores.add(name, error, network.topology.n_parameters)
    return scores


def jasper_scores(path: Path, n_seeds: int) -> Scores:
    """Peak signal-to-noise ratios in dB over pixels that were not seen, of values over their range."""
    bands = np.load(path)["bands"].T.astype(np.float64)
    low, high = bands.min(), bands.max()
    clean = ((bands - low) / (high - low)).astype(np.float32)
    scores = Scores({}, {})
    for seed in range(n_seeds):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(clean))
        seen, new = order[:PIXELS], order[PIXELS : 2 * PIXELS]
        noisy = (clean + SIGMA * rng.normal(size=clean.shape)).astype(np.float32)
        scores.add("noisy", psnr(noisy[new], clean[new]), 0)
        nets = {}
        for n, products in CUTS.items():
            units = 16 if n == 9 else 12 if n == 3 else 10
            for name in products:
                nets[f"{name}, {n}"] = (f"{198 // n}x{n}", chain([units, 198 // n], n, name))
        counts = [Topology(read_inputs(shape), layers).n_parameters for shape, layers in nets.values()]
        for count in sorted(set(counts)):
            nets[f"dense, {count}"] = ("198", dense_chain(198, 1, 198, count))
        nets["dense, as wide as 9"] = ("198", ["144 tanh", "198 linear"])
        for name, (shape, layers) in nets.items():
            network = fitted(shape, layers, noisy[seen], clean[seen], 200, seed, "adam")
            scores.add(name, psnr(network.predict(noisy[new]), clean[new]), network.topology.n_parameters)
    return scores


def psnr(found: Array, wanted: Array) -> float:
    return float(-10 * np.log10(((found - wanted) ** 2).mean()))


def teacher_lines(n_seeds: int) -> Iterator[str]:
    yield "| teacher | student | parameters | test mse, median | lowest of all, seeds |"
    yield "|---|---|---|---|---|"
    for product, n in TEACHERS:
        scores = teacher_scores(product, n, n_seeds)
        by_seed = [min(scores.values, key=lambda name: scores.values[name][k]) for k in range(n_seeds)]
        for name, values in scores.values.items():
            shown = f"**{name}**" if name == product else name
            yield f"| {product}, {n} | {shown} | {scores.parameters[name]} | {np.median(values):.4f} | {by_seed.count(name)} of {n_seeds} |"


def jasper_lines(path: Path, n_seeds: int) -> Iterator[str]:
    scores = jasper_scores(path, n_seeds)
    yield "| network | parameters | PSNR, mean | standard deviation |"
    yield "|---|---|---|---|"
    for name, values in scores.values.items():
        yield f"| {name} | {scores.parameters[name] or ''} | {mean(values):.2f} dB | {stdev(values):.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("teachers", "jasper"))
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--write", action="store_true")
    words, begin = parser.parse_args(), time.process_time()
    n_seeds = words.seeds or (10 if words.what == "teachers" else 5)
    lines = list(teacher_lines(n_seeds) if words.what == "teachers" else jasper_lines(words.file, n_seeds))
    lines += ["", f"{n_seeds} seeds; {datetime.date.today()}, {platform.machine()}, one thread, {time.process_time() - begin:.0f} s of CPU, Python {platform.python_version()}."]  # fmt: skip
    print("\n".join(lines))
    if words.write:
        put(__file__, words.what, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
