"""AnnClassifier and AnnRegressor as they are without scikit-learn too: fit, predict, score, parameters, copies, errors."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anncli
from anncli import AnnClassifier, AnnRegressor
from anncli.options.table import OPTIONS

RNG = np.random.default_rng(4)
X = RNG.normal(size=(60, 3))
TWO = np.where(X[:, 0] + 0.3 * RNG.normal(size=60) > 0.4, "yes", "no")
THREE = np.digitize(X[:, 0], [-0.5, 0.5]) * 10
NUMBERS = X @ [1.0, -2.0, 0.5] + 7


def small(**options: Any) -> AnnClassifier:
    return AnnClassifier(**{"hidden": 4, "epochs": 20, **options})


def numbers(**options: Any) -> AnnRegressor:
    return AnnRegressor(**{"hidden": 4, "epochs": 20, **options})


@pytest.mark.parametrize("kind", [AnnClassifier, AnnRegressor])
def test_defaults_are_those_of_the_command(kind: type) -> None:
    own = {"options": None, "positive": None, "category": (), "random_state": 0}
    for name, parameter in list(inspect.signature(kind.__init__).parameters.items())[1:]:  # type: ignore[misc]
        wanted = own[name] if name in own else OPTIONS[name].default
        assert parameter.default == wanted, name


@pytest.mark.parametrize("y", [TWO, TWO == "yes", (TWO == "yes").astype(int), THREE, THREE.astype(str), THREE * 0.5])
def test_a_classifier_predicts_classes_of_the_type_that_it_learnt(y: Any) -> None:
    model = small(learning_rate=0.05).fit(X, y)
    np.testing.assert_array_equal(model.classes_, np.unique(y))
    found = model.predict(X)
    assert found.dtype == model.classes_.dtype == np.asarray(y).dtype
    assert model.score(X, y) == np.mean(found == y) > 0.8
    proba = model.predict_proba(X)
    assert proba.shape == (60, len(model.classes_))
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-12 if len(model.classes_) == 2 else 1e-6)
    np.testing.assert_array_equal(model.classes_[proba.argmax(axis=1)], found)
    np.testing.assert_array_equal(model.predict_log_proba(X), np.log(proba))
    scores = model.decision_function(X)
    chosen = (scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)
    np.testing.assert_array_equal(model.classes_[chosen], found)
    assert (model.n_features_in_, model.n_iter_, len(model.loss_curve_), len(model.validation_curve_)) == (
        3,
        20,
        20,
        20,
    )  # type: ignore[arg-type]


def test_classes_that_the_network_has_in_another_order() -> None:
    """Words are in alphabetical order in classes_, and by value in the network: each class of one is at another place of the other."""
    y = np.array(["10", "2", "9"])[THREE // 10]
    model = small(learning_rate=0.05).fit(X, y)
    assert (model.classes_.tolist(), model.network_.classes) == (["10", "2", "9"], ("2", "9", "10"))
    assert model.score(X, y) > 0.8
    assert model.predict(X).tolist() == model.network_.predict_classes(X).tolist()
    outputs = model.network_.predict(X)
    np.testing.assert_array_equal(model.predict_proba(X), outputs[:, [2, 0, 1]])
    np.testing.assert_array_equal(model.decision_function(X), outputs[:, [2, 0, 1]])


def test_it_is_the_network_of_train_with_the_same_options() -> None:
    model = small(trainer="rprop", l2=0.01, validation=0.3, random_state=5, options={"step_init": 0.05}).fit(X, TWO)
    other = anncli.train(
        (X, TWO), hidden=4, epochs=20, trainer="rprop", l2=0.01, validation=0.3, seed=5, step_init=0.05
    )
    np.testing.assert_array_equal(model.network_.parameters, other.network.parameters)
    # 'yes' of yes and no is positive: the only output is its score.
    np.testing.assert_array_equal(model.predict_proba(X)[:, 1], other.network.predict(X)[:, 0])
    assert model.network_.classes == ("yes", "no")


def test_the_threshold_decides_about_the_positive_class() -> None:
    model = small(threshold=0.9, positive="no").fit(X, TWO)
    share = model.predict_proba(X)[:, 0]
    np.testing.assert_array_equal(model.predict(X) == "no", share > np.float32(0.9))
    np.testing.assert_array_equal(model.decision_function(X) > 0, model.predict(X) == "yes")


def test_outputs_of_other_targets_become_probabilities() -> None:
    """With mse the targets are 0.9 and 0.1: a score s stands for the probability (s - 0.1) / 0.8."""
    model = small(loss="mse").fit(X, TWO)
    scores = model.network_.predict(X)[:, 0].astype(float)
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], np.clip((scores - 0.1) / 0.8, 0, 1), atol=1e-7)


def test_class_weights_are_by_class_or_in_the_order_of_classes() -> None:
    by_name = small(class_weight={"yes": 3.0}).fit(X, TWO).predict_proba(X)
    np.testing.assert_array_equal(small(class_weight=[1.0, 3.0]).fit(X, TWO).predict_proba(X), by_name)
    other = anncli.train((X, TWO), 20, hidden=4, class_weight=(3.0, 1.0)).network.predict(X)
    np.testing.assert_array_equal(by_name[:, 1], other[:, 0])


@pytest.mark.parametrize("make", [small, numbers])
def test_rows_of_weight_0_are_left_out_and_equal_weights_change_nothing(make: Any) -> None:
    y = TWO if make is small else NUMBERS
    kept = np.arange(60) % 4 > 0
    wanted = make().fit(X[kept], y[kept]).predict(X)
    # Sums of weights round otherwise than counts of rows.
    same = np.testing.assert_array_equal if make is small else partial(np.testing.assert_allclose, rtol=1e-5)
    same(make().fit(X, y, sample_weight=kept * 2.0).predict(X), wanted)
    same(make().fit(X, y, np.full(60, 3)).predict(X), make().fit(X, y).predict(X))


def test_a_class_of_which_every_row_has_weight_0_is_none() -> None:
    y = np.where(np.arange(60) < 3, "other", TWO)
    assert small().fit(X, y, np.arange(60) >= 3).classes_.tolist() == ["no", "yes"]


def test_weights_are_repetitions_where_chance_decides_nothing() -> None:
    """Without validation set and batches: a convex problem, trained to its minimum."""
    weights = RNG.integers(0, 4, 60)
    options = {"hidden": 0, "trainer": "lbfgs", "validation": 0, "scaling": "none", "l2": 0.05, "epochs": 200}
    one = small(**options).fit(X, TWO, weights)
    other = small(**options).fit(X.repeat(weights, axis=0), TWO.repeat(weights))
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=1e-5)
    own = numbers(**options).fit(X, NUMBERS, weights)
    np.testing.assert_allclose(own.predict(X), numbers(**options).fit(X.repeat(weights, axis=0), NUMBERS.repeat(weights)).predict(X), rtol=1e-3)  # fmt: skip


def test_several_labels() -> None:
    y = (X > 0).astype(int)
    model = small(epochs=80, learning_rate=0.05).fit(X, y)
    found = model.predict(X)
    assert (found.shape, found.dtype.kind, model.classes_.tolist()) == ((60, 3), "i", [0, 1, 2])
    np.testing.assert_array_equal(model.predict_proba(X) > 0.5, found == 1)
    np.testing.assert_array_equal(model.decision_function(X) > 0, found == 1)
    assert model.score(X, y) == np.mean((found == y).all(axis=1)) > 0.6


@pytest.mark.parametrize("y", [NUMBERS, NUMBERS[:, None], np.column_stack([NUMBERS, X[:, 0]])])
def test_a_regressor_predicts_numbers_in_the_units_and_the_shape_of_its_targets(y: Any) -> None:
    model = numbers(epochs=300).fit(X, y)
    found = model.predict(X)
    assert (found.shape, found.dtype) == ((60, 2) if y.shape[-1] == 2 else (60,), np.float64)
    error = ((y.reshape(found.shape) - found) ** 2).mean(axis=0) / y.reshape(found.shape).var(axis=0)
    assert model.score(X, y) == pytest.approx(np.mean(1 - error), abs=1e-9)
    assert model.score(X, y) > 0.9


def test_of_quantiles_the_middle_one_is_predicted() -> None:
    model = numbers(loss="quantile:0.1,0.5,0.9").fit(X, NUMBERS)
    np.testing.assert_array_equal(model.predict(X), model.network_.predict(X)[:, 1].astype(float))


def test_words_and_gaps_in_named_columns() -> None:
    cells = {"city": ["Rome", "Oslo", None] * 20, "age": [None, *X[1:, 0].tolist()]}
    model = small(missing="median").fit(cells, TWO)
    assert model.feature_names_in_.tolist() == ["city", "age"]
    assert model.network_.encoder is not None
    with pytest.raises(
        ValueError, match=r"unseen at fit time:\n- town\nFeature names seen at fit time, yet now missing:\n- city"
    ):
        model.predict({"town": ["Rome"], "age": [1]})
    with pytest.raises(ValueError, match="must be in the same order"):
        model.predict({"age": [1], "city": ["Rome"]})
    with pytest.warns(UserWarning, match="X does not have valid feature names, but AnnClassifier was fitted with"):
        model.predict([["Rome", 1.0]])
    with pytest.raises(ValueError, match="column 'city': 'Bonn' was not among the training rows"):
        small(missing="median", unknown="error").fit(cells, TWO).predict({"city": ["Bonn"], "age": [1]})


def test_codes_of_categories_are_named_by_position() -> None:
    codes = np.column_stack([X[:, 0], np.arange(60) % 3])
    model = small(category=[1]).fit(codes, TWO)
    assert model.network_.n_inputs == 4
    np.testing.assert_array_equal(model.predict(codes), small(category=1).fit(codes, TWO).predict(codes))


def test_partial_fit_learns_from_batches_and_keeps_the_state_of_the_trainer() -> None:
    model = small(l2=0.0, batch_size=15, scaling="none", learning_rate=0.02)
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        model.partial_fit(X[:15], TWO[:15])
    # The first batch has one class only.
    ones = np.flatnonzero(TWO == "no")[:10]
    model.partial_fit(X[ones], TWO[ones], classes=["yes", "no"])
    for _ in range(60):
        model.partial_fit(X, TWO)
    assert (model.n_iter_, len(model.loss_curve_), model.classes_.tolist()) == (61, 61, ["no", "yes"])
    assert model.score(X, TWO) > 0.85
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        again.partial_fit(X, TWO).predict_proba(X), model.partial_fit(X, TWO).predict_proba(X)
    )
    with pytest.raises(ValueError, match="class 'maybe' is not among the classes yes, no"):
        model.partial_fit(X[:1], ["maybe"])
    with pytest.raises(ValueError, match="X has 2 features, but AnnClassifier is expecting 3 features as input"):
        model.partial_fit(X[:, :2], TWO)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"threshold": "f1"}, "a threshold by a rule needs a validation set, which partial_fit() does not have; use fit()"),
        ({"calibration": "platt"}, "a calibration needs a validation set, which partial_fit() does not have; use fit()"),
        ({"options": {"teacher": "big.nn"}}, "teacher is for a whole training, not for partial_fit(); use fit()"),
        ({"class_weight": "balanced"}, "class_weight='balanced' needs all rows at once; give the weight of each class, or use fit()"),
    ],
)  # fmt: skip
def test_what_needs_all_rows_is_not_for_batches(options: Any, text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        small(**options).partial_fit(X, TWO, classes=["no", "yes"])
    assert str(caught.value) == text


def test_an_ensemble_does_not_go_on() -> None:
    model = small(ensemble=2, epochs=2).fit(X, TWO)
    assert len(model.network_.members) == 2
    with pytest.raises(ValueError, match=r"partial_fit\(\) goes on with one network, and this is an ensemble"):
        model.partial_fit(X, TWO)


def test_the_threshold_holds_for_batches_too() -> None:
    model = small(threshold=0.9).partial_fit(X, TWO, classes=["no", "yes"])
    np.testing.assert_array_equal(model.predict(X) == "yes", model.predict_proba(X)[:, 1] > np.float32(0.9))


@pytest.mark.parametrize("trainer", ["adam", "rprop"])
def test_epochs_of_partial_fit_are_those_of_train(trainer: str) -> None:
    """Without validation set, penalty and average, on the same rows: the same weights, as the state of the trainer is kept."""
    options = {"hidden": 4, "l2": 0.0, "scaling": "none", "target_scaling": "none", "trainer": trainer}
    model = numbers(**options)
    for _ in range(3):
        model.partial_fit(X, NUMBERS)
    network = anncli.train((X, NUMBERS), 3, validation=0, average="none", keep="last", **options).network
    np.testing.assert_array_equal(model.network_.parameters, network.parameters)


def test_the_default_penalty_of_batches_is_that_of_all_rows_seen_so_far() -> None:
    model = small(scaling="none").partial_fit(X[:20], TWO[:20], classes=["no", "yes"]).partial_fit(X[20:], TWO[20:])
    options = {"hidden": 4, "scaling": "none", "validation": 0, "average": "none", "keep": "last"}
    first = anncli.train((X[:20], TWO[:20]), 1, **options, l2=2.5 / 20).network
    assert model.n_iter_ == 2
    other = small(scaling="none", l2=2.5 / 20).partial_fit(X[:20], TWO[:20], classes=["no", "yes"])
    np.testing.assert_array_equal(other.network_.parameters, first.parameters)
    assert other._partial is not None
    other._partial.options = other._partial.options._replace(l2=2.5 / 60)
    np.testing.assert_array_equal(other.partial_fit(X[20:], TWO[20:]).predict_proba(X), model.predict_proba(X))


def test_partial_fit_goes_on_from_fit() -> None:
    model = numbers().fit(X, NUMBERS)
    before, scaling = model.score(X, NUMBERS), model.network_.scaling
    for _ in range(100):
        model.partial_fit(X, NUMBERS)
    assert model.score(X, NUMBERS) > before
    assert model.network_.scaling is scaling
    # A new fit() begins anew, and what was learnt in batches is forgotten.
    after = model.fit(X, NUMBERS).partial_fit(X, NUMBERS).predict(X)
    np.testing.assert_array_equal(after, numbers().fit(X, NUMBERS).partial_fit(X, NUMBERS).predict(X))


def test_the_seed_decides_and_none_draws_one() -> None:
    same = [small(random_state=3).fit(X, TWO).predict_proba(X) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert (small(random_state=4).fit(X, TWO).predict_proba(X) != same[0]).any()
    for drawn in (None, np.random.RandomState(1), np.random.default_rng(1)):
        model = small(random_state=drawn)
        assert (model.fit(X, TWO).predict_proba(X) != model.fit(X, TWO).predict_proba(X)).any()


@pytest.mark.parametrize("again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_predict_alike(again: Any) -> None:
    for model, y in ((small(), TWO), (numbers(), NUMBERS)):
        np.testing.assert_array_equal(again(model.fit(X, y)).predict(X), model.predict(X))


def test_parameters_are_read_and_set_by_name() -> None:
    model = small()
    assert model.get_params()["hidden"] == 4
    assert model.set_params(hidden=(3, 2), l2=0.1) is model
    assert (model.get_params()["hidden"], model.l2) == ((3, 2), 0.1)
    with pytest.raises(ValueError, match="Invalid parameter"):
        model.set_params(hiden=3)
    assert repr(small(l2=0.1)) in (
        "AnnClassifier(hidden=4, epochs=20, l2=0.1)",
        "AnnClassifier(epochs=20, hidden=4, l2=0.1)",
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"hidden": "many"}, "hidden: must be a whole number, at least 1, found 'many'; write for example 16"),
        ({"trainer": "adamm"}, "trainer: unknown trainer 'adamm'; did you mean 'adam'"),
        ({"learning_rate": 0}, "learning_rate: must be a number above 0, found '0'; write for example 0.01"),
        ({"trainer": "scg", "batch_size": 8}, "batch_size: trainer scg has no batch_size; its options are "),
        ({"options": {"l2": 1}}, "options: l2 cannot be among them; it is a parameter: AnnClassifier(l2=...)"),
        ({"options": {"abstain": 0.4}}, "options: abstain cannot be among them; predict() decides every row"),
        ({"options": [1]}, "options: expected a dict of options of `ann train`, found a list of 1 item"),
        ({"random_state": "a"}, "random_state: expected a whole number from 0, a generator or None, found the text 'a'"),
        ({"class_weight": {"maybe": 2}}, "class_weight: no class maybe; the classes are yes, no"),
        ({"class_weight": [1, 2, 3]}, "class_weight: 3 weights for 2 classes; give one for each of classes_"),
        ({"validation": "a.csv"}, "validation and test files must be read before training and given as row numbers"),
        ({"epochs": -1}, "a run has 0 or more epochs, not -1"),
    ],
)  # fmt: skip
def test_parameters_are_checked_in_fit_in_words(options: Any, text: str) -> None:
    with pytest.raises(anncli.AnnError) as caught:
        small(**options).fit(X, TWO)
    assert str(caught.value).startswith(text)
    assert isinstance(caught.value, ValueError)


def test_an_estimator_that_was_not_fitted_says_so() -> None:
    for model, names in (
        (small(), ("predict", "predict_proba", "decision_function", "predict_log_proba")),
        (numbers(), ("predict",)),
    ):
        for name in names:
            with pytest.raises(ValueError, match=f"This {type(model).__name__} is not fitted yet; call fit"):
                getattr(model, name)(X)


def test_importing_anncli_loads_neither_numpy_nor_scikit_learn() -> None:
    code = "import sys, anncli; assert not {'numpy', 'sklearn'} & {*sys.modules}; anncli.train; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])
