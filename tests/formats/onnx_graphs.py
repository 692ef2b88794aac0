"""Small ONNX models for tests, as other programs write them, and their outputs by onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from anncli.arrays import Array

Node = tuple[str, list[str], str, dict[str, Any]]


def model(
    nodes: list[Node],
    constants: Mapping[str, Any],
    shape: tuple[Any, ...] = ("N", 3),
    opset: int = 13,
    outputs: Mapping[str, int] | None = None,
) -> bytes:
    """A model with the input x; nodes: op, inputs, output, attributes; outputs: name -> type, the last node's by default."""
    made = [
        helper.make_node(
            op, given, [result], name=result, domain="ai.onnx.ml" if op in _ML else "", **attributes
        )
        for op, given, result, attributes in nodes
    ]  # fmt: skip
    tensors = [
        numpy_helper.from_array(np.asarray(value), name)
        if np.asarray(value).dtype.kind != "U"
        else helper.make_tensor(name, TensorProto.STRING, [len(value)], [word.encode() for word in value])
        for name, value in constants.items()
    ]
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))]
    results = outputs or {nodes[-1][2]: TensorProto.FLOAT}
    told = [helper.make_tensor_value_info(name, kind, None) for name, kind in results.items()]
    graph = helper.make_graph(made, "test", given, told, tensors)
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 2)]
    made_model = helper.make_model(graph, opset_imports=imports, ir_version=8)
    data: bytes = made_model.SerializeToString()
    return data


_ML = {"Scaler", "ZipMap", "ArrayFeatureExtractor", "LabelEncoder", "Binarizer"}


def weights(seed: int = 0, *sizes: int) -> dict[str, Array]:
    """W1 (n_in, units), b1 (units,), W2 ... of layers of these sizes, float32."""
    rng = np.random.default_rng(seed)
    found: dict[str, Array] = {}
    for k, (n_in, units) in enumerate(pairwise(sizes), 1):
        found[f"W{k}"] = rng.normal(0, 1, (n_in, units)).astype(np.float32)
        found[f"b{k}"] = rng.normal(0, 1, units).astype(np.float32)
    return found


def computed(data: bytes, rows: Array) -> list[Any]:
    """The outputs of onnxruntime."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    shape = [size if isinstance(size, int) else len(rows) for size in given.shape[:1]]
    shape += [size if isinstance(size, int) else -1 for size in given.shape[1:]]
    found: list[Any] = session.run(None, {given.name: rows.astype(np.float32).reshape(shape)})
    return found


def changed(data: bytes, change: Any) -> bytes:
    """The model after change(model)."""
    loaded = onnx.load_model_from_string(data)
    change(loaded)
    again: bytes = loaded.SerializeToString()
    return again
