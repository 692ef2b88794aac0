"""The report of many classes: by hand, and no wider than the terminal."""

from __future__ import annotations

import csv
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import numpy as np
import pytest
from ann_process import Ann, clean_environment

from anncli.cli.showing.many_classes import many_classes
from anncli.cli.showing.report import evaluation_text
from anncli.evaluation.evaluation import evaluate_outputs


def evaluation(predicted: list[int], labels: list[int], names: list[str]):
    outputs = np.full((len(labels), len(names)), 0.01)
    outputs[np.arange(len(labels)), predicted] = 0.9
    return evaluate_outputs(outputs, np.array(labels), classes=tuple(names))


def test_worst_classes_and_confusions_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    names = [f"c{k}" for k in range(12)]
    labels = [k for k in range(12) for _ in range(4)]
    predicted = list(labels)
    # c3: one of four is found, two are taken for c5 and one for c0; c7: one is taken for c3.
    predicted[13:16] = [5, 5, 0]
    predicted[28] = 3
    assert many_classes("test", evaluation(predicted, labels, names)).splitlines() == [
        "test: worst 4 of 12 classes",
        "class  n  recall %  precision %   F1 %  taken for",
        "c3     4     25.00        50.00  33.33         c5",
        "c5     4    100.00        66.67  80.00",
        "c7     4     75.00       100.00  85.71         c3",
        "c0     4    100.00        80.00  88.89",
        "",
        "test: most frequent confusions",
        "actual  predicted  n  % of class",
        "c3             c5  2       50.00",
        "c3             c0  1       25.00",
        "c7             c3  1       25.00",
    ]
    monkeypatch.setenv("COLUMNS", "120")
    wide = many_classes("test", evaluation(predicted, labels, names)).splitlines()
    assert wide[2] == "c3     4     25.00        50.00  33.33         c5    c3             c5  2       50.00"
    assert len(wide) == 6


def test_ten_classes_still_have_their_matrix() -> None:
    labels = list(range(10))
    assert "actual \\ predicted" in evaluation_text({"test": evaluation(labels, labels, [f"c{k}" for k in labels])})


def test_undefined_rates_of_many_classes_are_counted() -> None:
    names = [f"c{k}" for k in range(20)]
    text = evaluation_text({"test": evaluation([0, 1], [0, 1], names)})
    assert (
        "test: recall of c2, recall of c3, recall of c4 and 15 others are undefined: the class has no samples" in text
    )
    assert "worst 0 of 2 classes" in text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tables of 26 classes with short and 50 with long names, and networks of them."""
    rng = np.random.default_rng(0)
    for n_classes, name in ((26, "{}x"), (50, "species number {} of the genus")):
        centers = 2 * rng.normal(size=(n_classes, 3))
        rows = [[*(c + rng.normal(size=3)), name.format(k)] for k, c in enumerate(centers) for _ in range(6)]
        text = "\n".join(",".join([*(f"{v:.3f}" for v in row[:3]), row[3]]) for row in rows)
        (tmp_path / f"k{n_classes}.csv").write_text(f"a,b,c,label\n{text}\n")
        command = f"train k{n_classes}.csv --label label 5 -q -o k{n_classes}.nn --validation 0"
        subprocess.run(
            [sys.executable, "-m", "anncli", *command.split()], cwd=tmp_path, env=clean_environment(), check=True
        )
    return tmp_path


def on_a_terminal(folder: Path, columns: int, *words: str) -> list[str]:
    """The lines that a command writes to a terminal of so many columns."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {k: v for k, v in clean_environment().items() if k not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-m", "anncli", *words],
        cwd=folder,
        env=environment,
        stdout=follower,
        stderr=subprocess.DEVNULL,
    )
    os.close(follower)
    found = b""
    try:
        while part := os.read(leader, 65536):
            found += part
    except OSError:
        pass
    assert process.wait(60) == 0
    os.close(leader)
    return found.decode().replace("\r\n", "\n").splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("n_classes", [26, 50])
def test_the_report_fits_terminals_and_pipes(folder: Path, ann: Ann, n_classes: int) -> None:
    words = ("test", f"k{n_classes}.nn", f"k{n_classes}.csv", "--matrix", "matrix.csv")
    narrow, wide = (on_a_terminal(folder, columns, *words) for columns in (80, 200))
    piped = subprocess.run(
        [sys.executable, "-m", "anncli", *words], cwd=folder, env=clean_environment(), capture_output=True, text=True
    ).stdout.splitlines()
    assert piped == narrow
    # Sentences, about rows that trained the network and undefined metrics, are no tables.
    for lines, columns in ((narrow, 80), (wide, 200)):
        tables = [line for line in lines[2:] if not line.startswith("* ") and " undefined: " not in line]
        assert max(map(len, tables)) <= columns
    assert f"test*: worst 10 of {n_classes} classes" in narrow
    assert any("worst 10" in line and "most frequent" in line for line in wide)
    rows = list(csv.reader((folder / "matrix.csv").read_text().splitlines()))
    assert len(rows) == n_classes + 1
    assert [row[0] for row in rows[1:]] == rows[0][1:]
    assert sum(int(cell) for row in rows[1:] for cell in row[1:]) == 6 * n_classes


@pytest.mark.slow
def test_a_matrix_of_two_classes_and_refusals(small: Path, ann: Ann) -> None:
    ann("train", "net.nn", "pos.txt", "neg.txt", 3, "-q", "-o", "t.nn")
    ann("test", "t.nn", "pos.txt", "neg.txt", "--matrix", "m.csv")
    rows = list(csv.reader((small / "m.csv").read_text().splitlines()))
    assert [len(row) for row in rows] == [3, 3, 3]
    done = ann("test", "t.nn", "pos.txt", "neg.txt", "--matrix", "pos.txt", check=2)
    assert "--matrix pos.txt would overwrite a file that this run needs" in done.stderr
