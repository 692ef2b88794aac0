"""By what a search judges its trials: metrics that single rows do not have."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.dataset import Dataset
from anncli.experiments.search import Candidate, Figure, Part, Tried, kept_of
from anncli.experiments.search_judge import SearchJudge
from anncli.experiments.spec import Result
from anncli.formats.networks.storage import render
from anncli.network.network import Network
from anncli.options.table import TrainingOptions

MADE = Candidate(render(Network.create(1, [(1, "logistic")])), TrainingOptions(trainer_options={}), 1, 2)
DATA = Dataset(np.zeros((6, 1)), np.array([0, 0, 1, 0, 0, 1]), ("a", "b"))


def figure(*parts: tuple[list[int], list[float]]) -> Figure:
    """Of the rows and the scores of each part."""
    judge = SearchJudge(DATA, "f1", [MADE])
    results = [Result("", {}, outputs=np.array(scores, dtype="<f4").tobytes()) for _, scores in parts]
    return judge(MADE, [Part({"test": np.array(rows)}, "test") for rows, _ in parts], results)


def test_a_metric_is_that_of_all_rows_and_its_error_that_of_the_parts() -> None:
    found = figure(([0, 1, 2], [0.9, 0.9, 0.1]), ([3, 4, 5], [0.9, 0.1, 0.1]))
    # TP 3, FN 1, FP 0; of the parts 1 and 2/3.
    assert (found.value, found.cost) == (pytest.approx(6 / 7), pytest.approx(-6 / 7))
    assert found.error == pytest.approx((1 - 2 / 3) / 2)


def test_with_one_part_only_an_equally_good_trial_is_near_the_best_one() -> None:
    good, bad = (figure(([0, 1, 2, 3, 4, 5], scores)) for scores in ([0.9, 0.9, 0.1, 0.9, 0.9, 0.1], [0.9] + [0.1] * 5))
    assert (good.error, good.value, bad.value) == (0.0, 1.0, pytest.approx(2 / 5))
    trials = [Tried(0, {}, 1, 50, good), Tried(1, {}, 1, 10, bad), Tried(2, {}, 1, 40, good)]
    assert kept_of(trials, "smallest").number == 2
