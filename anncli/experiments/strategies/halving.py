"""Successive halving (Jamieson & Talwalkar 2016, AISTATS, 240-248), by thirds: many trials begin, few train to the end."""

from __future__ import annotations

import math

from anncli.experiments.search_space import Space, random_trial
from anncli.experiments.strategies.base import Request, worst_last

# The better 1/ETA of the trials go on, with ETA times as many epochs.
ETA = 3
_MOST_ROUNDS = 3


class Halving:
    """Rounds with 1/9, 1/3 and all of the epochs; fewer rounds for fewer trials than 9 and 3.

    The defaults, number 0, have all epochs at once and leave no place to others. A training with a part of its epochs is
    a training of its own: schedules and the final fit end with it.
    """

    def __init__(self, space: Space, trials: int, seed: int) -> None:
        rounds = min(_MOST_ROUNDS, 1 + int(math.log(max(trials, 1), ETA) + 1e-9))
        self._shares = [float(ETA) ** -k for k in reversed(range(rounds))]
        self._next = [Request(number, random_trial(space, seed, number)) for number in range(1, trials)]
        self._running: list[Request] = [Request(0, random_trial(space, seed, 0))]
        self._costs: dict[int, float | None] = {}
        sizes = [trials - 1]
        for _ in range(rounds - 1):
            sizes.append(math.ceil(sizes[-1] / ETA))
        self.n_requests = 1 + sum(sizes)

    def ask(self) -> list[Request]:
        if self._costs:
            ranked = sorted(self._next, key=lambda one: (worst_last(self._costs[one.number]), one.number))
            self._next, self._costs = ranked[: math.ceil(len(ranked) / ETA)], {}
        if not self._shares:
            return []
        share = self._shares.pop(0)
        self._next = [one._replace(share=share) for one in self._next]
        asked, self._running = [*self._running, *sorted(self._next)], []
        return asked

    def tell(self, number: int, cost: float | None) -> None:
        if number:
            self._costs[number] = cost


STRATEGY = Halving
