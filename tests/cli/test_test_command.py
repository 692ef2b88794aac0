"""`ann test` from the shell: every metric is printed, undefined ones say so, and --require decides the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ann_process import Ann

# Output = input: the score of a vector is its value.
IDENTITY = "2\n1 1\n0\n0\n0 1\n0 1\n"


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    """A folder with id.nn, whose score is the one input, and hand-made class files: TP 3, FN 1, TN 4, FP 2."""
    (tmp_path / "id.nn").write_text(IDENTITY)
    (tmp_path / "a.txt").write_text("0.9\n0.8\n0.6\n0.5\n")
    (tmp_path / "b.txt").write_text("0.1\n0.2\n0.3\n0.4\n0.7\n0.55\n")
    return tmp_path


def figures(text: str) -> dict[str, str]:
    header, row = text.splitlines()[:2]
    names = header.replace(" %", "%").split()
    return dict(zip(names, row.split(), strict=True))


def test_every_figure_is_right(identity: Path, ann: Ann) -> None:
    found = figures(ann("test", "id.nn", "a.txt", "b.txt").stdout)
    # A score of exactly 0.5 is not above the threshold. AUC: of 24 pairs, 0.6 loses to 0.7, 0.5 to 0.7 and 0.55.
    expected = {
        "set": "test", "n": "10", "TP": "3", "FN": "1", "TN": "4", "FP": "2", "SE%": "75.00", "SP%": "66.67",
        "PPV%": "60.00", "NPV%": "80.00", "ACC%": "70.00", "F1%": "66.67", "AUC": "0.8750",
        "BAC%": "70.83", "MCC": "0.4082",
    }  # fmt: skip
    # Targets of a linear output are 1 and 0: (.01+.04+.16+.25) + (.01+.04+.09+.16+.49+.3025) = 1.5525.
    assert found == {**expected, "mse": "0.15525"}


def test_threshold_moves_the_decision(identity: Path, ann: Ann) -> None:
    found = figures(ann("test", "id.nn", "a.txt", "b.txt", "--threshold", "0.65").stdout)
    assert (found["TP"], found["FN"], found["TN"], found["FP"]) == ("2", "2", "5", "1")
    assert found["AUC"] == "0.8750"
    done = ann("test", "id.nn", "a.txt", "b.txt", "--threshold", "high", check=2)
    assert done.stderr.startswith("ann: --threshold: must be a number or a rule, found 'high'")
    ann("test", "id.nn", "a.txt", "b.txt", "--threshold", "nan", check=2)


def test_undefined_metrics_say_so(identity: Path, ann: Ann) -> None:
    text = ann("test", "id.nn", "a.txt", "b.txt", "--threshold", "2").stdout
    assert figures(text)["PPV%"] == "undefined"
    assert figures(text)["SE%"] == "0.00"
    assert figures(text)["F1%"] == "0.00"
    assert "test: ppv, mcc are undefined: no sample was predicted positive" in text
    document = json.loads(ann("test", "id.nn", "a.txt", "b.txt", "--threshold", "2", "--json", "-q").stdout)
    assert document["sets"]["test"]["ppv"] is None
    assert document["warnings"]


@pytest.mark.parametrize(
    ("demand", "code", "words"),
    [
        ("acc>=0.7", 0, ""),
        ("acc>0.7", 5, "acc>0.7 (it is 0.7)"),
        ("se>=0.75,mse<=0.2,auc>=0.87", 0, ""),
        ("se>=0.75,sp>=0.9", 5, "sp>=0.9 (it is 0.666667)"),
        ("f1<0.5", 5, "f1<0.5"),
        ("acc=0.7", 0, ""),
        ("acc==70%,recall>=75%", 0, ""),
        ("acc=1", 5, "acc=1 (it is 0.7)"),
        ("acc>=80%,fp<=1", 5, "requirement not met: acc>=80% (it is 70%)\nann: requirement not met: fp<=1 (it is 2)\n"),
        ("recall[b]>=0.7", 5, "recall[b]>=0.7 (it is 0.666667)"),
        ("precision[b]>=0.8,recall[a]>=0.75", 0, ""),
        ("recall[c]>=0.7", 2, "--require recall[c]>=0.7: unknown class 'c'; use one of a, b"),
        ("f1[a]>=0.7", 2, "this metric does not exist for one class; use one of sensitivity[NAME], precision[NAME]"),
        ("acuracy>=1", 2, "did you mean 'accuracy'?"),
        ("macro-f1>=1", 2, "does not exist for two classes; use one of accuracy, sensitivity,"),
    ],
)
def test_require(identity: Path, ann: Ann, demand: str, code: int, words: str) -> None:
    done = ann("test", "id.nn", "a.txt", "b.txt", "--require", demand, check=code)
    assert words in done.stderr
    # The table is printed whether or not the demand is met.
    assert (figures(done.stdout)["n"] == "10") if code != 2 else done.stdout == ""


def test_an_undefined_metric_meets_no_demand(identity: Path, ann: Ann) -> None:
    done = ann("test", "id.nn", "a.txt", "b.txt", "--threshold", 2, "--require", "ppv<=1", check=5)
    assert "ppv<=1 (it is undefined: no sample was predicted positive)" in done.stderr


def test_one_labelled_list(identity: Path, ann: Ann) -> None:
    (identity / "all.txt").write_text("p 1\n0.9\nq 1\n0.2\nr 2\n0.1\ns 0\n0.3")
    text = ann("test", "id.nn", "all.txt").stdout
    assert figures(text)["n"] == "3"
    assert figures(text)["FN"] == "1"
    assert "test: 1 row without a class was left out" in text
    done = ann("test", "id.nn", "a.txt", check=2)
    message = "the network does not know which column is the label; say --label NAME, or give one file per class"
    assert done.stderr == f"ann: a.txt: {message}\n"


def test_wrong_number_of_class_files(identity: Path, ann: Ann) -> None:
    done = ann("test", "id.nn", "a.txt", "b.txt", "all.txt", check=2)
    assert done.stderr.startswith(
        "ann: 3 class files for a network of 2 classes; give one file per class, positive first, or one file whose rows"
    )


@pytest.mark.slow
def test_k_classes_print_a_matrix(tmp_path: Path, ann: Ann) -> None:
    # Three inputs straight to three outputs.
    (tmp_path / "three.nn").write_text("2\n3 3\n0\n0\n0 1\n0 1\n0 1\n0 1 0 0\n0 0 1 0\n0 0 0 1\n")
    (tmp_path / "a.txt").write_text("1 0 0\n0 1 0\n")
    (tmp_path / "b.txt").write_text("0 1 0\n0 1 0\n0 1 0\n")
    (tmp_path / "c.txt").write_text("0 1 0\n")
    files = ("a.txt", "b.txt", "c.txt")
    rows = [line.split() for line in ann("test", "three.nn", *files, "-q").stdout.splitlines()]
    assert ["a", "1", "1", "0", "50.00", "100.00", "66.67"] in rows
    assert ["b", "0", "3", "0", "100.00", "60.00", "75.00"] in rows
    assert ["c", "0", "1", "0", "0.00", "undefined", "0.00"] in rows
    ann("test", "three.nn", *files, "--require", "macro-recall>=0.5,acc>=0.66", "-q")
    ann("test", "three.nn", *files, "--require", "macro-recall>0.5", "-q", check=5)
    done = ann("test", "three.nn", *files, "--require", "se>=0", check=2)
    assert done.stderr.endswith("3 classes has a value of its own; write macro-recall, or se[NAME] for one class\n")
    ann("test", "three.nn", *files, "--require", "recall[b]=1,precision[b]>=60%,f1[c]=0,bacc>=50%", "-q")
    done = ann("test", "three.nn", *files, "--threshold", 0.3, check=2)
    assert done.stderr.startswith("ann: --threshold is for networks with one output")


def test_a_network_no_better_than_one_answer_is_warned_of(identity: Path, ann: Ann) -> None:
    done = ann("test", "id.nn", "a.txt", "b.txt", "--threshold", "0.95")
    assert done.stderr.startswith("ann: warning: test: the network always predicts")


def test_intervals_of_one_target_are_not_called_like_it(tmp_path: Path, ann: Ann) -> None:
    rows = "".join(f"{k % 7},{k % 5},{k % 7 + 2 * (k % 5) + k % 3 / 3:.6f}\n" for k in range(60))
    (tmp_path / "t.csv").write_text(rows)
    ann("train", "t.csv", 20, "--label", "last", "--test", "0.3", "-o", "t.nn")
    last = ann("test", "t.nn", "t.csv", "--confidence", "0.9").stdout.rpartition("\n\n")[2]
    assert [line.split()[0] for line in last.splitlines()[1:]] == ["bias", "RMSE", "MAE", "R2"]
