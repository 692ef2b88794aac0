"""Baselines worked out by hand: constants, neighbours that are equally far away, classes and labels that are missing."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.analysis.baselines import baselines as module
from anncli.analysis.baselines import boosting
from anncli.analysis.baselines.baselines import Baseline, baselines_of
from anncli.analysis.baselines.logistic import fit_logistic
from anncli.analysis.baselines.neighbours import averages, choose_k, nearest
from anncli.analysis.baselines.ridge import fit_ridge
from anncli.dataset.dataset import Dataset
from anncli.network.scaling import Scaling


@pytest.fixture(autouse=True)
def no_boosting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same figures whether scikit-learn is installed or not."""
    monkeypatch.setattr(boosting, "is_installed", lambda: False)


def found(data: Dataset, rows: object = None, judged: object = None) -> dict[str, Baseline]:
    own = np.arange(data.n_samples) if rows is None else np.asarray(rows)
    given = baselines_of(data, own, data, own if judged is None else np.asarray(judged), Scaling())
    assert given.notes == (boosting.HOW_TO_GET,)
    return {one.name: one for one in given.found}


def test_of_rows_equally_far_away_the_first_ones_are_nearer() -> None:
    known = np.array([[1, 0], [0, 1], [-1, 0], [0, 0.5], [0, -1]], dtype=np.float32)
    assert nearest(known, np.zeros((1, 2), np.float32), 4).tolist() == [[3, 0, 1, 2]]
    # Left out by itself, row 3 is nearest to row 1 (0.5), then to rows 0 and 2 (both 1.25 squared).
    assert nearest(known, known[3:4], 3, np.array([3])).tolist() == [[1, 0, 2]]
    # Large numbers: the difference of squares would hide which of the two is nearer.
    far = np.array([[3e6], [3e6 + 2], [3e6 + 1]], dtype=np.float32)
    assert nearest(far, far[:1], 3).tolist() == [[0, 2, 1]]


def test_averages_count_weights() -> None:
    values, around = np.array([[1.0], [3.0], [8.0]]), np.array([[0, 1], [1, 2]])
    assert averages(values, around).tolist() == [[2.0], [5.5]]
    assert averages(values, around, np.array([1, 3, 1])).tolist() == [[2.5], [4.25]]


def test_the_number_of_neighbours_is_the_one_that_predicts_the_others_best() -> None:
    """A checkerboard of pairs: the nearest is of the same class, the next two are of the other one."""
    inputs = np.repeat(np.arange(10.0), 2)[:, None] + np.tile([0, 0.1], 10)[:, None]
    values = np.eye(2)[np.repeat(np.arange(10) % 2, 2)]
    assert choose_k(inputs, values, is_of_classes=True) == 1
    # Two clouds of 12: among 15 neighbours 11 are of the own cloud, so that all numbers are right, and the largest is taken.
    clouds = np.concatenate([np.arange(12.0), np.arange(12.0) + 1000])[:, None]
    assert choose_k(clouds, np.eye(2)[np.repeat([0, 1], 12)], is_of_classes=True) == 15
    assert choose_k(np.zeros((1, 1)), np.ones((1, 1)), is_of_classes=False) == 1


def test_logistic_regression_of_one_binary_input_has_a_known_answer() -> None:
    """Without penalty the probability is the fraction of each group; with the weight w of the input, w = sum of (y - p) x."""
    inputs = np.repeat([[0.0], [1.0]], 50, axis=0).astype(np.float32)
    labels = np.concatenate([np.repeat([0, 1], [40, 10]), np.repeat([0, 1], [10, 40])])
    model = fit_logistic(inputs, labels, 2)
    p = model.probabilities(inputs)[:, 0]
    positive = labels == 0
    assert (positive - p).sum() == pytest.approx(0, abs=1e-6)
    assert ((positive - p) * inputs[:, 0]).sum() == pytest.approx(model.parameters[1, 0], abs=1e-6)
    assert 0.7 < p[0] < 0.8
    assert 0.2 < p[-1] < 0.3


def test_ridge_by_hand() -> None:
    """x = -1, 1 and y = 1, 5: mean 3, sum xy = 4, slope 4 / (2 + 1)."""
    model = fit_ridge(np.array([[-1.0], [1.0]]), np.array([[1.0], [5.0]]))
    assert model.parameters.ravel().tolist() == pytest.approx([3, 4 / 3])


def test_constants() -> None:
    data = Dataset(np.arange(5)[:, None], np.array([1, 1, 0, 2, -1]), ("a", "b", "c"))
    largest = found(data)["largest class"]
    assert (largest.detail, largest.n_rows) == ("b", 4)
    assert largest.outputs.tolist() == [[0.25, 0.5, 0.25]] * 5
    numbers = Dataset(np.arange(4)[:, None], targets=np.array([1.0, 2, 9, np.nan]))
    assert found(numbers)["mean"].outputs.tolist() == [[4.0]] * 4
    assert found(numbers)["median"].outputs.tolist() == [[2.0]] * 4
    weighted = Dataset(np.arange(3)[:, None], targets=np.array([1.0, 2, 9]), weights=np.array([0.0, 1, 3]))
    assert found(weighted)["mean"].outputs[0, 0] == pytest.approx(29 / 4)
    assert found(weighted)["median"].outputs[0, 0] == 9


def test_classes_that_no_training_row_has_get_no_probability() -> None:
    data = Dataset(np.array([[0], [1], [2], [9]]), np.array([0, 0, 2, 1]), ("a", "b", "c"))
    given = found(data, rows=[0, 1, 2], judged=[3])
    for name in ("largest class", "logistic regression", "nearest neighbours"):
        assert given[name].outputs[0, 1] == 0
        assert given[name].outputs[0].sum() == pytest.approx(1)
    alone = found(data, rows=[0, 1], judged=[2, 3])
    assert alone["logistic regression"].outputs.tolist() == [[1, 0, 0]] * 2
    with pytest.raises(ValueError, match="no training row has an answer"):
        baselines_of(data, np.array([], dtype=int), data, np.array([0]), Scaling())


def test_labels_are_learnt_one_by_one() -> None:
    inputs = np.array([[-2], [-1], [1], [2]] * 5, dtype=np.float32)
    targets = np.column_stack([inputs[:, 0] > 0, np.ones(20)])
    data = Dataset(inputs, targets=targets, target_names=("up", "always"), task="multi-label")
    outputs = found(data)["logistic regression"].outputs
    assert (outputs[:, 0] > 0.5).tolist() == (inputs[:, 0] > 0).tolist()
    assert set(outputs[:, 1]) == {1.0}


def test_more_rows_than_can_be_learnt_from_are_a_sample_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_NUMBERS", 20)
    monkeypatch.setattr(module, "MOST_PAIRS", 300)
    rng = np.random.default_rng(0)
    data = Dataset(rng.normal(size=(40, 2)), np.arange(40) % 2, ("a", "b"))
    first, again = (baselines_of(data, np.arange(30), data, np.arange(30, 40), Scaling()) for _ in range(2))
    assert first.notes[1:] == (
        "logistic regression learnt from 10 of the 30 training rows, drawn at random",
        "nearest neighbours learnt from 7 of the 30 training rows, drawn at random",
    )
    # 300 pairs with 10 rows that are predicted and 30 that choose the number of neighbours; of wide rows still fewer.
    assert [one.n_rows for one in first.found] == [30, 10, 7]
    monkeypatch.setattr(module, "MOST_NUMBERS", 8)
    assert [one.n_rows for one in baselines_of(data, np.arange(30), data, np.arange(30, 40), Scaling()).found] == [
        30,
        4,
        4,
    ]
    assert all((one.outputs == other.outputs).all() for one, other in zip(first.found, again.found, strict=True))
