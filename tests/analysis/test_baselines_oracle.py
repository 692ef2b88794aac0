"""Baselines against scikit-learn: logistic and ridge regression, and nearest neighbours with ties, on real tables."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.analysis.baselines.logistic import fit_logistic
from anncli.analysis.baselines.neighbours import averages, choose_k, nearest
from anncli.analysis.baselines.ridge import fit_ridge

pytest.importorskip("sklearn")
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine, make_classification
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

TABLES = {
    "iris": load_iris,
    "wine": load_wine,
    "cancer": load_breast_cancer,
    "digits": load_digits,
    "rare": lambda **_: make_classification(300, 8, weights=[0.97], random_state=1),
}


def table(name):
    inputs, labels = TABLES[name](return_X_y=True)
    inputs, labels = inputs[:900], labels[:900]
    inputs = (inputs - inputs.mean(axis=0)) / np.where((sd := inputs.std(axis=0)) > 0, sd, 1)
    return inputs.astype(np.float32), labels


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", TABLES)
def test_logistic_regression(name, weighted):
    inputs, labels = table(name)
    weights = np.random.default_rng(0).uniform(0.2, 3, len(inputs)) if weighted else None
    k = int(labels.max()) + 1
    found = fit_logistic(inputs, labels, k, weights).probabilities(inputs)
    model = LogisticRegression(C=1.0, tol=1e-8, max_iter=20_000).fit(inputs.astype(np.float64), labels, weights)
    np.testing.assert_allclose(found, model.predict_proba(inputs.astype(np.float64)), atol=1e-5)


def test_logistic_regression_of_classes_without_overlap_and_of_constant_columns():
    inputs = np.array([[-1, 5], [-2, 5], [1, 5], [2, 5]], dtype=np.float32)
    labels = np.array([0, 0, 1, 1])
    found = fit_logistic(inputs, labels, 2).probabilities(inputs)
    model = LogisticRegression(tol=1e-10, max_iter=10_000).fit(inputs, labels)
    np.testing.assert_allclose(found, model.predict_proba(inputs), atol=1e-5)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("k", [1, 2, 5])
def test_nearest_neighbours(name, k):
    """Half of the rows predict the others; with k = 2 every disagreement is a tie of votes. Where rows that are equally far
    away have different classes, scikit-learn's answer depends on its algorithm, and these rows are left out."""
    inputs, labels = table(name)
    known, asked = np.arange(0, len(inputs), 2), np.arange(1, len(inputs), 2)
    votes = np.eye(int(labels.max()) + 1)[labels[known]]
    found = averages(votes, nearest(inputs[known], inputs[asked], k))
    model = KNeighborsClassifier(k, algorithm="brute").fit(inputs[known].astype(np.float64), labels[known])
    distances = np.sort(((inputs[asked].astype(float)[:, None] - inputs[known].astype(float)) ** 2).sum(axis=2), axis=1)
    clear = distances[:, k] - distances[:, k - 1] > 1e-9
    assert clear.mean() > 0.8
    np.testing.assert_allclose(found[clear], model.predict_proba(inputs[asked].astype(np.float64))[clear], atol=1e-12)
    assert (model.predict(inputs[asked].astype(np.float64))[clear] == found.argmax(axis=1)[clear]).all()


@pytest.mark.parametrize("name", ["iris", "wine", "cancer", "rare"])
def test_the_number_of_neighbours_is_that_of_leaving_one_out(name):
    inputs, labels = table(name)
    inputs = inputs + np.random.default_rng(0).normal(0, 1e-4, inputs.shape).astype(np.float32)
    found = choose_k(inputs, np.eye(int(labels.max()) + 1)[labels], is_of_classes=True)
    scores = []
    for k in (1, 3, 5, 9, 15, 25):
        # Without rows, a row is not its own neighbour.
        around = KNeighborsClassifier(k).fit(inputs.astype(np.float64), labels).kneighbors(return_distance=False)
        votes = np.eye(int(labels.max()) + 1)[labels[around]].mean(axis=1)
        scores.append(np.mean(votes.argmax(axis=1) == labels))
    assert scores[(1, 3, 5, 9, 15, 25).index(found)] == pytest.approx(max(scores), abs=1e-12)


@pytest.mark.parametrize("n", [442, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_numbers(n, weighted):
    inputs, targets = load_diabetes(return_X_y=True, scaled=False)
    inputs = ((inputs - inputs.mean(axis=0)) / inputs.std(axis=0)).astype(np.float32)[:n]
    targets = np.column_stack([targets, targets**0.5])[:n]
    weights = np.random.default_rng(0).uniform(0.2, 3, n) if weighted else None
    found = fit_ridge(inputs, targets, weights).predict(inputs)
    model = Ridge(1.0).fit(inputs.astype(np.float64), targets, weights)
    np.testing.assert_allclose(found, model.predict(inputs.astype(np.float64)), rtol=1e-6)
    if not weighted:
        model = KNeighborsRegressor(5).fit(inputs.astype(np.float64), targets)
        found = averages(targets, nearest(inputs, inputs, 5))
        np.testing.assert_allclose(found, model.predict(inputs.astype(np.float64)), rtol=1e-9)
