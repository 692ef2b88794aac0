"""evaluate(): a network judged on a dataset."""

from __future__ import annotations

import numpy as np
import pytest

import anncli
from anncli.dataset.dataset import Dataset
from anncli.errors import DataError
from anncli.evaluation.binary import BinaryEvaluation
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.inference.evaluate import evaluate
from anncli.network.network import Network
from anncli.network.scaling import Scaling


def threshold_unit(**rest) -> Network:
    """One logistic unit: output above 0.5 where the first input exceeds 1."""
    return Network.create(2, [(1, "logistic")], parameters=np.array([-4.0, 4.0, 0.0]), **rest)


DATA = Dataset(np.array([[2, 7], [1, 7], [0, 7], [3, 7]]), np.array([0, 0, 1, -1]), ("high", "low"))


def test_public_function_judges_a_network() -> None:
    e = anncli.evaluate(threshold_unit(), DATA)
    assert isinstance(e, BinaryEvaluation)
    # 1 gives exactly 0.5, which is not above the threshold.
    assert (e.tp, e.fn, e.tn, e.fp, e.n_unlabelled) == (1, 1, 1, 0, 1)
    assert e.classes == ("high", "low")


def test_threshold_given_stored_and_default() -> None:
    assert evaluate(threshold_unit(), DATA, threshold=0.4).tp == 2
    assert evaluate(threshold_unit(threshold=0.4), DATA).tp == 2
    assert evaluate(threshold_unit(threshold=0.4), DATA, threshold=0.6).tp == 1
    assert evaluate(threshold_unit(targets=(0.8, 0.0)), DATA).tp == 2


@pytest.mark.parametrize(
    "rows",
    [[1, 2], (1, 2), slice(1, 3), np.array([False, True, True, False]), np.array([1, 2], dtype=np.int64)],
    ids=str,
)
def test_rows_are_numbers_a_slice_or_a_mask(rows: object) -> None:
    e = evaluate(threshold_unit(), DATA, rows)
    assert (e.tp, e.fn, e.tn, e.fp) == (0, 1, 1, 0)
    assert DATA.class_counts(rows).tolist() == [1, 1]


def test_a_mask_of_another_length_is_refused() -> None:
    with pytest.raises(IndexError, match=r"a mask of shape \(2,\) for 4 rows"):
        evaluate(threshold_unit(), DATA, np.array([True, False]))


def test_rows_are_judged_alone_and_in_any_order() -> None:
    e = evaluate(threshold_unit(), DATA, rows=np.array([2, 1]))
    assert (e.tp, e.fn, e.tn, e.fp) == (0, 1, 1, 0)


def test_targets_of_the_network_decide_the_mse() -> None:
    outputs = 1 / (1 + np.exp(-np.array([[4.0], [0.0], [-4.0]])))
    for targets, wanted in (((1.0, 0.0), (1.0, 0.0)), (None, (0.9, 0.1))):
        expected = evaluate_outputs(outputs, DATA.labels[:3], targets=wanted).mse
        assert evaluate(threshold_unit(targets=targets), DATA).mse == pytest.approx(expected, rel=1e-6)


def test_scaling_is_applied() -> None:
    shift = Scaling("zscore", np.array([-5, 0], dtype=np.float32), np.array([1, 1], dtype=np.float32))
    network = threshold_unit(scaling=shift)
    assert evaluate(network, DATA).predicted_counts == (0, 3)
    assert evaluate(threshold_unit(), DATA).predicted_counts == (1, 2)
    assert evaluate(network, DATA, np.array([0])).predicted_counts == (0, 1)


def test_softmax_network_gives_a_matrix() -> None:
    network = Network.create(2, [(3, "softmax")], parameters=np.zeros(9), classes=("a", "b", "c"))
    e = evaluate(network, Dataset.from_classes([[1, 2]], [[3, 4]], [[5, 6]], classes=("a", "b", "c")))
    assert e.matrix.tolist() == [[1, 0, 0], [1, 0, 0], [1, 0, 0]]
    assert e.log_loss == pytest.approx(np.log(3))


def test_data_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="the network has 2 inputs"):
        evaluate(threshold_unit(), Dataset.from_classes([[1.0]], [[2.0]]))
    with pytest.raises(DataError, match="the data have 3 classes, the network knows 2"):
        evaluate(threshold_unit(), Dataset.from_classes([[1, 2]], [[3, 4]], [[5, 6]]))
    with pytest.raises(ValueError, match="untrained"):
        evaluate(Network.create(2, [(1, "logistic")]), DATA)
    with pytest.raises(DataError) as caught:
        evaluate(threshold_unit(classes=("low", "high")), DATA)
    assert str(caught.value) == (
        "the classes of the data are high, low, in the network low, high; give the classes in the network's order"
    )
