"""Cross-validation against scikit-learn's, fold by fold, with networks without hidden layer: logistic, softmax and linear
regression; stratified folds, whole groups, and the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.experiments.cross_validation import OutOfFold, cv_specs, make_splits, out_of_fold, pooled, run_cv
from anncli.experiments.executors.in_process import InProcess
from anncli.experiments.inputs import register
from anncli.experiments.spec import Result
from anncli.experiments.splits import Split
from anncli.experiments.worker import run_spec
from anncli.formats.networks.storage import render
from anncli.network.network import Network
from anncli.options.layers import Given, read_layer, resolve_options

L2 = 0.01
INPUTS = np.random.default_rng(0).normal(size=(120, 3)).astype(np.float32)
PRECISE = INPUTS.astype(np.float64)
NOISE = np.random.default_rng(1).normal(size=120)
BINARY = (INPUTS @ [1.0, -2.0, 0.5] + NOISE < 0).astype(int)
THREE = np.digitize(INPUTS @ [1.0, -2.0, 0.5] + NOISE, [-1, 1])
GROUPS = np.random.default_rng(2).integers(0, 17, 120)
TIMES = np.random.default_rng(3).permutation(120)


def cross_validated(
    data: Dataset, network: Network, splits: Sequence[Split], **given: object
) -> tuple[list[Result], list[OutOfFold]]:
    """The results of each fold and the predictions of each repeat."""
    fixed = {"trainer": "lbfgs", "validation": 0, "scaling": "none", "patience": 0, **given}
    options = resolve_options([read_layer({name: Given(value, name) for name, value in fixed.items()})])
    results = run_cv(cv_specs(render(network), register(data), options, 500, splits), InProcess(run_spec))
    return results, out_of_fold(data, splits, results, network.n_outputs)


def pairs_of(splits: Sequence[Split]) -> list[tuple[Array, Array]]:
    return [(split.training, split.test) for split in splits]


def scores(results: Sequence[Result], name: str) -> list[float]:
    return [result.evaluations["test"][name] for result in results]


def theirs(model: Any, labels: Array, splits: Sequence[Split], scoring: str | None = None) -> list[float]:
    """cross_val_score, with the penalty of each fold: the mean loss with l2/2 times the squares is scikit-learn's with
    C = 1 / (l2 n)."""
    selection = pytest.importorskip("sklearn.model_selection")
    found = []
    for pair in pairs_of(splits):
        own = model.set_params(C=1 / (L2 * len(pair[0]))) if "C" in model.get_params() else model
        found += selection.cross_val_score(own, PRECISE, labels, cv=[pair], scoring=scoring).tolist()
    return found


def logistic() -> Any:
    linear = pytest.importorskip("sklearn.linear_model")
    return linear.LogisticRegression(tol=1e-10, max_iter=10_000)


@pytest.mark.parametrize("repeats", [1, 2])
def test_folds_have_the_scores_of_cross_val_score(repeats: int) -> None:
    selection = pytest.importorskip("sklearn.model_selection")
    data, network = Dataset(INPUTS, BINARY, ("yes", "no")), Network.create(3, [(1, "logistic")])
    splits = make_splits(data, 5, repeats, seed=3)
    results, predictions = cross_validated(data, network, splits, l2=L2)
    # Class 0 is the positive one.
    positive = 1 - BINARY
    assert scores(results, "accuracy") == pytest.approx(theirs(logistic(), positive, splits), abs=1e-12)
    assert scores(results, "auc") == pytest.approx(theirs(logistic(), positive, splits, "roc_auc"), abs=1e-12)
    model = logistic().set_params(C=1 / (L2 * 96))
    for repeat, predicted in enumerate(predictions):
        its = pairs_of(splits)[5 * repeat : 5 * repeat + 5]
        wanted = selection.cross_val_predict(model, PRECISE, positive, cv=its, method="predict_proba")[:, 1]
        np.testing.assert_allclose(predicted.outputs[:, 0], wanted, atol=1e-4)
        assert predicted.rows.tolist() == list(range(120))
        assert pooled(data, network, 0.5, predicted).accuracy == np.mean((wanted < 0.5) == BINARY)


@pytest.mark.parametrize(
    ("about_rows", "folds"),
    [({"groups": GROUPS}, 5), ({"groups": GROUPS}, "loo"), ({"times": TIMES}, 4), ({"times": TIMES, "groups": GROUPS % 9 * 20 + TIMES // 10}, 4)],
    ids=["groups", "one group out", "times", "times and groups"],
)  # fmt: skip
def test_groups_and_times_have_them_too(about_rows: dict[str, Array], folds: int | str) -> None:
    data, network = Dataset(INPUTS, BINARY, ("yes", "no"), **about_rows), Network.create(3, [(1, "logistic")])
    splits = make_splits(data, folds, 1, seed=3)
    results, _ = cross_validated(data, network, splits, l2=L2)
    assert scores(results, "accuracy") == pytest.approx(theirs(logistic(), 1 - BINARY, splits), abs=1e-12)


def test_folds_of_one_group_are_those_of_leave_one_group_out() -> None:
    selection = pytest.importorskip("sklearn.model_selection")
    data = Dataset(INPUTS, BINARY, ("yes", "no"), groups=GROUPS)
    wanted = selection.LeaveOneGroupOut().split(INPUTS, BINARY, GROUPS)
    own = {tuple(split.test): tuple(split.training) for split in make_splits(data, "loo", 1, 0)}
    assert own == {tuple(test): tuple(training) for training, test in wanted}


def test_folds_in_the_order_of_time_are_those_of_time_series_split() -> None:
    """Where the number of rows is a multiple of the number of blocks, there is only one way to cut them."""
    selection = pytest.importorskip("sklearn.model_selection")
    data = Dataset(INPUTS, BINARY, ("yes", "no"), times=TIMES)
    order = np.argsort(TIMES)
    wanted = selection.TimeSeriesSplit(n_splits=4).split(INPUTS)
    own = pairs_of(make_splits(data, 4, 1, 0))
    assert [(training.tolist(), test.tolist()) for training, test in own] == [
        (sorted(order[training].tolist()), sorted(order[test].tolist())) for training, test in wanted
    ]


def test_several_classes_have_them_too() -> None:
    data, network = Dataset(INPUTS, THREE, ("a", "b", "c")), Network.create(3, [(3, "softmax")])
    splits = make_splits(data, 4, 1, seed=1)
    results, _ = cross_validated(data, network, splits, l2=L2)
    assert scores(results, "accuracy") == pytest.approx(theirs(logistic(), THREE, splits), abs=1e-12)
    assert scores(results, "macro_f1") == pytest.approx(theirs(logistic(), THREE, splits, "f1_macro"), abs=1e-12)


def test_numbers_have_them_too() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    targets = 100 + 7 * (INPUTS @ [1.0, -2.0, 0.5] + NOISE)
    data = Dataset(INPUTS, targets=targets)
    network = Network.create(3, [(1, "linear")], task="regression")
    splits = make_splits(data, 5, 1, seed=2)
    results, _ = cross_validated(data, network, splits, l2=0)
    model = linear.LinearRegression()
    assert scores(results, "r2") == pytest.approx(theirs(model, targets, splits, "r2"), abs=1e-4)
    wanted = theirs(model, targets, splits, "neg_root_mean_squared_error")
    assert scores(results, "rmse") == pytest.approx([-value for value in wanted], rel=1e-4)
    wanted = theirs(model, targets, splits, "neg_mean_absolute_error")
    assert scores(results, "mae") == pytest.approx([-value for value in wanted], rel=1e-4)
