"""Workers elsewhere, in memory: who runs what, what is sent, and what happens when workers or the scheduler are lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fake_cluster import FACTS, FakeCluster
from small_specs import clouds, numbered

from anncli.errors import AnnError
from anncli.experiments.executors.base import Terms
from anncli.experiments.executors.cluster import Fault, Gone
from anncli.experiments.executors.facts import difference, facts_here
from anncli.experiments.executors.remote_workers import RemoteWorkers
from anncli.experiments.inputs import forget, register
from anncli.experiments.spec import DataFile, Result, Spec

LIMIT = 5.0
AGAIN = "what is finished is in the file of --ledger, if that was given, and the same command goes on"


def executor(cluster: FakeCluster, told: list[str], jobs: int | None = None) -> RemoteWorkers:
    return RemoteWorkers(lambda: cluster, lambda: FACTS, Terms(LIMIT), jobs, told.append, cluster.clock)


def run(cluster: FakeCluster, specs: Sequence[Spec], told: list[str], jobs: int | None = None) -> list[Result]:
    return list(executor(cluster, told, jobs).run(specs))


def numbers(results: Sequence[Result]) -> list[int]:
    return sorted(result.evaluations["number"] for result in results)


def test_every_worker_gets_as_many_specs_as_it_has_threads() -> None:
    cluster, told = FakeCluster("a", "b", threads=2), []
    assert numbers(run(cluster, numbered(9), told)) == list(range(9))
    assert cluster.most == {"a": 2, "b": 2}
    assert len(cluster.of_kind("run")) == 9
    assert len(cluster.of_kind("greet")) == 2
    assert told == []
    assert run(cluster, [], told) == []


def test_jobs_limit_what_runs_at_a_time() -> None:
    cluster, most = FakeCluster("a", "b", threads=4), 0
    specs = executor(cluster, [], 3).run(numbered(9))
    for _ in specs:
        most = max(most, sum(cluster.most.values()))
    assert most == 3


def test_a_worker_that_comes_later_helps() -> None:
    cluster = FakeCluster("a", ticks=10)
    cluster.at[8] = lambda: cluster.join("b")
    results = run(cluster, numbered(6), [])
    assert {result.evaluations["worker"] for result in results} == {"a", "b"}


def test_what_a_lost_worker_ran_is_begun_again_elsewhere() -> None:
    cluster, told = FakeCluster("a", "b", ticks=10), []
    cluster.at[6] = lambda: cluster.kill("a")
    results = run(cluster, numbered(5), told)
    assert numbers(results) == [0, 1, 2, 3, 4]
    assert all(result.error is None for result in results)
    assert told == ["worker a on n has gone; begun again elsewhere: number 0"]
    # The call on the lost worker is cancelled, or it would run once more where that address comes back.
    assert cluster.dropped == [cluster.of_kind("run")[0].number]


def test_a_lost_worker_that_the_scheduler_tells_of_by_its_call() -> None:
    cluster, told = FakeCluster("a", ticks=50), []
    specs = with_data(numbered(1))

    def lose() -> None:
        (call,) = cluster.of_kind("run")
        cluster.drop(call.number)
        cluster.queue.append(Fault(call.number, "KilledWorker", is_loss=True))

    cluster.at[10] = lose
    (result,) = run(cluster, specs, told)
    assert result.evaluations == {"number": 0, "worker": "a"}
    assert told == ["worker a on n was lost; begun again elsewhere: number 0"]
    # It was begun again under the same address, without the data.
    assert len(cluster.of_kind("send")) == 2
    forget(specs[0].data)


def test_a_spec_that_kills_two_workers_fails_and_no_other_does() -> None:
    cluster, told = FakeCluster("a", "b", "c", threads=3, ticks=4), []
    cluster.kills = lambda spec: spec.labels["number"] == 4
    # Those that run beside it are lost with its first worker; the second time it runs alone.
    results = {result.digest: result for result in run(cluster, numbered(12), told)}
    failed = results.pop(numbered(12)[4].digest())
    assert failed.error is not None
    assert failed.error.message == "its worker has gone, 2 times"
    assert failed.error.repeats is False
    assert numbers(list(results.values())) == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]
    assert len(told) == 2
    assert told[0].startswith("worker b on n has gone; begun again elsewhere: number ")
    assert told[1].endswith("has gone; begun again elsewhere: number 4")
    assert sum(call.what.labels["number"] == 4 for call in cluster.of_kind("run")) == 2


def test_a_spec_that_kills_its_only_worker_again_and_again_fails() -> None:
    cluster, told = FakeCluster("a", ticks=1), []
    cluster.kills = lambda spec: spec.labels["number"] == 0
    # Dask starts a killed worker again, under another address.
    for tick in range(5, 100, 5):
        cluster.at[tick] = lambda tick=tick: cluster.join(f"a{tick}")  # type: ignore[misc]
    first, second = sorted(run(cluster, numbered(2), told), key=lambda result: result.error is None)
    assert first.error is not None
    assert second.evaluations["number"] == 1


def test_what_a_silent_worker_ran_is_given_to_another_and_its_late_answer_is_dropped() -> None:
    cluster, told = FakeCluster("a", "b", ticks=10), []
    cluster.at[6] = lambda: cluster.stopped.add("a")
    cluster.at[80] = lambda: cluster.stopped.clear()
    cluster.duration = lambda spec: 10 if spec.labels["number"] < 4 else 100
    results = run(cluster, numbered(5), told)
    assert numbers(results) == [0, 1, 2, 3, 4]
    assert told == [
        "worker a on n has been silent for 5 s; begun again elsewhere: number 0",
        "worker a on n answers again",
    ]
    (first, *_) = [call for call in cluster.of_kind("run") if call.what.labels["number"] == 0]
    assert (first.worker, first.number in cluster.dropped) == ("a", True)


def test_a_late_answer_that_comes_first_is_taken() -> None:
    cluster, told = FakeCluster("a", "b", ticks=60), []
    cluster.at[20] = lambda: cluster.stopped.add("a")
    cluster.at[60] = lambda: cluster.stopped.clear()
    cluster.duration = lambda spec: 60 if spec.labels["number"] == 0 else 10
    results = run(cluster, numbered(2), told)
    first = next(result for result in results if result.evaluations["number"] == 0)
    assert first.evaluations["worker"] == "a"
    begun = [call for call in cluster.of_kind("run") if call.what.labels["number"] == 0]
    assert [call.worker for call in begun] == ["a", "b"]
    assert cluster.dropped == [begun[1].number]


def test_a_silent_worker_that_goes_is_lost_only_once() -> None:
    cluster, told = FakeCluster("a", "b", ticks=60), []
    cluster.at[6] = lambda: cluster.stopped.add("a")
    cluster.at[45] = lambda: cluster.kill("a")
    results = run(cluster, numbered(2), told)
    assert [result.error for result in results] == [None, None]
    assert told == ["worker a on n has been silent for 5 s; begun again elsewhere: number 0", "worker a on n has gone"]


def test_a_silent_worker_counts_for_no_job_and_gets_nothing() -> None:
    cluster, told = FakeCluster("a", "b", ticks=60), []
    cluster.at[6] = lambda: cluster.stopped.update(("a", "b"))
    cluster.at[40] = lambda: cluster.join("c")
    (result,) = run(cluster, numbered(1), told, jobs=1)
    assert result.evaluations["worker"] == "c"
    assert [call.worker for call in cluster.of_kind("run")] == ["a", "c"]
    assert len(told) == 2


def test_those_that_must_run_alone_do_not_wait_for_all_others() -> None:
    cluster = FakeCluster("a", "b", "c", threads=2)
    # No worker is ever idle by itself.
    cluster.duration = lambda spec: 4 + 3 * (spec.labels["number"] % 2)
    cluster.at[8] = lambda: cluster.kill("a")
    assert numbers(run(cluster, numbered(60), [])) == list(range(60))
    begun = [call.what.labels["number"] for call in cluster.of_kind("run")]
    again = [place for place, number in enumerate(begun) if number in begun[:place]]
    assert len(again) == 2
    assert max(again) < 30


def test_those_that_must_run_alone_wait_where_nothing_else_does() -> None:
    cluster, told = FakeCluster("a", "b", "c", threads=2), []
    # b and c are left with one spec each and a free thread, and nothing waits but what was lost with a.
    cluster.duration = lambda spec: 20 if spec.labels["number"] % 2 else 8
    cluster.at[6] = lambda: cluster.kill("a")
    assert numbers(run(cluster, numbered(6), told)) == list(range(6))
    assert len(told) == 1


def test_time_between_two_rounds_is_no_silence() -> None:
    cluster, told = FakeCluster("a"), []
    one = executor(cluster, told)
    assert numbers(list(one.run(numbered(1)))) == [0]
    cluster.time += 20 * LIMIT
    cluster.is_mute = True
    cluster.at[cluster.tick + 5] = lambda: setattr(cluster, "is_mute", False)
    assert numbers(list(one.run(numbered(1)))) == [0]
    cluster.time += 20 * LIMIT
    cluster.kill("a")
    cluster.at[cluster.tick + 5] = lambda: cluster.join("b")
    assert numbers(list(one.run(numbered(1)))) == [0]
    assert told == ["worker a on n has gone"]


def test_a_worker_that_computes_for_long_is_not_silent() -> None:
    cluster, told = FakeCluster("a", "b", ticks=500), []
    assert numbers(run(cluster, numbered(2), told)) == [0, 1]
    assert told == []
    assert cluster.time > 10 * LIMIT


def test_without_any_worker_the_command_ends() -> None:
    cluster = FakeCluster()
    with pytest.raises(AnnError) as caught:
        run(cluster, numbered(1), [])
    assert str(caught.value) == (
        f"no worker at tcp://fake:1 takes work, for 5 s; start one: dask worker tcp://fake:1; {AGAIN}"
    )
    assert LIMIT <= cluster.time <= LIMIT + 0.5


def test_a_worker_that_comes_just_in_time() -> None:
    cluster = FakeCluster()
    cluster.at[24] = lambda: cluster.join("late")
    assert numbers(run(cluster, numbered(1), [])) == [0]


def test_workers_without_memory_take_no_work() -> None:
    cluster = FakeCluster("a", "b")
    cluster.change("a", takes_work=False)
    results = run(cluster, numbered(3), [])
    assert {result.evaluations["worker"] for result in results} == {"b"}
    cluster = FakeCluster("a")
    cluster.change("a", takes_work=False)
    with pytest.raises(AnnError, match=r"^none of 1 worker at tcp://fake:1 takes work, for 5 s; "):
        run(cluster, numbered(1), [])


def test_a_scheduler_that_is_gone_or_silent_ends_the_command() -> None:
    cluster = FakeCluster("a", ticks=100)
    cluster.at[10] = lambda: cluster.queue.append(Gone("the connection broke"))
    with pytest.raises(AnnError) as caught:
        run(cluster, numbered(1), [])
    assert str(caught.value) == f"the scheduler tcp://fake:1 has gone: the connection broke; {AGAIN}"
    cluster, told = FakeCluster("a", "b", ticks=100), []
    cluster.at[10] = lambda: setattr(cluster, "is_mute", True)
    with pytest.raises(AnnError) as caught:
        run(cluster, numbered(2), told)
    assert str(caught.value) == f"the scheduler tcp://fake:1 has been silent for 5 s; {AGAIN}"
    # Nobody knows whether the workers are silent.
    assert told == []


def test_a_short_silence_of_the_scheduler_is_none_of_the_workers() -> None:
    cluster, told = FakeCluster("a", ticks=100), []
    cluster.at[8] = lambda: cluster.stopped.add("a")
    cluster.at[14] = lambda: setattr(cluster, "is_mute", True)

    def go_on() -> None:
        cluster.is_mute = False
        cluster.stopped.clear()

    # 5.4 s after the last sign of the worker, but 4.2 s after the last news of any.
    cluster.at[35] = go_on
    assert numbers(run(cluster, numbered(1), told)) == [0]
    assert told == []


def test_workers_that_would_give_other_bytes_are_not_used() -> None:
    cluster, told = FakeCluster("a", "b"), []
    cluster.facts["a"] = {**FACTS, "anncli": "0.9"}
    results = run(cluster, numbered(3), told)
    assert {result.evaluations["worker"] for result in results} == {"b"}
    assert told == ["worker a on n is not used: it has anncli 0.9, and here is 1.0; install the same version"]
    cluster, told = FakeCluster("a"), []
    cluster.facts["a"] = "ModuleNotFoundError: No module named 'anncli'"
    with pytest.raises(AnnError) as caught:
        run(cluster, numbered(1), told)
    assert told == ["worker a is not used: ModuleNotFoundError: No module named 'anncli'; install anncli 1.0 there"]
    assert str(caught.value) == f"tcp://fake:1 has no worker that gives the bytes of this machine; {AGAIN}"


def test_a_worker_that_does_not_answer_the_greeting_is_greeted_again() -> None:
    cluster, told = FakeCluster("a"), []
    cluster.facts["a"] = Fault(0, "OSError: in between", is_loss=True)
    cluster.at[2] = cluster.facts.clear
    assert numbers(run(cluster, numbered(2), told)) == [0, 1]
    assert told == []
    cluster = FakeCluster("a", "b")
    cluster.facts["a"] = Fault(0, "OSError: no such file", is_loss=True)
    assert numbers(run(cluster, numbered(20), told)) == list(range(20))
    assert told == ["worker a is not used: OSError: no such file"]
    assert [call.worker for call in cluster.of_kind("greet")].count("a") == 3


def test_closing_drops_what_runs() -> None:
    cluster = FakeCluster("a", "b", ticks=3)
    cluster.duration = lambda spec: 3 if spec.labels["number"] == 0 else 100
    results = executor(cluster, []).run(numbered(4))
    assert next(results).evaluations["number"] == 0
    results.close()  # type: ignore[attr-defined]
    begun = {call.number: call.what.labels["number"] for call in cluster.of_kind("run")}
    assert sorted(begun[call] for call in cluster.dropped) == sorted(set(begun.values()) - {0})


# Data.


def with_data(specs: Sequence[Spec], *files: str) -> list[Spec]:
    ref = register(clouds())._replace(files=tuple(DataFile(path, "0" * 64) for path in files))
    return [spec._replace(data=ref) for spec in specs]


def test_data_without_files_are_sent_once_to_each_worker() -> None:
    cluster = FakeCluster("a", "b")
    specs = with_data(numbered(8))
    one = executor(cluster, [])
    assert numbers([*one.run(specs[:4]), *one.run(specs[4:])]) == list(range(8))
    assert sorted(call.worker for call in cluster.of_kind("send")) == ["a", "b"]
    assert cluster.of_kind("read") == []
    assert {(call.worker, call.data) for call in cluster.of_kind("run")} == {("a", "sent to a"), ("b", "sent to b")}
    forget(specs[0].data)


@pytest.mark.parametrize("has_files", [True, False])
def test_files_are_read_where_they_are_and_sent_where_not(has_files: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = FakeCluster("a")
    cluster.files = has_files
    monkeypatch.chdir("/")
    specs = with_data(numbered(3), "pos.txt", "/data/neg.txt")
    assert numbers(run(cluster, specs, [])) == [0, 1, 2]
    (read,) = cluster.of_kind("read")
    assert [file.path for file in read.what.files] == ["/pos.txt", "/data/neg.txt"]
    assert len(cluster.of_kind("send")) == (0 if has_files else 1)
    assert {call.data for call in cluster.of_kind("run")} == {None if has_files else "sent to a"}
    forget(specs[0].data)


# The facts on which bytes depend.


def test_the_facts_of_this_process_agree_with_themselves() -> None:
    here = {"anncli": "1", **facts_here()}
    assert difference(here, {"anncli": "1", "host": "other", **facts_here()}) is None


def test_other_facts_are_told_with_what_to_do() -> None:
    here = {**FACTS, "backend": "native avx512", "variants": ["avx512", "avx2", "baseline"]}
    assert difference(here, FACTS) == (
        "it computes with native avx2, and here is native avx512, so last digits would differ; "
        "set ANN_KERNEL_VARIANT=avx2 here and for all workers"
    )
    assert difference(here, {**FACTS, "backend": "numpy", "variants": []}) == (
        "it computes with numpy, and here is native avx512, so last digits would differ; "
        "set ANN_KERNELS=numpy here and for all workers"
    )
    advice = "install the same, with one thread of BLAS, and set OPENBLAS_CORETYPE where processors differ"
    assert difference(FACTS, {**FACTS, "numpy": "numpy 3"}) == (
        f"numpy 3 there and numpy 2 here may differ in last digits; {advice}"
    )
    assert difference(FACTS, {**FACTS, "probe": "q"}) == f"numpy 2 there computes other last digits than here; {advice}"
