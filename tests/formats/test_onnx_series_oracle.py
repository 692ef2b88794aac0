"""Recurrent ONNX models of other programs: the outputs of onnxruntime are reproduced, and what no layer computes is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.arrays import Array, Rows
from anncli.errors import NetworkError
from anncli.formats.networks.storage import parse, render
from anncli.inference.predict import predict
from anncli.network.network import Network

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from onnx_graphs import Node, model  # noqa: E402

OURS = sorted((Path(__file__).parents[1] / "data/onnx/series").glob("*.onnx"))
N, D, H = 6, 3, 4
GATES = {"RNN": 1, "LSTM": 4, "GRU": 3}


def computed(data: bytes, rows: Array, batch_first: bool) -> Array:
    """The first output of onnxruntime for one sample of these rows, a row for each answer."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    found: Array = session.run(None, {given.name: rows[None] if batch_first else rows[:, None]})[0]
    return found.reshape(-1, found.shape[-1])


def assert_same(data: bytes, batch_first: bool = True) -> Network:
    network, rows = parse(data, "m.onnx"), np.random.default_rng(1).normal(0, 1, (N, D)).astype(np.float32)
    outputs = predict(network, Rows(rows, np.array([0, N])))
    np.testing.assert_allclose(outputs, computed(data, rows, batch_first), rtol=1e-5, atol=1e-6)
    assert parse(render(network, "ann"), "again.nn").topology == network.topology
    return network


def constants(op: str, n_directions: int = 1, columns: int = D, **more: Any) -> dict[str, Any]:
    """W, R, B of a recurrent node, and a dense layer of 2 units behind it."""
    rng, sums = np.random.default_rng(2), GATES[op] * H
    shapes = {
        "W": (n_directions, sums, columns), "R": (n_directions, sums, H), "B": (n_directions, 2 * sums), "V": (n_directions * H, 2),
        "c": (2,),
    }  # fmt: skip
    return {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()} | more


def a_model(op: str, between: list[Node], shape: tuple[Any, ...] = ("N", 1, D), **changes: Any) -> bytes:
    """x > op > between, which begins with Y (N, directions, 1, H) and ends with a > dense. changes: settings of the node, `more`
    constants, `given` for its inputs, `n_directions`."""
    more, n_directions = changes.pop("more", {}), changes.pop("n_directions", 1)
    given = changes.pop("given", ["x", "W", "R", "B"])
    first: Node = (op, given, "Y", {"hidden_size": H, **changes})
    dense: list[Node] = [("MatMul", ["a", "V"], "v", {}), ("Add", ["v", "c"], "out", {})]
    return model([first, *between, *dense], constants(op, n_directions, **more), shape)


LAST = [("Squeeze", ["Y", "one"], "every", {}), ("Gather", ["every", "end"], "a", {"axis": 0})]
NUMBERS = {"one": np.array([1]), "end": np.array(-1)}


def refused(data: bytes) -> str:
    with pytest.raises(NetworkError) as caught:
        parse(data, "m.onnx")
    return str(caught.value)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_models_of_pytorch(path: Path) -> None:
    layers = {
        "torch_lstm_stacked": "5 lstm, 5 lstm, last, 2 softmax", "torch_lstm_both": "5 lstm bidirectional, mean, 2 linear",
        "torch_rnn_state": "5 tanh recurrent, last, 2 linear", "torch_lstm_last": "5 lstm, last, 2 softmax",
        "torch_gru_rows": "5 gru, 2 linear",
    }  # fmt: skip
    rows = 7 if path.stem == "torch_lstm_both" else N
    network = parse(path.read_bytes(), path)
    assert network.layers_text == layers[path.stem]
    values = np.random.default_rng(1).normal(size=(rows, D)).astype(np.float32)
    outputs = predict(network, Rows(values, np.array([0, rows])))
    np.testing.assert_allclose(outputs, computed(path.read_bytes(), values, True), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "layer"),
    [
        ({}, "4 tanh recurrent"),
        ({"activations": ["Relu"]}, "4 relu recurrent"),
        ({"activations": ["Sigmoid"]}, "4 logistic recurrent"),
        ({"activations": ["LeakyRelu"]}, "4 leaky-relu recurrent"),
        ({"activations": ["ScaledTanh"], "activation_alpha": [1.7159], "activation_beta": [2 / 3]}, "4 lecun-tanh recurrent"),
        ({"activations": ["Affine"], "activation_alpha": [1.0], "activation_beta": [0.0]}, "4 linear recurrent"),
    ],
)  # fmt: skip
def test_activations(settings: dict[str, Any], layer: str) -> None:
    assert assert_same(a_model("RNN", LAST, more=NUMBERS, **settings), False).layers_text == f"{layer}, last, 2 linear"


@pytest.mark.parametrize("op", ["LSTM", "GRU"])
def test_both_directions_with_scaling_before_and_layers_behind(op: str) -> None:
    rng = np.random.default_rng(3)
    more = {
        "add": np.float32([1, -2, 0.5]),
        "by": np.float32([2, 0.5, 1]),
        "order": np.array([0, 0, -1]),
        "end": np.array(-1),
    }
    more |= {"U": rng.normal(size=(2 * H, 2 * H)).astype(np.float32)}
    settings = {"direction": "bidirectional", **({"linear_before_reset": 1} if op == "GRU" else {})}
    nodes: list[Node] = [
        ("Add", ["x", "add"], "moved", {}), ("Mul", ["moved", "by"], "scaled", {}),
        (op, ["scaled", "W", "R", "B"], "Y", {"hidden_size": H, **settings}), ("Transpose", ["Y"], "turned", {"perm": [0, 2, 1, 3]}),
        ("Reshape", ["turned", "order"], "rows", {}), ("MatMul", ["rows", "U"], "u", {}), ("Tanh", ["u"], "t", {}),
        ("ReduceMax", ["t"], "a", {"axes": [0], "keepdims": 0}), ("MatMul", ["a", "V"], "v", {}), ("Add", ["v", "c"], "z", {}),
        ("Softmax", ["z"], "out", {"axis": 1}),
    ]  # fmt: skip
    network = assert_same(model(nodes, constants(op, 2, **more), ("N", 1, D)), False)
    assert network.layers_text == f"4 {op.lower()} bidirectional, 8 tanh, max, 2 softmax"
    assert network.scaling.multiply is not None
    np.testing.assert_array_equal(network.scaling.multiply, more["by"])


def test_an_open_batch_axis_and_a_state_of_zeros() -> None:
    """As programs write it that give zeros to begin with: their number is computed from the shape of the input."""
    more = {"zero": np.array([0]), "sizes": np.array([1]), "units": np.array([H]), **NUMBERS}
    nodes: list[Node] = [
        ("Transpose", ["x"], "turned", {"perm": [1, 0, 2]}), ("Shape", ["x"], "shape", {}), ("Gather", ["shape", "zero"], "batch", {"axis": 0}),
        ("Concat", ["sizes", "batch", "units"], "state", {"axis": 0}), ("ConstantOfShape", ["state"], "zeros", {}),
        ("LSTM", ["turned", "W", "R", "B", "", "zeros", "zeros"], "Y", {"hidden_size": H}), *LAST,
        ("Gemm", ["a", "V", "c"], "out", {}),
    ]  # fmt: skip
    assert assert_same(model(nodes, constants("LSTM", **more), ("B", "N", D))).layers_text == "4 lstm, last, 2 linear"


@pytest.mark.parametrize(
    ("op", "between", "changes", "words"),
    [
        ("LSTM", LAST, {"direction": "reverse"}, "LSTM goes from the last row to the first alone, which no layer of ann does"),
        ("LSTM", LAST, {"clip": 3.0}, "LSTM has settings that no layer of ann has: clip or input_forget"),
        ("GRU", LAST, {}, "GRU with linear_before_reset 0 multiplies the state before its product, and `gru` of ann behind it; export one with linear_before_reset 1, as PyTorch has it"),
        ("LSTM", LAST, {"activations": ["Sigmoid", "Tanh", "Relu"]}, "LSTM has other activations than Sigmoid and Tanh"),
        ("RNN", LAST, {"activations": ["HardSigmoid"]}, "RNN with HardSigmoid and its settings is none of the activations of ann"),
        ("LSTM", LAST, {"given": ["x", "W", "R", "B", "", "S"], "more": {"S": np.ones((1, 1, H), dtype=np.float32)}}, "LSTM is given a state to begin with; export it without them: every sample begins with zeros"),
        ("LSTM", LAST, {"given": ["x", "W", "R", "B", "L"], "more": {"L": np.array([6], dtype=np.int32)}}, "LSTM is given lengths of the samples; export it without them: every sample begins with zeros"),
        ("LSTM", [LAST[0], ("Gather", ["every", "end"], "a", {"axis": 0})], {"more": {"end": np.array(0)}}, "takes place 0 of an axis of rows; ann reads the last row, the mean and the largest values of the rows of a sample"),
        ("LSTM", [LAST[0], ("ReduceMean", ["every"], "a", {"axes": [2], "keepdims": 0})], {}, "ReduceMean is not over the rows of a sample; ann reads the last row, the mean and the largest values of the rows of a sample"),
        ("LSTM", [LAST[0], ("Softmax", ["every"], "a", {"axis": 0})], {}, "Softmax is not over all outputs of a row"),
        ("LSTM", [LAST[0], ("Reshape", ["every", "flat"], "a", {})], {"more": {"flat": np.array([-1, 2])}}, "Reshape mixes rows, samples and columns"),
    ],
)  # fmt: skip
def test_what_no_layer_computes_is_refused(op: str, between: list[Node], changes: dict[str, Any], words: str) -> None:
    more = NUMBERS | changes.pop("more", {})
    data = a_model(op, between, more=more, **changes)
    found = refused(data)
    assert words in found, found
    assert "damaged" not in found


def test_the_number_of_rows_is_no_weight() -> None:
    """The mean as a sum over the rows by their number, or the outputs over it: no layer does so, whatever stands in the place of an open size."""
    more = {**NUMBERS, "zero": np.array(0)}
    divided: list[Node] = [
        LAST[0], ("Shape", ["x"], "shape", {}), ("Gather", ["shape", "zero"], "n", {"axis": 0}), ("Cast", ["n"], "count", {"to": 1}),
        ("Div", ["every", "count"], "parts", {}), ("ReduceMax", ["parts"], "a", {"axes": [0], "keepdims": 0}),
    ]  # fmt: skip
    assert "computes with the number of rows" in refused(a_model("LSTM", divided, more=more))
    before: list[Node] = [
        *divided[1:4],
        ("Div", ["x", "count"], "less", {}),
        ("LSTM", ["less", "W", "R", "B"], "Y", {"hidden_size": H}),
    ]
    data = model([*before, *LAST, ("Gemm", ["a", "V", "c"], "out", {})], constants("LSTM", **more), ("N", 1, D))
    assert "computes with the number of rows" in refused(data)


def test_a_numbered_row_is_no_last_one() -> None:
    """Of samples of any number of rows."""
    data = a_model(
        "LSTM", [LAST[0], ("Gather", ["every", "end"], "a", {"axis": 0})], more={**NUMBERS, "end": np.array(N - 1)}
    )
    assert "takes place 5 of an axis of rows" in refused(data)
