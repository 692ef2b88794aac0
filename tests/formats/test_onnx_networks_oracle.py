"""ONNX models as networks: the outputs of onnxruntime are reproduced, and what is no chain of dense layers is refused by name."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.arrays import Array
from anncli.errors import NetworkError
from anncli.formats.networks.storage import load, parse, render
from anncli.inference.predict import decide, predict
from anncli.network.network import Network

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx_graphs import changed, computed, model, weights  # noqa: E402

from anncli.formats.exports.base import ExportRequest  # noqa: E402
from anncli.formats.exports.onnx.export import EXPORT  # noqa: E402

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests/exports"))
from random_networks import random_network, random_rows  # noqa: E402

PUBLIC = Path(os.environ.get("PUBLIC_DATA", "/nowhere")) / "models/onnx"
MODELS = sorted(PUBLIC.glob("*.onnx"))
OURS = sorted((ROOT / "tests/data/onnx").glob("*.onnx"))
GEMM = ("Gemm", ["x", "W1", "b1"], "z", {})
ROWS = np.random.default_rng(1).normal(0, 2, (40, 3)).astype(np.float32)


def read(data: bytes) -> Network:
    return parse(data, "m.onnx")


def assert_same(data: bytes, rows: Array = ROWS) -> Network:
    """The network gives what onnxruntime gives for its first output."""
    network = read(data)
    expected = computed(data, rows)[0]
    np.testing.assert_allclose(predict(network, rows), expected.reshape(len(rows), -1), rtol=1e-5, atol=1e-5)
    return network


def refused(data: bytes) -> str:
    with pytest.raises(NetworkError) as caught:
        read(data)
    return str(caught.value)


# Files of other programs


@pytest.mark.skipif(not MODELS, reason="PUBLIC_DATA names no folder with models/onnx")
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_public_models_give_their_recorded_outputs(path: Path):
    network = load(path)
    inputs, outputs = (np.loadtxt(path.with_suffix(f".{what}.txt"), ndmin=2) for what in ("in", "out"))
    np.testing.assert_allclose(predict(network, inputs), outputs.reshape(len(inputs), -1), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("torch_normalized", "6 relu, 3 softmax"),
        ("torch_gelu_silu", "5 gelu, 5 gelu-tanh, 4 silu, 1 logistic"),
        ("torch_view", "3 tanh, 2 linear"),
        ("torch_activations", "5 elu, 5 leaky-relu, 5 softplus, 5 softsign, 2 linear"),
        ("torch_relu6", "3 relu, 3 relu, 2 linear"),
    ],
)
def test_models_of_pytorch(name: str, layers: str):
    assert len(OURS) == 5
    data = (ROOT / f"tests/data/onnx/{name}.onnx").read_bytes()
    network = assert_same(data, np.random.default_rng(2).normal(0, 3, (50, 4)))
    assert network.layers_text == layers
    assert (network.source.origin, network.source.dialect) == ("onnx", "ann")
    assert network.record["imported_from"] == "onnx"


CLASSES = {
    "numbers": np.arange(90) % 2 * 5,
    "words": np.array(["no", "yes"])[np.arange(90) % 2],
    "three numbers": np.arange(90) % 3 + 1,
    "three words": np.array(["a", "b", "c c"])[np.arange(90) % 3],
    "labels": np.stack([np.arange(90) % 2, np.arange(90) % 3 > 1], axis=1).astype(int),
}


@pytest.mark.parametrize("scaler", ["", "StandardScaler", "MinMaxScaler"])
@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.filterwarnings("ignore")
def test_classifiers_of_skl2onnx(kind: str, scaler: str):
    convert = pytest.importorskip("skl2onnx").to_onnx
    from sklearn import neural_network, pipeline, preprocessing

    rng = np.random.default_rng(4)
    answers = CLASSES[kind]
    inputs = (rng.normal(0, 3, (90, 3)) + np.arange(90)[:, None] % 3).astype(np.float32)
    steps = [getattr(preprocessing, scaler)()] if scaler else []
    classifier = neural_network.MLPClassifier((5, 4), activation="tanh" if scaler else "logistic", max_iter=20)
    fitted = pipeline.make_pipeline(*steps, classifier).fit(inputs, answers)
    chances = np.asarray(fitted.predict_proba(inputs))
    for zipmap in (True, False) if kind != "labels" else (False,):
        network = read(convert(fitted, inputs[:1], options={"zipmap": zipmap}).SerializeToString())
        outputs = predict(network, inputs)
        np.testing.assert_allclose(outputs, chances[:, 1:] if network.n_outputs == 1 else chances, atol=1e-5)
        if kind == "labels":
            assert network.task == "multi-label"
            np.testing.assert_array_equal(decide(network, outputs), fitted.predict(inputs).astype(bool))
        else:
            assert sorted(network.classes) == sorted(map(str, classifier.classes_))
            chosen = [network.classes[k] for k in decide(network, outputs)]
            assert chosen == [str(answer) for answer in fitted.predict(inputs)]


@pytest.mark.filterwarnings("ignore")
def test_regressor_of_skl2onnx_with_an_input_for_each_column():
    skl2onnx = pytest.importorskip("skl2onnx")
    from sklearn import neural_network, pipeline, preprocessing

    inputs = np.random.default_rng(5).normal(0, 3, (60, 2)).astype(np.float32)
    regressor = neural_network.MLPRegressor(hidden_layer_sizes=(4,), max_iter=20)
    fitted = pipeline.make_pipeline(preprocessing.StandardScaler(), regressor).fit(inputs, inputs.sum(axis=1))
    kinds = [(name, skl2onnx.common.data_types.FloatTensorType([None, 1])) for name in ("height", "b")]
    network = read(skl2onnx.to_onnx(fitted, initial_types=kinds).SerializeToString())
    assert network.columns == ("height", "b")
    assert network.task == "regression"
    np.testing.assert_allclose(predict(network, inputs)[:, 0], fitted.predict(inputs), rtol=1e-5, atol=1e-5)


# What we write ourselves


@pytest.mark.parametrize("seed", range(100))
def test_export_import_export_gives_the_same_bytes(seed: int):
    network = random_network(seed)
    data = EXPORT.render(network, ExportRequest())[""]
    again = read(data)
    assert EXPORT.render(again, ExportRequest())[""] == data
    assert EXPORT.render(parse(render(again), "x.nn"), ExportRequest())[""] == data
    rows = random_rows(network, np.random.default_rng(6), 20)
    np.testing.assert_allclose(predict(again, rows.inputs), predict(network, rows.inputs), rtol=1e-6, atol=1e-6)
    assert again.self_test is not None
    np.testing.assert_array_equal(again.self_test.inputs, network.self_test.inputs)  # type: ignore[union-attr]


def test_a_model_of_ours_that_was_changed_is_not_taken_for_the_one_we_wrote():
    data = EXPORT.render(random_network(2), ExportRequest())[""]

    def other_function(loaded: Any) -> None:
        next(node for node in loaded.graph.node if node.op_type == "Gemm").attribute.add(name="alpha", f=2, type=1)

    assert refused(changed(data, other_function)).endswith(
        "; ann wrote this model, and it was changed since: export the network anew"
    )
    older = changed(data, lambda loaded: (other_function(loaded), setattr(loaded, "producer_version", "0.0.9")))
    assert read(older).source.remarks == ("written by ann 0.0.9: its metadata were read, not its nodes",)

    def other_weights(loaded: Any) -> None:
        next(t for t in loaded.graph.initializer if t.name.endswith("layer 1/biases")).raw_data = b"\0" * 4 * 5

    loaded = onnx.load_model_from_string(data)
    (n,) = next(t for t in loaded.graph.initializer if t.name == "layer 1/biases").dims
    if n == 5:
        assert not read(changed(data, other_weights)).biases[0].any()


def test_a_model_of_ours_to_which_a_tool_added_shapes_is_still_ours():
    network = random_network(1)
    model_with_shapes = onnx.shape_inference.infer_shapes(
        onnx.load_model_from_string(EXPORT.render(network, ExportRequest())[""])
    )
    assert len(model_with_shapes.graph.value_info) > 5
    again = read(model_with_shapes.SerializeToString())
    assert again.encoder == network.encoder
    np.testing.assert_array_equal(again.all_parameters, network.all_parameters)


# Graphs


@pytest.mark.parametrize("opset", [8, 11, 13, 17])
def test_layers_as_matrix_products_with_constants_on_both_sides(opset: int):
    constants = weights(0, 3, 4, 2) | {"shift": np.array([[1, -2, 0.5]], np.float32), "size": np.float32(4)}
    nodes: list[Any] = [
        ("Sub", ["x", "shift"], "moved", {}), ("Div", ["moved", "size"], "scaled", {}),
        ("MatMul", ["scaled", "W1"], "m1", {}), ("Add", ["b1", "m1"], "z1", {}), ("Tanh", ["z1"], "a1", {}),
        ("MatMul", ["a1", "W2"], "m2", {}), ("Add", ["m2", "b2"], "z2", {}), ("Identity", ["z2"], "y", {}),
    ]  # fmt: skip
    network = assert_same(model(nodes, constants, opset=opset))
    assert network.layers_text == "4 tanh, 2 linear"
    assert network.scaling.add is not None
    assert network.scaling.add.tolist() == [-1, 2, -0.5]
    np.testing.assert_array_equal(network.weights[0], constants["W1"])
    np.testing.assert_array_equal(network.biases[1], constants["b2"])


def test_gemm_with_alpha_beta_and_turned_weights():
    constants = weights(1, 4, 3) | {"b": np.array([[0.5, 1, 2, 3]], np.float32)}
    data = model([("Gemm", ["x", "W1", "b"], "y", {"alpha": 0.5, "beta": -2.0, "transB": 1})], constants)
    network = assert_same(data)
    np.testing.assert_array_equal(network.weights[0], constants["W1"].T / 2)
    assert network.biases[0].tolist() == [-1, -2, -4, -6]


def test_batch_normalization_before_between_and_behind_layers():
    constants = weights(2, 3, 3, 3)
    for k in range(3):
        rng = np.random.default_rng(k)
        constants |= {f"{name}{k}": rng.uniform(0.5, 2, 3).astype(np.float32) for name in ("s", "t", "m", "v")}
    norm = [("BatchNormalization", [f"{x}", *(f"{name}{k}" for name in "stmv")], y, {"epsilon": 1e-3})
            for k, (x, y) in enumerate([("x", "n0"), ("z1", "n1"), ("a", "n2")])]  # fmt: skip
    nodes: list[Any] = [
        norm[0], ("Gemm", ["n0", "W1", "b1"], "z1", {}), norm[1], ("Sigmoid", ["n1"], "a", {}), norm[2],
        ("Gemm", ["n2", "W2", "b2"], "y", {}),
    ]  # fmt: skip
    assert assert_same(model(nodes, constants)).layers_text == "3 logistic, 3 linear"


FUNCTIONS: dict[str, tuple[list[Any], dict[str, Any], str]] = {
    "bipolar by tanh": ([("Mul", ["z", "half"], "h", {}), ("Tanh", ["h"], "y", {})], {"half": 0.5}, "bipolar-sigmoid"),
    "bipolar by sigmoid": (
        [("Sigmoid", ["z"], "s", {}), ("Mul", ["s", "two"], "d", {}), ("Sub", ["d", "one"], "y", {})],
        {"two": 2, "one": 1}, "bipolar-sigmoid",
    ),
    "lecun": (
        [("Mul", ["z", "s"], "h", {}), ("Tanh", ["h"], "t", {}), ("Mul", ["a", "t"], "y", {})],
        {"s": 2 / 3, "a": 1.7159}, "lecun-tanh",
    ),
    "softplus": ([("Exp", ["z"], "e", {}), ("Add", ["e", "one"], "s", {}), ("Log", ["s"], "y", {})], {"one": 1}, "softplus"),
    "softsign": (
        [("Abs", ["z"], "a", {}), ("Add", ["one", "a"], "s", {}), ("Div", ["z", "s"], "y", {})], {"one": 1}, "softsign",
    ),
    "logistic": (
        [("Neg", ["z"], "n", {}), ("Exp", ["n"], "e", {}), ("Add", ["e", "one"], "s", {}), ("Reciprocal", ["s"], "y", {})],
        {"one": 1}, "logistic",
    ),
    "relu by max": ([("Max", ["z", "none"], "y", {})], {"none": 0}, "relu"),
    "relu by clip": ([("Clip", ["z", "none"], "y", {})], {"none": 0}, "relu"),
    "leaky by prelu": ([("PRelu", ["z", "slope"], "y", {})], {"slope": [0.01] * 4}, "leaky-relu"),
    "scaled tanh": ([("Mul", ["z", "three"], "t", {}), ("Tanh", ["t"], "y", {})], {"three": 3}, "tanh"),
    "exp": ([("Exp", ["z"], "y", {})], {}, "exp"),
    "elu": ([("Elu", ["z"], "y", {})], {}, "elu"),
    "softplus with a limit": (
        [("Softplus", ["z"], "s", {}), ("Greater", ["z", "twenty"], "far", {}), ("Where", ["far", "z", "s"], "y", {})],
        {"twenty": 20}, "softplus",
    ),
    "elu by a choice": (
        [("Exp", ["z"], "e", {}), ("Sub", ["e", "one"], "m", {}), ("Less", ["z", "none"], "low", {}), ("Where", ["low", "m", "z"], "y", {})],
        {"one": 1, "none": 0}, "elu",
    ),
    "softmax": ([("Softmax", ["z"], "y", {"axis": -1})], {}, "softmax"),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations_are_known_by_what_they_compute(name: str):
    nodes, constants, activation = FUNCTIONS[name]
    numbers = {key: np.array(value, np.float32) for key, value in constants.items()}
    network = assert_same(model([GEMM, *nodes], weights(3, 3, 4) | numbers))
    assert network.layers_text == f"4 {activation}"


def test_two_functions_after_another_take_a_layer_of_their_own():
    nodes: list[Any] = [GEMM, ("Relu", ["z"], "r", {}), ("Mul", ["r", "c"], "m", {}), ("Tanh", ["m"], "y", {})]
    data = model(nodes, weights(3, 3, 2) | {"c": np.array([1, 2], np.float32)})
    assert assert_same(data).layers_text == "2 relu, 2 tanh"


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (("LeakyRelu", ["z"], "y", {"alpha": 0.2}), "LeakyRelu with these settings is none of the activations"),
        (("Elu", ["z"], "y", {"alpha": 0.5}), "Elu with these settings is none of the activations of ann; use one of linear,"),
        (("Selu", ["z"], "y", {}), "node 'y': Selu has no counterpart in a network of dense layers; "),
        (("HardSigmoid", ["z"], "y", {}), "node 'y': HardSigmoid has no counterpart in a network of dense layers; "),
        (("LogSoftmax", ["z"], "y", {"axis": -1}), "node 'y': LogSoftmax has no counterpart"),
        (("Softmax", ["z"], "y", {"axis": 0}), "node 'y': Softmax along axis 0 of N x 4 is not over all outputs of a row"),
        (("Transpose", ["z"], "y", {}), "node 'y': Transpose of N x 4 puts the values of a row in another order"),
        (("Add", ["z", "x"], "y", {}), "node 'y': Add joins tensors of N x 4 and N x 3"),
        (("MatMul", ["z", "W1"], "y", {}), "node 'y': weights of 3 x 4 do not fit a tensor of N x 4"),
        (("MatMul", ["x", "z"], "y", {}), "node 'y': MatMul takes numbers that depend on the inputs where dense layers have constants"),
        (("Add", ["z", "gone"], "y", {}), "node 'y' needs 'gone', which nothing before it gives; the file is damaged: restore it"),
        (("Add", ["z", "y"], "y", {}), "node 'y' needs 'y', which nothing before it gives; "),
        (("Relu", ["z"], "y", {"alpha": 1.0}), "node 'y': breaks the rules of ONNX: Unrecognized attribute: alpha for operator Relu; "),
        (("Reshape", ["z", "shape"], "y", {}), "node 'y': Reshape makes 2N x 2 of N x 4, which mixes rows"),
        (("Div", ["z", "shape"], "y", {}), "node 'y': "),
        (("Cast", ["z"], "y", {"to": 7}), "node 'y': Cast makes whole numbers of what the layers compute"),
    ],
)  # fmt: skip
def test_what_is_no_chain_of_dense_layers_is_refused_by_name(node: Any, message: str):
    text = refused(model([GEMM, node], weights(3, 3, 4) | {"shape": np.array([-1, 2])}))
    assert message in text
    assert text.startswith("m.onnx: ")


def test_two_branches_are_refused():
    nodes: list[Any] = [
        GEMM,
        ("Gemm", ["z", "W2", "b2"], "u", {}),
        ("Relu", ["u"], "r", {}),
        ("Add", ["z", "r"], "y", {}),
    ]
    text = refused(model(nodes, weights(3, 3, 4, 4)))
    assert text == "m.onnx: node 'y': Add joins two branches of the graph, which a chain of layers does not have"


def test_weights_in_another_file_are_never_opened(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"\0" * 48)

    def move(loaded: Any) -> None:
        tensor = loaded.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=f"../../..{secret}")

    text = refused(changed(model([GEMM], weights(3, 3, 4)), move))
    assert text == (
        "m.onnx: the numbers of 'W1' lie in another file, which is not opened; "
        "save the model with all weights in one file: onnx.save(onnx.load(FILE), NEW)"
    )


def test_sizes_are_checked_before_memory_is_taken():
    def larger(dims: list[int]) -> Any:
        return lambda loaded: loaded.graph.initializer[0].dims.__setitem__(slice(None), dims)

    data = model([GEMM], weights(3, 3, 4))
    assert "holds 4611686018427387908 numbers, more than this program handles" in refused(
        changed(data, larger([1 << 31, 1 << 31]))
    )
    assert "'W1' does not hold 15 values" in refused(changed(data, larger([3, 5])))
    assert "'W1' is a tensor of -1 x 4" in refused(changed(data, larger([-1, 4])))
    nodes: list[Any] = [("Add", ["a", "b"], "w", {}), ("MatMul", ["x", "w"], "y", {})]
    grown = {"a": np.zeros((10_000, 1), np.float32), "b": np.zeros((1, 10_000), np.float32)}
    assert "node 'w': makes 100000000 numbers of constants" in refused(model(nodes, grown))


def test_words_are_those_of_the_file_in_the_order_of_the_scores():
    nodes: list[Any] = [
        GEMM, ("Softmax", ["z"], "p", {"axis": 1}), ("ArgMax", ["p"], "k", {"axis": 1}),
        ("ArrayFeatureExtractor", ["names", "k"], "label", {}),
    ]  # fmt: skip
    told = {"label": onnx.TensorProto.STRING, "p": onnx.TensorProto.FLOAT}
    data = model(nodes, weights(3, 3, 4) | {"names": np.array(["b", "a", "d", "c"])}, outputs=told)
    network = read(data)
    assert network.classes == ("b", "a", "d", "c")
    labels, chances = computed(data, ROWS)
    np.testing.assert_allclose(predict(network, ROWS), chances, atol=1e-6)
    assert [network.classes[k] for k in decide(network, chances)] == labels.reshape(-1).tolist()


def test_several_outputs_of_numbers_are_refused_and_other_outputs_told():
    nodes: list[Any] = [GEMM, ("Relu", ["z"], "r", {}), ("ReduceSum", ["r"], "total", {})]
    numbers = dict.fromkeys(["z", "r"], onnx.TensorProto.FLOAT)
    assert refused(model(nodes[:2], weights(3, 3, 4), outputs=numbers)) == (
        "m.onnx: has several outputs of numbers: z, r; keep one of them"
    )
    told = dict.fromkeys(["r", "total"], onnx.TensorProto.FLOAT)
    remark = "the output 'total' is not read: node 'total': ReduceSum has no counterpart in a network of dense layers"
    assert read(model(nodes, weights(3, 3, 4), outputs=told)).source.remarks[0] == remark


def test_rows_as_pictures_and_rows_without_a_number_of_rows():
    nodes: list[Any] = [("Flatten", ["x"], "f", {}), ("Gemm", ["f", "W1", "b1"], "y", {})]
    assert assert_same(model(nodes, weights(3, 6, 2), shape=("N", 1, 2, 3)), np.ones((4, 6), np.float32)).n_inputs == 6
    single = model([("MatMul", ["x", "W1"], "m", {}), ("Add", ["m", "b1"], "y", {})], weights(3, 3, 2), shape=(3,))
    assert assert_same(single, ROWS[:1]).layers_text == "2 linear"
    unknown = model([GEMM], weights(3, 3, 2), shape=("N", None))
    assert assert_same(unknown).n_inputs == 3


@pytest.mark.parametrize("data", [b"\x08\x08\x12", b"\x08\x08\x12\x05", b"\x08\x08\x3a\x00", b"\x08\x08\x3a\x7f\x00"])
def test_damaged_files(data: bytes):
    assert refused(data).startswith("m.onnx: is ")


def test_a_thousand_changed_bytes_and_settings_give_networks_or_errors():
    """Of what is still read, the outputs are those of onnxruntime, where it reads the model too."""
    rng = np.random.default_rng(7)
    files = [path.read_bytes() for path in OURS] + [
        EXPORT.render(random_network(k), ExportRequest())[""] for k in (0, 2)
    ]
    n_read = 0
    for _ in range(1000):
        data = bytearray(files[rng.integers(len(files))])
        for place in rng.integers(len(data), size=rng.integers(1, 4)):
            data[place] = rng.integers(256)
        try:
            network = read(bytes(data))
        except NetworkError:
            continue
        n_read += 1
        rows = rng.normal(0, 1, (3, network.n_inputs)).astype(np.float32)
        try:
            found = [out for out in computed(bytes(data), rows) if out.dtype == np.float32 and len(out) == 3]
        # What onnxruntime refuses cannot be compared.
        except Exception:
            continue
        with np.errstate(all="ignore"):
            assert any(np.allclose(out, predict(network, rows), rtol=1e-4, atol=1e-4, equal_nan=True) for out in found)
    assert n_read > 100
