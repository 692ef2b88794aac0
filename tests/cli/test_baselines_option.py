"""`--baselines`: simple predictors on the rows of the network, in train, test and cv."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from ann_process import Ann


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = random.Random(3)
    lines = []
    for k in range(90):
        label = "yes" if k % 3 else "no"
        lines.append(f"{rng.gauss(2 if label == 'yes' else 0, 1):.4f},{rng.choice('uvw')},{label}")
    (tmp_path / "t.csv").write_text("\n".join(["x,group,y", *lines]) + "\n")
    return tmp_path


NAMES = ["largest class", "logistic regression", "nearest neighbours"]


def test_train_evaluates_baselines_on_the_test_set(table: Path, ann: Ann) -> None:
    words = ("train", "t.csv", "--label", "y", 30, "--test", "0.33", "-o", "n.nn", "--baselines")
    found = json.loads(ann(*words, "--json").stdout)
    assert found["baselines"]["of"] == "test"
    assert found["baselines"]["n_training"] == found["sets"]["training"]["n"] == 60
    by_name = {one["name"]: one for one in found["baselines"]["found"]}
    assert list(by_name)[:3] == NAMES
    test = found["sets"]["test"]
    # Twice as many rows say yes: always saying so is right for two thirds.
    assert by_name["largest class"]["detail"] == "yes"
    assert by_name["largest class"]["evaluation"]["accuracy"] == pytest.approx(20 / 30)
    for one in by_name.values():
        assert one["evaluation"]["classes"] == test["classes"]
        assert one["evaluation"]["n"] == test["n"] == 30


@pytest.mark.slow
def test_the_network_is_compared_in_a_sentence(table: Path, ann: Ann) -> None:
    text = ann("train", "t.csv", "--label", "y", 10, "--test", "0.33", "-o", "n.nn", "--baselines").stdout
    assert "\nbaselines, which learnt from the 60 training rows, on the test set:\nset " in text
    line = next(line for line in text.splitlines() if line.startswith("the network is right for"))
    assert ", always saying 'yes' for 66.67 %, logistic regression for " in line
    # The same rows and the same figures as from the file: the digests tell which rows trained the network.
    lines = ann("test", "n.nn", "t.csv", "--baselines", "--training", "t.csv").stdout.splitlines()
    assert next(one for one in lines if one.startswith("the network is right for")) == line
    assert "baselines, which learnt from the 60 training rows, on the rows that did not train the network:" in lines


@pytest.mark.slow
def test_without_a_test_set_the_validation_set_is_taken(table: Path, ann: Ann) -> None:
    words = ("train", "t.csv", "--label", "y", 10, "--baselines", "-o")
    found = json.loads(ann(*words, "n.nn", "--json").stdout)["baselines"]
    assert (found["of"], found["n_training"]) == ("validation", 72)
    done = ann(*words, "m.nn", "--validation", 0, check=2)
    assert done.stderr.endswith("ann: --baselines: there is neither a test set nor a validation set; say --test 0.2\n")


@pytest.mark.slow
def test_cross_validation_has_baselines_in_every_fold(table: Path, ann: Ann) -> None:
    words = ("cv", "t.csv", "--label", "y", 5, "--folds", 3, "--baselines")
    found = json.loads(ann(*words, "--json").stdout)
    one = found["baselines"]["found"][0]["evaluation"]
    assert one["n"] == found["together"][0]["n"] == 90
    assert one["accuracy"] == pytest.approx(2 / 3)
    assert "on all rows of repeat 1:" in ann(*words).stdout
    assert "--baselines: at most 50 folds, and there are 90" in ann("cv", "t.csv", "--label", "y", 5, "--folds", 90, "--baselines", check=2).stderr  # fmt: skip


@pytest.mark.slow
def test_numbers_are_compared_by_their_error(tmp_path: Path, ann: Ann) -> None:
    rows = "a,b\n" + "".join(f"{k}.5,{2 * k + k % 3}\n" for k in range(30))
    (tmp_path / "n.csv").write_text(rows)
    words = ("train", "n.csv", "--label", "b", "--task", "regression", 20, "--test", "0.2", "--baselines", "-o", "n.nn")
    text = ann(*words).stdout
    assert "the network is off by " in text
    assert ", always saying the mean by " in text
    assert ", linear regression by 1." in text


@pytest.mark.slow
def test_what_cannot_be_is_refused(trained: Path, ann: Ann) -> None:
    words = ("test", "net.nn", "none.txt", "none2.txt")
    assert "--baselines: there are no rows to learn from; name the files" in ann(*words, "--baselines", check=2).stderr
    assert "the rows are for baselines; add --baselines" in ann(*words, "--training", "pos.txt", check=2).stderr
    (trained / "a.txt").write_text("9 9\n8 8\n")
    (trained / "b.txt").write_text("7 9\n8 7\n")
    done = ann("test", "net.nn", "pos.txt", "neg.txt", "--baselines", "--training", "a.txt,b.txt", check=2)
    assert "--training: none of the rows trained the network; name the files that it was trained on" in done.stderr
