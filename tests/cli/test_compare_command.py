"""`ann compare`: networks on the same rows, whatever the order of their classes and columns, and definitions in the same folds."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from ann_process import Ann


@pytest.fixture
def table(tmp_path: Path, ann: Ann) -> Path:
    """good.nn and poor.nn; turned.nn is poor with the other class as the positive one; 100 rows that trained none of them."""
    rng = random.Random(5)
    lines = []
    for k in range(180):
        label = "yes" if k % 2 else "no"
        shift = 1.2 if label == "yes" else -1.2
        lines.append(f"{rng.gauss(shift, 1):.4f},{rng.gauss(shift / 6, 1):.4f},{label}")
    (tmp_path / "t.csv").write_text("\n".join(["x,z,y", *lines[:80]]) + "\n")
    (tmp_path / "new.csv").write_text("\n".join(["x,z,y", *lines[80:]]) + "\n")
    (tmp_path / "both.csv").write_text("\n".join(["x,z,y", *lines]) + "\n")
    for name, *options in (("good",), ("poor", "--ignore", "x"), ("turned", "--ignore", "x", "--positive", "no")):
        ann("train", "t.csv", "--label", "y", 60, "--validation", 0, *options, "-q", "-o", f"{name}.nn")
    return tmp_path


def compare(ann: Ann, *words: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ann("compare", *words, "--json").stdout)
    return found


@pytest.mark.slow
def test_two_networks_with_other_columns_are_compared(table: Path, ann: Ann) -> None:
    found = compare(ann, "good.nn", "poor.nn", "new.csv")
    assert (found["rows"]["all"]["n"], list(found["rows"])) == (100, ["all"])
    assert found["rows_seen"] == {"good.nn": 0, "poor.nn": 0}
    for name in ("good.nn", "poor.nn"):
        alone = json.loads(ann("test", name, "new.csv", "--json").stdout)["sets"]["test"]
        assert found["rows"]["all"]["evaluations"][name]["accuracy"] == alone["accuracy"]
        assert found["rows"]["all"]["evaluations"][name]["log_loss"] == pytest.approx(alone["log_loss"], abs=1e-6)
    pair = found["rows"]["all"]["pairs"][0]
    accuracy = pair["differences"]["accuracy"]
    assert accuracy["test"] == "McNemar"
    assert accuracy["p"] == accuracy["p_adjusted"] < 0.01
    assert found["in_words"][0].startswith("good.nn is better than poor.nn: its accuracy is ")
    turned = compare(ann, "poor.nn", "good.nn", "new.csv")
    assert (
        turned["rows"]["all"]["pairs"][0]["differences"]["auc"]["difference"]
        == -pair["differences"]["auc"]["difference"]
    )
    assert turned["in_words"][0].startswith("good.nn is better than poor.nn: its accuracy is ")
    assert ann("compare", "good.nn", "poor.nn", "new.csv").stdout == ann("compare", "good.nn", "poor.nn", "new.csv", "--threads", 2).stdout  # fmt: skip


@pytest.mark.slow
def test_classes_in_another_order_are_put_in_one(table: Path, ann: Ann) -> None:
    found = compare(ann, "good.nn", "turned.nn", "new.csv")
    evaluations = found["rows"]["all"]["evaluations"]
    assert evaluations["good.nn"]["classes"] == evaluations["turned.nn"]["classes"]
    alone = json.loads(ann("test", "turned.nn", "new.csv", "--json").stdout)["sets"]["test"]
    assert alone["classes"] == evaluations["good.nn"]["classes"][::-1]
    mine = evaluations["turned.nn"]
    assert (mine["tp"], mine["fn"], mine["tn"], mine["fp"]) == (alone["tn"], alone["fp"], alone["tp"], alone["fn"])
    assert mine["auc"] == pytest.approx(alone["auc"], abs=1e-6)
    assert mine["log_loss"] == pytest.approx(alone["log_loss"], abs=1e-6)


@pytest.mark.slow
def test_the_same_network_twice_is_not_told_apart(table: Path, ann: Ann) -> None:
    text = ann("compare", "good.nn", "good.nn", "new.csv").stdout
    assert "the data do not tell good.nn and good.nn (2) apart by accuracy: the difference is 0.00 points, " in text
    assert text.endswith("\nrows that trained a network: none of these\n")


@pytest.mark.slow
def test_rows_that_trained_a_network_are_left_out_in_a_second_table(table: Path, ann: Ann) -> None:
    found = compare(ann, "good.nn", "poor.nn", "both.csv")
    assert {name: one["n"] for name, one in found["rows"].items()} == {"all": 180, "new": 100}
    assert found["rows"]["new"]["pairs"] == compare(ann, "good.nn", "poor.nn", "new.csv")["rows"]["all"]["pairs"]
    text = ann("compare", "good.nn", "poor.nn", "both.csv").stdout
    assert text.startswith("all rows* (180)")
    assert text.endswith("\n* of these 180 rows 80 trained good.nn, 80 trained poor.nn; trust the tables of new rows\n")
    assert "the differences say nothing about new rows" in ann("compare", "good.nn", "poor.nn", "t.csv").stdout


@pytest.mark.slow
def test_all_pairs_of_three_are_tested_with_holm(table: Path, ann: Ann) -> None:
    found = compare(ann, "good.nn", "poor.nn", "turned.nn", "new.csv")
    pairs = found["rows"]["all"]["pairs"]
    assert [(p["first"], p["second"]) for p in pairs] == [("good.nn", "poor.nn"), ("good.nn", "turned.nn"), ("poor.nn", "turned.nn")]  # fmt: skip
    p = sorted((one["differences"]["accuracy"]["p"], one["differences"]["accuracy"]["p_adjusted"]) for one in pairs)
    assert p[0][1] == pytest.approx(min(1, 3 * p[0][0]))
    assert p[1][1] == pytest.approx(max(p[0][1], min(1, 2 * p[1][0])))
    assert "p (Holm)" in ann("compare", "good.nn", "poor.nn", "turned.nn", "new.csv").stdout


@pytest.mark.slow
def test_definitions_are_trained_in_the_same_folds(table: Path, ann: Ann) -> None:
    for name, layers in (("line", "[1 logistic]"), ("wide", "[8 tanh, 1 logistic]")):
        (table / f"{name}.nn").write_text(f"anncli: 1\ninputs: {{table: {{label: y}}}}\nlayers: {layers}\n")
    words = ("line.nn", "wide.nn", "t.csv", 5, "--folds", 4)
    found = compare(ann, *words)
    # Each fold is that of ann cv with the same definition.
    for name in ("line.nn", "wide.nn"):
        alone = json.loads(ann("cv", name, "t.csv", 5, "--folds", 4, "--json").stdout)["metrics"]["accuracy"]
        assert found["folds"][name]["accuracy"] == alone["folds"]
        assert found["means"][name]["accuracy"] == pytest.approx(alone["mean"])
    one = found["pairs"][0]["differences"]["log_loss"]
    assert one["test"] == "corrected t"
    means = [found["means"][name]["log_loss"] for name in ("line.nn", "wide.nn")]
    assert one["difference"] == pytest.approx(means[0] - means[1])
    assert one["low"] < one["difference"] < one["high"]
    text = ann("compare", *words, "--ledger", "l").stdout
    assert ann("compare", *words, "--ledger", "l", "--jobs", 2).stdout == text


@pytest.mark.slow
def test_class_files_are_given_to_each_network_in_its_order(trained: Path, ann: Ann) -> None:
    ann("train", "neg.txt", "pos.txt", 20, "-q", "-o", "turned.nn")
    found = compare(ann, "net.nn", "turned.nn", "pos.txt", "neg.txt")
    evaluations = found["rows"]["all"]["evaluations"]
    assert evaluations["turned.nn"]["classes"] == evaluations["net.nn"]["classes"] == ["pos", "neg"]
    alone = json.loads(ann("test", "turned.nn", "neg.txt", "pos.txt", "--json").stdout)["sets"]["test"]
    assert evaluations["turned.nn"]["tp"] == alone["tn"]


@pytest.mark.slow
def test_one_row_one_class_and_numbers_are_compared(table: Path, ann: Ann) -> None:
    lines = (table / "new.csv").read_text().splitlines()
    (table / "one.csv").write_text("\n".join(lines[:2]) + "\n")
    (table / "yes.csv").write_text("\n".join([lines[0], *(one for one in lines if one.endswith("yes"))]) + "\n")
    assert compare(ann, "good.nn", "poor.nn", "one.csv")["rows"]["all"]["n"] == 1
    assert "auc" not in compare(ann, "good.nn", "poor.nn", "yes.csv")["rows"]["all"]["pairs"][0]["differences"]
    (table / "n.csv").write_text("a,b\n" + "".join(f"{k}.5,{2 * k + k % 5}\n" for k in range(40)))
    for name, epochs in (("r", 60), ("q", 1)):
        ann("train", "n.csv", "--label", "b", "--task", "regression", epochs, "-q", "-o", f"{name}.nn")
    found = compare(ann, "r.nn", "q.nn", "n.csv")
    assert set(found["rows"]["all"]["pairs"][0]["differences"]) == {"rmse", "mae", "r2"}
    done = ann("compare", "r.nn", "good.nn", "n.csv", check=2)
    assert done.stderr == "ann: good.nn is for classification, r.nn for regression; compare networks of one task\n"


@pytest.mark.slow
def test_what_cannot_be_compared_is_refused(table: Path, ann: Ann) -> None:
    def refused(*words: object, check: int = 2) -> str:
        return ann("compare", *words, check=check).stderr

    assert "one network, good.nn, and nothing to compare it with; name another one after it" in refused("good.nn", "new.csv")  # fmt: skip
    assert "ann: new.csv: is no network; name two networks or more, then the data" in refused("new.csv", "good.nn")
    assert "Missing argument 'DATA...'" in refused("good.nn", "poor.nn")
    assert "is a network, but stands after data" in refused("good.nn", "poor.nn", "new.csv", "turned.nn")
    assert "stdin only once; name files" in refused("good.nn", "poor.nn", "-")
    assert "--jobs is for definitions that are trained anew; add --folds K" in refused("good.nn", "poor.nn", "new.csv", "--jobs", 2)  # fmt: skip
    assert "EPOCHS is for definitions" in refused("good.nn", "poor.nn", "new.csv", 50)
    (table / "d.nn").write_text("anncli: 1\ninputs: 2\nlayers: [1 logistic]\n")
    assert "the network has no weights yet" in refused("good.nn", "d.nn", "new.csv", check=4)
    assert "no such file" in refused("good.nn", "none.nn", "new.csv", check=4)
    (table / "other.csv").write_text((table / "t.csv").read_text().replace("yes", "si"))
    ann("train", "other.csv", "--label", "y", 5, "-q", "-o", "other.nn")
    assert "compare networks that answer the same question" in refused("good.nn", "other.nn", "new.csv", check=4)
