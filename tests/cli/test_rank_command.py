"""`ann cv`, `search`, `compare` and `bench` on several ranks: the bytes of one process, what is refused, and what is left of a command that loses one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ann_process import clean_environment, make_small
from fake_mpi import FakeComm, FakeMpi, FakeWatch, FakeWorld
from inside import ann as ann
from launchers import connected, environment, run_ranks
from workers import wait_for

from anncli.backends.ranks.wire import Wire
from anncli.experiments.executors.rank_work import serve
from anncli.experiments.executors.ranks import Team, lead

ROWS = ("net.nn", "pos.txt", "neg.txt")
CV = ("cv", *ROWS, "20", "--folds", "3", "--repeats", "2", "--force")
WRITTEN = ("--output", "all.nn", "--predictions", "p.csv", "--folds-file", "f.csv")
SEARCH = ("search", *ROWS, "20", "--hidden", "2..4", "--trials", "3", "--folds", "2", "--outer-folds", "2", "--force")
# Says who trains what, and takes its time.
PROGRAM = """
import os, sys, time
from anncli.limits import BLAS_THREAD_VARIABLES
os.environ.update(dict.fromkeys(BLAS_THREAD_VARIABLES, "1"))
from anncli.experiments import worker
whole, rank = worker.prepared, os.environ.get("PMI_RANK", os.environ.get("OMPI_COMM_WORLD_RANK"))

def prepared(*content):
    with open(f"trained.{rank}", "a") as file:
        print(os.getpid(), file=file)
    time.sleep(0.15)
    return whole(*content)

worker.prepared = prepared
from anncli.cli.program import program
program()
"""


@contextmanager
def leading(size: int, said: str | None = None) -> Iterator[list[FakeWatch]]:
    """Commands of this process have so many ranks, of which the others are threads."""
    world, watches = FakeWorld(size), [FakeWatch() for _ in range(size)]
    wires: Any = [Wire(FakeMpi, FakeComm(world, rank), watches[rank]) for rank in range(size)]  # type: ignore[arg-type]
    threads = [
        threading.Thread(target=serve, args=(wires[rank], watches[rank]), daemon=True) for rank in range(1, size)
    ]
    for thread in threads:
        thread.start()
    team = Team(wires[0], watches[0], said)  # type: ignore[arg-type]
    lead(team)
    try:
        yield watches
    finally:
        lead(None)
        team.end()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def written(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in WRITTEN[1::2]]


@pytest.mark.slow
def test_every_command_prints_and_writes_what_one_process_does(ann: Callable[..., Any], tmp_path: Path) -> None:
    make_small(tmp_path)
    commands = [
        (*CV, *WRITTEN), (*SEARCH, "-o", "best.nn"), ("compare", "net.nn", "net.nn", *ROWS[1:], "20", "--folds", "2"),
    ]  # fmt: skip
    expected = [(ann(*words).stdout, words) for words in commands]
    files = [*written(tmp_path), (tmp_path / "best.nn").read_bytes()]
    for path in tmp_path.glob("*.csv"):
        path.unlink()
    with leading(3):
        assert [(ann(*words).stdout, words) for words in commands] == expected
        assert [*written(tmp_path), (tmp_path / "best.nn").read_bytes()] == files
        bench = ann("bench", *ROWS, "5", "--trainers", "adam,scg", "--plot", "none").stdout
    alone = ann("bench", *ROWS, "5", "--trainers", "adam,scg", "--plot", "none").stdout
    assert [line.split()[:5] for line in bench.splitlines()] == [line.split()[:5] for line in alone.splitlines()]


def test_what_there_is_to_say_is_said_once_and_the_limit_is_that_of_the_options(
    ann: Callable[..., Any], tmp_path: Path
) -> None:
    make_small(tmp_path)
    words = ("cv", *ROWS, "2", "--folds", "2", "--worker-timeout", "7.5", "-v")
    with leading(2, "all ranks compute with avx2, because rank 1 on n1 has nothing better") as watches:
        first, second = ann(*words).stderr, ann(*words).stderr
        assert [watch.limit for watch in watches] == [7.5, 7.5]
    assert "ann: warning: all ranks compute with avx2, because rank 1 on n1 has nothing better\n" in first
    assert "ann: 2 ranks: rank 0 hands out the trainings, the others run them\n" in first
    assert "rank" not in second


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ("cv", "missing.csv", "--jobs", "2"),
            "--jobs is for one process; here every rank but the first runs a training at a time; leave it out",
        ),
        (
            ("search", "missing.csv", "--executor", "threads"),
            "--executor threads is for a run that no launcher started as several ranks; start it without mpirun, or leave the option out",
        ),
        (
            ("search", "missing.csv", "--device", "cuda"),
            "--device cuda and 3 ranks: ranks train by the CPU, and a device trains all at once; leave --device out, or start it without a launcher",
        ),
        (
            ("compare", "a.nn", "b.nn", "missing.csv"),
            "ann compare runs on 3 ranks only where it trains; start it without mpirun, or add --folds K",
        ),
    ],
)
def test_what_goes_with_one_process_alone_is_refused_before_data_are_read(
    words: tuple[str, ...], expected: str, ann: Callable[..., Any]
) -> None:
    with leading(3):
        assert ann(*words, check=2).stderr == f"ann: {expected}\n"


def test_variables_that_serve_many_runs_are_not_refused(
    ann: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_small(tmp_path)
    monkeypatch.setenv("ANN_JOBS", "2")
    with leading(2):
        ann("cv", *ROWS, "2", "--folds", "2")


def traced(folder: Path) -> dict[str, list[int]]:
    """Of each rank the processes of its trainings, one for each."""
    found = {path.suffix[1:]: list(map(int, path.read_text().split())) for path in folder.glob("trained.*")}
    for path in folder.glob("trained.*"):
        path.unlink()
    return found


def command(ranks: int, folder: Path, *words: str, seconds: int = 60) -> list[str]:
    (folder / "program.py").write_text(PROGRAM)
    return [
        "timeout", "-k", "5", str(seconds), connected(), "-n", str(ranks), sys.executable, str(folder / "program.py"),
        *words,
    ]  # fmt: skip


def alone(folder: Path, *words: str) -> str:
    run = [sys.executable, "-m", "anncli", *words]
    return subprocess.run(
        run, cwd=folder, env=clean_environment(), capture_output=True, text=True, timeout=120, check=True
    ).stdout


@pytest.mark.slow
def test_three_processes_give_the_bytes_of_one(tmp_path: Path) -> None:
    make_small(tmp_path)
    expected = alone(tmp_path, *CV, *WRITTEN), written(tmp_path)
    for path in tmp_path.glob("*.csv"):
        path.unlink()
    done = subprocess.run(
        command(3, tmp_path, *CV, *WRITTEN), cwd=tmp_path, env=environment(), capture_output=True, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert (done.returncode, done.stdout, written(tmp_path)) == (0, *expected), done.stderr
    trained = traced(tmp_path)
    assert trained.keys() == {"1", "2"}
    assert sum(map(len, trained.values())) == 7
    # More ranks than trainings.
    done = run_ranks(connected(), 4, tmp_path, "cv", *ROWS, "20", "--folds", "2")
    assert (done.returncode, done.stdout) == (0, alone(tmp_path, "cv", *ROWS, "20", "--folds", "2"))
    done = run_ranks(connected(), 2, tmp_path, "cv", "missing.csv", "--jobs", "2")
    assert [line for line in done.stderr.splitlines() if line.startswith("ann:")] == [
        "ann: --jobs is for one process; here every rank but the first runs a training at a time; leave it out"
    ]
    assert done.returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize("event", ["stopped", "SIGTERM"])
def test_a_search_that_loses_a_rank_or_is_ended_goes_on_with_its_ledger(event: str, tmp_path: Path) -> None:
    make_small(tmp_path)
    words = (*SEARCH, "-o", "best.nn", "--ledger", "s.ledger")
    expected = alone(tmp_path, *words), (tmp_path / "best.nn").read_bytes()
    for name in ("s.ledger", "best.nn"):
        (tmp_path / name).unlink()
    launcher = subprocess.Popen(
        command(3, tmp_path, *words, "--worker-timeout", "4"), cwd=tmp_path, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    ledger, mark = tmp_path / "s.ledger", tmp_path / "trained.2"
    wait_for(lambda: ledger.exists() and ledger.read_bytes().count(b"\n") > 2 and mark.exists())
    began = time.monotonic()
    os.kill(int(mark.read_text().split()[0]), signal.SIGSTOP) if event == "stopped" else launcher.terminate()
    _, told = launcher.communicate(timeout=60)
    assert time.monotonic() - began < 30
    said = [line for line in told.splitlines() if line.startswith("ann: ")][-1:]
    is_mpich = "Open MPI" not in subprocess.run([connected(), "--version"], capture_output=True, text=True).stdout
    if event == "stopped":
        assert launcher.returncode == 1
        assert said[0].startswith("ann: rank 2 on ")
        assert said[0].endswith(
            " s (--worker-timeout); what is finished is in the file of --ledger, if that was given, and the same command goes on"
        )
    elif is_mpich:
        # Open MPI kills its ranks before they can say anything.
        assert launcher.returncode == 143
        assert said[0].startswith("ann: interrupted; nothing was written to best.nn; the ledger holds ")
    assert not (tmp_path / "best.nn").exists()
    done_before = sum(map(len, traced(tmp_path).values()))
    done = subprocess.run(
        command(2, tmp_path, *words), cwd=tmp_path, env=environment(), capture_output=True, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert (done.returncode, done.stdout, (tmp_path / "best.nn").read_bytes()) == (0, *expected), done.stderr
    trained = traced(tmp_path)
    assert trained.keys() == {"1"}
    assert 0 < done_before < done_before + len(trained["1"]) <= ledger.read_bytes().count(b"\n") + 3
