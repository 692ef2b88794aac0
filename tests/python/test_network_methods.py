"""A network in Python: predict(), predict_classes(), gradient(), summary(), and how public objects show themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anncli
from anncli.arrays import Array
from anncli.inference.predict import predict as outputs_of
from anncli.network.scaling import Scaling
from anncli.network.target_scaling import TargetScaling

RNG = np.random.default_rng(5)
X = RNG.normal(size=(40, 3))
YES = np.where(X[:, 0] > X[:, 1], "yes", "no")


def trained(y: Any = YES, epochs: int = 3, **options: Any) -> Any:
    return anncli.train((X, y), epochs, hidden=4, validation=0, **options).network


def forward(network: Any, parameters: Array, inputs: Array) -> Array:
    """Outputs of a 3-4-K network in float64, with tanh and then `last`, by hand."""
    n_out = network.n_outputs
    first, second = parameters[:16].reshape(4, 4), parameters[16:].reshape(5, n_out)
    hidden = np.tanh(first[0] + inputs @ first[1:])
    return np.asarray(second[0] + hidden @ second[1:])


def loss_by_hand(network: Any, parameters: Array, inputs: Array, y: Any) -> float:
    z = forward(network, parameters, inputs)
    if network.loss == "binary-cross-entropy":
        target = (np.asarray(y) == network.classes[0]).astype(float) if z.shape[1] == 1 else np.asarray(y, float)
        target = target.reshape(len(z), -1)
        return float((np.logaddexp(0, z) - target * z).sum(axis=1).mean())
    if network.loss == "cross-entropy":
        own = [network.classes.index(str(name)) for name in y]
        return float((np.logaddexp.reduce(z, axis=1) - z[np.arange(len(z)), own]).mean())
    target = (np.asarray(y).reshape(len(z), -1) - network.target_scaling.offset) / network.target_scaling.spread
    return float(((z - target) ** 2).mean())


@pytest.mark.parametrize(
    "y",
    [YES, np.digitize(X[:, 0], [-0.5, 0.5]).astype(str), 10 + 3 * X[:, 0], X @ [[1.0, 2], [0, 1], [1, 1]], (X > 0).astype(int)],
    ids=["two classes", "three classes", "a number", "two numbers", "three labels"],
)  # fmt: skip
def test_the_gradient_is_that_of_central_differences_layer_by_layer(y: Any) -> None:
    network = trained(y)
    scaled = network.scaling.apply(X.astype(np.float32)).astype(np.float64)
    point = network.parameters.astype(np.float64)
    numeric = np.empty_like(point)
    for k in range(len(point)):
        low, high = point.copy(), point.copy()
        low[k], high[k] = low[k] - 1e-5, high[k] + 1e-5
        numeric[k] = (loss_by_hand(network, high, scaled, y) - loss_by_hand(network, low, scaled, y)) / 2e-5
    found = network.gradient(X, y)
    assert [(own.weights.shape, own.biases.shape) for own in found] == [((3, 4), (4,)), ((4, network.n_outputs), (network.n_outputs,))]  # fmt: skip
    flat = np.concatenate([part.ravel() for own in found for part in (own.biases, own.weights)])
    assert np.abs(flat).max() > 1e-3
    np.testing.assert_allclose(flat, numeric, atol=1e-7)


def test_weights_in_the_gradient_count_rows_and_are_divided_by_their_mean() -> None:
    network = trained()
    weights = np.array([6.0] * 10 + [3.0] * 20 + [0.0] * 10)
    repeated = np.r_[0:10, 0:10, 10:30]
    for one, other in zip(network.gradient(X, YES, weights), network.gradient(X[repeated], YES[repeated]), strict=True):
        np.testing.assert_allclose(one.weights, other.weights, atol=1e-12)
        np.testing.assert_allclose(one.biases, other.biases, atol=1e-12)


def test_predict_takes_arrays_lists_and_named_columns_in_any_order() -> None:
    columns = {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]}
    network = anncli.train((columns, YES), 3, hidden=2).network
    wanted = outputs_of(network, X)
    for given in (X, X.tolist(), columns, {name: columns[name] for name in "cab"}):
        np.testing.assert_array_equal(network.predict(given), wanted)
    np.testing.assert_array_equal(anncli.predict(network, X), wanted)


def test_a_network_without_encoder_matches_names_too() -> None:
    network = trained()
    network.columns = ("a", "b", "c")
    wanted = network.predict(X)
    np.testing.assert_array_equal(network.predict({"c": X[:, 2], "a": X[:, 0], "d": X[:, 0], "b": X[:, 1]}), wanted)


def test_predict_classes_gives_the_names() -> None:
    network = trained()
    names = network.predict_classes(X)
    outputs = network.predict(X)[:, 0]
    assert names.tolist() == ["yes" if score > 0.5 else "no" for score in outputs]
    network.abstain = (0.4, 0.6)
    undecided = (outputs >= 0.4) & (outputs <= 0.6)
    assert undecided.any()
    assert [name is None for name in network.predict_classes(X)] == undecided.tolist()
    labels = trained((X > 0).astype(int))
    np.testing.assert_array_equal(labels.predict_classes(X), labels.predict(X) > 0.5)
    with pytest.raises(ValueError, match="predicts numbers: its outputs are no decisions"):
        trained(X[:, 0]).predict_classes(X)


def test_words_and_gaps_pass_the_encoder_of_the_network() -> None:
    cells = {"city": ["Rome", "Oslo", None, "Oslo"] * 10, "age": [*X[:39, 0].tolist(), None]}
    network = anncli.train((cells, YES), 3, hidden=2, missing="median").network
    assert network.encoder.names == ("city=Oslo", "city=Rome", "age")
    with pytest.warns(UserWarning, match="column 'city': 1 cell with words that no training row had"):
        one = network.predict({"age": [1.0], "city": ["Bonn"]})
    np.testing.assert_array_equal(one, outputs_of(network, np.array([[0, 0, 1.0]])))


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        (X[:, :2], Exception, "the inputs have shape (40, 2), the network has 3 inputs; give an array of shape (n, 3), one sample per row"),
        ([["a", 1, 2]], Exception, "X: column '1' holds words, and the network takes numbers; make numbers of them, or train a network on a table"),
        ([[np.nan, 1, 2]], ValueError, "X contains NaN: cells are missing in column '1' (1); say how to fill them: missing='median' (or mean, indicator, median+indicator)"),
        ([[1, 1, np.inf]], ValueError, "X contains inf: column '3', row 0; replace it, for example with the largest value that can be"),
        ("rows.csv", TypeError, "X: expected an array (n, d), a list of rows or a data frame, found the text 'rows.csv'"),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit_are_refused_in_words(given: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        trained().predict(given)
    assert str(caught.value) == text


def test_an_untrained_network_says_so() -> None:
    network = anncli.Network.create(3, ["4 tanh", "1 logistic"])
    with pytest.raises(ValueError, match="the network is untrained: it has no weights yet; train it"):
        network.predict(X)
    with pytest.raises(
        TypeError, match=r"expected a network as the first argument, found the text 'a\.nn'; anncli\.load"
    ):
        anncli.predict("a.nn", X)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("n_inputs", "layers", "text"),
    [
        (9, "16 tanh", 'layers: expected a list such as ["16 tanh", "1 logistic"], found the text \'16 tanh\''),
        (9, None, 'layers: expected a list such as ["16 tanh", "1 logistic"], found None'),
        (9, [16], 'layers: expected a layer such as "16 tanh" or (16, "tanh"), found 16'),
        (9.5, ["1 logistic"], "expected the number of inputs, found 9.5; write for example 9"),
    ],
)
def test_layers_of_a_wrong_type_are_refused_in_words(n_inputs: Any, layers: Any, text: str) -> None:
    with pytest.raises(TypeError) as caught:
        anncli.Network.create(n_inputs, layers)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: anncli.Layer("16", "tanh"), TypeError, "units: expected a whole number, found the text '16'; write for example 16"),
        (lambda: trained().set_parameters("abc"), TypeError, "parameters: expected 21 numbers, found the text 'abc'"),
        (lambda: trained().set_parameters(None), ValueError, "a 3-4-1 network has 21 parameters, not 0"),
        (lambda: anncli.save("net", "n.nn"), TypeError, "save() takes a network and the name of a file, found the text 'net'"),
        (lambda: anncli.export("n.nn", "n.c"), TypeError, "expected a network as the first argument, found the text 'n.nn'; anncli.load(FILE) reads one"),
        (lambda: anncli.export(anncli.AnnClassifier(epochs=1, validation=0).fit(X, YES), "n.c"), TypeError, "expected a network as the first argument, found an AnnClassifier; its network is its network_"),
        (lambda: anncli.make_network("a.csv"), TypeError, "expected samples, (X, y) or (X, y, weights) or a dataset, found the text 'a.csv'; anncli.load(FILE) reads a network"),
        (lambda: anncli.read_dataset(3), TypeError, "expected the name of a file, or a list of names, found the int 3"),
        (lambda: anncli.read_table_data(None), TypeError, "expected the name of a file, or a list of names, found None"),
        (lambda: anncli.train(trained(), (X, YES), hidden=3), anncli.AnnError, "train(): hidden is for a new network; give the samples alone: train((X, y), ...)"),
        (lambda: list(anncli.train_epochs(None, (X, YES), 3)), TypeError, "expected a network as the first argument, found None; anncli.load(FILE) reads one"),
        (lambda: trained().gradient(X, YES[:2]), ValueError, "X has 40 rows, y has 2: inconsistent numbers of samples; give one answer per row"),
        (lambda: trained().gradient(X, ["maybe"] * 40), anncli.AnnError, "y: class 'maybe' is not among the classes yes, no; give rows of these classes only"),
        (lambda: trained().gradient(X, YES, loss="mes"), ValueError, "unknown loss 'mes'; did you mean 'mse'?"),
    ],
)  # fmt: skip
def test_wrong_types_are_refused_in_words(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == text


def test_a_network_is_made_for_samples_as_for_data() -> None:
    assert repr(anncli.make_network((X, YES), hidden=5)) == "<Network 3-5-1, untrained>"
    assert repr(anncli.make_network((X, YES), hidden=[5, 2])) == "<Network 3-5-2-1, untrained>"
    network = anncli.make_network((X, YES))
    losses = [report.training_loss for report in anncli.train_epochs(network, (X, YES), 4, validation=0)]
    assert len(losses) == 4
    assert network.is_trained


def test_the_summary_is_a_table_of_layers_and_what_is_around_them() -> None:
    network = trained()
    assert (
        network.summary()
        == """\
layer          shape  parameters
1  4 tanh      3 > 4          16
2  1 logistic  4 > 1           5
all            3 > 1          21

network    trained
task       classification
scaling    soft-clip
classes    yes (positive), no
threshold  0.5
loss       binary-cross-entropy
epochs     3"""
    )


def test_public_objects_show_one_short_line_without_arrays() -> None:
    result = anncli.train((X, YES), 30, hidden=4, calibration="platt", threshold="f1")
    many = anncli.train((X, np.digitize(X[:, 0], [-0.5, 0.5]).astype(str)), 3)
    numbers = anncli.train((X, X[:, :2]), 3)
    labels = anncli.train((X, (X > 0).astype(int)), 3)
    data = anncli.Dataset.from_classes(X[YES == "yes"], X[YES == "no"], classes=("yes", "no"))
    network = result.network
    objects = [
        result, *result.history[:1], network, network.topology, network.scaling, network.row_digests, network.self_test, network.curve,
        network.calibration, network.source, numbers.network.target_scaling, result.point, data, anncli.evaluate(network, data),
        anncli.evaluate(numbers.network, anncli.Dataset(X, targets=X[:, :2], target_names=("y1", "y2"))),
        anncli.evaluate(labels.network, anncli.Dataset(X, targets=X > 0, task="multi-label")), many,
        anncli.evaluate(many.network, anncli.Dataset(X, np.digitize(X[:, 0], [-0.5, 0.5]), ("0", "1", "2"))),
        network.gradient(X, YES)[0], Scaling("zscore", np.zeros(3), np.ones(3)), TargetScaling("zscore", np.zeros(1), np.ones(1)),
    ]  # fmt: skip
    for shown in map(repr, objects):
        assert "array(" not in shown
        assert "\n" not in shown
        assert len(shown) <= 120, shown
    assert repr(network) == "<Network 3-4-1, trained>"
    assert repr(many.network.self_test) == "<SelfTest of 3 rows>"
    assert (
        repr(many)
        == "<TrainingResult <Network 3-16-3, trained>, 3 epochs, retrained for 3: reached the limit of 3 epochs>"
    )


def test_the_gradient_says_that_it_takes_single_rows() -> None:
    network = anncli.Network.create("any x 3", ["mean", "1 logistic"])
    anncli.train(network, ([X[:2], X[2:5], X[5:6], X[6:9]], np.array(["a", "b", "a", "b"])), 1, validation=0)
    with pytest.raises(
        ValueError,
        match=r"^gradient\(\) takes samples of one row of numbers, and this network takes `inputs: any x 3`; ",
    ):
        network.gradient([X[:2], X[2:5]], ["a", "b"])
