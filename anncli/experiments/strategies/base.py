"""The protocol of strategies."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from anncli.experiments.search_space import Trial


class Request(NamedTuple):
    """A trial to train: its number, 0 for the defaults; share: which fraction of its epochs it gets, 1 for all."""

    number: int
    trial: Trial
    share: float = 1.0


class Strategy(Protocol):
    """Says which trials are trained next. What it asks depends on its seed and on what it was told, and on nothing else."""

    n_requests: int
    """How many requests it makes in all."""

    def ask(self) -> list[Request]:
        """The next trainings, which do not wait for each other; [] at the end."""

    def tell(self, number: int, cost: float | None) -> None:
        """The result of a trial that ask() wanted: the lower the better, None where the training failed."""


def worst_last(cost: float | None) -> tuple[bool, float]:
    """A key to sort costs by: failures at the end."""
    return cost is None, 0.0 if cost is None else cost
