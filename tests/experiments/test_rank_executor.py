"""The executor of ranks, with ranks that are threads of this process, and what the commands say and refuse where there are ranks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import numpy as np
import pytest
import small_specs
from fake_mpi import FakeComm, FakeMpi, FakeWatch, FakeWorld
from small_specs import clouds, numbered, spec

from anncli.backends.ranks import mail as mail_module
from anncli.backends.ranks.agreement import Member
from anncli.backends.ranks.crew import Order
from anncli.backends.ranks.mail import Mail
from anncli.backends.ranks.watch import Lost, RankLost
from anncli.backends.ranks.wire import Wire
from anncli.errors import UsageError
from anncli.experiments.executors import facts, rank_work
from anncli.experiments.executors.rank_work import Errand, agree_on_numbers, serve
from anncli.experiments.executors.ranks import Ranks, Team
from anncli.experiments.inputs import forget, register, registered
from anncli.experiments.spec import DataRef, Result, Spec
from anncli.experiments.worker import run_spec

SEEN = DataRef("contents that every rank has")


def wires_of(size: int) -> tuple[list[Wire], list[FakeWatch]]:
    world, watches = FakeWorld(size), [FakeWatch() for _ in range(size)]
    return [Wire(FakeMpi, FakeComm(world, rank), watches[rank]) for rank in range(size)], watches  # type: ignore[arg-type]


def together(calls: list[Callable[[], Any]]) -> list[Any]:
    """What calls give that wait for each other."""
    found: list[Any] = [None] * len(calls)

    def one(number: int) -> None:
        try:
            found[number] = calls[number]()
        except UsageError as fault:
            found[number] = fault

    threads = [threading.Thread(target=one, args=(number,), daemon=True) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    return found


@contextmanager
def team_of(size: int) -> Iterator[tuple[Team, list[FakeWatch]]]:
    """The team as rank 0 sees it; the others serve in threads, until they are sent home."""
    wires, watches = wires_of(size)
    threads = [threading.Thread(target=serve, args=(wires[r], watches[r]), daemon=True) for r in range(1, size)]
    for thread in threads:
        thread.start()
    team = Team(wires[0], watches[0])  # type: ignore[arg-type]
    yield team, watches
    team.end()
    assert not wires[0].is_broken
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """work(function): what ranks do with a spec whose data need not exist."""

    def use(function: Any) -> None:
        monkeypatch.setattr(rank_work, "run_spec", function)
        monkeypatch.setattr(rank_work, "_has", lambda ref: True)

    return use


@pytest.mark.parametrize("size", [2, 3, 6])
def test_results_are_those_of_this_process(size: int) -> None:
    ref = register(clouds())
    specs = [spec(ref, epochs=2, seed=seed) for seed in range(4)]
    expected = {one.digest(): run_spec(one).without_times() for one in specs}
    with team_of(size) as (team, watches):
        assert {one.digest: one.without_times() for one in Ranks(team).run(specs)} == expected
        assert list(Ranks(team).run([])) == []
        assert len(list(team.run(specs[:1]))) == 1
    assert [watch.failed for watch in watches] == [""] * size


def test_every_other_rank_runs_one_at_a_time_and_rank_0_none(work: Callable[[Any], None]) -> None:
    running, most, threads = set[int](), [0], set[str]()

    def run(spec: Spec, is_stopped: Any) -> Result:
        threads.add(threading.current_thread().name)
        running.add(spec.labels["number"])
        most[0] = max(most[0], len(running))
        time.sleep(0.01)
        running.discard(spec.labels["number"])
        return Result(spec.digest())

    work(run)
    with team_of(4) as (team, _):
        assert len(list(team.run(numbered(12)))) == 12
    assert most == [3]
    assert len(threads) == 3
    assert threading.current_thread().name not in threads


def test_what_runs_is_stopped_when_nobody_waits_for_it_and_the_ranks_go_on(work: Callable[[Any], None]) -> None:
    begun = threading.Semaphore(0)

    def run(spec: Spec, is_stopped: Any) -> Result:
        if spec.labels["number"] > 1:
            begun.release()
            while not is_stopped():
                time.sleep(0.001)
            raise rank_work.Stopped
        return small_specs.echo(spec, is_stopped)

    work(run)
    with team_of(3) as (team, _):
        with closing(team.run(numbered(6))) as results:
            assert {next(results).evaluations["number"], next(results).evaluations["number"]} == {0, 1}
            begun.acquire()
        found = [one.evaluations["number"] for one in team.run(numbered(2))]
        assert sorted(found) == [0, 1]
        # The end comes in the middle of work too.
        one = team.run(numbered(3))
        next(one)


def test_a_rank_that_does_not_come_back_is_left_behind(work: Callable[[Any], None], monkeypatch: Any) -> None:
    from anncli.experiments.executors import ranks

    monkeypatch.setattr(ranks, "_FAREWELL", 0.01)
    ended = threading.Event()

    def run(spec: Spec, is_stopped: Any) -> Result:
        if spec.labels["number"]:
            ended.wait(10)
        return Result(spec.digest())

    work(run)
    wires, watches = wires_of(3)
    threads = [threading.Thread(target=serve, args=(wires[r], watches[r]), daemon=True) for r in (1, 2)]
    for thread in threads:
        thread.start()
    team = Team(wires[0], watches[0])  # type: ignore[arg-type]
    with closing(team.run(numbered(2))) as results:
        next(results)
    team.end()
    assert wires[0].is_broken
    ended.set()


def test_data_that_a_rank_cannot_read_are_sent_once() -> None:
    """The rank is played by this test: all threads of a process have the same data."""
    wires, watches = wires_of(2)
    team, mail = Team(wires[0], watches[0]), Mail(wires[1], 0)  # type: ignore[arg-type]
    data = clouds(300)
    specs = [spec(register(data), epochs=1, seed=seed) for seed in (1, 2)]
    got: list[Errand] = []

    def play() -> None:
        for answer in (None, run_spec(specs[0]), run_spec(specs[1])):
            mail.expect()
            watches[1].wait(lambda: mail_module.AnyOf([mail]))
            order: Order = mail.take()
            got.append(order.detail)
            mail.send(answer)

    _, results = together([play, lambda: list(team.run(specs))])
    assert [one.digest for one in results] == [one.digest() for one in specs]
    assert [errand.data is not None for errand in got] == [False, True, False]
    assert np.array_equal(got[1].data.inputs, data.inputs)  # type: ignore[union-attr]


def test_a_rank_keeps_what_was_sent_and_asks_for_what_it_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    mail: Any = type("FakeMail", (), {"send": staticmethod(sent.append), "has_come": staticmethod(lambda: False)})
    data = clouds()
    one = spec(register(data), epochs=1)
    forget(one.data)
    watch: Any = FakeWatch()
    rank_work._answer(mail, watch, Errand(one))
    assert sent == [None]
    rank_work._answer(mail, watch, Errand(one, data))
    assert sent[1].error is None
    assert registered(one.data.contents) is data
    rank_work._answer(mail, watch, Errand(one))
    assert sent[2].without_times() == sent[1].without_times()


def test_a_fault_of_a_rank_is_told(work: Callable[[Any], None]) -> None:
    work(small_specs.refuses)
    wires, watches = wires_of(2)
    team = Team(wires[0], watches[0])  # type: ignore[arg-type]

    def check() -> None:
        if watches[1].failed:
            raise RankLost(Lost(1, "n1", watches[1].failed, 0.0))

    def wait(begin: Callable[[], Any], on_its_way: bool = False) -> None:
        request = begin()
        while not request.Test():
            check()
            time.sleep(0.001)

    watches[0].wait = wait  # type: ignore[method-assign]
    thread = threading.Thread(target=serve, args=(wires[1], watches[1]), daemon=True)
    thread.start()
    with pytest.raises(RankLost) as caught:
        list(team.run(numbered(1)))
    assert str(caught.value) == (
        "rank 1 on n1 failed: work must not raise; what is finished is in the file of --ledger, if that was given, and the same command goes on"
    )
    # Nobody can be sent home any more: the process leaves alone.
    assert wires[0].is_broken
    thread.join(10)


def test_a_result_without_room_is_a_failure(work: Callable[[Any], None]) -> None:
    sent: list[Result] = []

    class FullMail:
        has_come = staticmethod(lambda: False)

        def send(self, result: Result) -> None:
            if result.network is not None:
                raise MemoryError
            sent.append(result)

    work(small_specs.large)
    rank_work._answer(FullMail(), FakeWatch(), Errand(numbered(1)[0]))  # type: ignore[arg-type]
    assert sent[0].error is not None
    assert (sent[0].error.message, sent[0].error.repeats) == ("out of memory", False)


@pytest.mark.parametrize("n", [0, 1, 400, 4_999, 10_000, 25_000])
def test_mail_of_every_length_arrives(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_module, "_BLOCK", 5_000)
    wires, watches = wires_of(2)
    to, of = Mail(wires[0], 1), Mail(wires[1], 0)
    message = {"bytes": bytes(range(256)) * (n // 256) + bytes(n % 256)}
    of.expect()
    assert not of.has_come()
    to.send(message)
    to.send("next")
    watches[1].wait(lambda: mail_module.AnyOf([of]))
    assert of.take() == message
    assert not of.has_come()
    of.expect()
    assert of.has_come()
    assert of.take() == "next"
    assert not wires[0].is_broken
    assert not wires[1].is_broken


def test_the_options_reach_every_rank_once() -> None:
    with team_of(3) as (team, watches):
        assert team.begin(7.5)
        assert not team.begin(7.5)
        for _ in range(1000):
            if {watch.limit for watch in watches} == {7.5}:
                break
            time.sleep(0.005)
        assert [watch.limit for watch in watches] == [7.5] * 3


def test_ranks_with_other_last_digits_are_refused_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    members = [Member(f"n{rank}", "1", "x", "2", "b", (), True) for rank in range(3)]
    wires, _ = wires_of(3)
    assert together([partial(agree_on_numbers, wire, members) for wire in wires]) == [None] * 3
    numbers = iter("aab")
    lock, own = threading.Lock(), threading.local()

    def probe() -> str:
        with lock:
            own.probe = next(numbers)
        return str(own.probe)

    monkeypatch.setattr(facts, "_probe", probe)
    faults = together([partial(agree_on_numbers, wire, members) for wire in wires])
    assert all(isinstance(fault, UsageError) for fault in faults)
    assert len({str(fault) for fault in faults}) == 1
    assert "computes other last digits than here; install the same" in str(faults[0])
    assert str(faults[0]).startswith(("rank 1 on n1: numpy", "rank 2 on n2: numpy"))
