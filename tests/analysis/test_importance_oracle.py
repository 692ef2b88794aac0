"""Permutation importance and partial dependence against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from anncli import Dataset, Network, predict, train
from anncli.analysis.columns import columns_of
from anncli.analysis.importance import permutation_importance
from anncli.analysis.partial_dependence import partial_dependence

pytest.importorskip("sklearn")
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.inspection import partial_dependence as their_dependence
from sklearn.inspection import permutation_importance as their_importance


class Classifier(ClassifierMixin, BaseEstimator):
    def __init__(self, network=None, classes=None):
        self.network, self.classes = network, classes

    def fit(self, x=None, y=None):
        self.classes_ = np.arange(self.classes)
        return self

    def predict_proba(self, x):
        return predict(self.network, x)

    def predict(self, x):
        return self.predict_proba(x).argmax(axis=1)


class Regressor(RegressorMixin, BaseEstimator):
    def __init__(self, network=None):
        self.network = network

    def fit(self, x=None, y=None):
        self.fitted_ = True
        return self

    def predict(self, x):
        return predict(self.network, x)[:, 0].astype(float)


CASES = {"iris": load_iris, "wine": load_wine, "diabetes": load_diabetes}


def case(name):
    inputs, answers = CASES[name](return_X_y=True)
    inputs = inputs.astype(np.float32)
    if name == "diabetes":
        network = Network.create(inputs.shape[1], [(6, "tanh"), (1, "linear")])
        data = Dataset(inputs, targets=answers)
        train(network, data, 30, validation=0)
        return network, data, Regressor(network).fit(), answers
    k = int(answers.max()) + 1
    network = Network.create(inputs.shape[1], [(6, "tanh"), (k, "softmax")])
    data = Dataset(inputs, answers, tuple("abc"))
    train(network, data, 30, validation=0)
    return network, data, Classifier(network, k).fit(), answers


@pytest.mark.parametrize("name", CASES)
def test_importance_is_that_of_scikit_learn_within_two_standard_errors(name):
    """Their permutations are others: differences in standard errors are about normal, 95 % of them below two."""
    network, data, model, answers = case(name)
    scores = {"rmse": "neg_root_mean_squared_error"} if name == "diabetes" else {"accuracy": "accuracy", "log_loss": "neg_log_loss"}  # fmt: skip
    found = permutation_importance(network, data, metrics=tuple(scores), repeats=60)
    place = {one.column.start: one for one in found.columns}
    far = []
    for metric, scoring in scores.items():
        theirs = their_importance(model, data.inputs, answers, scoring=scoring, n_repeats=60, random_state=1)
        for k in range(data.n_inputs):
            change = place[k].changes[metric]
            error = np.hypot(change.error, theirs.importances_std[k] / 60**0.5)
            far.append(abs(change.mean - theirs.importances_mean[k]) / max(error, 1e-9))
            assert change.deviation == pytest.approx(theirs.importances_std[k], rel=0.5, abs=1e-3)
    assert np.mean(np.array(far) <= 2) > 0.85
    assert np.sqrt(np.mean(np.square(far))) < 1.5
    assert max(far) < 4


@pytest.mark.parametrize("name", CASES)
def test_partial_dependence_is_that_of_scikit_learn(name):
    network, data, model, _ = case(name)
    for column in columns_of(network)[:3]:
        found = partial_dependence(network, data.inputs, column)
        theirs = their_dependence(model, data.inputs, [column.start], custom_values={column.start: np.array(found.values)}, method="brute", kind="average")  # fmt: skip
        np.testing.assert_allclose(found.outputs.T, theirs["average"], rtol=1e-4, atol=1e-5)
