"""The executor that needs nothing: one spec after another, in the thread that asks for results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from anncli.experiments.executors.base import Work, never
from anncli.experiments.spec import Result, Spec


class InProcess:
    """Runs specs in turn."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        for spec in specs:
            yield self.work(spec, never)
