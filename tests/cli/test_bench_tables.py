"""`ann bench` on one labelled table: every training is the one that `ann train` does with the same seed and options."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ann_process import ROOT, Ann

TABLES = ROOT / "tests/data/tables"
PLAIN = ["--plot", "none", "--json"]


def starts(ann: Ann, *words: object) -> dict[str, list[dict[str, Any]]]:
    document = json.loads(ann("bench", *words, *PLAIN).stdout)
    return {entry["trainer"]: entry.get("starts", []) for entry in document["trainers"]}


def losses(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[Any]]:
    return {name: [(one["losses"], one["lowest_validation_loss"]) for one in own] for name, own in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        ["horse.csv", "--label", "lesion", "--missing", "mean"],
        ["autompg.csv", "--label", "mpg", "--missing", "median+indicator", "--hidden", "5"],
        ["heart.libsvm", "--validation", "0.3"],
    ],
    ids=lambda options: options[0],
)
def test_every_training_is_that_of_train(tmp_path: Path, ann: Ann, options: list[str]) -> None:
    """Also from the second start on, whose training rows are others: what fills gaps, and which words are levels, is
    found in its own."""
    shutil.copy(TABLES / options[0], tmp_path)
    found = starts(ann, *options, 6, "--trainers", "scg,lbfgs", "--starts", 2)
    for trainer, own in found.items():
        for seed, one in enumerate(own):
            words = [*options, 6, "--trainer", trainer, "--seed", seed]
            words += ["--patience", 0, "--refit", "no", "--loss", "auto"]
            ann("train", *words, "-q", "--history", f"{trainer}{seed}.jsonl", "-o", f"{trainer}{seed}.nn")
            lines = (tmp_path / f"{trainer}{seed}.jsonl").read_text().splitlines()
            epochs = [json.loads(line) for line in lines]
            # train says the loss with which an epoch begins.
            assert one["losses"][: len(epochs)] == [epoch["training_loss"] for epoch in epochs]
            assert one["lowest_validation_loss"] == min(epoch["validation_loss"] for epoch in epochs)


@pytest.mark.slow
def test_jobs_and_ledgers_change_nothing(tmp_path: Path, ann: Ann) -> None:
    shutil.copy(TABLES / "horse.csv", tmp_path)
    words = ["horse.csv", "--label", "lesion", "--missing", "median", 5, "--trainers", "adam,scg", "--starts", 2]
    expected = losses(starts(ann, *words))
    assert losses(starts(ann, *words, "--jobs", 2, "--ledger", "l.ledger")) == expected
    before = (tmp_path / "l.ledger").read_bytes()
    assert losses(starts(ann, *words, "--ledger", "l.ledger")) == expected
    assert (tmp_path / "l.ledger").read_bytes() == before
    # Other gaps make another problem.
    words[4] = "mean"
    assert losses(starts(ann, *words, "--ledger", "l.ledger")) != expected
    assert len((tmp_path / "l.ledger").read_bytes()) > len(before)


@pytest.mark.slow
def test_a_network_for_tables_and_one_for_numbers(tmp_path: Path, ann: Ann) -> None:
    shutil.copy(ROOT / "data/iris.csv", tmp_path)
    ann("init", "table.nn", "iris.csv", "--label", "species", "--hidden", 4)
    (tmp_path / "numbers.nn").write_text("anncli: 1\ninputs: 4\nlayers: [4 tanh, 3 softmax]\n")
    words = [5, "--trainers", "scg", "--starts", 1]
    expected = losses(starts(ann, "iris.csv", "--label", "species", "--hidden", 4, *words))
    assert losses(starts(ann, "table.nn", "iris.csv", *words)) == expected
    assert losses(starts(ann, "numbers.nn", "iris.csv", "--label", "species", *words)) == expected


@pytest.mark.slow
def test_rows_from_a_pipe(tmp_path: Path, ann: Ann) -> None:
    text = (ROOT / "data/iris.csv").read_text()
    (tmp_path / "iris.csv").write_text(text)
    words = ["--label", "species", 4, "--trainers", "scg", "--starts", "1", "--jobs", "2", *PLAIN]
    found = [json.loads(ann("bench", name, *words, input=text).stdout)["trainers"] for name in ("iris.csv", "-")]
    assert losses({"": found[0][0]["starts"]}) == losses({"": found[1][0]["starts"]})


@pytest.mark.slow
def test_the_sets_of_the_file_are_kept(tmp_path: Path, ann: Ann) -> None:
    """A file of PROBEN1 says which rows are which set."""
    head = ["bool_in=0", "real_in=2", "bool_out=2", "real_out=0"]
    head += ["training_examples=20", "validation_examples=8", "test_examples=8"]
    rows = [f"{k % 5} {k * k % 11} {int(k % 5 > 1)} {int(k % 5 <= 1)}" for k in range(36)]
    (tmp_path / "d.dt").write_text("\n".join([*head, *rows]) + "\n")
    own = starts(ann, "d.dt", 5, "--trainers", "scg", "--starts", 2)["scg"]
    ann("train", "d.dt", 5, "--trainer", "scg", "--patience", 0, "--history", "h.jsonl", "-q", "--refit", "no")
    epochs = [json.loads(line) for line in (tmp_path / "h.jsonl").read_text().splitlines()]
    assert own[0]["losses"][:5] == [epoch["training_loss"] for epoch in epochs]
    assert own[0]["lowest_validation_loss"] == min(epoch["validation_loss"] for epoch in epochs)
    drawn = starts(ann, "d.dt", 5, "--trainers", "scg", "--starts", 1, "--validation", "0.25")["scg"]
    assert drawn[0]["losses"] != own[0]["losses"]
