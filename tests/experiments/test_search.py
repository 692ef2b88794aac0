"""Searches: drawing trials, the strategies, choosing one trial, and what rows the searches use."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError
from anncli.evaluation.probabilities import class_losses, label_losses
from anncli.evaluation.row_losses import mean_and_deviations, number_losses, standard_error, wrong_rows
from anncli.experiments.search import Figure, Tried, kept_of
from anncli.experiments.search_rows import inner_parts, search_rows
from anncli.experiments.search_space import Space, random_trial
from anncli.experiments.spec import Failure
from anncli.experiments.strategies.base import Strategy
from anncli.experiments.strategies.choice import make_strategy
from anncli.options.ranges import Searched, read_searched
from anncli.options.table import OPTIONS, TrainingOptions, read_option

OPTION = TrainingOptions(trainer_options={})


def space(**texts: str) -> Space:
    found = []
    for name, text in texts.items():
        read = read_searched(
            name, text, OPTIONS[name].read if name in OPTIONS else lambda word: read_option("beta1", word)
        )
        assert isinstance(read, Searched)
        found.append(read)
    return Space(found, "adam")


def test_wide_ranges_are_drawn_evenly_on_a_logarithmic_scale() -> None:
    both = space(hidden="1..100", learning_rate="1e-4..1", l1="0..1")
    trials = [random_trial(both, 0, number) for number in range(1, 801)]
    hidden = np.array([int(one["hidden"]) for one in trials])
    assert set(range(1, 9)) < set(hidden)
    assert hidden.max() <= 100
    # log(10 / 1) / log(101 / 1) of them are below 10; one standard deviation of the count is 14.
    assert abs((hidden < 10).sum() - 800 * math.log(10) / math.log(101)) < 60
    rates = np.log10([float(one["learning_rate"]) for one in trials])
    assert np.histogram(rates, 4, (-4, 0))[0].min() > 150
    assert np.histogram([float(one["l1"]) for one in trials], 4, (0, 1))[0].min() > 150


def test_a_trial_has_only_options_that_its_trainer_has_and_does_not_depend_on_how_many_there_are() -> None:
    several = space(learning_rate="0.001..0.1", trainer="adam/irprop+", beta1="0.8..0.9")
    trials = [random_trial(several, 3, number) for number in range(1, 41)]
    kinds = Counter((one["trainer"], "learning_rate" in one, "beta1" in one) for one in trials)
    assert kinds.keys() == {("adam", True, True), ("irprop+", False, False)}
    assert random_trial(several, 3, 0) == {}
    asked = make_strategy("random", several, 5, 3).ask()
    assert [one.trial for one in asked] == [{}, *trials[:4]]


def run_strategy(strategy: Strategy, cost: dict[int, float]) -> list[list[tuple[int, float]]]:
    rounds = []
    while asked := strategy.ask():
        rounds.append([(one.number, round(one.share, 3)) for one in asked])
        for one in asked:
            strategy.tell(one.number, cost.get(one.number))
    return rounds


def test_halving_keeps_the_better_third_and_gives_the_defaults_all_epochs() -> None:
    strategy = make_strategy("halving", space(l1="0..1"), 10, 0)
    # Trial 4 fails: it is the worst. 9 trials, 3, 1.
    cost = {number: abs(number - 6.2) for number in range(10) if number != 4}
    assert run_strategy(strategy, cost) == [
        [(0, 1.0), *((number, 0.111) for number in range(1, 10))],
        [(5, 0.333), (6, 0.333), (7, 0.333)],
        [(6, 1.0)],
    ]
    assert strategy.n_requests == 14
    assert run_strategy(make_strategy("halving", space(l1="0..1"), 1, 0), {}) == [[(0, 1.0)]]
    assert run_strategy(make_strategy("halving", space(l1="0..1"), 2, 0), {}) == [[(0, 1.0), (1, 1.0)]]


def tried(number: int, losses: list[float] | None, n_weights: int) -> Tried:
    if losses is None:
        return Tried(number, {}, 1.0, n_weights, None, Failure("diverged"))
    mean, deviations = mean_and_deviations(np.array(losses))
    return Tried(number, {}, 1.0, n_weights, Figure(mean, standard_error(deviations), mean, deviations))


def test_the_smallest_network_within_one_standard_error_is_kept() -> None:
    # Rows that are hard for all networks do not count: what counts are differences from the best, 0.1 0.3 0.1 0.3.
    best = [0.1, 0.3, 0.1, 0.3]
    # Behind by 0.1 in every row, so the standard error is 0; by 0, 0, 0 and 0.4: mean 0.1, standard error 0.1.
    always, once = [0.2, 0.4, 0.2, 0.4], [0.1, 0.3, 0.1, 0.7]
    # By -0.2, 0.2, -0.2 and 0.3: mean 0.025.
    mixed = [-0.1, 0.5, -0.1, 0.6]
    trials = [tried(0, always, 3), tried(1, best, 90), tried(2, once, 30), tried(3, mixed, 30), tried(4, None, 1)]
    assert kept_of(trials, "best").number == 1
    assert kept_of(trials[:3], "smallest").number == 2
    # Of two networks of the same size the better one.
    assert kept_of(trials, "smallest").number == 3
    assert kept_of([trials[0], trials[1]], "smallest").number == 1
    assert kept_of([tried(0, best, 9), tried(1, best, 9)], "best").number == 0
    # Behind by 0.01 in every row, for certain, but smaller and better than trial 2, which is near.
    certain = [0.11, 0.31, 0.11, 0.31]
    assert kept_of([trials[1], trials[2], tried(5, certain, 20)], "smallest").number == 5
    assert kept_of([trials[1], trials[2], tried(5, certain, 40)], "smallest").number == 2


def test_losses_of_rows_by_hand() -> None:
    one = np.array([[0.8], [0.8]], dtype=np.float32)
    assert class_losses(one, np.array([0, 1]))[0] == pytest.approx([-math.log(0.8), -math.log(0.2)], rel=1e-6)
    three = np.array([[0.1, 0.2, 0.7], [1.0, 0.0, 0.0]], dtype=np.float32)
    assert class_losses(three, np.array([1, 1]))[0] == pytest.approx([-math.log(0.2), 23 * math.log(2)])
    assert wrong_rows(one, np.array([0, 1]), 0.5).tolist() == [0, 1]
    assert wrong_rows(three, np.array([2, 1]), 0.5).tolist() == [0, 1]
    assert label_losses(np.array([[0.9, 0.5]]), np.array([[True, False]]))[0] == pytest.approx(
        [(-math.log(0.9) + math.log(2)) / 2]
    )
    # Of 0 and 4 the deviation is 2.
    data = Dataset(np.zeros((2, 1)), targets=np.array([0.0, 4.0]))
    rows = np.array([0, 1])
    outputs = np.array([[1.0], [2.0]])
    assert number_losses("squared", outputs, data, rows).tolist() == [0.25, 1.0]
    assert number_losses("absolute", outputs, data, rows).tolist() == [0.5, 1.0]
    # 1 above the target costs 1 - Q, 2 below costs 2 Q, over the deviation.
    assert number_losses("quantile", outputs, data, rows, (0.9,)) == pytest.approx([0.05, 0.9])


def test_the_standard_error_of_a_mean_with_weights_and_groups() -> None:
    losses = np.array([0.0, 1.0, 1.0, 0.0])

    def mean_and_error(losses: np.ndarray, weights: object = None, groups: object = None) -> tuple[float, float]:
        mean, deviations = mean_and_deviations(losses, weights, groups)  # type: ignore[arg-type]
        return mean, standard_error(deviations)

    # Variance 1/3 with n - 1, over 4.
    assert mean_and_error(losses) == (0.5, pytest.approx(math.sqrt(1 / 12)))
    # Two groups of opposite rows: both have a sum of deviations of 0.
    assert mean_and_error(losses, groups=np.array([7, 7, 9, 9]))[1] == 0
    # Two groups of equal rows: deviations -1 and 1, 2 / (2 - 1) * 2, root over 4 rows.
    assert mean_and_error(losses, groups=np.array([7, 9, 9, 7]))[1] == pytest.approx(math.sqrt(4) / 4)
    assert mean_and_error(np.array([0.0, 1.0]), np.array([3.0, 1.0]))[0] == 0.25
    assert mean_and_error(np.array([1.0])) == (1.0, math.inf)


def make_data(n: int, **rest: object) -> Dataset:
    return Dataset(np.zeros((n, 1)), np.arange(n) % 2, ("a", "b"), **rest)  # type: ignore[arg-type]


def test_no_search_sees_the_rows_that_judge_it() -> None:
    data = make_data(60, groups=np.arange(60) // 2, weights=np.where(np.arange(60) < 4, 0.0, 1.0))
    rows = search_rows(data, {}, OPTION, None, 0)
    assert len(rows.outers) == 3
    assert sorted(np.concatenate([outer.test for outer in rows.outers])) == list(range(4, 60))
    for outer in rows.outers:
        assert not set(outer.test) & set(outer.training)
        assert not set(outer.test // 2) & set(outer.training // 2)
        parts = inner_parts(data, outer.training, {}, 4, 0)
        assert sorted(np.concatenate([part.rows for part in parts])) == sorted(outer.training)
        for part in parts:
            assert not set(part.sets["test"]) & set(part.sets["training"])
            assert set(part.sets["training"]) | set(part.sets["test"]) == set(outer.training)


def test_many_rows_are_searched_with_one_test_set_and_one_part() -> None:
    data = make_data(3000)
    rows = search_rows(data, {}, OPTION, None, 0)
    assert rows.has_test_set
    assert len(rows.outers[0].test) == 600
    assert np.array_equal(rows.everything, rows.outers[0].training)
    (part,) = inner_parts(data, rows.everything, {}, None, 0)
    assert len(part.rows) == 480
    assert len(inner_parts(data, rows.everything, {}, 3, 0)) == 3
    assert len(search_rows(data, {}, OPTION, 4, 0).outers) == 4
    # In the order of time the latest rows judge.
    timed = make_data(3000, times=np.arange(3000.0))
    assert search_rows(timed, {}, OPTION, None, 0).outers[0].test.min() == 2400


def test_sets_that_files_name_are_kept() -> None:
    sets = {"training": np.arange(20), "validation": np.arange(20, 30), "test": np.arange(30, 40)}
    data = make_data(40)
    rows = search_rows(data, sets, OPTION, None, 0)
    assert rows.outers[0].test.tolist() == list(range(30, 40))
    (part,) = inner_parts(data, rows.everything, sets, None, 0)
    assert part.chosen_by == "validation"
    assert part.rows.tolist() == list(range(20, 30))


def test_folds_that_leave_a_class_without_rows_are_refused() -> None:
    data = Dataset(np.zeros((21, 1)), np.array([0] * 20 + [1]), ("a", "b"))
    with pytest.raises(
        UsageError, match=r"--outer-folds 3: fold . of repeat 1 leaves no row of class 'b' to learn from"
    ):
        search_rows(data, {}, OPTION, None, 0)
