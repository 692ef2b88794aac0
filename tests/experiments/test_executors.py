"""Executors: every one gives each result once, the same results, and ends its work when it is closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import small_specs
from small_specs import clouds, numbered, spec

from anncli.errors import AnnError, UsageError
from anncli.experiments.executors import processes
from anncli.experiments.executors.base import Executor, IsStopped, Stopped
from anncli.experiments.executors.choice import make_executor
from anncli.experiments.executors.concurrently import run_concurrently
from anncli.experiments.executors.in_process import InProcess
from anncli.experiments.executors.names import EXECUTOR_NAMES
from anncli.experiments.executors.processes import Processes
from anncli.experiments.executors.threads import Threads
from anncli.experiments.spec import Result, Spec
from anncli.experiments.worker import run_spec
from anncli.training.restarts import run_in_turn

EXECUTORS: list[Callable[[Any], Executor]] = [
    InProcess,
    lambda work: Threads(work, 3),
    lambda work: Processes(work, 2),
]


def wait_for(condition: Callable[[], object]) -> None:
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("waited for half a minute")


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # A zombie that its parent has not waited for yet is dead too.
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("make", EXECUTORS)
def test_each_spec_is_run_once(make: Callable[[Any], Executor]) -> None:
    specs = numbered(7)
    results = list(make(small_specs.echo).run(specs))
    assert sorted(result.evaluations["number"] for result in results) == list(range(7))
    assert {result.digest for result in results} == {spec.digest() for spec in specs}
    assert list(make(small_specs.echo).run([])) == []


def test_results_come_when_they_are_ready() -> None:
    is_taken = threading.Event()

    def last_first(spec: Spec, is_stopped: IsStopped) -> Result:
        if spec.labels["number"] < 4:
            assert is_taken.wait(60)
        return Result(spec.digest(), evaluations={"number": spec.labels["number"]})

    results = Threads(last_first, 5).run(numbered(5))
    assert next(results).evaluations["number"] == 4
    is_taken.set()
    assert sorted(result.evaluations["number"] for result in results) == [0, 1, 2, 3]


def test_all_executors_give_the_same_results() -> None:
    data = clouds()
    specs = [
        spec(data, 10, trainer=trainer, seed=seed, restarts=restarts)._replace(keep_network=True)
        for trainer in ("adam", "scg", "lbfgs")
        for seed, restarts in ((0, 1), (1, 2))
    ]
    specs.append(spec(data, 10, "epochs", trainer="irprop-"))
    # One that its trainer refuses, and one that cannot be read.
    specs.append(spec(data, 10, trainer="br", loss="binary-cross-entropy"))
    specs.append(spec(small_specs.NOWHERE, 10))
    found = [
        {result.digest: result.without_times() for result in make_executor(name, jobs).run(specs)}
        for name, jobs in (("in-process", 1), ("threads", 3), ("processes", 1), ("processes", 3))
    ]
    assert len(found[0]) == len(specs)
    assert sum(result.error is None for result in found[0].values()) == 7
    assert all(other == found[0] for other in found[1:])


def test_processes_read_files_themselves(tmp_path: Path) -> None:
    from anncli.experiments.inputs import register
    from anncli.formats.data.assemble import read_dataset

    for name, sign in (("a", 1), ("b", -1)):
        (tmp_path / f"{name}.txt").write_text("".join(f"{sign * k} {k % 3}\n" for k in range(1, 9)))
    paths = [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    data = read_dataset(paths)
    ref = register(data, paths)
    one = spec(ref, 3)
    (here,), (there,) = (list(make_executor(name).run([one])) for name in ("in-process", "processes"))
    assert here.without_times() == there.without_times()
    # Same files, other rows: a file that a list names has changed, or the reader.
    (other,) = make_executor("in-process").run([spec(ref._replace(contents="0" * 64))])
    assert other.error is not None
    assert other.error.reason == f"{paths[0]}: has changed since the command started"
    (tmp_path / "b.txt").write_text("5 5\n")
    (late,) = make_executor("processes").run([one])
    assert late.error is not None
    assert late.error.reason == f"{paths[1]}: has changed since the command started"
    assert late.error.repeats is False


def test_processes_are_reused() -> None:
    found = {result.evaluations["process"] for result in Processes(small_specs.process_number, 2).run(numbered(8))}
    assert 1 <= len(found) <= 2
    assert os.getpid() not in found


def test_children_have_one_blas_thread_and_leave_signals_to_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    (result,) = Processes(small_specs.asks_environment, 1).run(numbered(1))
    assert result.evaluations == {"blas": "1", "ignored": [True, True], "blocked": False}


def test_a_killed_worker_is_told_and_its_spec_run_again(tmp_path: Path) -> None:
    told: list[str] = []
    results = list(Processes(small_specs.dies_once, 2, told.append).run(numbered(4, folder=str(tmp_path))))
    assert sorted(result.evaluations["number"] for result in results) == [0, 1, 2, 3]
    assert told == [
        f"a worker process was killed by SIGKILL while it ran number 1, folder {tmp_path}, which is begun again; "
        "use fewer --jobs or more memory"
    ]


def test_a_spec_that_kills_two_workers_fails() -> None:
    told: list[str] = []
    results = {result.digest: result for result in Processes(small_specs.dies_always, 2, told.append).run(numbered(4))}
    failed = results[numbered(4)[1].digest()]
    assert failed.error is not None
    assert failed.error.message == "its worker process was killed by SIGKILL, 2 times"
    assert failed.error.repeats is False
    assert sum(result.error is None for result in results.values()) == 3
    assert len(told) == 1


def not_there(spec: object, is_stopped: object) -> Result:
    raise AssertionError


@pytest.mark.slow
def test_workers_that_cannot_begin_are_an_error(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    # The child looks for the function under a name that its module does not have.
    monkeypatch.setattr(not_there, "__qualname__", "gone")
    monkeypatch.setattr(sys.modules[__name__], "gone", not_there, raising=False)
    with pytest.raises(
        AnnError, match=r"^a worker process ended with exit code 1 before it began, 2 times; run with --jobs 1$"
    ):
        list(Processes(not_there, 2).run(numbered(2)))
    assert "gone" in capfd.readouterr().err


@pytest.mark.slow
def test_a_worker_that_dies_before_it_began_is_replaced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    begun: list[Any] = []

    class Dying(processes._Child):
        def __init__(self, first_message: tuple[Any, ...]) -> None:
            super().__init__(first_message)
            begun.append(self.process)
            if len(begun) == 1:
                self.process.kill()

    monkeypatch.setattr(processes, "_Child", Dying)
    results = list(Processes(small_specs.echo, 2, told.append).run(numbered(4)))
    assert sorted(result.evaluations["number"] for result in results) == [0, 1, 2, 3]
    assert told == ["a worker process was killed by SIGKILL before it began; another one is started"]
    assert len(begun) == 3


@pytest.mark.slow
def test_a_worker_that_dies_in_the_middle_of_a_result(tmp_path: Path) -> None:
    told: list[str] = []
    results = list(Processes(small_specs.dies_in_a_result, 1, told.append).run(numbered(2, folder=str(tmp_path))))
    assert [result.evaluations["number"] for result in results] == [0, 1]
    assert [text.partition(" while ")[0] for text in told] == ["a worker process was killed by SIGKILL"] * 2


@pytest.mark.slow
def test_specs_and_results_of_50_megabytes_and_more_jobs_than_specs(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []

    class Counted(processes._Child):
        def __init__(self, first_message: tuple[Any, ...]) -> None:
            super().__init__(first_message)
            begun.append(self)

    monkeypatch.setattr(processes, "_Child", Counted)
    specs = [one._replace(network=bytes([k]) + bytes(50_000_000)) for k, one in enumerate(numbered(2))]
    results = {result.digest: result for result in Processes(small_specs.large, 64).run(specs)}
    assert [results[one.digest()].network == one.network[::-1] for one in specs] == [True, True]
    assert len(begun) == 2


def test_closing_ends_processes(tmp_path: Path) -> None:
    results = Processes(small_specs.sleeps, 2).run(numbered(3, folder=str(tmp_path)))
    with pytest.raises(KeyboardInterrupt):
        _interrupt_when(results, lambda: len(list(tmp_path.glob("*.pid"))) == 2)
    pids = [int(path.read_text()) for path in tmp_path.glob("*.pid")]
    assert len(pids) == 2
    wait_for(lambda: not any(map(is_alive, pids)))


def test_closing_ends_threads(tmp_path: Path) -> None:
    results = Threads(small_specs.sleeps, 2).run(numbered(3, folder=str(tmp_path)))
    with pytest.raises(KeyboardInterrupt):
        _interrupt_when(results, lambda: len(list(tmp_path.glob("*.pid"))) == 2)
    # Both have ended by now, and the third has not begun.
    assert len(list(tmp_path.glob("*.pid"))) == 2


def _interrupt_when(results: Iterator[Result], condition: Callable[[], bool]) -> None:
    """Ask for the next result, and send this process SIGINT when the condition holds."""

    def watch() -> None:
        wait_for(condition)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        next(results)
    finally:
        watcher.join()
        signal.signal(signal.SIGINT, before)


def test_children_die_with_their_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(Path(small_specs.__file__).parent)!r})\n"
        "import small_specs\n"
        "from anncli.experiments.executors.processes import Processes\n"
        "if __name__ == '__main__':\n"
        f"    list(Processes(small_specs.sleeps, 2).run(small_specs.numbered(2, folder={str(tmp_path)!r})))\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)])
    try:
        wait_for(lambda: sum(path.stat().st_size > 0 for path in tmp_path.glob("*.pid")) == 2)
    finally:
        parent.kill()
        parent.wait()
    wait_for(lambda: not any(is_alive(int(path.read_text())) for path in tmp_path.glob("*.pid")))


def test_executors_by_name() -> None:
    assert [type(make_executor(name, 2)).__name__ for name in EXECUTOR_NAMES] == ["InProcess", "Threads", "Processes"]
    with pytest.raises(UsageError, match=r"^unknown executor 'thread'; did you mean 'threads'\?$"):
        make_executor("thread")


def test_errors_of_work_are_not_lost_in_threads() -> None:
    with pytest.raises(UsageError, match="work must not raise"):
        list(Threads(small_specs.refuses, 2).run(numbered(2)))


@pytest.mark.parametrize("mode", ["train", "epochs"])
def test_a_stopped_spec_has_no_result(mode: str) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Stopped):
        run_spec(spec(clouds(), 100, mode), lambda: next(asked))


# run_all for restarts: reports in the order of the calls.


@pytest.mark.parametrize("run_all", [run_in_turn, lambda calls: run_concurrently(calls, 2)])
def test_reports_come_in_the_order_of_the_calls(run_all: Callable[[Any], Iterator[int]]) -> None:
    def call(start: int) -> Iterator[int]:
        for k in range(3):
            time.sleep(0.001 * (3 - start))
            yield 10 * start + k

    assert list(run_all([lambda: call(0), lambda: call(1), lambda: call(2)])) == [0, 1, 2, 10, 11, 12, 20, 21, 22]


@pytest.mark.parametrize("run_all", [run_in_turn, lambda calls: run_concurrently(calls, 2)])
def test_an_error_of_a_call_is_raised_at_its_turn(run_all: Callable[[Any], Iterator[int]]) -> None:
    def good() -> Iterator[int]:
        yield 1

    def bad() -> Iterator[int]:
        yield 2
        raise ValueError("broken")

    reports = run_all([good, bad, good])
    assert (next(reports), next(reports)) == (1, 2)
    with pytest.raises(ValueError, match="broken"):
        next(reports)


def test_closing_ends_concurrent_calls() -> None:
    seen = [0, 0, 0]

    def call(number: int) -> Iterator[int]:
        while True:
            seen[number] += 1
            yield number

    reports = run_concurrently([lambda: call(0), lambda: call(1), lambda: call(2)], 2)
    assert [next(reports) for _ in range(20)] == [0] * 20
    reports.close()  # type: ignore[attr-defined]
    ended = list(seen)
    time.sleep(0.05)
    assert seen == ended
    assert seen[2] == 0
