"""`ann compare --baselines`: the figures are those that the baselines have by themselves on the same rows."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ann_process import Ann

from anncli.analysis.baselines.baselines import baselines_of
from anncli.dataset.dataset import Dataset
from anncli.formats.networks.storage import load


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """t.csv has 60 rows to learn from, new.csv 40 others, of which 25 say no, and both.csv all."""
    rng = random.Random(7)
    words = ["yes"] * 30 + ["no"] * 30
    rng.shuffle(words)
    last = ["no"] * 25 + ["yes"] * 15
    rng.shuffle(last)
    lines = [f"{rng.gauss(y == 'yes', 1):.4f},{rng.gauss(0, 1):.4f},{y}" for y in [*words, "no", *last[1:], last[0]]]
    for name, some in (("t", lines[:61]), ("new", lines[61:]), ("both", lines)):
        (tmp_path / f"{name}.csv").write_text("\n".join(["x,z,y", *some]) + "\n")
    return tmp_path


def read(path: Path, first: str) -> Dataset:
    """Rows of x and z, with the classes in the order that begins with `first`."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    inputs = np.array([[float(row["x"]), float(row["z"])] for row in rows], dtype=np.float32)
    classes = ("yes", "no") if first == "yes" else ("no", "yes")
    return Dataset(inputs, np.array([classes.index(row["y"]) for row in rows]), classes)


def area(scores: Any, is_positive: Any) -> float:
    """The share of pairs of a positive and a negative row that are in the right order; equal scores count half."""
    differences = scores[is_positive][:, None] - scores[~is_positive]
    return float(np.mean((differences > 0) + 0.5 * (differences == 0)))


@pytest.mark.slow
@pytest.mark.parametrize("positive", [pytest.param("yes", marks=pytest.mark.slow), "no"])
def test_trained_networks_stand_beside_baselines_of_the_first_one(table: Path, ann: Ann, positive: str) -> None:
    """Of all 101 rows 61 trained the networks: the baselines learn from these, and are judged on the others."""
    options = ("--label", "y", 5, "--validation", 0, "-q")
    ann("train", "t.csv", *options, "--positive", positive, "-o", "a.nn")
    ann("train", "t.csv", *options, "--ignore", "z", "-o", "b.nn")
    words = ("compare", "a.nn", "b.nn", "both.csv", "--baselines", "--training", "both.csv")
    given = json.loads(ann(*words, "--json").stdout)["baselines"]
    assert (given["of"], given["n_training"]) == ("new rows", 61)
    known, new = read(table / "t.csv", positive), read(table / "new.csv", positive)
    network = load(str(table / "a.nn"))
    own = baselines_of(known, np.arange(61), new, np.arange(40), network.scaling)
    assert [one["name"] for one in given["found"]] == [one.name for one in own.found]
    truth = new.labels == 0
    shares = {}
    for found, one in zip(given["found"], own.found, strict=True):
        evaluation, scores = found["evaluation"], one.outputs[:, 0]
        assert evaluation["n"] == 40
        assert evaluation["accuracy"] == np.mean((scores > 0.5) == truth)
        assert evaluation["auc"] == pytest.approx(area(scores, truth), abs=1e-12)
        assert evaluation["brier"] == pytest.approx(np.mean((scores - truth) ** 2), abs=1e-6)
        shares[one.name] = evaluation["accuracy"]
    # 31 of the rows that trained say no.
    assert shares["largest class"] == 25 / 40
    text = ann(*words).stdout.partition("new rows (40)")[2]
    line = next(one for one in text.splitlines() if one.startswith("accuracy %"))
    assert line.split()[4:] == [f"{100 * share:.2f}" for share in shares.values()]


@pytest.mark.slow
def test_definitions_stand_beside_baselines_that_learn_in_each_fold(table: Path, ann: Ann) -> None:
    for name, layers in (("line", "1 logistic"), ("curve", "4 tanh, 1 logistic")):
        (table / f"{name}.nn").write_text(f"anncli: 1\ninputs: {{table: {{label: y}}}}\nlayers: [{layers}]\n")
    ann("cv", "line.nn", "both.csv", 5, "--folds", 3, "--folds-file", "f.csv")
    words = ("compare", "line.nn", "curve.nn", "both.csv", 5, "--folds", 3, "--baselines")
    given = json.loads(ann(*words, "--json").stdout)["baselines"]
    with (table / "f.csv").open(newline="") as file:
        folds = np.array([int(row["fold"]) for row in csv.DictReader(file)])
    data = read(table / "both.csv", "yes")
    outputs: dict[str, Any] = {}
    for fold in (1, 2, 3):
        training, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        # The encoding and the scaling of a network that learns from exactly these rows.
        lines = (table / "both.csv").read_text().splitlines()
        (table / "part.csv").write_text("\n".join([lines[0], *(lines[1 + row] for row in training)]) + "\n")
        ann("train", "line.nn", "part.csv", 1, "--validation", 0, "-q", "-o", f"part{fold}.nn")
        scaling = load(str(table / f"part{fold}.nn")).scaling
        for one in baselines_of(data, training, data, test, scaling).found:
            outputs.setdefault(one.name, np.zeros(len(folds)))[test] = one.outputs[:, 0]
    assert [one["name"] for one in given["found"]] == list(outputs)
    truth = data.labels == 0
    sentence = next(one for one in ann(*words).stdout.splitlines() if one.startswith("the network is right"))
    for found in given["found"]:
        scores, evaluation = outputs[found["name"]], found["evaluation"]
        assert evaluation["accuracy"] == np.mean((scores > 0.5) == truth)
        assert evaluation["auc"] == pytest.approx(area(scores, truth), abs=1e-6)
        assert f" {100 * evaluation['accuracy']:.2f} %" in sentence
