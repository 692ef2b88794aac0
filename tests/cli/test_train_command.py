"""`ann train` from the shell: what is written, shown and kept, and what is left alone."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ann_process import NEGATIVE, NETWORK, POSITIVE, ROOT, Ann, clean_environment

from anncli.cli.showing.history import open_history
from anncli.training.attempt import EpochReport

TRAIN = ("train", "net.nn", "pos.txt", "neg.txt")
# What so short a run is told.
IMPROVING = "ann: still improving at the last epoch; give more than 20 EPOCHS\n"


def test_the_network_is_written_back_in_place_below_what_the_person_wrote(small: Path, ann: Ann) -> None:
    done = ann(*TRAIN, 20)
    text = (small / "net.nn").read_text()
    assert text.startswith(NETWORK + "trained:\n")
    assert "written to net.nn" in done.stdout
    assert done.stderr == IMPROVING
    for metric in ("TP", "FN", "TN", "FP", "SE %", "SP %", "PPV %", "NPV %", "ACC %", "F1 %", "AUC", "mse"):
        assert metric in done.stdout


def test_output_leaves_the_definition_alone(small: Path, ann: Ann) -> None:
    ann(*TRAIN, 20, "--output", "out.nn")
    assert (small / "net.nn").read_text() == NETWORK
    assert ann("test", "out.nn", "pos.txt", "neg.txt").returncode == 0


@pytest.mark.slow
def test_a_dash_puts_the_network_on_stdout_and_the_table_on_stderr(small: Path, ann: Ann) -> None:
    done = ann(*TRAIN, 20, "-o", "-")
    ann(*TRAIN, 20, "-o", "out.nn")
    assert done.stdout == (small / "out.nn").read_text()
    assert "written to stdout" in done.stderr
    piped = ann("train", "-", "pos.txt", "neg.txt", 20, input=NETWORK)
    assert piped.stdout == done.stdout
    assert not (small / "-").exists()


def test_a_share_is_held_out_of_every_class(small: Path, ann: Ann) -> None:
    document = json.loads(ann(*TRAIN, 5, "--json", "--validation", "0.25", "--test", "0.5", "-o", "o.nn").stdout)
    assert document["samples"] == {"training": 4, "validation": 4, "test": 8}
    chosen = document["before_retraining"]["sets"]
    sets = {**chosen, "test": document["sets"]["test"]}
    for name, (positives, negatives) in {"training": (2, 2), "validation": (2, 2), "test": (4, 4)}.items():
        e = sets[name]
        assert (e["tp"] + e["fn"], e["tn"] + e["fp"]) == (positives, negatives)


@pytest.mark.parametrize(
    "given",
    [["--validation", "pv.txt,nv.txt"], ["--validation", "pv.txt", "--validation", "nv.txt"]],
    ids=["with commas", "repeated"],
)
def test_validation_files(small: Path, ann: Ann, given: list[str]) -> None:
    (small / "pv.txt").write_text("3 3\n4 4\n1 1\n")
    (small / "nv.txt").write_text("-3 -3\n-4 -4\n")
    document = json.loads(ann(*TRAIN, 5, "--json", *given).stdout)
    assert document["samples"] == {"training": 16, "validation": 5, "test": 0}
    assert document["warnings"] == []


def test_validation_by_a_training_file_is_warned_of(small: Path, ann: Ann) -> None:
    done = ann(*TRAIN, 5, "--validation", "pos.txt,neg.txt")
    assert "ann: warning: pos.txt has the same content as a training file" in done.stderr
    document = json.loads(ann(*TRAIN, 5, "--validation", "pos.txt,neg.txt", "--json").stdout)
    assert [text.split(" has ")[0] for text in document["warnings"][:2]] == ["pos.txt", "neg.txt"]


def test_history_holds_one_json_line_per_epoch(small: Path, ann: Ann) -> None:
    ann(*TRAIN, 7, "--history", "h.jsonl", "--refit", "no", "-q")
    lines = [json.loads(line) for line in (small / "h.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4, 5, 6, 7]
    assert {line["phase"] for line in lines} == {"training"}
    assert all(line["training_loss"] > 0 and line["validation_loss"] > 0 for line in lines)
    best = min(lines, key=lambda line: line["validation_loss"])
    assert lines[-1]["best_epoch"] == best["epoch"]


@pytest.mark.slow
def test_a_history_may_be_a_table_or_a_json_array(small: Path, ann: Ann) -> None:
    for name in ("h.jsonl", "h.csv", "h.tsv", "h.json"):
        ann(*TRAIN, 3, "--history", name, "-q", "-o", "o.nn")
    lines = [json.loads(line) for line in (small / "h.jsonl").read_text().splitlines()]
    assert json.loads((small / "h.json").read_text()) == lines
    assert (small / "h.json").read_text().endswith("}\n]\n")
    rows = [line.split(",") for line in (small / "h.csv").read_text().splitlines()]
    assert rows[0] == list(lines[0])
    assert len(rows) == len(lines) + 1 == 7
    for row, line in zip(rows[1:], lines, strict=True):
        assert row == ["" if value is None else str(value) for value in line.values()]
    assert (small / "h.tsv").read_text() == (small / "h.csv").read_text().replace(",", "\t")
    # Without an epoch, and where the run fails, an array is complete too.
    ann(*TRAIN, 0, "--validation", 0, "--history", "h.json", "-q", "-o", "o.nn")
    assert json.loads((small / "h.json").read_text()) == []
    with open_history(str(small / "means.csv")) as history:
        history.add(EpochReport(1, 0.5, 0.25, None, 1, (0.75, 0.125)))
        history.add(EpochReport(1, 0.5, None, None, 1, None, "refit"))
    head = "epoch,phase,start,training_loss,validation_loss,metric,best_epoch,class_mean_1,class_mean_2\n"
    rows = "1,training,1,0.5,0.25,,1,0.75,0.125\n1,refit,1,0.5,,,1,,\n"
    assert (small / "means.csv").read_text() == head + rows


def test_a_dry_run_says_what_was_understood_and_changes_nothing(small: Path, ann: Ann) -> None:
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in small.iterdir()}
    arguments = (*TRAIN, 500, "--dry-run", "--trainer", "sgd", "--momentum", "0.5", "--history", "h.jsonl")
    text = ann(*arguments).stdout
    shown = dict(line.split(maxsplit=1) for line in text.splitlines())
    assert shown["trainer"] == "sgd"
    assert "momentum 0.5" in shown["options"]
    assert shown["files"] == "pos.txt (8), neg.txt (8)"
    assert shown["classes"] == "pos 8, neg 8"
    assert shown["epochs_at_most"] == "500"
    assert shown["start"] == "new weights"
    document = json.loads(ann(*arguments, "--json").stdout)
    assert document["dry_run"] is True
    assert document["options"]["momentum"] == 0.5
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in small.iterdir()} == before


def test_json_is_one_document_with_everything(small: Path, ann: Ann) -> None:
    done = ann(*TRAIN, 20, "--json")
    document = json.loads(done.stdout)
    assert done.stderr == IMPROVING
    assert document["diagnosis"] == [IMPROVING.removeprefix("ann: ").rstrip()]
    assert document["command"] == "train"
    assert document["start"] == "new weights"
    assert document["epochs"] == 20
    # The network that was written was retrained on all rows; the one that validation chose stands apart.
    assert set(document["sets"]) == {"training"}
    assert document["sets"]["training"]["n"] == 16
    assert document["before_retraining"]["epoch"] == 20
    assert document["before_retraining"]["sets"]["training"]["n"] == document["samples"]["training"]
    assert document["before_retraining"]["sets"]["validation"]["n"] == document["samples"]["validation"]
    assert json.loads(ann(*TRAIN, 1, "--json").stdout)["start"] == "new weights"
    assert json.loads(ann(*TRAIN, 1, "--continue", "--json").stdout)["start"] == "continued"
    whole = json.loads(ann(*TRAIN, 20, "--refit", "no", "--json").stdout)
    assert set(whole["sets"]) == {"training", "validation"}
    assert whole["before_retraining"] is None


def test_two_documents_cannot_share_stdout(small: Path, ann: Ann) -> None:
    done = ann(*TRAIN, 20, "--json", "--output", "-", check=2)
    assert done.stderr == "ann: the network and --json cannot both go to stdout; name a file for one of them\n"


@pytest.mark.slow
def test_quiet_is_silent_and_verbose_shows_epochs(small: Path, ann: Ann) -> None:
    done = ann(*TRAIN, 20, "-q", "-o", "o.nn")
    assert (done.stdout, done.stderr) == ("", "")
    done = ann(*TRAIN, 20, "-v", "--refit", "no", "-o", "o.nn")
    *told, remark = done.stderr.splitlines(keepends=True)
    guesses, epochs = told[:2], told[2:]
    assert guesses[0] == "ann: pos.txt: 2 values per row, separated by blanks; no column names\n"
    assert [line.split(":")[1] for line in epochs] == [f" epoch {n}" for n in (1, 2, 5, 10, 20)]
    assert remark == IMPROVING
    done = ann(*TRAIN, 20, "-vv", "--refit", "no", "-o", "o.nn")
    assert len(done.stderr.splitlines()) == 23


def noise(folder: Path) -> None:
    chance = random.Random(1)
    for name, count in (("pos.txt", 12), ("neg.txt", 120)):
        rows = (f"{chance.gauss(0, 1):.3f} {chance.gauss(0, 1):.3f}\n" for _ in range(count))
        (folder / name).write_text("".join(rows))


def test_answering_one_class_only_is_warned_of(small: Path, ann: Ann) -> None:
    noise(small)
    done = ann(*TRAIN, 50)
    assert done.stderr.startswith("ann: warning: validation: the network always predicts 'neg' (accuracy 92.31 %)")
    assert "--class-weight balanced" in done.stderr
    assert json.loads(ann(*TRAIN, 50, "--init", "auto", "--json", "-q").stdout)["warnings"]


@pytest.mark.slow
def test_class_weights(small: Path, ann: Ann) -> None:
    noise(small)
    found = {}
    for weight in ("none", "1,1", "balanced", "20,1"):
        done = ann(*TRAIN, 50, "--class-weight", weight, "--json", "-q", "-o", "o.nn")
        part = json.loads(done.stdout)["sets"]["training"]
        found[weight] = part["tp"] + part["fp"]
    # The more a positive vector counts, the more often the answer is positive.
    assert found["none"] == found["1,1"] < found["balanced"] < found["20,1"]


def test_k_classes(tmp_path: Path, ann: Ann) -> None:
    iris = [ROOT / "data/iris" / f"{name}.txt" for name in ("setosa", "versicolor", "virginica")]
    ann("init", "iris.nn", "--data", ",".join(map(str, iris)), "--hidden", 8)
    done = ann("train", "iris.nn", *iris, 100)
    for word in ("setosa", "versicolor", "virginica", "macro recall %", "macro precision %", "recall %", "precision %"):
        assert word in done.stdout
    document = json.loads(ann("test", "iris.nn", *iris, "--json").stdout)
    assert document["sets"]["test"]["accuracy"] > 0.95
    done = ann("train", "iris.nn", *iris[:2], 100, check=2)
    assert "2 class files for a network of 3 classes; give one file per class in the order setosa, versi" in done.stderr


@pytest.mark.slow
def test_a_trained_network_is_trained_anew_unless_it_is_continued(small: Path, ann: Ann) -> None:
    ann(*TRAIN, 30, "-q", "--validation", "0")
    first = (small / "net.nn").read_text()
    ann(*TRAIN, 0, "-q", "--continue", "-o", "zero.nn")
    assert weights(small / "zero.nn") == weights(small / "net.nn")
    for options in ((), ("--init", "auto")):
        ann(*TRAIN, 30, "-q", "--validation", "0", *options)
        assert (small / "net.nn").read_text() == first
    ann(*TRAIN, 30, "-q", "--continue")
    assert "epochs_in_all: 60" in (small / "net.nn").read_text()


def weights(path: Path) -> str:
    return path.read_text().partition("weights:")[2].partition("record:")[0]


def test_keep_last_keeps_the_last_epoch(small: Path, ann: Ann) -> None:
    # A rate so high that later epochs are worse.
    rate = ("--trainer", "sgd", "--learning-rate", "3", "--refit", "no", "--json", "--seed", "2")
    best = json.loads(ann(*TRAIN, 30, *rate, "-o", "best.nn").stdout)
    last = json.loads(ann(*TRAIN, 30, *rate, "-o", "last.nn", "--keep", "last").stdout)
    assert best["kept_epoch"] == best["best_epoch"] == last["best_epoch"]
    assert last["kept_epoch"] == last["epochs"] == 30
    assert (weights(small / "best.nn") == weights(small / "last.nn")) == (best["best_epoch"] == 30)


@pytest.mark.slow
def test_dialects_are_converted_both_ways(small: Path, ann: Ann) -> None:
    (small / "old.nn").write_text("3\n2 3 1\n")
    ann("train", "old.nn", "pos.txt", "neg.txt", 20, "-q")
    ann("train", "old.nn", "pos.txt", "neg.txt", 0, "-q", "--dialect", "ann", "-o", "new.nn")
    assert (small / "new.nn").read_text().startswith("# ")
    ann("train", "new.nn", "pos.txt", "neg.txt", 0, "-q", "--continue", "--dialect", "ann1dn", "-o", "back.nn")
    assert (small / "back.nn").read_bytes() == (small / "old.nn").read_bytes()
    scores = [ann("predict", name, "pos.txt", "--scores").stdout for name in ("old.nn", "new.nn", "back.nn")]
    assert scores[0] == scores[1] == scores[2]


def test_a_dialect_that_cannot_hold_the_network_is_told_before_training(small: Path, ann: Ann) -> None:
    done = ann(*TRAIN, 100_000_000, "--dialect", "ann1dn", check=2)
    assert done.stderr.startswith("ann: an ann1dn file has one activation for all layers")
    assert (small / "net.nn").read_text() == NETWORK


def test_class_files_in_another_order_than_the_networks_are_refused(trained: Path, ann: Ann) -> None:
    before = (trained / "net.nn").read_bytes()
    for command in (("train", "net.nn", "neg.txt", "pos.txt", 5), ("test", "net.nn", "neg.txt", "pos.txt")):
        done = ann(*command, check=2)
        assert done.stderr.startswith("ann: the class files are neg, pos, the network's classes are pos, neg; ")
    assert (trained / "net.nn").read_bytes() == before


def test_one_list_with_labels_stands_for_all_classes(small: Path, ann: Ann) -> None:
    entries = [(line, 1) for line in POSITIVE.splitlines()] + [(line, 2) for line in NEGATIVE.splitlines()]
    (small / "all.txt").write_text("".join(f"v{k} {label}\n{line}\n" for k, (line, label) in enumerate(entries)))
    document = json.loads(ann("train", "net.nn", "all.txt", 20, "--json").stdout)
    assert document["classes"] == {"1": 8, "2": 8}


@pytest.mark.parametrize("option", ["--output", "--history"])
def test_a_file_the_run_needs_is_not_overwritten(small: Path, ann: Ann, option: str) -> None:
    done = ann(*TRAIN, 5, option, "./neg.txt", check=2)
    assert done.stderr == f"ann: {option} ./neg.txt would overwrite a file that this run needs; give another name\n"
    assert (small / "neg.txt").read_text() == NEGATIVE


def test_a_network_from_a_pipe_needs_an_output(small: Path) -> None:
    run = f"'{sys.executable}' -m anncli train <(cat net.nn) pos.txt neg.txt 5 -q"

    def bash(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["bash", "-c", command], cwd=small, env=clean_environment(), capture_output=True, text=True, timeout=60)  # fmt: skip

    done = bash(run)
    assert done.returncode == 2
    assert re.fullmatch(
        r"ann: /dev/fd/\d+ is not a file, so the network cannot be written back; say where with --output\n", done.stderr
    )
    assert bash(f"{run} --output new.nn").returncode == 0
    assert (small / "new.nn").read_text().startswith(NETWORK + "trained:\n")


def test_a_network_file_changed_during_training_is_left_as_it_is(small: Path) -> None:
    command = [sys.executable, "-m", "anncli", *TRAIN, "100000000", "--patience", "0", "--history", "h.jsonl"]
    process = subprocess.Popen(command, cwd=small, env=clean_environment(), stderr=subprocess.PIPE, text=True)
    wait_for(small / "h.jsonl")
    (small / "net.nn").write_text(NETWORK + "# another remark\n")
    process.terminate()
    _, message = process.communicate(timeout=60)
    assert process.returncode == 1
    assert message.startswith("ann: net.nn: changed while the training ran; it was not overwritten")
    assert (small / "net.nn").read_text() == NETWORK + "# another remark\n"


def wait_for(path: Path) -> None:
    for _ in range(6000):
        if path.exists() and path.stat().st_size:
            return
        time.sleep(0.01)
    raise AssertionError(f"{path} did not appear")


def test_same_seed_same_bytes(small: Path, ann: Ann) -> None:
    elsewhere = small / "elsewhere"
    elsewhere.mkdir()
    ann(*TRAIN, 20, "-q", "-o", "a.nn")
    ann(*TRAIN, 20, "-q", "-o", "b.nn", env={"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"})
    paths = [str(small / name) for name in ("net.nn", "pos.txt", "neg.txt")]
    ann("train", *paths, 20, "-q", "-o", "c.nn", cwd=elsewhere, env={"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "7"})
    ann("train", "../net.nn", "../pos.txt", "../neg.txt", 20, "-q", "-o", "d.nn", "--threads", 2, cwd=elsewhere)
    ann(*TRAIN, 20, "-q", "-o", "other.nn", "--seed", 1)
    first = (small / "a.nn").read_bytes()
    assert (small / "b.nn").read_bytes() == first
    assert (elsewhere / "c.nn").read_bytes() == first
    assert (elsewhere / "d.nn").read_bytes() == first
    assert weights(small / "other.nn") != weights(small / "a.nn")


def test_restarts_show_their_spread_and_do_not_depend_on_threads(small: Path, ann: Ann) -> None:
    noise(small)
    done = ann(*TRAIN, 40, "--restarts", 4, "-o", "one.nn")
    ann(*TRAIN, 40, "--restarts", 4, "--threads", 3, "-o", "many.nn")
    assert (small / "one.nn").read_bytes() == (small / "many.nn").read_bytes()
    spread = done.stdout.splitlines()[2]
    assert spread.startswith("4 restarts: validation loss ")
    document = json.loads(ann(*TRAIN, 40, "--restarts", 4, "--json", "-o", "o.nn").stdout)
    values = [start["value"] for start in document["starts"]]
    assert f"{min(values):.5f} to {max(values):.5f}" in spread
    kept = 1 + values.index(min(values))
    assert spread.endswith(f"; kept restart {kept}")
    assert f"start: {kept}\n" in (small / "one.nn").read_text()


@pytest.mark.slow
def test_a_file_of_ann1dn_gets_a_scaling_that_it_can_hold(small: Path, ann: Ann) -> None:
    (small / "tanh.nn").write_text("anncli: 1\ninputs: 2\nlayers: [3 tanh, 1 tanh]\n")
    words = ("train", "tanh.nn", "pos.txt", "neg.txt", 5, "--dialect", "ann1dn", "-o", "old.nn")
    plan = json.loads(ann(*words, "--dry-run", "--json").stdout)
    assert plan["scaling"] == "zscore"
    ann(*words)
    (small / "untrained.nn").write_text("3\n2 2 1\n")
    ann("train", "untrained.nn", "pos.txt", "neg.txt", 5, "--scaling", "auto")
    assert json.loads(ann("info", "old.nn", "--json").stdout)["dialect"] == "ann1dn"
    done = ann(*words, "--scaling", "soft-clip", check=2)
    reason = "an ann1dn file cannot hold the scaling soft-clip, only linear and logistic ones"
    assert done.stderr == f"ann: {reason}; write it with --dialect ann\n"
