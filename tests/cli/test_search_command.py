"""`ann search`: what it prints and writes, the command line that makes the same network, and what it leaves behind when it ends early."""

from __future__ import annotations

import json
import random
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ann_process import Ann, clean_environment


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """36 rows of two classes that overlap, in nine groups of four and in order of time; the same with numbers; class files."""
    rng = random.Random(0)
    rows = [(rng.gauss(1.5 * (k % 2), 1), rng.gauss(0, 1), f"g{k // 4}", k, "ab"[k % 2]) for k in range(36)]
    lines = [f"{x:.4f},{z:.4f},{who},{when},{y}" for x, z, who, when, y in rows]
    (tmp_path / "t.csv").write_text("\n".join(["x,z,who,when,y", *lines]) + "\n")
    numbers = [f"{x:.4f},{z:.4f},{x * x + z:.4f}" for x, z, *_ in rows]
    (tmp_path / "n.csv").write_text("\n".join(["x,z,y", *numbers]) + "\n")
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text("".join(f"{x:.4f} {z:.4f}\n" for x, z, _, _, y in rows if y == name))
    (tmp_path / "net.nn").write_text("anncli: 1\ninputs: 2\nlayers: [3 tanh, 1 logistic]\ntraining:\n  l2: 0.01\n")
    return tmp_path


PLAIN = (
    "t.csv",
    8,
    "--label",
    "y",
    "--ignore",
    "who,when",
    "--trials",
    3,
    "--strategy",
    "random",
    "--folds",
    2,
    "--outer-folds",
    2,
)


def search(ann: Ann, *words: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ann("search", *words, "--json").stdout)
    return found


def command_in(text: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if "ann train " in line]
    return shlex.split(line.partition("ann ")[2])


def test_both_figures_are_named_and_trials_hold_what_was_drawn(table: Path, ann: Ann) -> None:
    done = ann("search", *PLAIN, "--hidden", "2..20", "--learning-rate", "1e-3..0.1")
    assert "3 trials, selected by log loss of 2 inner folds; estimated on 2 outer folds, each with" in done.stderr
    assert "22 trainings of at most 8 epochs" in done.stderr
    assert "is kept, selected by log loss" in done.stdout
    assert "honest estimate: 2 outer folds, each with a search of its own on the other rows\nset" in done.stdout
    found = search(ann, *PLAIN, "--hidden", "2..20", "--learning-rate", "1e-3..0.1")
    assert [one["trial"] for one in found["trials"]] == [0, 1, 2]
    assert found["trials"][0]["options"] == {}
    # 2 inputs, 1 output: 4 weights for each hidden unit, and the bias of the output.
    assert found["trials"][0]["n_weights"] == 4 * 16 + 1
    for one in found["trials"][1:]:
        assert 2 <= int(one["options"]["hidden"]) <= 20
        assert 1e-3 <= float(one["options"]["learning_rate"]) <= 0.1
        assert one["n_weights"] == 4 * int(one["options"]["hidden"]) + 1
    assert found["estimate"]["n"] == found["defaults"]["n"] == 36
    assert found["selected_by"] == {"figure": "log loss", "from": "2 inner folds", "rule": "smallest"}
    assert len(found["kept_outside"]) == 2


@pytest.mark.slow
def test_an_outer_fold_is_a_search_of_its_own_by_hand(table: Path, ann: Ann) -> None:
    """With files for all sets: the figure of trial 0 and the estimate are what `ann train` and `ann test` give."""
    lines = (table / "t.csv").read_text().splitlines()
    for name, begin, end in (("learn", 0, 20), ("choose", 20, 28), ("judge", 28, 36)):
        (table / f"{name}.csv").write_text("\n".join([lines[0], *lines[1 + begin : 1 + end]]) + "\n")
    words = (
        "learn.csv",
        "--label",
        "y",
        "--ignore",
        "who,when",
        8,
        "--validation",
        "choose.csv",
        "--metric",
        "accuracy",
    )
    found = search(ann, *words, "--test", "judge.csv", "--trials", 1, "--hidden", "2..9")
    assert found["selected_by"]["from"] == "the validation set of 8 rows"
    assert found["estimated_on"] == "a test set of 8 rows that the search did not see"
    ann("train", *words, "-q", "-o", "n.nn")
    for name, figure in (("choose", found["trials"][0]["value"]), ("judge", found["estimate"]["accuracy"])):
        tested = json.loads(ann("test", "n.nn", f"{name}.csv", "--json").stdout)["sets"]["test"]
        assert tested["accuracy"] == figure


SAME = [
    ("t.csv", "--label", "y", "--ignore", "who,when", "--l2", "auto/0.01", "--hidden", "2..9,2..5"),
    ("a.txt", "b.txt", "--activation", "relu/tanh", "--trainer", "irprop+/adam", "--learning-rate", "0.01..0.1"),
    ("net.nn", "a.txt", "b.txt", "--l2", "auto/0.02", "--option", "beta1=0.5..0.8"),
    ("net.nn", "a.txt", "b.txt", "--hidden", "0/2..9"),
    ("n.csv", "--label", "y", "--scaling", "minmax/zscore", "--choose", "best"),
    ("t.csv", "--label", "y", "--group", "who", "--order", "when", "--trainer", "sgd", "--momentum", "0..0.9", "--nesterov"),
]  # fmt: skip


def made_again(ann: Ann, table: Path, words: tuple[object, ...], seed: int = 0) -> None:
    rest = ("--trials", 3, "--folds", 2, "--outer-folds", 2, "--seed", seed, "--force")
    done = ann("search", *words, *rest, "--epochs", 7, "-o", "w.nn")
    again = command_in(done.stdout)
    assert again[-2:] == ["-o", "w-again.nn"]
    (table / "w-again.nn").unlink(missing_ok=True)
    ann(*again)
    assert (table / "w.nn").read_bytes() == (table / "w-again.nn").read_bytes()


@pytest.mark.slow
def test_the_printed_command_makes_the_same_bytes(table: Path, ann: Ann) -> None:
    made_again(ann, table, SAME[0], seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("words", SAME, ids=range(len(SAME)))
@pytest.mark.parametrize("seed", [3])
def test_the_printed_command_makes_the_same_bytes_for_everything(
    table: Path, ann: Ann, words: tuple[object, ...], seed: int
) -> None:
    made_again(ann, table, words, seed)


@pytest.mark.slow
def test_data_from_a_pipe_are_read_once(table: Path, ann: Ann) -> None:
    words = ("--label", "y", "--ignore", "who,when", "--trials", 2, "--folds", 2, "--outer-folds", 2, "--epochs", 5)
    text = (table / "t.csv").read_text()
    done = ann("search", "-", *words, "--jobs", 2, "-o", "p.nn", input=text)
    ann(*command_in(done.stdout), input=text)
    assert (table / "p.nn").read_bytes() == (table / "p-again.nn").read_bytes()
    out = ann("search", "t.csv", *words, "-o", "-")
    assert out.stdout.startswith("# A network for tables")
    assert "honest estimate" in out.stderr


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["random", "halving", "tpe"])
def test_jobs_and_ledgers_change_nothing(table: Path, ann: Ann, strategy: str) -> None:
    if strategy == "tpe":
        pytest.importorskip("optuna")
    words = (*PLAIN, "--trials", 7, "--strategy", strategy, "--plot", "p.svg")
    first = ann("search", *words).stdout
    picture = (table / "p.svg").read_bytes()
    assert ann("search", *words, "--jobs", 2).stdout == first
    assert (table / "p.svg").read_bytes() == picture
    assert ann("search", *words, "--ledger", "l", "--jobs", 9).stdout == first
    lines = (table / "l").read_bytes().splitlines(keepends=True)
    (table / "half").write_bytes(b"".join(lines[: len(lines) // 2]))
    assert ann("search", *words, "--ledger", "half").stdout == first
    assert ann("search", *words, "--seed", 1).stdout != first


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs signals")
def test_an_interrupted_search_says_what_it_found_and_goes_on_by_its_ledger(table: Path, ann: Ann) -> None:
    words = [*map(str, PLAIN[:2]), "--label", "y", "--ignore", "who,when", "--trials", "9", "--epochs", "300"]
    words = [word for word in words if word != "8"]
    command = [sys.executable, "-m", "anncli", "search", *words, "--ledger", "l", "-o", "w.nn", "--jobs", "2"]
    with subprocess.Popen(
        command, cwd=table, env=clean_environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        end = time.monotonic() + 60
        while not (table / "l").exists() or (table / "l").read_bytes().count(b"\n") < 30:
            assert time.monotonic() < end
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out.startswith("trial ")
    assert "0 defaults" in out
    assert "; nothing was written to w.nn; the ledger holds " in err
    assert not (table / "w.nn").exists()
    done = ann("search", *words, "--ledger", "l", "-o", "w.nn")
    whole = ann("search", *words, "-o", "v.nn")
    assert done.stdout.replace("w.nn", "v.nn").replace("w-again", "v-again") == whole.stdout
    assert (table / "w.nn").read_bytes() == (table / "v.nn").read_bytes()


@pytest.mark.slow
def test_a_time_limit_trains_the_defaults_at_least(table: Path, ann: Ann) -> None:
    done = ann("search", *PLAIN, "--time-limit", "0.001")
    assert "ann: warning: --time-limit: 1 of 3 trials were trained; how many depends on the machine" in done.stderr
    assert "trial 0 (the defaults) is kept" in done.stdout
    assert "honest estimate" in done.stdout


@pytest.mark.slow
def test_trials_that_fail_are_named_and_do_not_end_the_search(table: Path, ann: Ann) -> None:
    found = search(ann, *PLAIN, "--trainer", "adam/lm", "--option", "max_parameters=2..3", "--seed", 2)
    failures = [one["failure"] for one in found["trials"] if one["failure"]]
    assert failures
    assert all("lm" in failure for failure in failures)
    assert all(one["value"] is None for one in found["trials"] if one["failure"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--hidden", "64..2"), "--hidden: a range begins with its lower end, found '64..2'; write 2..64"),
        (("--momentum", "0..0.9"), "--momentum 0..0.9: trainer adam has no momentum; its options are learning_rate"),
        (("--strategy", "grid"), "--strategy: unknown strategy 'grid'; use one of random, halving, tpe"),
        (("--outer-folds", 3, "--test", 0.2), "--outer-folds and --test are two ways of the same estimate; "),
        (("--folds", 3, "--validation", "more.csv"), "--folds and --validation FILES both choose the trials; "),
        (("--plot", "none"), "--plot none: a search makes no picture unless a file is named; leave it out"),
        (("-o", "t.csv"), "--output t.csv exists; overwrite it with --force, or give another name"),
        (("--jobs", 2, "--executor", "in-process"), "--executor in-process runs one training at a time"),
    ],
)
def test_what_cannot_be_is_refused_before_data_are_read(
    table: Path, ann: Ann, words: tuple[object, ...], text: str
) -> None:
    done = ann("search", "missing.csv", "--label", "y", *words, check=2)
    assert done.stderr.startswith(f"ann: {text}")


@pytest.mark.slow
def test_a_space_that_is_fixed_and_a_network_of_ann1dn_that_knows_rows_are_refused(table: Path, ann: Ann) -> None:
    done = ann("search", "t.csv", "--label", "y", "--hidden", 3, "--lr", 0.1, "--l2", 0, check=2)
    assert done.stderr.endswith("ann: nothing is left to search for; give a range, for example --hidden 2..64\n")
    (table / "old.nn").write_text("3\n2 2 1\n\n0\n1\n")
    ann("train", "old.nn", "a.txt", "b.txt", 3, "-q", "-o", "trained.nn")
    done = ann("search", "trained.nn", "a.txt", "b.txt", 3, check=2)
    assert "the weights of this network may come from the rows that are to test it" in done.stderr


@pytest.mark.slow
def test_a_picture_shows_every_trial(table: Path, ann: Ann) -> None:
    ann("search", *PLAIN, "--trials", 5, "--hidden", "2..20", "--activation", "tanh/relu", "--plot", "p.svg", "-q")
    text = (table / "p.svg").read_text()
    # Two drawings, each with trials 0 to 4, and two markers in the legend; the defaults are a dashed line too.
    assert text.count('role="img"') == 2
    assert text.count('<path class="f') == 2 * (5 + 2)
    assert text.count("stroke-dasharray") == 2
    assert ">activation: 1 relu, 2 tanh</text>" in text


@pytest.mark.slow
def test_the_defaults_are_shown_with_their_values(table: Path, ann: Ann) -> None:
    words = ["t.csv", 8, "--label", "y", "--ignore", "who,when", "--test", "0.2", "--trials", 3, "--strategy", "random"]
    out = ann("search", *words, "--hidden", "2..4", "--l2", "auto/0.1", "--learning-rate", "1e-3..0.1").stdout
    line = next(line for line in out.splitlines() if line.startswith("0 "))
    found = dict(zip(out.splitlines()[0].split()[-3:], line.split()[-3:], strict=True))
    assert found == {"hidden": "16", "l2": "auto", "learning-rate": "0.002"}
