"""`ann predict`: answers in order, as a stream, in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ann_process import Ann, clean_environment

import anncli
from anncli.network.network import Network
from anncli.network.topology import Layer, Topology

# Inputs pass through one linear unit: score = 2 a - b + 0.5.
LINEAR = np.array([0.5, 2, -1], dtype=np.float32)
# Three linear units: a, b and the constant 1.5.
THREE = np.array([0, 0, 1.5, 1, 0, 0, 0, 1, 0], dtype=np.float32)


def write_network(path: Path, parameters: Any, classes: tuple[str, ...], n_outputs: int = 1) -> None:
    topology = Topology(2, (Layer(n_outputs, "identity"),))
    anncli.save(Network(topology, parameters.copy(), classes=classes), path)


@pytest.fixture
def linear(tmp_path: Path) -> Path:
    write_network(tmp_path / "net.nn", LINEAR, ("yes", "no"))
    (tmp_path / "new.txt").write_text("1 2\n-1 2\n# none\n\n0.25 0.1\n7.62939453125e-06 0.5\n")
    return tmp_path


ANSWERS = "0.5\t%s\n-3.5\tno\n0.9\tyes\n1.5258789e-05\tno\n"


def start(folder: Path, *arguments: str) -> subprocess.Popen[Any]:
    return subprocess.Popen(
        [sys.executable, "-m", "anncli", "predict", *arguments],
        cwd=folder, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("kernels", ["", "numpy"])
def test_score_and_class_of_each_vector_in_order(linear: Path, ann: Ann, kernels: str) -> None:
    # A score on the threshold (0.5 here) is no positive answer.
    done = ann("predict", "net.nn", "new.txt", env={"ANN_KERNELS": kernels})
    assert (done.stdout, done.stderr) == (ANSWERS % "no", "")


@pytest.mark.slow
def test_scores_or_classes_alone(linear: Path, ann: Ann) -> None:
    assert ann("predict", "net.nn", "new.txt", "--scores").stdout == "0.5\n-3.5\n0.9\n1.5258789e-05\n"
    assert ann("predict", "net.nn", "new.txt", "--classes").stdout == "no\nno\nyes\nno\n"
    assert ann("predict", "net.nn", "new.txt", "--threshold", "0.4").stdout == ANSWERS % "yes"


@pytest.mark.slow
def test_several_outputs_give_a_score_each_and_the_class_of_the_largest(tmp_path: Path, ann: Ann) -> None:
    write_network(tmp_path / "net.nn", THREE, ("a", "b,c", 'd"'), 3)
    (tmp_path / "new.txt").write_text("2,1\n1,3\n0,0\n")
    done = ann("predict", "net.nn", "new.txt", "--delimiter", ",")
    assert done.stdout == '2.0,1.0,1.5,a\n1.0,3.0,1.5,"b,c"\n0.0,0.0,1.5,"d"""\n'
    assert ann("predict", "net.nn", "new.txt", "--classes", "--delimiter", ",").stdout == 'a\nb,c\nd"\n'
    assert ann("predict", "net.nn", "new.txt", "--scores", "--delimiter", " ; ").stdout.startswith("2.0 ; 1.0 ; 1.5\n")


def test_names_in_other_scripts_on_a_narrow_standard_output(tmp_path: Path, ann: Ann) -> None:
    write_network(tmp_path / "net.nn", LINEAR, ("größer", "klein"))
    (tmp_path / "new.txt").write_text("1 1")
    assert ann("predict", "net.nn", "new.txt", env={"PYTHONIOENCODING": "utf-8"}).stdout == "1.5\tgrößer\n"
    assert ann("predict", "net.nn", "new.txt", env={"PYTHONIOENCODING": "ascii"}).stdout == "1.5\tgr\\xf6\\xdfer\n"


def test_json_is_one_document(linear: Path, ann: Ann) -> None:
    document = json.loads(ann("predict", "net.nn", "new.txt", "--json").stdout)
    assert document == {
        "schema": 3,
        "command": "predict",
        "predictions": [
            {"scores": [0.5], "class": "no"},
            {"scores": [-3.5], "class": "no"},
            {"scores": [0.9], "class": "yes"},
            {"scores": [1.5258789e-05], "class": "no"},
        ],
    }


def test_json_of_scores_that_are_no_numbers(tmp_path: Path, ann: Ann) -> None:
    write_network(tmp_path / "net.nn", np.array([0, 3e38, 3e38], dtype=np.float32), ("nan", "-inf"))
    (tmp_path / "new.txt").write_text("9 9\n-9 -9\n0 0\n")
    done = ann("predict", "net.nn", "new.txt", "--json")
    rows = json.loads(done.stdout)["predictions"]
    assert [row["scores"] for row in rows] == [[None], [None], [0.0]]
    assert [row["class"] for row in rows] == ["nan", "-inf", "-inf"]
    warning = "ann: warning: new.txt: 2 rows, the first of them row 1, have a score that is not finite"
    assert done.stderr.startswith(warning)
    assert ann("predict", "net.nn", "new.txt").stderr == done.stderr


def test_json_that_bad_data_end_is_closed_with_the_fault(linear: Path, ann: Ann) -> None:
    (linear / "new.txt").write_text("1 2\n3 x\n")
    done = ann("predict", "net.nn", "new.txt", "--json", check=3)
    document = json.loads(done.stdout)
    assert document["predictions"] == [{"scores": [0.5], "class": "no"}]
    error = document["error"]
    assert (error["path"], error["line"], error["column"]) == ("new.txt", 2, 2)
    assert (error["kind"], error["exit_code"], error["message"]) == ("data", 3, "expected a number, found 'x'")
    assert done.stderr == f"ann: new.txt:2:2: {error['message']}; {error['advice']}\n"
    (linear / "new.txt").write_text("x 1 2\n")
    assert json.loads(ann("predict", "net.nn", "new.txt", "--json", check=3).stdout)["error"]["exit_code"] == 3


def test_good_vectors_before_a_fault_are_answered(linear: Path, ann: Ann) -> None:
    (linear / "new.txt").write_text("1 2\n" * 5000 + "1 2 3\n1 2\n")
    done = ann("predict", "net.nn", "new.txt", check=3)
    assert done.stdout == "0.5\tno\n" * 5000
    assert done.stderr.startswith("ann: new.txt:5001: expected 2 values, found 3 ('1 2 3'); ")


def test_list_files_are_answered_entry_by_entry_with_names_in_json(linear: Path, ann: Ann) -> None:
    (linear / "list.txt").write_text("first one 1\n1 2\nsecond\n-1\n2\n")
    assert ann("predict", "net.nn", "list.txt").stdout == "0.5\tno\n-3.5\tno\n"
    rows = json.loads(ann("predict", "net.nn", "list.txt", "--json").stdout)["predictions"]
    assert [(row["name"], row["scores"]) for row in rows] == [("first one", [0.5]), ("second", [-3.5])]


@pytest.mark.parametrize("delimiter", ["", "1", ".", "e", "-", '"', "\n"])
def test_delimiters_that_numbers_hold_are_refused(linear: Path, ann: Ann, delimiter: str) -> None:
    done = ann("predict", "net.nn", "new.txt", "--delimiter", delimiter, check=2)
    assert done.stdout == ""
    assert "cannot separate numbers; use for example , or ; or a blank\n" in done.stderr


def test_what_excludes_each_other(linear: Path, ann: Ann) -> None:
    assert "exclude each other" in ann("predict", "net.nn", "--scores", "--classes", check=2).stderr
    assert "cannot both come from stdin" in ann("predict", "-", "-", check=2).stderr


def test_no_vectors_at_all(linear: Path, ann: Ann) -> None:
    done = ann("predict", "net.nn", check=3, input="# nothing\n")
    assert (done.stdout, done.stderr) == ("", "ann: <stdin>: holds no rows; write one row of values per line\n")


def test_a_slow_pipe_is_answered_line_by_line(linear: Path) -> None:
    with start(linear, "net.nn") as process:
        # A test that hangs fails by this, not by the reader's patience.
        alarm = threading.Timer(60, process.kill)
        alarm.start()
        assert process.stdin is not None
        assert process.stdout is not None
        for sent, answer in (
            ("1 2\n", "0.5\tno\n"),
            ("0 0\n\n# x\n2 2\n", "0.5\tno\n2.5\tyes\n"),
            ("3 ", ""),
            ("1\n", "5.5\tyes\n"),
        ):
            process.stdin.write(sent)
            process.stdin.flush()
            for line in answer.splitlines(keepends=True):
                assert process.stdout.readline() == line
        process.stdin.close()
        assert process.stdout.read() == ""
        alarm.cancel()
    assert process.returncode == 0


# A process starts with the peak of the one it was forked from, so the one that is measured comes from a small one.
LAUNCHER = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.slow
def test_a_long_pipe_takes_little_memory(linear: Path) -> None:
    # 50 MB in, and the answers read back only to be counted.
    lines = b"0.123456 -1.234567\n" * 50_000
    command = [sys.executable, "-c", LAUNCHER, sys.executable, "-m", "anncli", "predict", "net.nn"]
    counted = [0]
    with subprocess.Popen(
        command, cwd=linear, env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None

        def count(stream: Any) -> None:
            while chunk := stream.read(1 << 16):
                counted[0] += chunk.count(b"\n")

        reader = threading.Thread(target=count, args=(process.stdout,))
        reader.start()
        for _ in range(53):
            process.stdin.write(lines)
        process.stdin.close()
        reader.join()
        peak = int(process.stderr.read()) * (1 if sys.platform == "darwin" else 1024)
    assert process.returncode == 0
    assert counted == [53 * 50_000]
    assert peak < 150e6, f"{peak / 1e6:.0f} MB"


@pytest.mark.slow
@pytest.mark.parametrize("command", ["predict", "test"])
def test_threads_are_checked_and_change_no_byte(linear: Path, ann: Ann, command: str) -> None:
    rng = np.random.default_rng(3)
    for name in ("yes", "no"):
        np.savetxt(linear / f"{name}.txt", rng.standard_normal((2000, 2)), "%.4f")
    files = ["yes.txt"] if command == "predict" else ["yes.txt", "no.txt"]
    answers = [ann(command, "net.nn", *files, "--threads", threads) for threads in ("1", "3", "auto")]
    assert [a.returncode for a in answers] == [0, 0, 0]
    assert len({a.stdout for a in answers}) == 1
    wrong = ann(command, "net.nn", *files, "--threads", "none", check=2)
    assert "--threads" in wrong.stderr
