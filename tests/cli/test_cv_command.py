"""`ann cv`: every row is predicted by a network that has not seen it; the same results whoever runs the trainings."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from ann_process import Ann


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """40 rows of two classes, in ten groups of four and in order of time."""
    rng = random.Random(0)
    lines = [f"{rng.gauss(k % 2, 1):.4f},{rng.gauss(0, 1):.4f},g{k // 4},{k},{'ab'[k % 2]}" for k in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["x,z,who,when,y", *lines]) + "\n")
    return tmp_path


def cv(ann: Ann, *words: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ann("cv", *words, "--json").stdout)
    return found


CV = ("t.csv", "--label", "y", "--ignore", "who,when", 15)


@pytest.mark.slow
def test_every_row_is_tested_once_in_every_repeat(table: Path, ann: Ann) -> None:
    found = cv(ann, *CV, "--folds", 5, "--repeats", 2)
    assert [(one["repeat"], one["fold"]) for one in found["folds"]] == [(r, f) for r in (1, 2) for f in range(1, 6)]
    assert {one["test"]["n"] for one in found["folds"]} == {8}
    assert {one["n_training"] for one in found["folds"]} == {32}
    assert [one["n"] for one in found["together"]] == [40, 40]
    for repeat, together in enumerate(found["together"]):
        its = found["folds"][5 * repeat : 5 * repeat + 5]
        for name in ("tp", "fn", "tn", "fp"):
            assert sum(one["test"][name] for one in its) == together[name]
    accuracy = found["metrics"]["accuracy"]
    assert accuracy["folds"] == [one["test"]["accuracy"] for one in found["folds"]]
    assert accuracy["mean"] == pytest.approx(sum(accuracy["folds"]) / 10)
    assert 0 <= accuracy["low"] < accuracy["mean"] < accuracy["high"] <= 1


@pytest.mark.slow
def test_a_fold_is_what_train_and_test_give(table: Path, ann: Ann) -> None:
    """The first fold by hand: `ann train` on the other rows, `ann test` on its own."""
    whole = (table / "t.csv").read_text().splitlines()
    words = ("t.csv", "--label", "y", "--ignore", "who", "--order", "when", "--validation", 0, 15)
    found = cv(ann, *words, "--folds", 4)
    # Five blocks of eight rows: the first is learnt from, the second tested on.
    (table / "first.csv").write_text("\n".join(whole[:9]) + "\n")
    (table / "second.csv").write_text("\n".join([whole[0], *whole[9:17]]) + "\n")
    ann("train", "first.csv", *words[1:], "-q", "-o", "n.nn")
    tested = json.loads(ann("test", "n.nn", "second.csv", "--json").stdout)["sets"]["test"]
    assert found["folds"][0]["test"]["n"] == 8
    for name in ("tp", "fn", "tn", "fp", "auc"):
        assert found["folds"][0]["test"][name] == tested[name]


@pytest.mark.slow
def test_jobs_and_ledgers_change_nothing(table: Path, ann: Ann) -> None:
    words = (*CV, "--folds", 4, "--repeats", 2)
    first = ann("cv", *words).stdout
    assert ann("cv", *words, "--jobs", 2).stdout == first
    assert ann("cv", *words, "--ledger", "l", "--jobs", 2).stdout == first
    entries = (table / "l").read_bytes()
    assert ann("cv", *words, "--ledger", "l").stdout == first
    assert (table / "l").read_bytes() == entries
    # Half a ledger: the other half is run.
    lines = entries.splitlines(keepends=True)
    (table / "half").write_bytes(b"".join(lines[: len(lines) // 2]))
    assert ann("cv", *words, "--ledger", "half").stdout == first
    assert ann("cv", *words, "--seed", 1).stdout != first


@pytest.mark.slow
def test_groups_are_not_divided(table: Path, ann: Ann) -> None:
    found = cv(ann, "t.csv", "--label", "y", "--ignore", "when", "--group", "who", 10, "--folds", 5)
    assert [one["test"]["n"] for one in found["folds"]] == [8] * 5
    done = ann("cv", "t.csv", "--label", "y", "--group", "who", 10, "--folds", 11, check=2)
    assert done.stderr.endswith("ann: --folds 11: 10 groups cannot fill 11 folds; use fewer folds\n")


@pytest.mark.slow
def test_one_row_may_be_left_out(table: Path, ann: Ann) -> None:
    found = cv(ann, *CV, "--folds", 40)
    assert [one["test"]["n"] for one in found["folds"]] == [1] * 40
    assert found["together"][0]["n"] == 40
    done = ann("cv", *CV, "--folds", 41, check=2)
    assert done.stderr.endswith("ann: --folds 41: there are 40 rows; use at most --folds 40\n")


@pytest.mark.slow
def test_class_files_numbers_and_networks_are_taken(small: Path, ann: Ann) -> None:
    before = (small / "net.nn").read_bytes()
    found = cv(ann, "net.nn", "pos.txt", "neg.txt", 10, "--folds", 4)
    assert [one["test"]["n"] for one in found["folds"]] == [4] * 4
    assert (small / "net.nn").read_bytes() == before
    rows = "".join(f"{k * k % 17},{(k * k % 17) * 2 + k % 3}\n" for k in range(30))
    (small / "n.csv").write_text("a,b\n" + rows)
    numbers = cv(ann, "n.csv", "--label", "b", "--task", "regression", 20, "--folds", 3)
    assert [one["n"] for one in numbers["together"]] == [30]
    assert {"rmse", "mae", "r2"} <= numbers["metrics"].keys()


def test_what_cannot_be_is_refused(table: Path, ann: Ann) -> None:
    assert "no option --test" in ann("cv", *CV, "--test", "0.2", check=2).stderr
    done = ann("cv", "t.csv", "--label", "y", "--folds", 1, check=2)
    assert done.stderr.startswith("ann: --folds: must be a whole number, at least 2, found '1'")
