"""The operating point: threshold and calibration are chosen on validation rows alone, with the weights that they chose."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np
import pytest

import anncli
from anncli.api import start_training
from anncli.dataset.dataset import Dataset
from anncli.errors import AnnError, DataError, UsageError
from anncli.evaluation.calibration import fit_platt
from anncli.evaluation.names import parse_rule
from anncli.evaluation.thresholds import choose_cut
from anncli.formats.networks.storage import parse, render
from anncli.inference.predict import decide, predict
from anncli.network.calibration import logits
from anncli.network.network import Network
from anncli.training.operating_point import fit_operating_point


def clouds(n: int = 100, noise: float = 2.0, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    return Dataset.from_classes(rng.normal(1, noise, (n, 3)), rng.normal(-1, noise, (2 * n, 3)), classes=("a", "b"))


def three(n: int = 60) -> Dataset:
    rng = np.random.default_rng(1)
    return Dataset.from_classes(*(rng.normal(k, 1.5, (n, 2)) for k in range(3)), classes=("a", "b", "c"))


def net(activation: str = "logistic") -> Network:
    return Network.create(3, [(4, "tanh"), (1, activation)])


def chosen(data: Dataset, epochs: int = 40, activation: str = "logistic", **options: Any):
    """The result of a training, and the raw outputs of the weights that validation chose on the validation rows."""
    with closing(start_training(net(activation), data, **options)) as run:
        for _ in run.epochs(epochs):
            pass
        result = run.finish()
        weights = result.validation_parameters
        weights = result.network.parameters if weights is None else weights
        outputs = run.attempt.objective.outputs(weights, result.rows["validation"])
    return result, outputs


@pytest.mark.parametrize("refit", ["no", "yes"])
@pytest.mark.parametrize("rule", ["youden", "se>=0.9", "cost:1,5"])
def test_the_rule_sees_the_validation_rows_and_nothing_else(refit: str, rule: str) -> None:
    data = clouds()
    result, outputs = chosen(data, threshold=rule, refit=refit, test=0.2)
    assert bool(result.refit_epochs) == (refit == "yes")
    rows, network = result.rows["validation"], result.network
    cut = choose_cut(outputs[:, 0], data.labels[rows] == 0, parse_rule(rule), None, (0.0, 1.0))
    assert (network.threshold, network.threshold_rule) == (cut.threshold, rule)
    assert result.point.n_rows == len(rows)
    # Guards against a rule that looks elsewhere: other rows give other thresholds.
    for name in ("training", "test"):
        others = predict(network, data.inputs[result.rows[name]])[:, 0]
        labels = data.labels[result.rows[name]]
        assert choose_cut(others, labels == 0, parse_rule(rule), None, (0.0, 1.0)).threshold != cut.threshold


def test_answers_of_test_rows_change_nothing() -> None:
    data = clouds()
    sets = {"training": np.arange(0, 300, 3), "validation": np.arange(1, 300, 3), "test": np.arange(2, 300, 3)}
    options: dict[str, Any] = {"threshold": "f1", "calibration": "isotonic", "sets": sets}
    one, other = net(), net()
    anncli.train(one, data, 30, **options)
    data.labels[sets["test"]] = 1 - data.labels[sets["test"]]
    anncli.train(other, data, 30, **options)
    assert one.threshold == other.threshold
    assert (one.calibration.numbers == other.calibration.numbers).all()


@pytest.mark.parametrize("activation", ["logistic", "tanh"])
def test_platt_is_fitted_to_the_validation_rows_and_applied_in_predict(activation: str) -> None:
    data = clouds()
    result, outputs = chosen(data, activation=activation, calibration="platt", refit="no")
    network, rows = result.network, result.rows["validation"]
    x = logits(outputs[:, 0]) if activation == "logistic" else outputs[:, 0]
    slope, intercept = fit_platt(x, data.labels[rows] == 0)
    assert network.calibration.numbers.tolist() == [slope, intercept]
    found = predict(network, data.inputs[rows])[:, 0]
    assert found == pytest.approx(1 / (1 + np.exp(-(slope * x.astype(np.float64) + intercept))), abs=1e-6)
    assert (predict(network, data.inputs[rows], calibrated=False) == outputs).all()
    # The middle between the probabilities, also where tanh had targets of -0.9 and 0.9.
    assert (network.threshold, network.decision_threshold, network.score_targets) == (0.5, 0.5, (1.0, 0.0))
    assert anncli.evaluate(network, data).tp == int((predict(network, data.inputs[:100])[:, 0] > 0.5).sum())


def test_the_rule_chooses_among_calibrated_scores() -> None:
    data = clouds()
    plain, _ = chosen(data, threshold="se>=0.9", refit="no")
    result, outputs = chosen(data, threshold="se>=0.9", calibration="platt", refit="no")
    scores = result.network.calibration.apply(outputs)
    positive = data.labels[result.rows["validation"]] == 0
    assert result.network.threshold == choose_cut(scores[:, 0], positive, parse_rule("se>=0.9"), None, (0, 1)).threshold
    # A rising curve changes the scores and not the decisions.
    assert (decide(result.network, predict(result.network, data.inputs)) == decide(plain.network, predict(plain.network, data.inputs))).all()  # fmt: skip


@pytest.mark.parametrize("method", ["platt", "isotonic", "temperature"])
def test_a_network_file_gives_the_same_bits(method: str) -> None:
    data, network = clouds(), net()
    anncli.train(network, data, 20, calibration=method, threshold="youden", abstain=(0.01, 0.99))
    back = parse(render(network), "x.nn")
    assert (predict(back, data.inputs) == predict(network, data.inputs)).all()
    assert anncli.evaluate(back, data) == anncli.evaluate(network, data)
    # The self-test is about the outputs before calibration.
    assert (predict(back, back.self_test.inputs, calibrated=False) == back.self_test.outputs).all()
    assert back.record["decision"]["rows"] == 60


def test_equal_runs_give_equal_bytes_and_others_none_of_it() -> None:
    data, options = clouds(), {"calibration": "isotonic", "threshold": "mcc"}
    networks = [net() for _ in range(3)]
    for network, given in zip(networks, (options, options, {}), strict=True):
        anncli.train(network, data, 15, **given)
    assert render(networks[0]) == render(networks[1])
    assert not any(word in render(networks[2]) for word in (b"threshold_rule", b"calibration", b"decision", b"abstain"))
    assert (networks[0].parameters == networks[2].parameters).all()


def test_weights_of_rows_count_and_those_of_classes_do_not() -> None:
    data = clouds()
    data.weights = np.where(np.arange(300) % 2 == 0, 3, 1).astype(np.float32)
    data.weights[:20] = 0
    result, outputs = chosen(data, threshold="cost:1,3", class_weight="balanced", refit="no")
    rows = result.rows["validation"]
    weights = data.weights[rows]
    known = weights > 0
    positive = (data.labels[rows] == 0)[known]
    cut = choose_cut(outputs[known, 0], positive, parse_rule("cost:1,3"), weights[known], (0.0, 1.0))
    assert result.network.threshold == cut.threshold


def test_temperature_of_several_classes() -> None:
    network = Network.create(2, [(6, "tanh"), (3, "softmax")])
    data = three()
    anncli.train(network, data, 100, calibration="temperature", abstain=0.5, l2=0)
    found, raw = predict(network, data.inputs), predict(network, data.inputs, calibrated=False)
    assert (found.argmax(axis=1) == raw.argmax(axis=1)).all()
    assert found == pytest.approx(np.exp(np.log(raw) / network.calibration.numbers[0]) / np.exp(np.log(raw) / network.calibration.numbers[0]).sum(axis=1, keepdims=True), abs=1e-5)  # fmt: skip
    decided = decide(network, found)
    assert (decided == -1).tolist() == (found.max(axis=1) < np.float32(0.5)).tolist()
    assert anncli.evaluate(network, data).n_undecided == (decided == -1).sum() > 0
    assert (decide(network, found, abstain=()) == found.argmax(axis=1)).all()


def test_a_limit_out_of_reach_is_said_and_the_nearest_is_taken() -> None:
    rng = np.random.default_rng(3)
    data = Dataset.from_classes(rng.normal(0, 1, (60, 3)), rng.normal(0, 1, (240, 3)), classes=("a", "b"))
    result, _ = chosen(data, 5, threshold="ppv>=0.99")
    assert result.network.threshold_rule == "ppv>=0.99"
    assert result.network.record["decision"]["met"] is False
    assert any(
        text.startswith("no threshold gives ppv>=0.99 on the 60 validation rows; the nearest")
        for text in result.warnings
    )


def test_a_rule_that_predicts_everything_positive_is_said() -> None:
    rng = np.random.default_rng(3)
    data = Dataset.from_classes(rng.normal(0, 1, (60, 3)), rng.normal(0, 1, (240, 3)), classes=("a", "b"))
    result, _ = chosen(data, 5, threshold="se>=1")
    low = "predicts all 60 validation rows as positive"
    assert result.point.cut.specificity == 0 or result.point.cut.sensitivity == 1
    assert (result.point.cut.specificity == 0) == any(low in text for text in result.warnings)


def test_training_goes_on_without_what_belonged_to_the_weights_before() -> None:
    data, network = clouds(), net()
    anncli.train(network, data, 10, calibration="platt", threshold="youden", abstain=(0.01, 0.99))
    result = anncli.train(network, data, 10, continue_training=True)
    assert (network.calibration, network.threshold_rule, network.threshold, network.abstain) == (None, None, 0.5, None)
    assert list(result.warnings) == [
        "the calibration of the network belongs to the weights before, so it is dropped with the scores that it left "
        "undecided; --calibration platt fits a new one",
        "the threshold by youden belongs to the weights before, so it is dropped; --threshold 'youden' chooses a new one",
    ]


def test_a_threshold_and_scores_that_were_given_stay_where_training_goes_on() -> None:
    data, network = clouds(), net()
    anncli.train(network, data, 10, threshold=0.3, abstain=(0.2, 0.4))
    assert anncli.train(network, data, 5, continue_training=True).warnings == ()
    assert (network.threshold, network.abstain) == (0.3, (0.2, 0.4))


def test_training_anew_begins_without_decisions() -> None:
    data, network = clouds(), net()
    anncli.train(network, data, 10, calibration="platt", threshold="youden", abstain=(0.01, 0.99))
    anncli.train(network, data, 10)
    assert (network.calibration, network.threshold_rule, network.threshold, network.abstain) == (None, None, 0.5, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": "youden", "validation": 0}, "--threshold youden: it is chosen on validation rows, and there are none"),
        ({"calibration": "platt", "threshold": "f1", "dividetrain": 90}, "--threshold f1 and --calibration platt: it is chosen on validation rows, and there are none; leave --dividetrain out"),
        ({"abstain": 0.5}, "--abstain: two classes need two scores"),
        ({"abstain": (0.6, 0.7)}, "--abstain 0.6,0.7: the threshold 0.5 lies outside"),
        ({"abstain": (0.6, 0.7), "threshold": 0.5}, "--abstain 0.6,0.7: the threshold 0.5 lies outside"),
        ({"threshold": "auc>=0.5"}, "must be a number or a rule, found 'auc>=0.5'"),
        ({"calibration": "plat"}, "unknown calibration 'plat'"),
        ({"abstain": (0.7, 0.6)}, "must name the lower score first"),
        ({"abstain": (0.1, 0.2, 0.3)}, "must be one or two numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        start_training(net(), clouds(), **options)
    assert message in str(caught.value)


def refused(network: Network, data: Dataset, **options: Any) -> str:
    with pytest.raises(AnnError) as caught:
        start_training(network, data, **options)
    return str(caught.value)


def test_what_a_network_cannot_take_is_refused_by_name() -> None:
    softmax = Network.create(2, [(3, "softmax")])
    assert refused(softmax, three(), threshold="f1").startswith(
        "--threshold f1: a rule is for networks with one output"
    )
    assert (
        refused(softmax, three(), calibration="platt")
        == "--calibration platt is for two classes and one output; use temperature"
    )
    assert refused(softmax, three(), abstain=(0.1, 0.2)).startswith("--abstain: 3 classes need one score")
    of_tanh = (
        "--calibration temperature needs outputs that are probabilities, and these are tanh; use platt or isotonic"
    )
    assert refused(net("tanh"), clouds(), calibration="temperature") == of_tanh
    numbers = Dataset(np.ones((20, 3)) * np.arange(20)[:, None], targets=np.arange(20.0)[:, None])
    for given in ({"calibration": "platt"}, {"threshold": "f1"}, {"abstain": (0.1, 0.2)}):
        text = refused(Network.create(3, ["1 linear"], task="regression"), numbers, **given)
        assert text.endswith("needs classes, and the task is regression; leave it out")


def test_a_validation_set_of_one_class_is_refused_before_training() -> None:
    data = clouds()
    sets = {"training": np.arange(0, 300, 2), "validation": np.arange(1, 99, 2)}
    with pytest.raises(DataError) as caught:
        start_training(net(), data, sets=sets, threshold="youden")
    assert caught.value.message == "--threshold youden: all 49 validation rows are of one class"


def test_scores_that_are_not_finite_are_refused() -> None:
    options = start_training(net("linear"), clouds(), threshold="f1").setup.options
    outputs = np.array([[1.0], [np.inf], [0.0]], dtype=np.float32)
    with pytest.raises(DataError) as caught:
        fit_operating_point(options, net("linear"), 0.5, outputs, np.array([0, 0, 1]))
    assert caught.value.message == "--threshold f1: the score of one of the validation rows is not finite"


def test_an_ensemble_is_decided_by_its_mean_outputs() -> None:
    data, network = clouds(), net()
    result = anncli.train(network, data, 15, ensemble=2, threshold="youden", calibration="platt", refit="no")
    rows = result.rows["validation"]
    scores = predict(network, data.inputs[rows])[:, 0]
    assert network.threshold == choose_cut(scores, data.labels[rows] == 0, parse_rule("youden"), None, (0, 1)).threshold
