"""Cross-validation against scikit-learn's, fold by fold, with a network that is logistic regression."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.dataset import Dataset
from anncli.experiments.cross_validation import cv_specs, make_splits, out_of_fold, pooled, run_cv
from anncli.experiments.executors.in_process import InProcess
from anncli.experiments.inputs import register
from anncli.experiments.worker import run_spec
from anncli.formats.networks.storage import render
from anncli.network.network import Network
from anncli.options.layers import Given, read_layer, resolve_options

L2 = 0.01


@pytest.mark.parametrize("repeats", [1, 2])
def test_folds_have_the_scores_of_cross_val_score(repeats: int) -> None:
    sklearn = pytest.importorskip("sklearn.linear_model")
    selection = pytest.importorskip("sklearn.model_selection")
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(120, 3)).astype(np.float32)
    labels = (inputs @ [1.0, -2.0, 0.5] + rng.normal(size=120) < 0).astype(int)
    data = Dataset(inputs, labels, ("yes", "no"))
    network = Network.create(3, [(1, "logistic")])
    given = {"trainer": "lbfgs", "l2": L2, "validation": 0, "scaling": "none", "patience": 0}
    options = resolve_options([read_layer({name: Given(value, name) for name, value in given.items()})])
    splits = make_splits(data, 5, repeats, seed=3)
    results = run_cv(cv_specs(render(network), register(data), options, 500, splits), InProcess(run_spec))
    # The mean loss with l2/2 times the squares is scikit-learn's with C = 1 / (l2 n).
    model = sklearn.LogisticRegression(C=1 / (L2 * 96), tol=1e-10, max_iter=10_000)
    pairs = [(split.training, split.test) for split in splits]
    # Class 0 is the positive one.
    precise = inputs.astype(np.float64)
    scores = selection.cross_val_score(model, precise, 1 - labels, cv=pairs)
    assert [result.evaluations["test"]["accuracy"] for result in results] == pytest.approx(scores, abs=1e-12)
    areas = selection.cross_val_score(model, precise, 1 - labels, cv=pairs, scoring="roc_auc")
    assert [result.evaluations["test"]["auc"] for result in results] == pytest.approx(areas, abs=1e-12)
    for repeat, predicted in enumerate(out_of_fold(splits, results, 1)):
        its = pairs[5 * repeat : 5 * repeat + 5]
        wanted = selection.cross_val_predict(model, precise, 1 - labels, cv=its, method="predict_proba")[:, 1]
        np.testing.assert_allclose(predicted.outputs[:, 0], wanted, atol=1e-4)
        assert predicted.rows.tolist() == list(range(120))
        assert pooled(data, network, 0.5, predicted).accuracy == np.mean((wanted < 0.5) == labels)
