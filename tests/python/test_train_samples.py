"""anncli.train((X, y)): the network of `ann train`, made and trained in one call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anncli
from anncli.formats.networks.storage import parse, render

RNG = np.random.default_rng(5)
X = RNG.normal(size=(40, 3)).astype(np.float32)
YES = np.where(X[:, 0] > X[:, 1], "yes", "no")
LABELS = (YES == "no").astype(int)


def test_samples_make_the_network_that_the_old_call_trains() -> None:
    data, network = anncli.Dataset(X, LABELS, ("yes", "no")), anncli.Network.create(3, ["5 relu", "1 logistic"])
    old = anncli.train(network, data, 10, trainer="sgd", seed=3)
    assert old.network is network
    for new in (
        anncli.train((X, YES), hidden=5, activation="relu", epochs=10, trainer="sgd", seed=3),
        anncli.train((X, YES), 10, hidden="5", activation="relu", trainer="sgd", seed=3),
        anncli.train(anncli.Network.create(3, ["5 relu", "1 logistic"]), (X, YES), 10, trainer="sgd", seed=3),
        anncli.train(data, 10, hidden=[5], activation="relu", trainer="sgd", seed=3),
    ):
        assert render(new.network) == render(network)


def test_weights_are_the_third_of_the_samples() -> None:
    weights = np.where(np.arange(40) < 8, 0.0, 2.0)
    one = anncli.train((X, YES, weights), 5, hidden=2)
    other = anncli.train(anncli.Dataset(X, LABELS, ("yes", "no"), weights=weights), 5, hidden=2)
    np.testing.assert_array_equal(one.network.predict(X), other.network.predict(X))


def test_training_goes_on_with_the_classes_that_the_network_knows() -> None:
    network = anncli.train((X, YES), 5, hidden=2).network
    rarer = np.flatnonzero(YES == "yes").tolist() + np.flatnonzero(YES == "no")[:5].tolist()
    rows = RNG.permutation(rarer)
    # By these rows alone yes and no are a known pair; by words of no pair the rarer class would be the positive one.
    other = np.where(YES == "yes", "left", "right")
    turned = anncli.train((X, other), 5, hidden=2, positive="left").network
    for own, y in ((network, YES), (turned, other)):
        before = own.classes
        anncli.train(own, (X[rows], y[rows]), 2, continue_training=True)
        assert own.classes == before
    np.testing.assert_array_equal(network.predict(X), turned.predict(X))


def test_a_network_of_tables_keeps_the_names_of_columns_in_its_file() -> None:
    columns = {"a": X[:, 0], "b": ["u", "v"] * 20, "c": X[:, 2]}
    network = anncli.train((columns, YES), 3, hidden=2).network
    again = parse(render(network), "n.nn")
    assert again.encoder is not None
    assert again.encoder.roles.labels == ("y",)
    np.testing.assert_array_equal(again.predict(columns), network.predict(columns))
    anncli.train(again, (columns, YES), 3)
    assert render(again) == render(network)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        (("a.nn", (X, YES)), {}, TypeError, "train() takes a network and samples, or samples alone, found the text 'a.nn' and a tuple of 2 items"),
        (("a.csv",), {}, TypeError, "expected samples, (X, y) or (X, y, weights) or a dataset, found the text 'a.csv'; anncli.load(FILE) reads a network"),
        (((X,),), {}, TypeError, "expected samples, (X, y) or (X, y, weights) or a dataset, found a tuple of 1 item"),
        (((X, YES[:5]),), {}, ValueError, "X has 40 rows, y has 5: inconsistent numbers of samples; give one answer per row"),
        (((X, None),), {}, ValueError, "training requires y to be passed, but the target y is None; give (X, y)"),
        (((X, YES, -np.ones(40)),), {}, ValueError, "sample_weight: weights must be finite and not negative"),
        (((X, YES, np.zeros(40)),), {}, ValueError, "sample_weight: every weight is zero, so that no row is left"),
        (((X, YES, "heavy"),), {}, ValueError, "sample_weight: expected 40 numbers, found the text 'heavy'"),
        (((X, YES),), {"hiden": 4}, anncli.AnnError, "train(): unknown option 'hiden'; did you mean 'hidden'?"),
        (((X, YES),), {"hidden": -1}, anncli.AnnError, "hidden: must be a whole number, at least 1, found '-1'; write for example 16"),
        (((X, YES),), {"epochs": "many"}, anncli.AnnError, "epochs: must be a whole number, at least 0, found 'many'; write for example 1000"),
        (((X, YES),), {"category": ["a"]}, anncli.AnnError, "category: no column 'a'; count from 0"),
        (((X, YES),), {"missing": "zero"}, anncli.AnnError, "missing: unknown treatment the text 'zero'; use one of error, mean, median, indicator, median+indicator"),
    ],
)  # fmt: skip
def test_wrong_calls_are_refused_in_words(arguments: Any, options: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        anncli.train(*arguments, **options)
    assert str(caught.value) == text


def test_evaluate_takes_the_same_samples() -> None:
    network = anncli.train((X, YES), 20, hidden=3).network
    data = anncli.Dataset(X, LABELS, ("yes", "no"))
    assert anncli.evaluate(network, (X, YES)) == anncli.evaluate(network, data)
    weights = np.arange(40) % 3 + 0.5
    weighted = anncli.Dataset(X, LABELS, ("yes", "no"), weights=weights)
    assert anncli.evaluate(network, (X, YES, weights), slice(0, 30)) == anncli.evaluate(network, weighted, slice(0, 30))  # type: ignore[arg-type]
    columns = {"a": X[:, 0], "b": ["u", "v"] * 20}
    numbers = anncli.train((columns, X[:, 2]), 20, hidden=3).network
    found = anncli.evaluate(numbers, (columns, X[:, 2]))
    error = X[:, 2] - numbers.predict(columns)[:, 0]
    assert found.rmse == pytest.approx(np.sqrt((error.astype(float) ** 2).mean()))
    with pytest.raises(
        TypeError, match=r"expected samples, \(X, y\) or \(X, y, weights\) or a dataset, found the text 'new.csv'"
    ):
        anncli.evaluate(network, "new.csv")


def test_what_is_found_out_about_columns_is_said_without_options_of_the_command_line() -> None:
    columns = {"id": np.arange(40.0), "none": [None] * 40, "same": [1.0] * 40}
    with pytest.warns(UserWarning, match=r"^X: column 'none' is empty: it is left out$"):
        network = anncli.train((columns, YES), 2, hidden=2, missing="mean").network
    # Inputs that were handed over are inputs, whatever they look like.
    assert network.encoder is not None
    assert network.encoder.names == ("id", "same")
    for cells, text in (
        (["2024-05-01", "2024-06-02"] * 20, "X: column 'a' holds dates or times ('2024-05-01', '2024-06-02')"),
        ([*np.arange(39) + 0.5, "x"], "X: column 'a' holds 39 numbers, and among them 1 cell with words ('x')"),
    ):
        with pytest.raises(anncli.AnnError) as caught:
            anncli.train(({"a": cells}, YES), 2)
        assert str(caught.value) == f"{text}; correct the cells, leave the column out, or name it in category"
    assert anncli.train(({"a": ["2024-05-01", "2024-06-02"] * 20}, YES), 2, category=["a"]).network.n_inputs == 2


def test_categories_of_numbers_stand_in_the_definition() -> None:
    columns = {"code": [1, 2, 3, 4] * 10, "b": X[:, 1]}
    network = anncli.train((columns, YES), 2, category=["code"]).network
    assert network.table is not None
    assert network.table.kinds == {"code": "category"}


def test_validation_and_test_sets_may_be_samples() -> None:
    data = anncli.Dataset(X, LABELS, ("yes", "no"))
    rows = {"training": np.arange(24), "validation": np.arange(24, 34), "test": np.arange(34, 40)}
    old = anncli.train(anncli.make_network(data, [3]), data, 20, sets=rows)
    parts = {name: (X[own], YES[own]) for name, own in rows.items()}
    new = anncli.train(parts["training"], 20, hidden=3, validation=parts["validation"], test=parts["test"])
    assert render(new.network) == render(old.network)
    assert new.refit_epochs == 0
    assert {name: own.tolist() for name, own in new.rows.items()} == {n: own.tolist() for n, own in rows.items()}
    weighted = anncli.train((X[:24], YES[:24], np.full(24, 2.0)), 3, hidden=3, validation=(X[24:], YES[24:]))
    assert len(weighted.rows["validation"]) == 16


def test_sets_of_named_columns_are_matched_by_name_and_filled_by_the_training_set() -> None:
    columns = {"a": [None, *X[1:, 0].tolist()], "city": ["Rome", "Oslo"] * 20}
    part = [{name: cells[own] for name, cells in columns.items()} for own in (slice(0, 30), slice(30, 40))]
    part[1] = {"city": part[1]["city"], "a": part[1]["a"]}
    result = anncli.train((part[0], X[:30, 2]), 10, hidden=3, missing="mean", validation=(part[1], X[30:, 2]))
    assert result.network.encoder is not None
    assert result.network.encoder.columns[0].fill == pytest.approx(X[1:30, 0].mean(), rel=1e-5)
    predicted = result.network.predict(part[1])[:, 0]
    scale = result.network.target_scaling
    assert scale.spread is not None
    best = min(report.validation_loss for report in result.history)  # type: ignore[type-var]
    assert np.mean(((X[30:, 2] - predicted) / scale.spread) ** 2) == pytest.approx(best, rel=1e-3)


@pytest.mark.parametrize(
    ("validation", "error", "text"),
    [
        ((X[:, :2], YES), ValueError, "validation: X has 2 columns, that of the training set 3; give the same columns"),
        ((X, ["maybe"] * 40), anncli.AnnError, "y: class 'maybe' is not among the classes yes, no; give rows of these classes only"),
        ((X, (X > 0).astype(int)), ValueError, "validation: y is for multi-label, that of the training set for classification; give answers of the same kind"),
    ],
)  # fmt: skip
def test_sets_that_do_not_fit_are_refused_in_words(validation: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        anncli.train((X, YES), 2, validation=validation)
    assert str(caught.value) == text


def test_samples_as_sets_go_with_samples() -> None:
    with pytest.raises(anncli.AnnError, match=r"validation is for \(X, y\), and the data are a Dataset"):
        anncli.train(anncli.Dataset(X, LABELS, ("yes", "no")), 2, validation=(X, YES))
    with pytest.raises(anncli.AnnError, match="validation and sets both say what a set is"):
        anncli.train((X, YES), 2, validation=(X, YES), sets={"training": np.arange(20)})


def test_the_definition_names_the_positive_class_that_was_asked_for() -> None:
    columns = {"a": X[:, 0], "b": X[:, 1]}
    network = anncli.train((columns, YES), 3, positive="no").network
    model = anncli.AnnClassifier(epochs=3, positive="no").fit(columns, YES)
    for own in (network, model.network_, anncli.make_network((columns, YES), positive="no")):
        assert own.table is not None
        assert own.table.positive == "no"
    assert network.classes == model.network_.classes == ("no", "yes")
    np.testing.assert_array_equal(model.predict_proba(columns)[:, 0], network.predict(columns)[:, 0])
