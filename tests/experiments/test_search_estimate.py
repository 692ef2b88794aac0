"""The estimate of a search, where what it kept differs from fold to fold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.dataset.dataset import Dataset
from anncli.evaluation.interval import Confidence
from anncli.experiments.search import Candidate
from anncli.experiments.search_estimate import estimated
from anncli.experiments.search_rows import Outer
from anncli.experiments.spec import Result
from anncli.formats.networks.storage import render
from anncli.network.network import Network
from anncli.options.table import TrainingOptions

OPTIONS = TrainingOptions(trainer_options={})


def of_losses(*losses: str) -> Any:
    """The evaluation of four rows, two for each fold, all of whose scores are 0.8."""
    data = Dataset(np.zeros((4, 1)), np.array([0, 1, 0, 0]), ("a", "b"))
    network = render(Network.create(1, [(1, "logistic")]))
    made = [Candidate(network, OPTIONS._replace(loss=loss), 1, 2) for loss in losses]
    rows = [np.array([0, 1]), np.array([2, 3])]
    outers = [Outer(rows[1 - k], rows[k]) for k in (0, 1)]
    results = [Result("", {}, outputs=np.full(2, 0.8, dtype="<f4").tobytes()) for _ in outers]
    return estimated(data, made, outers, results, Confidence())


def test_outputs_that_were_trained_for_the_same_targets_have_errors_and_probabilities() -> None:
    found = of_losses("binary-cross-entropy", "binary-cross-entropy")
    assert (found.accuracy, found.mse) == (0.75, pytest.approx((3 * 0.04 + 0.64) / 4))
    assert found.brier == found.mse
    assert set(found.intervals) >= {"accuracy", "mse", "log_loss"}


def test_outputs_that_were_trained_for_other_targets_have_none() -> None:
    found = of_losses("binary-cross-entropy", "mse")
    assert (found.accuracy, found.mse, found.log_loss, found.brier) == (0.75, None, None, None)
    assert found.undefined["mse"] == "no targets are known"
