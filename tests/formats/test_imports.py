"""Networks of other programs: small files whose outputs are known, and what is refused by name."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras_written
import network_files as files
import numpy as np
import pytest
from network_files import B1, B2, MLP, NNET, PMML, ROWS, SCALER, SNNS, W1, W2, keras_layer, known, logistic, pipeline

from anncli.errors import NetworkError, UsageError
from anncli.formats.networks.names import NETWORK_FORMAT_NAMES
from anncli.formats.networks.peek import network_inside
from anncli.formats.networks.registry import name_of_format
from anncli.formats.networks.sklearn_model import from_sklearn
from anncli.formats.networks.storage import check_place, parse, render
from anncli.inference.predict import decide, predict
from anncli.network.network import Network

CLOSE = {"rtol": 1e-5, "atol": 1e-6}


def read(data: bytes | str) -> Network:
    return parse(data.encode() if isinstance(data, str) else data, "x")


def refused(data: bytes | str) -> str:
    with pytest.raises(NetworkError) as caught:
        read(data)
    return str(caught.value)


KNOWN: dict[str, bytes] = {
    "snns": SNNS.encode(),
    "matlab": files.matlab_known(),
    "keras": files.keras(),
    "sklearn": files.skops(MLP),
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_known_network(name: str) -> None:
    assert name_of_format(KNOWN[name]) == name
    network = read(KNOWN[name])
    np.testing.assert_allclose(predict(network, ROWS), known(ROWS), **CLOSE)
    assert network.layers_text == "3 tanh, 1 logistic"
    assert (network.source.origin, network.source.dialect, network.record) == (name, "ann", {"imported_from": name})
    # What is written is the same network, in our own format.
    again = parse(render(network), "x.nn")
    assert (again.source.origin, again.classes) == (None, network.classes)
    np.testing.assert_array_equal(predict(again, ROWS), predict(network, ROWS))


def test_a_network_of_another_program_is_never_written_in_place() -> None:
    with pytest.raises(
        UsageError,
        match=r"x\.net: is a file of the format snns, which is only read; say where to write the network with --output",
    ):
        check_place(parse(SNNS.encode(), "x.net"), "x.net")


def test_files_are_known_by_their_content(tmp_path: Path) -> None:
    samples = {"snns": SNNS, "nnet": NNET, "pmml": PMML, "sklearn": KNOWN["sklearn"], "keras": KNOWN["keras"]}
    for name, data in samples.items():
        (tmp_path / "a.xyz").write_bytes(data.encode() if isinstance(data, str) else data)
        assert network_inside(str(tmp_path / "a.xyz")) == name
    # Such a file may as well hold data: only the names of its variables tell.
    for data, found in (
        (KNOWN["matlab"], "matlab"),
        (files.mat({"X": ROWS, "y": ROWS}), ""),
        (KNOWN["matlab"][:200], ""),
    ):
        (tmp_path / "a.mat").write_bytes(data)
        assert network_inside(str(tmp_path / "a.mat")) == found


def test_an_opening_is_matched_in_no_time() -> None:
    for data in (b"<!-- -->" * 5000, b"//\n" * 5000 + b"1,2,3", b"<?" * 20000, b"PK\x03\x04" + b"schema.jso" * 5000):
        assert name_of_format(data) == "ann"
    assert {name for name, info in NETWORK_FORMAT_NAMES.items() if not info.opening} == {"ann"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x80\x04\x95\x00", "is a pickle .*can run any code.*anncli.from_sklearn"),
        (files.zipped({"m/data.pkl": b"\x80\x02."}), "is a pickle .*torch.onnx.export"),
        (b"\x1f\x8b\x08\x00", "is packed; unpack it first"),
    ],
)
def test_files_that_run_code_are_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        read(data)


# SNNS


def test_snns_takes_functions_from_units_types_and_defaults() -> None:
    network = read(SNNS)
    assert (network.columns, network.classes) == (("a", "b"), ("1", "0"))
    # Act_Identity leaves the bias of the unit out.
    plain = read(SNNS.replace("| o  | 3,1,0    |||", "| o  | 3,1,0    | Act_Identity ||"))
    np.testing.assert_allclose(predict(plain, ROWS), known(ROWS, output=lambda z: z - B2), **CLOSE)
    assert plain.task == "regression"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("6 |      |  3: 1.50000", "6 |      |  1: 1.0, 3: 1.50000", "unit 6 (out) reads unit 1 past a layer of tanh units: a shortcut, which a chain of layers cannot hold"),
        ("| Act_TanH ||", "|||", "unit 5 (h3) has logistic units beside tanh ones in one layer"),
        ("| Act_TanH ||", "| Act_RBF_Gaussian ||", "x:36: unit 5 has the activation function 'Act_RBF_Gaussian', which ann does not have"),
        ("| Act_TanH ||", "| Act_TanH | Out_Threshold05 |", "x:36: unit 5 has the output function 'Out_Threshold05' behind Act_TanH, which ann does not have"),
        ("3 |      |  1: 0.50000", "3 |      |  6: 0.50000", "unit 6 (out) is part of a loop; ann has no recurrent networks"),
        ("1: 2.00000,\n", "1: 2.0.0,\n", "x:46: expected a number, found '2.0.0'"),
        ("     6 |      |  3: 1.50000,  4:-2.00000,  5: 0.50000\n", "", "6 connections, and the head says 9; the file is cut short or damaged"),
        ("  2:-1.25000", "  9:-1.25000", "unit '9' is read, and is not there"),
    ],
)  # fmt: skip
def test_what_snns_has_and_ann_does_not(old: str, new: str, words: str) -> None:
    assert old in SNNS
    text = SNNS.replace(old, new)
    if "shortcut" in words:
        text = text.replace("connections : 9", "connections : 10")
    assert words in refused(text)


def test_a_shortcut_past_relu_units_is_exact() -> None:
    """The output reads input a besides its layer: two units pass it on, max(a, 0) and max(-a, 0)."""
    pmml = PMML.replace('activationFunction="tanh"', 'activationFunction="rectifier"', 1)
    pmml = pmml.replace('<Con from="h1" weight="1.5"/>', '<Con from="h1" weight="1.5"/><Con from="i0" weight="3"/>')
    network = read(pmml)
    assert network.layers_text == "5 relu, 1 linear"
    rows = np.array([[45.0, 1.0], [-5.0, 0.0], [20.0, 1.0]])
    scaled = np.column_stack([(rows[:, 0] - 20) / 50, rows[:, 1]])
    hidden = np.maximum(scaled @ W1.T + B1, 0)
    expected = 100 * (hidden @ W2.T + B2 + 3 * scaled[:, :1])
    np.testing.assert_allclose(predict(network, rows), expected, rtol=1e-5, atol=1e-4)


# .nnet


def test_nnet_clips_scales_and_gives_units_of_the_data() -> None:
    network = read(NNET)
    assert network.layers_text == "2 relu, 2 relu, 3 relu, 1 linear"
    rows = np.array([[0.5, 0.5], [1.0, -1.0], [3.0, 0.0], [-9.0, 7.0]])
    scaled = (np.clip(rows, [-2, -1], [2, 1]) - [1, 0]) / [2, 1]
    expected = known(scaled, hidden=lambda z: np.maximum(z, 0), output=lambda z: z) * 10 + 5
    np.testing.assert_allclose(predict(network, rows), expected, **CLOSE)
    assert network.source.remarks[0] == "values are clipped to a range, by layers of 2 relu units"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2,3,1,\n", "2,3,2,\n", "the sizes 2, 3, 2 do not fit 2 inputs and 1 outputs"),
        ("2,3,1,\n", "2,99999999,1,\n", "99999999 units or inputs are more than the 1000000 this program handles"),
        ("2.0,0.75,", "2.0,nan,", "x:10: 'nan' is not a finite number"),
        ("2.0,0.75,", "2.0,", "x:10: expected weights of a unit of layer 1: 2 numbers, found 1"),
        ("2.0,1.0,10.0,", "0.0,1.0,10.0,", "an input has a minimum above its maximum, or a range of 0"),
        ("0.125,\n", "", "ends before the bias of a unit of layer 2; copy the file again"),
    ],
)
def test_damaged_nnet_files(old: str, new: str, words: str) -> None:
    assert words in refused(NNET.replace(old, new))


# PMML


def test_pmml_takes_the_columns_of_a_table() -> None:
    network = read(PMML)
    encoder = network.encoder
    assert encoder is not None
    assert [(c.name, c.kind, c.levels, c.fill) for c in encoder.columns] == [
        ("age", "number", (), 40.0),
        ("city", "category", ("Rome",), None),
    ]
    assert (encoder.roles.labels, network.task, network.target_names) == (("price",), "regression", ("price",))
    rows = np.array([[45.0, 1.0], [20.0, 0.0], [-5.0, 0.0]])
    scaled = np.column_stack([(rows[:, 0] - 20) / 50, rows[:, 1]])
    np.testing.assert_allclose(predict(network, rows), 100 * known(scaled, output=lambda z: z), rtol=1e-5)
    (recorded,) = network.source.recorded
    np.testing.assert_array_equal(recorded.inputs, [[45, 1], [20, 0]])
    np.testing.assert_allclose(recorded.outputs, 100 * known(scaled[:2], output=lambda z: z), rtol=1e-6)


def classifier(**changes: str) -> str:
    """The network as a classifier of two classes with a neuron each."""
    text = PMML.replace('functionName="regression"', 'functionName="classification"').replace(
        '"price" optype="continuous"', '"price" optype="categorical"'
    )
    second = '<Neuron id="p" bias="-0.5"><Con from="h1" weight="1"/></Neuron>\n</NeuralLayer>\n<NeuralOutputs>'
    text = text.replace("</NeuralLayer>\n<NeuralOutputs>", second)
    outputs = "".join(
        f'<NeuralOutput outputNeuron="{n}"><DerivedField><NormDiscrete field="price" value="{c}"/></DerivedField></NeuralOutput>'
        for n, c in (("p", "low"), ("o", "high"))
    )
    head, _, rest = text.partition("<NeuralOutputs>")
    text = f"{head}<NeuralOutputs>{outputs}</NeuralOutputs>{rest.partition('</NeuralOutputs>')[2]}"
    text = text.partition("<ModelVerification")[0] + "</NeuralNetwork></PMML>"
    return text.replace(
        '<NeuralLayer activationFunction="identity">',
        f'<NeuralLayer activationFunction="{changes.get("activation", "identity")}" normalizationMethod="{changes["norm"]}">',
    )


def test_pmml_normalizes_outputs() -> None:
    rows = np.array([[45.0, 1.0], [20.0, 0.0]])
    hidden = np.tanh(np.column_stack([(rows[:, 0] - 20) / 50, rows[:, 1]]) @ W1.T + B1)
    z = np.column_stack([hidden[:, 0] - 0.5, hidden @ W2[0] + B2[0]])
    soft = read(classifier(norm="softmax"))
    assert soft.classes == ("low", "high")
    np.testing.assert_allclose(predict(soft, rows), np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), **CLOSE)
    simple = read(classifier(norm="simplemax", activation="logistic"))
    y = logistic(z)
    np.testing.assert_allclose(predict(simple, rows), y / y.sum(axis=1, keepdims=True), **CLOSE)


def test_pmml_derived_fields_and_units_of_the_target() -> None:
    """Age is taken from 10 to 20 to 0 to 1 before it is scaled; an output of 0 is a price of 50, and prices are doubled, less 7."""
    text = PMML.replace(
        "<NeuralInputs>",
        '<LocalTransformations><DerivedField name="tens"><NormContinuous field="age"><LinearNorm orig="10" norm="0"/>'
        '<LinearNorm orig="20" norm="1"/></NormContinuous></DerivedField></LocalTransformations>'
        '<Targets><Target field="price" rescaleFactor="2" rescaleConstant="-7"/></Targets><NeuralInputs>',
    )
    text = text.replace(
        '<NormContinuous field="age">\n<LinearNorm orig="20"', '<NormContinuous field="tens">\n<LinearNorm orig="20"'
    )
    network = read(text.replace('<LinearNorm orig="0" norm="0"/>', '<LinearNorm orig="50" norm="0"/>'))
    rows = np.array([[45.0, 1.0], [20.0, 0.0]])
    scaled = np.column_stack([((rows[:, 0] - 10) / 10 - 20) / 50, rows[:, 1]])
    np.testing.assert_allclose(predict(network, rows), 2 * (50 + 50 * known(scaled, output=lambda z: z)) - 7, rtol=1e-5)


def test_pmml_fields_are_filled_in_one_way() -> None:
    """The age is 40 where it is missing; a second norm of it, from 20 to 70 too, says 0.4, which is an age of 40, or 0.5, which is 45."""
    norm = PMML.partition('<NeuralInput id="i0">')[2].partition("</NeuralInput>")[0]
    for missing, is_read in (("0.4", True), ("0.5", False)):
        other = norm.replace('field="age"', f'field="age" mapMissingTo="{missing}"')
        text = PMML.replace("</NeuralInputs>", f'<NeuralInput id="i2">{other}</NeuralInput></NeuralInputs>')
        if is_read:
            assert read(text).encoder.columns[0].fill == 40
        else:
            assert "field 'age' stands for 40 and for other numbers where it is missing" in refused(text)


def test_pmml_records_classes_and_probabilities() -> None:
    checks = (
        '<Output><OutputField name="p" feature="probability" value="low"/></Output><ModelVerification><VerificationFields>'
        '<VerificationField field="age"/><VerificationField field="city"/><VerificationField field="price"/><VerificationField field="p"/>'
        "</VerificationFields><InlineTable><row><age>45</age><city>Rome</city><price>high</price><p>0.25</p></row>"
        "<row><age>20</age><city>Oslo</city><price>low</price><p>0.75</p></row><row><age>1</age></row></InlineTable></ModelVerification>"
    )
    network = read(classifier(norm="softmax").replace("</NeuralNetwork>", f"{checks}</NeuralNetwork>"))
    (recorded,) = network.source.recorded
    assert recorded.outputs is not None
    assert recorded.decisions is not None
    np.testing.assert_array_equal(recorded.decisions, [1, 0])
    np.testing.assert_array_equal(recorded.outputs, [[0.25, np.nan], [0.75, np.nan]])


def test_pmml_clips_outliers_as_the_file_says() -> None:
    network = read(
        PMML.replace('<NormContinuous field="age">', '<NormContinuous field="age" outliers="asExtremeValues">')
    )
    rows = np.array([[500.0, 1.0], [-50.0, 0.0], [30.0, 1.0]])
    scaled = np.column_stack([np.clip((rows[:, 0] - 20) / 50, 0, 1), rows[:, 1]])
    np.testing.assert_allclose(predict(network, rows), 100 * known(scaled, output=lambda z: z), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0"?><!DOCTYPE PMML [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', "x:1: has a document type, which may define entities; such XML is not read; remove the line <!DOCTYPE ...>"),
        ('<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0" encoding="rot_13"?>', "x:1: has the encoding 'rot_13'; save it in UTF-8"),
        ("<!-- a comment -->", '<!DOCTYPE PMML SYSTEM "http://example.org/p.dtd">', "has a document type"),
        ('activationFunction="identity"', 'activationFunction="arctan"', "x:23:1: the activationFunction is 'arctan', which ann does not have"),
        ('weight="0.75"', 'weight="x"', "`weight` of Con must be a number, found 'x'"),
        ('<NormDiscrete field="city" value="Rome"/>', '<Apply function="+"/>', "DerivedField '' uses Apply, which ann does not have"),
        ('from="h1"', 'from="h9"', "neuron 'h9' is read, and is not there"),
        ("<NeuralNetwork", "<TreeModel><MiningSchema/></TreeModel><NeuralNetwork", "holds TreeModel, NeuralNetwork; only one NeuralNetwork is read"),
        ("</PMML>", "", "x:38:1: is no correct XML: no element found"),
    ],
)  # fmt: skip
def test_what_pmml_has_and_ann_does_not(old: str, new: str, words: str) -> None:
    assert old in PMML
    assert words in refused(PMML.replace(old, new, 1))


# MATLAB


def test_matlab_cells_and_bias_first() -> None:
    cells = files.mat(
        {
            "IW": [W1, np.zeros((0, 0))],
            "LW": [np.zeros((0, 0)), W2, np.zeros((0, 0)), np.zeros((0, 0))],
            "b": [B1[:, None], B2[:, None]],
        }
    )
    # A cell array of 2 x 2 has its cells column by column.
    network = read(cells)
    np.testing.assert_allclose(predict(network, ROWS), known(ROWS, output=lambda z: z), **CLOSE)
    assert any("taken as tanh, linear" in remark for remark in network.source.remarks)
    theta = read(files.mat({"Theta1": np.column_stack([B1, W1]), "Theta2": np.column_stack([B2, W2])}))
    np.testing.assert_allclose(predict(theta, ROWS), known(ROWS, hidden=logistic), **CLOSE)


def test_matlab_scaling_of_inputs_and_targets() -> None:
    """mapminmax: y = (x - offset) gain + ymin."""
    variables = {"IW1_1": W1, "b1": B1, "LW2_1": W2, "b2": B2, "transfer": ["tansig", "purelin"], "x_offset": np.array([[1.0, 2.0]]), "x_gain": np.array([[0.5, 4.0]]), "x_ymin": np.array([[-1.0]]), "y_offset": np.array([[10.0]]), "y_gain": np.array([[0.25]]), "y_ymin": np.array([[-1.0]])}  # fmt: skip
    network = read(files.mat(variables))
    scaled = (ROWS - [1, 2]) * [0.5, 4] - 1
    np.testing.assert_allclose(predict(network, ROWS), (known(scaled, output=lambda z: z) + 1) / 0.25 + 10, **CLOSE)


def test_matlab_records_decisions_for_rows_that_fit() -> None:
    weights = {
        "Theta1": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        "X": ROWS * 100,
        "S": ROWS,
        "pred": np.array([[1], [1], [2], [2]]),
    }
    network = read(files.mat(weights))
    assert [one.name for one in network.source.recorded] == ["X and pred", "S and pred"]
    np.testing.assert_array_equal(network.source.recorded[1].decisions, [0, 0, 1, 1])
    assert not network.source.recorded[0].is_certain


def test_matlab_without_weights_says_how_to_save_them() -> None:
    assert (
        "has no weights of a network: no Theta1, no IW with LW and b, no W1 with b1; save the weights: IW = net.IW;"
        in refused(files.mat({"x": ROWS}))
    )


# scikit-learn


def test_scikit_learn_pipeline() -> None:
    network = read(files.skops(pipeline(SCALER, MLP)))
    np.testing.assert_allclose(predict(network, ROWS), known((ROWS - [1, -2]) / [2, 4]), **CLOSE)
    # Of two classes the last one is that of high outputs.
    assert network.classes == ("yes", "no")
    wanted = (known((ROWS - [1, -2]) / [2, 4])[:, 0] > 0.5).tolist()
    assert (decide(network, predict(network, ROWS)) == 0).tolist() == wanted


def test_scikit_learn_mean_that_is_there_and_not_used() -> None:
    network = read(files.skops(pipeline({**SCALER, "with_mean": False, "with_std": True}, MLP)))
    np.testing.assert_allclose(predict(network, ROWS), known(ROWS / [2, 4]), **CLOSE)


def test_scikit_learn_steps_that_cannot_be_represented() -> None:
    assert "the step PolynomialFeatures cannot be represented; apply it to the data before" in refused(
        files.skops(pipeline({"__kind__": "PolynomialFeatures"}, MLP))
    )
    assert "SVC is no network; only MLPClassifier and MLPRegressor are read" in refused(
        files.skops({"__kind__": "SVC"})
    )
    assert "StandardScaler is defined in 'evil', not in scikit-learn" in refused(
        files.skops(pipeline({**SCALER, "__module__": "evil"}, MLP))
    )
    with pytest.raises(UsageError, match="a dict is no model of scikit-learn"):
        from_sklearn({})


# Keras


def test_keras_h5() -> None:
    network = read(files.keras_h5())
    np.testing.assert_allclose(predict(network, ROWS), known(ROWS), **CLOSE)
    assert network.classes == ("1", "0")


@pytest.mark.parametrize("name", keras_written.WRITTEN)
def test_files_that_keras_wrote(name: str) -> None:
    network = read(keras_written.unpacked(name))
    expected = np.array(keras_written.OUTPUTS[name.partition(".")[0]])
    np.testing.assert_allclose(predict(network, keras_written.rows()), expected, **CLOSE)
    assert (
        network.layers_text
        == {"bn": "6 tanh, 5 gelu, 5 relu, 1 logistic", "func": "5 elu, 2 linear"}[name.partition(".")[0]]
    )


@pytest.mark.parametrize(
    ("loss", "activation", "task"),
    [
        ("mse", "linear", "regression"),
        ({"class_name": "Huber", "config": {}}, "linear", "regression"),
        ("sparse_categorical_crossentropy", "linear", None),
        ("binary_crossentropy", "sigmoid", "multi-label"),
        ("binary_crossentropy", "linear", "multi-label"),
        ("binary_crossentropy", "softmax", None),
    ],
)
def test_keras_losses_say_what_the_outputs_are(loss: Any, activation: str, task: str | None) -> None:
    network = read(two_outputs(loss, activation))
    assert network.task == task
    assert not any("--task" in remark for remark in network.source.remarks)
    assert network.threshold == {"sigmoid": 0.5, "linear": 0.0}.get(activation if task == "multi-label" else "")


def test_keras_losses_that_say_nothing_are_not_guessed_in_silence() -> None:
    for activation, task in (("sigmoid", None), ("linear", "regression")):
        network = read(two_outputs("categorical_hinge", activation))
        assert network.task == task
        assert any("--task says otherwise" in remark for remark in network.source.remarks)


def two_outputs(loss: Any, activation: str) -> bytes:
    """A Keras model of two inputs and two outputs that was compiled with a loss."""
    layers = [files.KERAS_LAYERS[0], keras_layer("Dense", "d", units=2, activation=activation, use_bias=True)]
    return files.keras(layers, {"d": [W1[:2].T, B1[:2]]}, compile_config={"loss": loss})


def test_keras_folds_normalizations() -> None:
    """Behind the activation of a layer, one goes into the next layer; before the first layer, into the scaling."""
    mean, variance, gamma, beta = (np.array(v) for v in ([1.0, -2.0], [4.0, 16.0], [0.5, 2.0], [1.0, 0.0]))
    layers = [
        keras_layer("Normalization", "n", axis=[-1]), keras_layer("Dense", "a", units=2, activation="linear", use_bias=False),
        keras_layer("BatchNormalization", "b", axis=[1], epsilon=0.0), keras_layer("Activation", "r", activation="relu"),
        keras_layer("BatchNormalization", "c", axis=-1, epsilon=0.0), keras_layer("Dense", "d", units=1, activation="linear"),
    ]  # fmt: skip
    a, d = np.array([[1.0, 2.0], [-1.0, 0.5]]), np.array([[3.0], [-1.0]])
    numbers = {
        "n": [mean, variance],
        "a": [a],
        "b": [gamma, beta, mean, variance],
        "c": [gamma, beta, mean, variance],
        "d": [d, [0.5]],
    }
    network = read(files.keras(layers, numbers))
    assert network.layers_text == "2 relu, 1 linear"

    def normalized(x: np.ndarray) -> np.ndarray:
        return (x - mean) / np.sqrt(variance)

    z = np.maximum(normalized(normalized(ROWS) @ a) * gamma + beta, 0)
    np.testing.assert_allclose(predict(network, ROWS), (normalized(z) * gamma + beta) @ d + 0.5, **CLOSE)


@pytest.mark.parametrize(
    ("kind", "config", "words"),
    [
        ("Lambda", {"function": "import os"}, "layer 'x' is a Lambda, which holds code; code of a file is not run"),
        ("Conv2D", {}, "layer 'x' is of the kind 'Conv2D', which ann does not have"),
        (
            "Activation",
            {"activation": "hard_sigmoid"},
            "layer 'x' has the activation 'hard_sigmoid', which ann does not have",
        ),
        ("LeakyReLU", {"negative_slope": 0.3}, "layer 'x' has the slope 0.3 below 0; ann's leaky-relu has 0.01"),
        ("ReLU", {"max_value": 6.0}, "layer 'x' is a ReLU with a largest value or a threshold"),
    ],
)
def test_what_keras_has_and_ann_does_not(kind: str, config: dict[str, Any], words: str) -> None:
    layers = [*files.KERAS_LAYERS[:2], keras_layer(kind, "x", **config), *files.KERAS_LAYERS[2:]]
    assert words in refused(files.keras(layers))


def test_keras_models_that_are_no_chain() -> None:
    layers = [{**layer, "name": layer["config"]["name"], "inbound_nodes": []} for layer in files.KERAS_LAYERS]
    for below, layer in pairwise(layers):
        layer["inbound_nodes"] = [[[below["name"], 0, 0, {}]]]
    config = {"layers": layers, "input_layers": [["input", 0, 0]], "output_layers": [["dense_9", 0, 0]]}
    data = files.keras(class_name="Functional", config=config)
    np.testing.assert_allclose(predict(read(data), ROWS), known(ROWS), **CLOSE)
    layers[3]["inbound_nodes"] = [[["dense_7", 0, 0, {}], ["dropout", 0, 0, {}]]]
    assert "layer dense_9 reads dropout, dense_7: the model is no chain of layers" in refused(
        files.keras(class_name="Functional", config=config)
    )


def test_archives_that_unpack_to_far_more_than_their_size_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anncli.formats.networks.archive._ALWAYS_ALLOWED", 1 << 16)
    config = json.dumps({"class_name": "Sequential", "config": {"layers": []}})
    bomb = files.zipped({"config.json": config, "model.weights.h5": b"\x89HDF\r\n\x1a\n" + b"\0" * (1 << 20)})
    assert len(bomb) < 2000
    assert "part 'model.weights.h5' unpacks to far more than its size" in refused(bomb)


def test_keras_layers_are_found_by_class_and_order_where_they_have_no_names() -> None:
    dense = {"dense": {"vars": {"0": W1.T, "1": B1}}, "dense_1": {"vars": {"0": W2.T, "1": B2}}}
    config = json.dumps({"class_name": "Sequential", "config": {"layers": files.KERAS_LAYERS}})
    for folder in ("layers", "_layer_checkpoint_dependencies"):
        data = files.zipped({"config.json": config, "model.weights.h5": files.hdf5({folder: dense})})
        np.testing.assert_allclose(predict(read(data), ROWS), known(ROWS), **CLOSE)
