"""The executor that needs nothing: one spec after another, in the thread that asks for results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from anncli.experiments.executors.base import Work, never
from anncli.experiments.spec import Result, Spec

Report = TypeVar("Report")


class InProcess:
    """Runs specs in turn."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        for spec in specs:
            yield self.work(spec, never)


def run_in_turn(calls: Sequence[Callable[[], Iterator[Report]]]) -> Iterator[Report]:
    """All reports of the first call, then all of the second, and so on; a call begins when the one before has ended."""
    for call in calls:
        yield from call()
