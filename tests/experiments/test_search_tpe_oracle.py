"""The strategy tpe, for which Optuna has to be installed: groups of fixed size, the same study again, and trials near good ones."""

from __future__ import annotations

import pytest

from anncli.experiments.search_space import Space
from anncli.experiments.strategies.base import Request
from anncli.experiments.strategies.choice import make_strategy
from anncli.options.ranges import range_between

pytest.importorskip("optuna")


def run(trials: int, seed: int = 0) -> list[list[Request]]:
    """A study whose cost is the distance of l1 from 0.7; every seventh trial fails."""
    strategy = make_strategy("tpe", Space([range_between("l1", 0, 1), range_between("hidden", 2, 64, whole=True)], "adam"), trials, seed)  # fmt: skip
    rounds = []
    while asked := strategy.ask():
        rounds.append(asked)
        for one in asked:
            failed = one.number == 0 or one.number % 7 == 0
            strategy.tell(one.number, None if failed else abs(float(one.trial["l1"]) - 0.7))
    return rounds


def test_groups_have_a_fixed_size_and_the_study_is_the_same_again() -> None:
    rounds = run(23)
    assert [len(asked) for asked in rounds] == [5, 5, 5, 5, 3]
    assert [one.number for asked in rounds for one in asked] == list(range(23))
    assert rounds[0][0].trial == {}
    assert run(23) == rounds
    assert run(23, seed=1) != rounds


def test_later_trials_are_nearer_to_the_best_place() -> None:
    distances = [abs(float(one.trial["l1"]) - 0.7) for asked in run(60) for one in asked if one.number]
    # Drawn evenly, the mean distance is 0.29.
    assert sum(distances[30:]) / len(distances[30:]) < 0.2
    assert all(2 <= int(one.trial["hidden"]) <= 64 for asked in run(23) for one in asked if one.number)
