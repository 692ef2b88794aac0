"""What an ensemble gains over one network: errors on held-out rows of tables, and whether samples with replacement help.

    python benchmarks/ensembles.py FOLDER TABLE [TABLE ...] [--seeds 3] [--folds 5] [--members 5] [--epochs 300]

TABLE is a file of FOLDER whose last column is the answer. Every seed draws folds, the same for all: single networks, an ensemble
of them, whose members learn from all training rows, and one whose members learn from as many rows drawn with replacement. It prints
the errors, of single networks their mean, and in how many folds the ensemble is better than that mean.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from anncli.api import make_network
from anncli.arrays import Array
from anncli.dataset.table_data import TableData
from anncli.experiments.splits import Split, make_splits
from anncli.options.layers import Given, read_layer, training_options
from anncli.python.table_files import read_table_data
from anncli.training.run import TrainingRun
from anncli.training.setup import Setup, prepare


def outputs(setups: list[Setup], epochs: int) -> Iterator[Array]:
    """The outputs for the test rows of one network for each setup, in the units of the data."""
    for setup in setups:
        with closing(TrainingRun(setup)) as run:
            for _ in run.epochs(epochs):
                pass
            yield run.outputs(run.finish(), "test").astype(np.float64)


def setups_of(data: TableData, split: Split, seed: int, members: int, resample: bool) -> list[Setup]:
    """A setup for each member: the same sets, other weights; resample: training rows drawn with replacement."""
    made = []
    for member in range(members):
        layer = read_layer({"seed": Given(seed, "seed")})
        options = training_options([layer], "ann")
        sets = {"training": split.training, "test": split.test}
        setup = prepare(make_network(data), data, options, sets=sets)
        # Another seed for the weights and the order of rows, after the validation set was drawn.
        setup = replace(setup, options=setup.options._replace(seed=seed + 1000 * member))
        if resample:
            rows, rng = setup.rows["training"], np.random.default_rng([seed, member])
            rows = np.sort(rng.choice(rows, len(rows)))
            setup = replace(setup, rows={**setup.rows, "training": rows})
        made.append(setup)
    return made


def error(data: TableData, found: Array, rows: Array) -> float:
    """The fraction of wrong classes, or the mean squared error."""
    if data.targets is not None:
        return float(np.mean((found - data.targets[rows]) ** 2))
    chosen = np.where(found[:, 0] > 0.5, 0, 1) if found.shape[1] == 1 else found.argmax(axis=1)
    return float(np.mean(chosen != data.labels[rows]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("tables", nargs="+")
    for name, default in (("seeds", 3), ("folds", 5), ("members", 5), ("epochs", 300)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    print("table       seed  one      ensemble  resampled  folds where the ensemble is better, worse")
    for name in given.tables:
        data = read_table_data(given.folder / name, "last", missing="median")
        for seed in range(given.seeds):
            errors: dict[str, list[float]] = {"one": [], "same": [], "resampled": []}
            for split in make_splits(data.bare(), given.folds, 1, seed):
                each = list(outputs(setups_of(data, split, seed, given.members, False), given.epochs))
                drawn = list(outputs(setups_of(data, split, seed, given.members, True), given.epochs))
                errors["one"].append(float(np.mean([error(data, own, split.test) for own in each])))
                errors["same"].append(error(data, np.mean(each, axis=0), split.test))
                errors["resampled"].append(error(data, np.mean(drawn, axis=0), split.test))
            means = [float(np.mean(values)) for values in errors.values()]
            pairs = list(zip(errors["same"], errors["one"], strict=True))
            better, worse = sum(a < b for a, b in pairs), sum(a > b for a, b in pairs)
            shown = "  ".join(f"{mean:<9.4f}" for mean in means)
            print(f"{name.partition('.')[0]:<10}  {seed:<4}  {shown}  {better}, {worse}", flush=True)


if __name__ == "__main__":
    main()
