"""The thread trial: by the clock, here a given one."""

from __future__ import annotations

import os

import pytest

from anncli.backends import thread_trial
from anncli.backends.thread_trial import ThreadTrial


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)


def chosen(trial: ThreadTrial, seconds: dict[int, float], calls: int) -> list[int]:
    counts = []
    for _ in range(calls):
        counts.append(trial.choose())
        trial.note(counts[-1], seconds[counts[-1]])
    return counts


def test_one_and_all_take_turns_until_the_faster_is_known() -> None:
    assert chosen(ThreadTrial(10**9), {1: 1.0, 4: 0.5}, 9) == [1, 4, 1, 4, 1, 4, 4, 4, 4]
    assert chosen(ThreadTrial(10**9), {1: 1.0, 4: 0.95}, 9) == [1, 4, 1, 4, 1, 4, 1, 1, 1]


def test_threads_that_become_slow_are_given_up_for_good() -> None:
    trial = ThreadTrial(10**9)
    chosen(trial, {1: 1.0, 4: 0.5}, 6)
    assert chosen(trial, {1: 1.0, 4: 2.0}, 5) == [4, 4, 4, 1, 1]
    assert chosen(trial, {1: 1.0, 4: 0.1}, 2) == [1, 1]


def test_small_work_is_never_shared_and_never_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_trial.time, "perf_counter", lambda: pytest.fail("the clock was read"))
    with ThreadTrial(1_000_000).measured(5) as threads:
        assert threads == 1


def test_measured_counts_seconds_per_row(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 14.0])
    monkeypatch.setattr(thread_trial.time, "perf_counter", lambda: next(clock))
    trial = ThreadTrial(5_000_000)
    assert trial.many == 2
    with trial.measured(8) as threads:
        assert threads == 1
    assert trial.alone == [0.5]
