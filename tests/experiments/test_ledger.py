"""Running with a ledger: only what is missing runs, results come in order, and failures that may pass are not kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from small_specs import echo, numbered

from anncli.errors import DataError
from anncli.experiments.executors.base import never
from anncli.experiments.executors.threads import Threads
from anncli.experiments.ledger import Ledger, run_with_ledger
from anncli.experiments.spec import Failure, Result, Spec


class Store:
    """A ledger in memory that keeps what JSON keeps."""

    def __init__(self, documents: list[dict[str, Any]] | None = None) -> None:
        self.documents = documents or []

    def add(self, document: dict[str, Any]) -> None:
        self.documents.append(json.loads(json.dumps(document)))


class Backwards:
    """An executor that remembers what it ran, last spec first."""

    def __init__(self) -> None:
        self.ran: list[int] = []
        self.closed = False

    def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        try:
            for spec in reversed(specs):
                self.ran.append(spec.labels["number"])
                yield echo(spec, never)
        finally:
            self.closed = True


def numbers(results: Iterator[Result]) -> list[int]:
    return [result.evaluations["number"] for result in results]


def test_results_come_in_the_order_of_specs() -> None:
    executor = Backwards()
    assert numbers(run_with_ledger(numbered(4), executor)) == [0, 1, 2, 3]
    assert executor.ran == [3, 2, 1, 0]
    assert numbers(run_with_ledger(numbered(6), Threads(echo, 3))) == [0, 1, 2, 3, 4, 5]


def test_only_what_is_missing_runs() -> None:
    store = Store()
    assert numbers(run_with_ledger(numbered(5)[1:3], Backwards(), Ledger(store))) == [1, 2]
    executor = Backwards()
    assert numbers(run_with_ledger(numbered(5), executor, Ledger(Store(store.documents)))) == [0, 1, 2, 3, 4]
    assert executor.ran == [4, 3, 0]
    # Known in the same process too.
    ledger = Ledger(store)
    first = list(run_with_ledger(numbered(5), Backwards(), ledger))
    executor = Backwards()
    assert list(run_with_ledger(numbered(5), executor, ledger)) == first
    assert executor.ran == []


def test_equal_specs_run_once() -> None:
    executor, specs = Backwards(), numbered(2)
    assert numbers(run_with_ledger([*specs, *specs], executor)) == [0, 1, 0, 1]
    assert executor.ran == [1, 0]


def test_results_are_kept_before_those_of_earlier_specs_are_there() -> None:
    store, executor = Store(), Backwards()
    results = run_with_ledger(numbered(3), executor, Ledger(store))
    assert next(results).evaluations == {"number": 0}
    assert [document["evaluations"]["number"] for document in store.documents] == [2, 1, 0]
    results.close()
    assert executor.closed


def test_closing_ends_the_executor() -> None:
    class Forwards(Backwards):
        def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
            return super().run(specs[::-1])

    executor = Forwards()
    results = run_with_ledger(numbered(3), executor)
    next(results)
    assert not executor.closed
    results.close()
    assert executor.closed
    assert executor.ran == [0]


@pytest.mark.parametrize(("repeats", "runs"), [(True, 1), (False, 2)])
def test_failures_that_may_pass_are_not_kept(repeats: bool, runs: int) -> None:
    count = 0

    class Failing:
        def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
            nonlocal count
            for spec in specs:
                count += 1
                yield Result(spec.digest(), error=Failure("no", repeats=repeats))

    store = Store()
    for _ in range(2):
        (result,) = run_with_ledger(numbered(1), Failing(), Ledger(Store(store.documents)))
        assert result.error is not None
        store = Store([result.document()] if repeats else [])
    assert count == runs
    ledger = Ledger(Store())
    ledger.add(result)
    assert len(ledger) == int(repeats)


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    ledger = Ledger(Store())
    list(run_with_ledger(numbered(3)[:1], Backwards(), ledger))
    list(
        run_with_ledger(numbered(3), Backwards(), ledger, lambda done, spec: told.append((done, spec.labels["number"])))
    )
    assert told == [(2, 2), (3, 1)]


def test_an_executor_that_loses_a_spec_is_found_out() -> None:
    class Forgetful:
        def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
            return iter([echo(specs[0], never)])

    with pytest.raises(RuntimeError, match="without a result for number 1"):
        list(run_with_ledger(numbered(2), Forgetful()))


def test_a_document_that_is_no_result() -> None:
    with pytest.raises(DataError, match="entry 2 of the ledger holds no result: KeyError"):
        Ledger(Store([Result("00").document(), {"digest": "01"}]))
