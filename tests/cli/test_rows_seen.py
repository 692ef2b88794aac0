"""Rows that a network has seen: a second run is not better for the first one, and every command tells such rows."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import stat
from pathlib import Path

import pytest
from ann_process import Ann
from workers import running_since

from anncli.cli.showing.seen_rows import SetReport, marks
from anncli.evaluation.binary import BinaryEvaluation

TRAIN = ("train", "net.nn", "pos.txt", "neg.txt")
# Enough units to learn the training rows by heart.
NETWORK = "anncli: 1\ninputs: 6\nlayers: [40 tanh, 1 logistic]\n"


def clouds(seed: int, n: int) -> tuple[str, str]:
    """Two classes that overlap: about 73 of 100 rows can be told apart, no more."""
    chance = random.Random(seed)
    texts = []
    for centre in (0.25, -0.25):
        rows = [[chance.gauss(centre, 1) for _ in range(6)] for _ in range(n)]
        texts.append("".join(" ".join(f"{value:.4f}" for value in row) + "\n" for row in rows))
    return texts[0], texts[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.nn").write_text(NETWORK)
    for prefix, seed, n in (("", 1, 100), ("new-", 2, 100)):
        for name, text in zip(("pos.txt", "neg.txt"), clouds(seed, n), strict=True):
            (tmp_path / f"{prefix}{name}").write_text(text)
    return tmp_path


def document(ann: Ann, *arguments: object) -> dict:
    return json.loads(ann(*arguments, "--json", "-q").stdout)


def learned_by_heart(ann: Ann) -> None:
    ann(*TRAIN, 400, "-q", "--validation", 0, "--l2", 0, "--learning-rate", "0.02")


@pytest.mark.slow
def test_a_second_run_with_a_test_set_is_not_better_for_the_first(folder: Path, ann: Ann) -> None:
    fresh = document(ann, *TRAIN, 200, "--test", 0.25, "-o", "fresh.nn")
    learned_by_heart(ann)
    assert document(ann, "test", "net.nn", "pos.txt", "neg.txt")["sets"]["test"]["accuracy"] == 1
    second = document(ann, *TRAIN, 200, "--test", 0.25)
    assert second["start"] == "new weights"
    assert second["rows_seen"] == {"validation": 0, "test": 0}
    # The figures are those of the first run, to the last digit, and 100 % is out of reach.
    assert second["sets"] == fresh["sets"]
    assert 0.55 < second["sets"]["test"]["accuracy"] < 0.97
    assert (folder / "net.nn").read_text() == (folder / "fresh.nn").read_text()


@pytest.mark.slow
def test_the_same_command_twice_gives_the_same_validation_figures(folder: Path, ann: Ann) -> None:
    once, twice = (document(ann, *TRAIN, 200, "--l2", 0, "--refit", "no") for _ in range(2))
    assert once["sets"]["validation"] == twice["sets"]["validation"]
    assert twice["sets"]["validation"]["accuracy"] < 1


@pytest.mark.slow
def test_a_nightly_script_replaces_the_network_and_keeps_the_old_file(folder: Path, ann: Ann) -> None:
    ann(*TRAIN, 20, "-q")
    first = (folder / "net.nn").read_bytes()
    (folder / "net.nn").chmod(0o600)
    done = ann(*TRAIN, 30)
    assert "ann: replaced a network trained for 20 epochs (kept as net.nn~)\n" in done.stderr
    assert (folder / "net.nn~").read_bytes() == first
    assert stat.S_IMODE((folder / "net.nn~").stat().st_mode) == 0o600
    assert "epochs_in_all: 30" in (folder / "net.nn").read_text()
    second = (folder / "net.nn").read_bytes()
    done = ann(*TRAIN, 20, "--no-backup")
    assert "ann: replaced a network trained for 30 epochs (not kept: --no-backup)\n" in done.stderr
    assert (folder / "net.nn~").read_bytes() == first
    assert (folder / "net.nn").read_bytes() != second
    # Into another file nothing is replaced.
    os.remove(folder / "net.nn~")
    done = ann(*TRAIN, 5, "-o", "other.nn")
    assert (
        "ann: net.nn is a network trained for 20 epochs; training anew from its definition (--continue" in done.stderr
    )
    assert not (folder / "net.nn~").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("1 2 3\n", (), "that is no network"),
        ("# a list of mine\n", (), "that is no network"),
        ("seed: 3\n", ("--config", "net.nn~"), "this run needs that file"),
        (NETWORK, ("--history", "net.nn~"), "this run needs that file"),
    ],
)
def test_the_old_network_is_not_kept_in_place_of_another_file(
    folder: Path, ann: Ann, text: str, options: tuple[str, ...], reason: str
) -> None:
    ann(*TRAIN, 3, "-q")
    (folder / "net.nn~").write_text(text)
    done = ann(*TRAIN, 3, *options, check=2)
    assert done.stderr == (
        f"ann: the old network would be kept as net.nn~, but {reason}; move it away, or say --no-backup\n"
    )
    assert (folder / "net.nn~").read_text() == text
    ann(*TRAIN, 3, *options, "--no-backup")


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", NETWORK, "# mine\n---\n" + NETWORK])
def test_the_old_network_takes_the_place_of_an_older_one(folder: Path, ann: Ann, text: str) -> None:
    ann(*TRAIN, 3, "-q")
    first = (folder / "net.nn").read_bytes()
    (folder / "net.nn~").write_text(text)
    ann(*TRAIN, 3)
    assert (folder / "net.nn~").read_bytes() == first


@pytest.mark.slow
def test_continuing_holds_out_new_rows_only(folder: Path, ann: Ann) -> None:
    learned_by_heart(ann)
    before = (folder / "net.nn").read_bytes()
    done = ann(*TRAIN, 20, "--continue", "--test", 0.25, check=2)
    message = "ann: --test 0.25: 200 rows trained this network before, and too few others are left to hold some out; "
    assert done.stderr == message + "name files of other rows, or train anew without --continue\n"
    assert (folder / "net.nn").read_bytes() == before
    # 40 new rows of each class: a quarter of these is the test set, and every old row stays a training row.
    for name in ("pos.txt", "neg.txt"):
        new = (folder / f"new-{name}").read_text().splitlines(keepends=True)[:40]
        (folder / name).write_text("".join(new) + (folder / name).read_text())
    told = ann(*TRAIN, 20, "--continue", "--test", 0.25, "-o", "more.nn").stderr
    assert "ann: --test 0.25: of 80 rows; the other 200 of 280 trained this network before\n" in told
    found = document(ann, *TRAIN, 20, "--continue", "--test", 0.25, "-o", "more.nn")
    assert found["start"] == "continued"
    assert found["samples"] == {"training": 260, "validation": 0, "test": 20}
    assert found["rows_seen"] == {"test": 0}
    assert found["epochs"] == 20
    # The rows of both runs are in the file, and the 20 of the test set are not.
    found = document(ann, "test", "more.nn", "pos.txt", "neg.txt")
    assert found["rows_seen"] == {"test": 260}
    assert found["unseen"]["test"]["n"] == 20


@pytest.mark.slow
def test_continuing_says_that_it_has_no_validation_set(folder: Path, ann: Ann) -> None:
    ann(*TRAIN, 20, "-q")
    done = ann(*TRAIN, 7, "--continue")
    message = "ann: continuing without a validation set for all 7 epochs; "
    # No other rows are left to hold out.
    assert done.stderr.startswith(f"{message}--validation FILES names rows that are new to the network\n")
    assert "epochs_in_all: 27" in (folder / "net.nn").read_text()
    assert not (folder / "net.nn~").exists()
    done = ann(*TRAIN, 7, "--continue", "--init", "he", check=2)
    assert done.stderr.startswith("ann: --init draws new weights, and --continue goes on from those of the network; ")
    # Whoever continues has said so; a definition that asks for weights of a kind does not stand against it.
    text = (folder / "net.nn").read_text().replace("trained:", "training: {init: he, restarts: 3}\ntrained:", 1)
    (folder / "net.nn").write_text(text)
    assert document(ann, *TRAIN, 1, "--continue")["start"] == "continued"
    for name in ("pos.txt", "neg.txt"):
        (folder / name).write_text((folder / name).read_text() + (folder / f"new-{name}").read_text())
    done = ann(*TRAIN, 7, "--continue")
    assert done.stderr.startswith(f"{message}--validation 0.2 holds out rows that have not trained the network\n")


@pytest.mark.slow
def test_testing_on_training_files_is_told(folder: Path, ann: Ann) -> None:
    learned_by_heart(ann)
    text = ann("test", "net.nn", "pos.txt", "neg.txt").stdout
    assert "* test: 200 of these 200 rows trained the network, so the figures of that line are optimistic; " in text
    assert "they say nothing about new rows" in text
    text = ann("test", "net.nn", "new-pos.txt", "new-neg.txt").stdout
    assert "\nrows that trained the network: none of these\n" in text
    # Half of the rows are new: both figures stand there, and those of the new rows are the ones of their own file.
    alone = document(ann, "test", "net.nn", "new-pos.txt", "new-neg.txt")["sets"]["test"]
    for name in ("pos.txt", "neg.txt"):
        (folder / f"both-{name}").write_text((folder / name).read_text() + (folder / f"new-{name}").read_text())
    both = document(ann, "test", "net.nn", "both-pos.txt", "both-neg.txt", "--require", "acc>=0.5")
    assert both["rows_seen"] == {"test": 200}
    assert both["sets"]["test"]["n"] == 400
    assert both["unseen"]["test"] == alone
    assert alone["accuracy"] < 0.7 < both["sets"]["test"]["accuracy"]
    assert both["requirements"] == [
        {
            "requirement": "acc>=0.5",
            "of": "the test set",
            "value": both["sets"]["test"]["accuracy"],
            "met": True,
            "why": None,
        }
    ]
    assert "--require was checked on all rows, and 200 of them trained the network" in both["warnings"]
    lines = ann("test", "net.nn", "both-pos.txt", "both-neg.txt").stdout.splitlines()
    assert [line.split("  ")[0] for line in lines[1:3]] == ["test*", "test, new rows"]


def test_a_test_file_of_training_rows_is_marked_in_train(folder: Path, ann: Ann) -> None:
    old = (folder / "pos.txt").read_text().splitlines(keepends=True)[:10]
    (folder / "new-pos.txt").write_text("".join(old) + (folder / "new-pos.txt").read_text())
    done = ann(*TRAIN, 50, "--test", "new-pos.txt,new-neg.txt")
    assert "\ntest, new rows  200 " in done.stdout
    assert "* test: 10 of these 210 rows trained the network" in done.stdout


@pytest.mark.slow
def test_a_file_without_digests_says_so(folder: Path, ann: Ann) -> None:
    ann(*TRAIN, 20, "-q", "--no-row-digests")
    assert "row_digests" not in (folder / "net.nn").read_text()
    assert document(ann, "info", "net.nn")["row_digests"] is None
    text = ann("test", "net.nn", "pos.txt", "neg.txt").stdout
    assert "rows that trained the network: not known: the network file holds no digests" in text
    assert document(ann, "test", "net.nn", "pos.txt", "neg.txt")["rows_seen"] == {"test": None}
    done = ann(*TRAIN, 5, "--continue", "--test", 0.25)
    assert "warning: the network was trained before, and its file does not say on which rows: the figures of the test set" in done.stderr  # fmt: skip
    # What is not known stays so.
    assert "row_digests" not in (folder / "net.nn").read_text()


@pytest.mark.slow
def test_without_a_test_set_the_report_says_what_its_figures_are_worth(folder: Path, ann: Ann) -> None:
    last = ann(*TRAIN, 20).stdout.splitlines()[-1]
    assert last == (
        "no test set: the validation figures are optimistic, because they decided which epoch was chosen; "
        "--test 0.25 holds rows out that decide nothing"
    )
    assert "no test set" not in ann(*TRAIN, 20, "--test", 0.25).stdout


def test_one_table_shows_one_network(folder: Path, ann: Ann) -> None:
    text = ann(*TRAIN, 20, "--test", 0.25).stdout
    chosen, written = text.split("\n\n")[1:3]
    assert chosen.startswith("network of epoch ")
    assert "which validation chose (not the one that was written):" in chosen
    assert [line.split()[:2] for line in chosen.splitlines()[2:]] == [["training", "110"], ["validation", "40"]]
    assert "retrained from the same initial weights on training and validation rows (150) for" in written
    assert [line.split()[:2] for line in written.splitlines()[2:]] == [["training", "150"], ["test", "50"]]


@pytest.mark.slow
def test_ann1dn_continues_and_says_what_is_not_known(folder: Path, ann: Ann) -> None:
    (folder / "old.nn").write_text("3\n6 4 1\n")
    (folder / "empty.txt").write_text("")
    ann("t", "old.nn", "pos.txt", "neg.txt", 5, "empty.txt", "empty.txt", 0.5, 0)
    done = ann("t", "old.nn", "pos.txt", "neg.txt", 5, "empty.txt", "empty.txt", 0.5, 0)
    assert "its file does not say on which rows: the figures of the validation and test set may be" in done.stderr
    ann("train", "old.nn", "pos.txt", "neg.txt", 5, "-q", "--dialect", "ann", "-o", "new.nn")
    # The weights come from rows of which nothing is known.
    assert document(ann, "test", "new.nn", "pos.txt", "neg.txt")["rows_seen"] == {"test": None}
    # New weights: the rows are known again. `ann r` counts those with a class.
    ann("train", "old.nn", "pos.txt", "neg.txt", 5, "-q", "--init", "auto", "--dialect", "ann", "-o", "new.nn")
    rows = (folder / "pos.txt").read_text().splitlines()[:3]
    (folder / "list.txt").write_text("".join(f"v{k} 1\n{row}\n" for k, row in enumerate(rows)) + "w 2\n9 9 9 9 9 9\n")
    assert document(ann, "r", "new.nn", "list.txt")["rows_seen"] == 3
    assert "warning: 3 of 4 labelled entries trained this network" in ann("r", "new.nn", "list.txt").stderr


@pytest.mark.slow
def test_resuming_keeps_the_old_network_of_the_first_run(folder: Path, ann: Ann) -> None:
    ann(*TRAIN, 20, "-q")
    first = (folder / "net.nn").read_bytes()
    ann(*TRAIN, 10, "-q", "--seed", 1, "--checkpoint", "c")
    ann(*TRAIN, 20, "-q", "--seed", 1, "--resume", "c")
    assert (folder / "net.nn~").read_bytes() == first
    done = ann(*TRAIN, 20, "--seed", 1, "--resume", "c", "--continue", check=2)
    assert done.stderr == (
        "ann: --resume c: it begins with new weights, this run goes on from the weights of the network; "
        "repeat the options of the first run\n"
    )


def test_a_count_of_a_filter_is_called_an_estimate() -> None:
    evaluation = BinaryEvaluation._make([0] * len(BinaryEvaluation._fields))
    # Weights of 2 do not make more rows of them.
    weighted = evaluation._replace(n=100_000.0)
    exact, estimate = (SetReport(weighted, 5, evaluation, is_exact, 50_000) for is_exact in (True, False))
    assert marks({"test": exact})[0].startswith("* test: 5 of these 50000 rows trained the network, so")
    assert marks({"test": estimate})[0].startswith(
        "* test: about 5 of these 50000 rows trained the network (of 10,000 others"
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["data", "link to data", "folder"])
def test_the_copy_of_the_old_network_never_takes_the_place_of_other_things(folder: Path, ann: Ann, kind: str) -> None:
    ann(*TRAIN, 2, "-q")
    trained, other, copy = (folder / "net.nn").read_bytes(), folder / "other.txt", folder / "net.nn~"
    other.write_text("0.5 1 2\n3 4 5\n")
    if kind == "folder":
        copy.mkdir()
    elif kind == "data":
        copy.write_bytes(other.read_bytes())
    else:
        copy.symlink_to(other)
    run = ann(*TRAIN, 2, "-q", check=2)
    assert run.stderr == (
        "ann: the old network would be kept as net.nn~, but that is no network; move it away, or say --no-backup\n"
    )
    assert (folder / "net.nn").read_bytes() == trained
    assert other.read_text() == "0.5 1 2\n3 4 5\n"
    assert copy.is_dir() or copy.read_bytes() == other.read_bytes()
    ann(*TRAIN, 2, "-q", "--no-backup")


def test_a_run_that_changes_nothing_does_not_say_that_it_replaces(folder: Path, ann: Ann) -> None:
    ann(*TRAIN, 2, "-q")
    trained = (folder / "net.nn").read_bytes()
    (folder / "net.nn~").unlink(missing_ok=True)
    done = ann(*TRAIN, 20, "--trainer", "sgd", "--learning-rate", "1e30", "--refit", "no", check=1)
    begins = "ann: net.nn is a network trained for 2 epochs; training anew from its definition (--continue goes on from its weights)\n"
    assert done.stderr.startswith(begins)
    assert "replac" not in done.stderr
    assert "kept" not in done.stderr
    assert (folder / "net.nn").read_bytes() == trained
    assert not (folder / "net.nn~").exists()


def interrupt(folder: Path) -> str:
    """What a training without end says when Ctrl-C ends it."""
    history = folder / "h.jsonl"
    history.unlink(missing_ok=True)
    words = (*TRAIN, "100000000", "--patience", "0", "--history", "h.jsonl")
    with running_since(history, 1, *words) as process:
        process.send_signal(signal.SIGINT)
        message = process.communicate(timeout=60)[1]
    assert process.returncode == 130, message
    return message


@pytest.mark.slow
def test_interrupted_runs_in_a_row_keep_the_network_before_them(folder: Path, ann: Ann) -> None:
    ann(*TRAIN, 20, "-q")
    good = (folder / "net.nn").read_bytes()
    assert "ann: replaced a network trained for 20 epochs (kept as net.nn~)\n" in interrupt(folder)
    assert (folder / "net.nn~").read_bytes() == good
    assert " (an interrupted run left it: net.nn~ stays as it is)\n" in interrupt(folder)
    assert (folder / "net.nn~").read_bytes() == good
    ann(*TRAIN, 10, "-q")
    assert (folder / "net.nn~").read_bytes() == good
    # Without a copy there is nothing else to keep.
    interrupt(folder)
    (folder / "net.nn~").unlink()
    left = (folder / "net.nn").read_bytes()
    ann(*TRAIN, 10, "-q")
    assert (folder / "net.nn~").read_bytes() == left


@pytest.mark.slow
def test_the_copy_is_written_only_when_the_new_network_fits_on_the_disk(folder: Path, ann: Ann) -> None:
    """A file size limit stands in for the disk: the copy would fit, the new network with the digests of its rows does not."""
    ann(*TRAIN, 2, "-q", "--no-row-digests")
    first = (folder / "net.nn").read_bytes()
    ann(*TRAIN, 3, "-q", "--no-row-digests")
    second, size = (folder / "net.nn").read_bytes(), max(4096, len(first)) + 500

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = ann(*TRAIN, 4, "-q", check=1, preexec_fn=limit, env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert done.stderr.startswith("ann: net.nn: cannot write: ")
    assert (folder / "net.nn").read_bytes() == second
    assert (folder / "net.nn~").read_bytes() == first
