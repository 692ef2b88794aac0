"""`ann bench` with --jobs and --ledger: same losses, work that survives every kind of end, and exit codes of signals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ann_process import NETWORK, Ann, clean_environment
from workers import catches, children, is_alive, running_since, wait_for

from anncli.compiled import native_module
from anncli.formats.files.ledger import LedgerFile

BENCH = ("bench", "net.nn", "pos.txt", "neg.txt")
SHORT = (*BENCH, "6", "--trainers", "adam,scg,br", "--starts", "2", "--plot", "none", "--json")
# Eight trainings of a third of a second or more; without the compiled code an epoch takes a hundred times as long.
LONG_EPOCHS = "6" if native_module() is None else "400"
LONG = (
    *BENCH,
    LONG_EPOCHS,
    "--trainers",
    "online,sgd",
    "--starts",
    "4",
    "--plot",
    "none",
    "--json",
    "--ledger",
    "l.ledger",
)


def losses(output: str) -> dict[str, Any]:
    """The JSON document without its times."""
    document: dict[str, Any] = json.loads(output)
    for entry in document["trainers"]:
        for start in entry.get("starts", []):
            assert len(start.pop("seconds")) == len(start["losses"])
    return document


@pytest.fixture
def many(small: Path) -> Path:
    """The small network with rows enough for epochs of a few milliseconds."""
    for name, sign in (("pos.txt", 1), ("neg.txt", -1)):
        (small / name).write_text("".join(f"{sign * (k % 17) + k % 5} {k % 13 - sign}\n" for k in range(4000)))
    return small


@contextmanager
def benching(folder: Path, *arguments: str, lines: int = 3) -> Iterator[subprocess.Popen[str]]:
    """A bench whose ledger has so many lines when the block begins."""
    with running_since(folder / "l.ledger", lines, *arguments) as process:
        yield process


@pytest.mark.slow
def test_jobs_and_ledgers_change_no_loss(small: Path, ann: Ann) -> None:
    plain = losses(ann(*SHORT).stdout)
    assert plain["trainers"][2] == {
        "trainer": "br",
        "left_out": "trainer br needs loss mse, found binary-cross-entropy",
    }
    assert losses(ann(*SHORT, "--jobs", "2").stdout) == plain
    assert losses(ann(*SHORT, "--jobs", "2", "--ledger", "l.ledger").stdout) == plain
    before = (small / "l.ledger").read_bytes()
    assert before.count(b"\n") == 7
    # Everything is known: even the times are those of the first run.
    again, third = (ann(*SHORT, "--ledger", "l.ledger").stdout for _ in range(2))
    assert losses(again) == plain
    assert again == third
    assert (small / "l.ledger").read_bytes() == before


@pytest.mark.slow
def test_data_and_networks_from_pipes(small: Path, ann: Ann) -> None:
    plain = losses(ann(*SHORT).stdout)
    positive = (small / "pos.txt").read_text()
    piped = ann(*[word.replace("pos.txt", "-") for word in SHORT], "--jobs", "2", input=positive)
    # The class is named after its file, which no loss depends on.
    assert losses(piped.stdout) == plain
    piped = ann(*[word.replace("net.nn", "-") for word in SHORT], "--jobs", "2", input=NETWORK)
    assert losses(piped.stdout) == {**plain, "network": "-"}


@pytest.mark.slow
def test_another_option_is_another_training(small: Path, ann: Ann) -> None:
    ann(*SHORT, "--ledger", "l.ledger")
    other = losses(ann(*SHORT, "--ledger", "l.ledger", "--l2", "0.5").stdout)
    assert other == losses(ann(*SHORT, "--l2", "0.5").stdout)
    # The second trainer of six more trainings and one of its own start.
    more = losses(ann(*SHORT, "--ledger", "l.ledger", "--starts", "3", "--trainers", "scg").stdout)
    assert (small / "l.ledger").read_bytes().count(b"\n") == 1 + 6 + 6 + 1
    assert more == losses(ann(*SHORT, "--starts", "3", "--trainers", "scg").stdout)
    (small / "pos.txt").write_text((small / "pos.txt").read_text() + "1 1\n")
    ann(*SHORT, "--ledger", "l.ledger")
    assert (small / "l.ledger").read_bytes().count(b"\n") == 14 + 6


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_killed_bench_goes_on_with_what_is_missing(many: Path, ann: Ann, jobs: str) -> None:
    with benching(many, *LONG, "--jobs", jobs) as process:
        workers = children(process.pid)
        assert len(workers) == (0 if jobs == "1" else 2)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
    wait_for(lambda: not any(map(is_alive, workers)))
    ledger = many / "l.ledger"
    before = ledger.read_bytes()
    done = before.count(b"\n") - 1
    assert 2 <= done < 8
    # A crash in the middle of a line loses that line alone.
    ledger.write_bytes(before + b'{"digest":"0123')
    finished = losses(ann(*LONG, "--jobs", jobs).stdout)
    after = ledger.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == 9
    assert len({json.loads(line)["digest"] for line in after.splitlines()[1:]}) == 8
    assert finished == losses(ann(*LONG[:-2]).stdout)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_everything_at_once(many: Path, number: int, code: int, jobs: str) -> None:
    with benching(many, *LONG, "--jobs", jobs, lines=2) as process:
        workers = children(process.pid)
        begin = time.monotonic()
        process.send_signal(number)
        output, message = process.communicate(timeout=60)
    assert time.monotonic() - begin < 5
    assert process.returncode == code
    assert json.loads(output)["error"]["exit_code"] == code
    done = (many / "l.ledger").read_bytes().count(b"\n") - 1
    told = re.fullmatch(
        r"ann: interrupted; the ledger holds (\d) of 8 trainings, and the same command runs the others\n", message
    )
    # The signal may come when a line has been written and not been counted.
    assert told is not None, message
    assert int(told[1]) in (done - 1, done)
    wait_for(lambda: not any(map(is_alive, workers)))


@pytest.mark.slow
def test_ctrl_c_reaches_all_processes_and_says_one_line(many: Path) -> None:
    """A terminal sends the signal to the whole process group, also to workers that are still starting."""
    for wait in (0.0, 0.2, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-m", "anncli", *LONG[:-2], "--jobs", "3"],
            cwd=many,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        wait_for(lambda process=process: catches(process.pid, signal.SIGTERM))
        time.sleep(wait)
        os.killpg(process.pid, signal.SIGINT)
        output, message = process.communicate(timeout=60)
        assert (process.returncode, message) == (130, "ann: interrupted\n")
        assert json.loads(output)["error"]["kind"] == "interrupted"


@pytest.mark.slow
def test_a_signal_ends_an_epoch_of_minutes(small: Path) -> None:
    for name, sign in (("pos.txt", 1), ("neg.txt", -1)):
        (small / name).write_text("".join(f"{sign * (k % 17)} {k % 13}\n" for k in range(20000)))
    (small / "net.nn").write_text(NETWORK.replace("[3 tanh", "[1500 tanh, 1500 tanh"))
    process = subprocess.Popen(
        [sys.executable, "-m", "anncli", *BENCH, "5", "--trainers", "online", "--starts", "1", "--plot", "none"],
        cwd=small,
        env=clean_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: catches(process.pid, signal.SIGTERM))
        # Into the epoch; from here on only the watcher can end the process.
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        _, message = process.communicate(timeout=10)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, message) == (143, "ann: interrupted\n")


@pytest.mark.slow
def test_a_killed_worker_costs_nothing(many: Path, ann: Ann) -> None:
    with benching(many, *LONG, "--jobs", "2", lines=2) as process:
        os.kill(children(process.pid)[0], signal.SIGKILL)
        output, message = process.communicate(timeout=60)
    assert process.returncode == 0
    assert message.startswith("ann: warning: a worker process was killed by SIGKILL while it ran trainer ")
    assert message.endswith("which is begun again; use fewer --jobs or more memory\n")
    assert losses(output) == losses(ann(*LONG[:-2]).stdout)


@pytest.mark.slow
def test_two_runs_do_not_share_a_ledger(small: Path, ann: Ann) -> None:
    with LedgerFile(small / "l.ledger"):
        done = ann(*SHORT, "--ledger", "l.ledger", check=1)
    assert done.stderr == "ann: l.ledger: is in use by another run; wait for its end, or name another file\n"
    ann(*SHORT, "--ledger", "l.ledger")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ledger", "pos.txt"], "--ledger pos.txt would overwrite a file that this run needs; give another name"),
        (["--ledger", "notes.txt"], "notes.txt is no ledger of ann; name a ledger, or a file that does not exist"),
        (["--ledger", "-"], "a ledger cannot be '-': it is read again by the next run; name a file"),
        (["--jobs", "0"], "--jobs: must be a whole number, at least 1, found '0'; write for example 2"),
    ],
)
def test_what_cannot_be_is_refused(small: Path, ann: Ann, arguments: list[str], message: str) -> None:
    (small / "notes.txt").write_text("1 2\n")
    before = (small / "pos.txt").read_bytes()
    done = ann(*SHORT, *arguments, check=2)
    assert done.stderr == f"ann: {message}\n"
    assert json.loads(done.stdout)["error"]["exit_code"] == 2
    assert (small / "pos.txt").read_bytes() == before


@pytest.mark.slow
def test_jobs_and_ledger_come_from_a_config_file_too(small: Path, ann: Ann) -> None:
    (small / "c.yaml").write_text("jobs: 2\nledger: l.ledger\n")
    ann(*SHORT, "--config", "c.yaml")
    assert (small / "l.ledger").exists()
    ann(*SHORT, env={"ANN_LEDGER": "other.ledger"})
    assert (small / "other.ledger").exists()


def test_a_signal_waits_until_the_main_thread_takes_signals_again() -> None:
    """A thread that takes the signal would interrupt the main thread while it starts a worker."""
    program = """
import os, signal, time
from anncli.cli.running.ending import EndingAtSignals
from anncli.errors import Interrupted
try:
    with EndingAtSignals(lambda: "told"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)
        print("not interrupted", flush=True)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        time.sleep(5)
except Interrupted as error:
    print(error, int(error.exit_code))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("not interrupted\ntold 130\n", "")
