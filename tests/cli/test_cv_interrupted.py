"""`ann cv --ledger`: whatever ends it, or one of its processes, at most the running trainings are lost, and the same command
ends with the bytes of an uninterrupted one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ann_process import Ann, clean_environment, make_small
from workers import children, is_alive, running_since, wait_for

from anncli.compiled import native_module

# Seven trainings of a third of a second or more; without the compiled code an epoch takes a hundred times as long.
EPOCHS = "4" if native_module() is None else "250"
CV = ("cv", "net.nn", "pos.txt", "neg.txt", EPOCHS, "--trainer", "online", "--folds", "3", "--repeats", "2", "--force")
WRITTEN = ("--output", "all.nn", "--predictions", "p.csv", "--folds-file", "f.csv")
N_TRAININGS = 7


def fill(folder: Path) -> Path:
    """Rows enough for epochs of a few milliseconds."""
    make_small(folder)
    for name, sign in (("pos.txt", 1), ("neg.txt", -1)):
        (folder / name).write_text("".join(f"{sign * (k % 17) + k % 5} {k % 13 - sign}\n" for k in range(3000)))
    return folder


@pytest.fixture
def many(tmp_path: Path) -> Path:
    return fill(tmp_path)


def written(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in WRITTEN[1::2]]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[bytes]]:
    """What the command prints and writes when nothing happens, without a ledger."""
    folder = fill(tmp_path_factory.mktemp("uninterrupted"))
    command = [sys.executable, "-m", "anncli", *CV, *WRITTEN]
    done = subprocess.run(command, cwd=folder, env=clean_environment(), check=True, capture_output=True, text=True)
    return done.stdout, written(folder)


@contextmanager
def crossing(folder: Path, *words: str, lines: int) -> Iterator[subprocess.Popen[str]]:
    """The command, when its ledger has so many lines."""
    with running_since(folder / "l", lines, *CV, *WRITTEN, "--ledger", "l", *words) as process:
        yield process


def trainings(folder: Path) -> list[bytes]:
    """The lines of the ledger, without the head and what a crash left at the end."""
    return (folder / "l").read_bytes().split(b"\n")[1:-1]


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["kill", "int", "term"]
)
def test_the_same_command_goes_on_after_any_end(
    many: Path, ann: Ann, uninterrupted: tuple[str, list[bytes]], number: int, code: int, jobs: str
) -> None:
    with crossing(many, "--jobs", jobs, lines=3) as process:
        workers = children(process.pid)
        process.send_signal(number)
        output, message = process.communicate(timeout=60)
    assert (process.returncode, output) == (code, "")
    wait_for(lambda: not any(map(is_alive, workers)))
    before = trainings(many)
    assert 2 <= len(before) < N_TRAININGS
    assert not (many / "all.nn").exists()
    assert not (many / "p.csv").exists()
    if number != signal.SIGKILL:
        told = re.search(
            r"ann: interrupted; the ledger holds (\d) of 7 trainings, and the same command runs the others\n$", message
        )
        assert told is not None, message
    done = ann(*CV, *WRITTEN, "--ledger", "l", "--jobs", "2")
    after = trainings(many)
    # Nothing that was finished was run again.
    assert after[: len(before)] == before
    assert len({json.loads(line)["digest"] for line in after}) == len(after) == N_TRAININGS
    assert (done.stdout, written(many)) == uninterrupted


@pytest.mark.slow
def test_a_killed_process_is_begun_again(many: Path, uninterrupted: tuple[str, list[bytes]]) -> None:
    with crossing(many, "--jobs", "2", lines=2) as process:
        os.kill(children(process.pid)[0], signal.SIGKILL)
        output, message = process.communicate(timeout=60)
    assert process.returncode == 0, message
    assert "ann: warning: a worker process was killed by SIGKILL while it ran " in message
    assert (output, written(many)) == uninterrupted
    assert len(trainings(many)) == N_TRAININGS
