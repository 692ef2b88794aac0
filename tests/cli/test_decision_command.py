"""Threshold rules, undecided rows and calibration from the shell: what is printed, stored, refused and resumed."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from ann_process import Ann


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """200 rows, 60 of them of the positive class, in a table."""
    rng = random.Random(0)
    lines = [
        f"{rng.gauss(1.5 * (k % 10 < 3), 1):.4f},{rng.gauss(0, 1):.4f},{'yes' if k % 10 < 3 else 'no'}"
        for k in range(200)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["x,z,y", *lines]) + "\n")
    return tmp_path


ALL = ("--threshold", "se>=0.9", "--calibration", "platt", "--abstain", "0.05,0.6")


def test_the_report_says_how_the_network_decides(table: Path, ann: Ann) -> None:
    done = ann("train", "t.csv", 30, "--test", 0.25, *ALL, "-o", "n.nn")
    assert re.search(
        r"^threshold 0\.\d+ by se>=0\.9 on 40 validation rows \(there SE (9\d|100)\.\d\d %, SP \d+\.\d\d %, PPV \d+\.\d\d %\)$",
        done.stdout, re.MULTILINE,
    )  # fmt: skip
    line = r"^calibrated by platt on 40 validation rows; calibration error of the test set \d+\.\d\d % before, \d+\.\d\d % after$"
    assert re.search(line, done.stdout, re.MULTILINE)
    assert "\nnot decided: scores from 0.05 to 0.6\n" in done.stdout
    assert re.search(
        r"^test: \d+ of 50 rows, \d+\.\d %, were not decided; the figures are those of the others$",
        done.stdout,
        re.MULTILINE,
    )
    shown = ann("info", "n.nn", "--verify").stdout
    assert re.search(r"^threshold_rule +se>=0\.9$", shown, re.MULTILINE)
    assert re.search(r"^abstain +0\.05, 0\.6$", shown, re.MULTILINE)
    assert re.search(r"^  method +platt$", shown, re.MULTILINE)
    assert "--threshold 'se>=0.9' --abstain 0.05,0.6 --calibration platt" in shown


@pytest.mark.slow
def test_a_training_without_decisions_says_nothing_of_them(table: Path, ann: Ann) -> None:
    done = ann("train", "t.csv", 30, "--test", 0.25, "-o", "n.nn")
    assert not re.search("threshold|calibrat|decided", done.stdout)
    assert not re.search("threshold_rule|calibration|abstain|decision", (table / "n.nn").read_text())
    assert "decision" not in json.loads(ann("train", "t.csv", 5, "-o", "m.nn", "--json").stdout)


@pytest.mark.slow
def test_the_document_of_a_training_and_that_of_a_test_agree(table: Path, ann: Ann) -> None:
    trained = json.loads(ann("train", "t.csv", 30, "--test", 0.25, *ALL, "-o", "n.nn", "--json").stdout)
    assert (trained["threshold"], trained["calibration"], trained["abstain"]) == ("se>=0.9", "platt", [0.05, 0.6])
    decision, info = trained["decision"], json.loads(ann("info", "n.nn", "--json").stdout)
    assert (decision["rows"], decision["rule"], decision["met"]) == (40, "se>=0.9", True)
    assert decision["validation"]["sensitivity"] >= 0.9
    assert (
        decision["threshold"]
        == info["threshold"]
        == json.loads(ann("test", "n.nn", "t.csv", "--json").stdout)["threshold"]
    )
    before = trained["before_retraining"]["sets"]["validation"]
    assert before["n"] + before["n_undecided"] == 40


@pytest.mark.slow
def test_rows_without_a_decision_have_their_own_word(table: Path, ann: Ann) -> None:
    ann("train", "t.csv", 30, *ALL, "-o", "n.nn", "-q")
    lines = ann("predict", "n.nn", "t.csv").stdout.splitlines()[1:]
    for line in lines:
        word, score = line.split(",")
        assert word == ("undecided" if 0.05 <= float(score) <= 0.6 else "yes" if float(score) > 0.6 else "no")
    assert {line.split(",")[0] for line in lines} == {"yes", "no", "undecided"}
    entries = [json.loads(line) for line in ann("predict", "n.nn", "t.csv", "--to", "jsonl").stdout.splitlines()]
    assert [entry["predicted"] for entry in entries] == [None if w == "undecided" else w for w in (x.split(",")[0] for x in lines)]  # fmt: skip
    document = json.loads(ann("predict", "n.nn", "t.csv", "--json").stdout)
    assert [row["class"] for row in document["predictions"]] == [entry["predicted"] for entry in entries]
    found = json.loads(ann("test", "n.nn", "t.csv", "--json").stdout)
    assert found["abstain"] == [0.05, 0.6]
    assert found["sets"]["test"]["n_undecided"] == sum(line.startswith("undecided") for line in lines)
    # Every row is decided again, and other scores may be left out.
    decided = ann("predict", "n.nn", "t.csv", "--abstain", "none", "--classes").stdout
    assert set(decided.split()) == {"predicted", "yes", "no"}
    other = json.loads(ann("test", "n.nn", "t.csv", "--abstain", "0.01,0.9", "--json").stdout)["sets"]["test"]
    assert other["n_undecided"] > found["sets"]["test"]["n_undecided"]


@pytest.mark.slow
def test_class_files_have_the_word_too(trained: Path, ann: Ann) -> None:
    lines = ann("predict", "net.nn", "pos.txt", "neg.txt", "--abstain", "0,1").stdout.splitlines()
    assert [line.split("\t")[1] for line in lines] == ["undecided"] * 16
    done = json.loads(ann("test", "net.nn", "pos.txt", "neg.txt", "--abstain", "0,1", "--json").stdout)
    assert (done["sets"]["test"]["coverage"], done["sets"]["test"]["accuracy"]) == (0.0, None)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train", "none.csv", 5, "--threshold", "youden", "--validation", "0"), "--threshold youden: it is chosen on validation rows, and there are none; add --validation 0.2"),
        (("train", "none.csv", 5, "--calibration", "platt", "--dividetrain", "90"), "--calibration platt: it is chosen on validation rows, and there are none; leave --dividetrain out"),
        (("cv", "none.csv", 5, "--threshold", "f1", "--validation", "0"), "--threshold f1: it is chosen on validation rows, and there are none; add --validation 0.2"),
        (("test", "none.nn", "none.csv", "--threshold", "youden"), "--threshold youden: a rule would look at the rows that it is measured on; give a number, or choose it in training: ann train ... --threshold 'youden'"),
        (("predict", "none.nn", "none.csv", "--threshold", "sp>=0.9"), "--threshold sp>=0.9: a rule would look at the rows that it is measured on; give a number, or choose it in training: ann train ... --threshold 'sp>=0.9'"),
        (("test", "none.nn", "none.csv", "--abstain", "0.6,0.4"), "--abstain: must name the lower score first, found '0.6,0.4'; write for example 0.4,0.6"),
        (("train", "none.csv", 5, "--calibration", "plat"), "--calibration: unknown calibration 'plat'; did you mean 'platt'?"),
    ],
)  # fmt: skip
def test_refusals_come_before_any_file_is_read(words: tuple[Any, ...], message: str, ann: Ann) -> None:
    assert ann(*words, check=2).stderr == f"ann: {message}\n"


@pytest.mark.slow
def test_a_network_says_what_it_cannot_take_before_data_are_read(small: Path, ann: Ann) -> None:
    done = ann("train", "net.nn", "none.txt", "none.txt", 5, "--calibration", "platt", "--dialect", "ann1dn", check=2)
    assert (
        done.stderr == "ann: --calibration platt: a file of the format ann1dn has no place for it; add --dialect ann\n"
    )
    done = ann("train", "net.nn", "none.txt", "none.txt", 5, "--abstain", "0.5", check=2)
    assert done.stderr.startswith("ann: --abstain: two classes need two scores")
    done = ann("test", "net.nn", "none.txt", "none.txt", "--abstain", "0.6,0.7", check=4)
    assert "no weights yet" in done.stderr


@pytest.mark.slow
def test_a_threshold_outside_of_the_undecided_scores_is_refused(trained: Path, ann: Ann) -> None:
    done = ann("test", "net.nn", "pos.txt", "neg.txt", "--abstain", "0.6,0.7", check=2)
    assert done.stderr.startswith(
        "ann: --abstain 0.6,0.7: the threshold 0.5 lies outside; give scores on both sides of it"
    )
    ann("test", "net.nn", "pos.txt", "neg.txt", "--abstain", "0.6,0.7", "--threshold", 0.65)
    # A variable serves many commands.
    ann("test", "net.nn", "pos.txt", "neg.txt", env={"ANN_THRESHOLD": "youden"})


@pytest.mark.slow
def test_a_network_whose_rule_left_the_undecided_scores_is_usable(small: Path, ann: Ann) -> None:
    """The training warns; the commands that use the network as it is do not refuse it."""
    words = ("--threshold", "sp>=1", "--abstain", "0.001,0.002", "--validation", "0.3")
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, *words)
    assert "lies outside the undecided scores, 0.001 to 0.002" in done.stderr
    ann("test", "net.nn", "pos.txt", "neg.txt")
    ann("predict", "net.nn", "pos.txt")
    done = ann("test", "net.nn", "pos.txt", "neg.txt", "--abstain", "0.001,0.003", check=2)
    assert "lies outside; give scores on both sides of it" in done.stderr


@pytest.mark.slow
def test_ann_r_has_no_word_for_undecided_rows(small: Path, ann: Ann) -> None:
    ann("train", "net.nn", "pos.txt", "neg.txt", 5, "-q", "--abstain", "0.4,0.6")
    done = ann("r", "net.nn", "pos.txt", "0", check=2)
    assert done.stderr.endswith("this network leaves rows undecided, for which ann r has no word; use ann predict\n")


@pytest.mark.slow
def test_a_resumed_run_gives_the_same_bytes(table: Path, ann: Ann) -> None:
    words = ("t.csv", 40, "--threshold", "f1", "--calibration", "isotonic", "-q")
    ann("train", *words, "-o", "whole.nn")
    ann("train", "t.csv", 20, *words[2:], "--checkpoint", "c.ckpt", "-o", "half.nn")
    ann("train", *words, "--resume", "c.ckpt", "-o", "resumed.nn")
    assert (table / "resumed.nn").read_bytes() == (table / "whole.nn").read_bytes()
    assert (table / "half.nn").read_bytes() != (table / "whole.nn").read_bytes()
    done = ann("train", *words[:2], "--threshold", "mcc", "-q", "--resume", "c.ckpt", "-o", "x.nn", check=2)
    assert "it was written with threshold f1, this run has threshold mcc" in done.stderr


@pytest.mark.slow
def test_a_rule_in_the_network_file_is_the_same(table: Path, ann: Ann) -> None:
    ann("init", "n.nn", "t.csv", "--hidden", 3)
    text = (table / "n.nn").read_text()
    (table / "n.nn").write_text(text + 'training: {threshold: "cost:1,5", calibration: platt}\n')
    ann("train", "n.nn", "t.csv", 20, "-q")
    assert 'threshold_rule: "cost:1,5"' in (table / "n.nn").read_text()
    (table / "m.nn").write_text(text + "training: {threshold: best}\n")
    done = ann("train", "m.nn", "t.csv", 20, check=4)
    assert re.match(
        r"ann: m.nn:\d+:23: threshold: must be a number or a rule, found 'best'; use a number or one of youden,",
        done.stderr,
    )


def cv(ann: Ann, *words: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ann("cv", "t.csv", 20, "--folds", 4, *words, "--json").stdout)
    return found


@pytest.mark.slow
def test_in_cv_every_training_has_its_threshold(table: Path, ann: Ann) -> None:
    found = cv(ann, *ALL, "--predictions", "p.csv", "--output", "f.nn", "--jobs", 2)
    assert len(set(found["thresholds"])) > 1
    together = found["together"][0]
    assert together["n"] + together["n_undecided"] == 200
    rows = [line.split(",") for line in (table / "p.csv").read_text().splitlines()]
    head, rows = rows[0], rows[1:]
    fold, label, predicted, score = (head.index(name) for name in ("fold", "label", "predicted", "score_yes"))
    counts = {"tp": 0, "fp": 0}
    for row in rows:
        own, x = found["thresholds"][int(row[fold]) - 1], float(row[score])
        word = "undecided" if 0.05 <= x <= 0.6 else "yes" if x > own else "no"
        assert row[predicted] == word
        counts["tp"] += word == row[label] == "yes"
        counts["fp"] += word == "yes" != row[label]
    assert counts == {name: together[name] for name in counts}
    # The network of all rows has what the out-of-fold scores of all rows gave.
    info = json.loads(ann("info", "f.nn", "--json").stdout)
    assert (info["threshold_rule"], info["abstain"], info["calibration"]["method"]) == ("se>=0.9", [0.05, 0.6], "platt")
    assert (info["record"]["decision"]["rows"], info["record"]["decision"]["set"]) == (200, "out-of-fold")
    assert info["record"]["decision"]["sensitivity"] >= 0.9


@pytest.mark.slow
def test_cv_goes_on_from_its_ledger(table: Path, ann: Ann) -> None:
    whole = cv(ann, "--threshold", "f1", "--calibration", "isotonic")
    first = cv(ann, "--threshold", "f1", "--calibration", "isotonic", "--ledger", "l.jsonl")
    again = cv(ann, "--threshold", "f1", "--calibration", "isotonic", "--ledger", "l.jsonl")
    assert whole == first == again
    assert [one["test"]["n"] for one in again["folds"]] == [50, 50, 50, 50]
