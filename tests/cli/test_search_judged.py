"""`ann search`: what is judged by --require and --baselines is the honest estimate, and what it cannot judge is refused."""

from __future__ import annotations

import json
import random
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from ann_process import Ann

WORDS = ("t.csv", "--label", "y", "--trials", 2, "--strategy", "random", "--epochs", 5)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """80 rows, of which 50 say b; the last 20, of which 14 say b, also alone."""
    rng = random.Random(2)
    words = ["b"] * 36 + ["a"] * 24
    rng.shuffle(words)
    last = ["b"] * 14 + ["a"] * 6
    rng.shuffle(last)
    lines = [f"{rng.gauss(1.5 if y == 'a' else 0, 1):.4f},{rng.gauss(0, 1):.4f},{y}" for y in [*words, *last]]
    for name, some in (("t", lines), ("learn", lines[:60]), ("judge", lines[60:])):
        (tmp_path / f"{name}.csv").write_text("\n".join(["x,z,y", *some]) + "\n")
    return tmp_path


@pytest.mark.slow
def test_requirements_are_about_the_estimate_and_never_about_the_figure_that_selects(table: Path, ann: Ann) -> None:
    words = (*WORDS, "--folds", 2, "--outer-folds", 2, "--metric", "accuracy", "-o", "n.nn")
    done = ann("search", *words, "--require", "acc>=0,auc.low>=0,n=80,acc>=100%", "--json", "--junit", "j.xml", check=5)
    found = json.loads(done.stdout)
    estimate = found["estimate"]
    assert found["trials"][found["kept"]]["value"] != estimate["accuracy"]
    wanted = [estimate["accuracy"], estimate["intervals"]["auc"][0], 80, estimate["accuracy"]]
    assert [one["value"] for one in found["requirements"]] == wanted
    assert {one["of"] for one in found["requirements"]} == {"the honest estimate"}
    assert [one["met"] for one in found["requirements"]] == [True, True, True, False]
    assert found["error"]["message"].endswith("; the network was written to n.nn all the same")
    assert (table / "n.nn").exists()
    root = ET.parse(table / "j.xml").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "1", "0")
    done = ann("search", *words, "-o", "-", "--require", "n=1", check=5)
    assert done.stderr.endswith("n=1 (it is 80); the network was written to stdout all the same\n")
    text = ann("search", *words, "--force", "--require", "acc>=0").stdout
    line = rf"^acc>=0 +{estimate['accuracy']:.6g}  the honest estimate  met\n\nnetwork written to n\.nn"
    assert re.search(line, text, re.MULTILINE)


def test_a_requirement_that_cannot_be_is_refused_before_any_training(table: Path, ann: Ann) -> None:
    done = ann("search", *WORDS, "--require", "rmse<1", "--ledger", "l", "--junit", "j.xml", check=2)
    assert "does not exist for two classes" in done.stderr
    assert not (table / "l").exists()
    assert ET.parse(table / "j.xml").getroot().get("errors") == "1"
    assert ann("search", *WORDS, "--junit", "t.csv", check=2).stderr.startswith("ann: --junit t.csv would overwrite")


def test_baselines_learn_from_the_rows_that_the_search_had(table: Path, ann: Ann) -> None:
    """Those of `ann train` with the same rows to learn from and to judge: without a validation set it learns from all."""
    options = ("--label", "y", "--baselines", "--test", "judge.csv", "--json")
    found = json.loads(ann("search", "learn.csv", *options, "--trials", 1, "--folds", 2, "--epochs", 3).stdout)
    trained = json.loads(ann("train", "learn.csv", 3, *options, "--validation", 0, "-o", "n.nn").stdout)
    assert found["baselines"]["of"] == "the rows of the honest estimate"
    assert found["baselines"]["n_training"] == 60
    assert found["baselines"]["found"] == trained["baselines"]["found"]
    largest = found["baselines"]["found"][0]
    assert (largest["detail"], largest["evaluation"]["accuracy"]) == ("b", 14 / 20)


@pytest.mark.slow
def test_baselines_of_outer_folds_are_judged_on_the_rows_of_the_estimate(table: Path, ann: Ann) -> None:
    words = (*WORDS, "--trials", 1, "--folds", 2, "--baselines")
    found = json.loads(ann("search", *words, "--outer-folds", 4, "--json").stdout)
    # The outer folds are those that a cross-validation of as many folds draws.
    folds = json.loads(ann("cv", "t.csv", "--label", "y", 1, "--folds", 4, "--baselines", "--json").stdout)
    assert found["baselines"]["found"] == folds["baselines"]["found"]
    assert found["baselines"]["found"][0]["evaluation"]["accuracy"] == 50 / 80
    assert {one["evaluation"]["n"] for one in found["baselines"]["found"]} == {80, found["estimate"]["n"]}
    text = ann("search", *words, "--outer-folds", 4).stdout
    head = "baselines, which learnt from the training rows of each outer fold, on the rows of the honest estimate (network: "
    assert head in text
    accuracy = 100 * found["estimate"]["accuracy"]
    assert f"\nthe network is right for {accuracy:.2f} % of the rows, always saying 'b' for 62.50 %, logistic" in text


@pytest.mark.slow
def test_there_are_no_baselines_for_quantiles(table: Path, ann: Ann) -> None:
    words = ("--label", "x", "--task", "regression", "--loss", "quantile:0.5", "--ledger", "l")
    done = ann("search", "t.csv", *words, "--baselines", check=2)
    # The head alone: nothing was trained.
    assert (table / "l").read_bytes().count(b"\n") == 1
    assert done.stderr.endswith("--baselines: there are none for networks that predict quantiles; leave it out\n")


ADVICE = ": a search neither selects nor estimates by it; search without it, and give it to ann cv and ann train with what was found\n"


@pytest.mark.parametrize(
    ("option", "what"),
    [
        ("threshold: youden", "--threshold youden"),
        ("calibration: platt", "--calibration platt"),
        ("abstain: [0.2, 0.8]", "--abstain"),
    ],
)
def test_decisions_that_no_trial_is_judged_by_are_refused(table: Path, ann: Ann, option: str, what: str) -> None:
    head = "anncli: 1\ninputs: {table: {label: y}}\nlayers: [3 tanh, 1 logistic]\ntraining:\n"
    (table / "rule.nn").write_text(f"{head}  {option}\n")
    # Before data are read.
    assert ann("search", "rule.nn", "none.csv", 5, check=2).stderr == f"ann: {what}{ADVICE}"


@pytest.mark.slow
def test_alternatives_of_a_decision_and_ensembles_are_refused(table: Path, ann: Ann) -> None:
    done = ann("search", *WORDS, "--option", "calibration=none/platt", check=2)
    assert done.stderr == f"ann: --calibration{ADVICE}"
    ann("train", "t.csv", "--label", "y", 2, "--ensemble", 2, "-q", "-o", "two.nn")
    done = ann("search", "two.nn", "none.csv", 5, check=2)
    assert done.stderr == "ann: two.nn: ann search needs one network, and this is an ensemble of 2; train one without --ensemble\n"  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [("search", *WORDS, "--folds", 2, "--outer-folds", 2), ("cv", "t.csv", "--label", "y", 3, "--folds", 2)]
)
def test_a_finished_command_writes_again_from_its_ledger_by_force(
    table: Path, ann: Ann, command: tuple[object, ...]
) -> None:
    words = (*command, "--ledger", "l", "-o", "n.nn")
    first, network, ledger = ann(*words).stdout, (table / "n.nn").read_bytes(), (table / "l").read_bytes()
    assert ann(*words, check=2).stderr == "ann: --output n.nn exists; overwrite it with --force, or give another name\n"
    assert (table / "n.nn").read_bytes() == network
    assert ann(*words, "--force").stdout == first
    assert (table / "n.nn").read_bytes() == network
    # Nothing was trained.
    assert (table / "l").read_bytes() == ledger


@pytest.mark.slow
def test_a_device_may_always_be_written_to(table: Path, ann: Ann) -> None:
    command = ("search", *WORDS, "--trials", 1, "--test", 0.3, "--folds", 2, "-o", "/dev/null")
    assert "network written to /dev/null" in ann(*command).stdout
    assert np.isfinite(json.loads(ann(*command, "--json").stdout)["estimate"]["accuracy"])
