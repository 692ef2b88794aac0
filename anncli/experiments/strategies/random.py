"""Random search (Bergstra & Bengio 2012, Journal of Machine Learning Research 13, 281-305)."""

from __future__ import annotations

from anncli.experiments.search_space import Space, random_trial
from anncli.experiments.strategies.base import Request


class RandomSearch:
    """All trials at once."""

    def __init__(self, space: Space, trials: int, seed: int) -> None:
        self._waiting = [Request(number, random_trial(space, seed, number)) for number in range(trials)]
        self.n_requests = trials

    def ask(self) -> list[Request]:
        waiting, self._waiting = self._waiting, []
        return waiting

    def tell(self, number: int, cost: float | None) -> None:
        pass


STRATEGY = RandomSearch
