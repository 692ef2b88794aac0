"""Errors on held-out rows of regression tables: anncli beside scikit-learn's MLPRegressor and LightGBM, all with defaults.

    python benchmarks/regression.py FOLDER [--seeds 5] [--sets stock,housing] [--engines ann,sklearn,...] [--json FILE]

FOLDER holds ARFF files, plain or with .gz, whose last column is a number; category columns become one input for each of their
values, and missing numbers the median of the training rows. Every seed draws 25 % of the rows as a test set, the same for
all engines, and at most 8,000 training rows. scikit-learn gets inputs and targets scaled to mean 0 and standard deviation 1
(without that it fails on most of these tables). It needs scikit-learn, scipy and, for its rows, lightgbm.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import re
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.io import arff

import anncli
from anncli.network.network import Network

Array = Any
Engine = Callable[[Array, Array, Array, int], Array]

MOST_ROWS, TEST = 8000, 0.25


class Set(NamedTuple):
    """A table: inputs (n, d) with nan where a number is missing, and the target (n,)."""

    name: str
    inputs: Array
    targets: Array


def read_set(path: Path) -> Set | None:
    """The table of an ARFF file; None where the last column is no number."""
    data = path.read_bytes()
    content = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    content = (
        content.replace("numeric", "real").replace("NUMERIC", "real").replace("INTEGER", "real").replace("\t", " ")
    )
    head, mark, rows = re.split(r"(?i)(@data)", content, maxsplit=1)
    if "," not in rows:
        rows = "\n".join(",".join(line.split()) for line in rows.splitlines())
    content = head + mark + rows
    records, meta = arff.loadarff(io.StringIO(content))
    *columns, last = meta.names()
    if meta[last][0] != "numeric":
        return None
    parts = []
    for name in columns:
        values = records[name]
        if meta[name][0] == "numeric":
            parts.append(values.astype(float)[:, None])
        else:
            levels = sorted(set(values.tolist()) - {b"?"})
            parts.append(np.stack([values == level for level in levels], axis=1).astype(float))
    return Set(path.name.split(".arff")[0], np.concatenate(parts, axis=1), records[last].astype(float))


def sets(folder: Path) -> Iterator[Set]:
    for path in sorted(folder.rglob("*.arff*")):
        try:
            found = read_set(path)
        except Exception as error:
            print(f"# {path.name}: not read ({error})")
            continue
        if found is not None:
            yield found


def split(data: Set, seed: int) -> tuple[Array, Array, Array, Array]:
    """Training inputs and targets, test inputs and targets; missing numbers filled in, constant inputs left out."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(data.targets))
    n_test = int(TEST * len(order))
    test, training = order[:n_test], order[n_test:][:MOST_ROWS]
    fill = np.nanmedian(data.inputs[training], axis=0)
    inputs = np.where(np.isnan(data.inputs), fill, data.inputs)
    inputs = inputs[:, inputs[training].min(axis=0) < inputs[training].max(axis=0)]
    return inputs[training], data.targets[training], inputs[test], data.targets[test]


def ours(hidden: str = "", epochs: int = 1000, **options: Any) -> Engine:
    def run(inputs: Array, targets: Array, test: Array, seed: int) -> Array:
        data = anncli.Dataset(inputs, targets=targets)
        network = Network.create(inputs.shape[1], [hidden, "1 linear"]) if hidden else anncli.make_network(data)
        anncli.train(network, data, epochs, seed=seed, **options)
        return anncli.predict(network, test)[:, 0]

    return run


def sklearn(hidden: int = 100, activation: str = "relu") -> Engine:
    from sklearn.neural_network import MLPRegressor

    def run(inputs: Array, targets: Array, test: Array, seed: int) -> Array:
        mean, deviation = inputs.mean(axis=0), inputs.std(axis=0)
        model = MLPRegressor(hidden_layer_sizes=(hidden,), activation=activation, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit((inputs - mean) / deviation, (targets - targets.mean()) / targets.std())
        return model.predict((test - mean) / deviation) * targets.std() + targets.mean()

    return run


def lightgbm(inputs: Array, targets: Array, test: Array, seed: int) -> Array:
    from lightgbm import LGBMRegressor

    return LGBMRegressor(random_state=seed, verbose=-1, n_jobs=1).fit(inputs, targets).predict(test)


ENGINES: dict[str, Engine] = {
    "sklearn": sklearn(),
    "sklearn-16": sklearn(16, "tanh"),
    "ann": ours(),
    "ann-16": ours("16 tanh"),
    "ann-zscore": ours("16 tanh", scaling="zscore", average="none"),
    "ann-64": ours("64 tanh"),
    "lm": ours(epochs=60, trainer="lm"),
    "br": ours(epochs=60, trainer="br", validation=0.0),
    "lbfgs": ours(trainer="lbfgs"),
    "lightgbm": lightgbm,
}


def measure(folder: Path, engines: dict[str, Engine], seeds: int, names: list[str]) -> dict[str, dict[str, Any]]:
    """Per set and engine: root mean squared errors of the seeds, as fractions of the deviation of the test targets, and seconds."""
    found: dict[str, dict[str, Any]] = {}
    for data in sets(folder):
        if names and data.name not in names:
            continue
        found[data.name] = {}
        for name, engine in engines.items():
            errors, begin = [], time.perf_counter()
            for seed in range(seeds):
                inputs, targets, test, wanted = split(data, seed)
                predicted = engine(inputs, targets, test, seed)
                errors.append(float(np.sqrt(np.mean((predicted - wanted) ** 2)) / wanted.std()))
            seconds = (time.perf_counter() - begin) / seeds
            found[data.name][name] = {"rmse": errors, "seconds": seconds}
        shown = " ".join(
            f"{name} {np.mean(r['rmse']):.4f} ({r['seconds']:.1f} s)" for name, r in found[data.name].items()
        )
        print(f"{data.name:18s} {data.inputs.shape} {shown}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", default="")
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    engines = {name: ENGINES[name] for name in asked.engines.split(",")}
    found = measure(asked.folder, engines, asked.seeds, [name for name in asked.sets.split(",") if name])
    for name in engines:
        ratios = [
            np.mean(row[name]["rmse"]) / np.mean(row["sklearn"]["rmse"]) for row in found.values() if "sklearn" in row
        ]
        mean = np.mean([np.mean(row[name]["rmse"]) for row in found.values()])
        print(f"{name}: mean {mean:.4f}" + (f", {min(ratios):.3f} to {max(ratios):.3f} of sklearn" if ratios else ""))
    if asked.json:
        asked.json.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
