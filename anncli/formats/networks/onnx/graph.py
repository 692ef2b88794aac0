"""An ONNX graph read node by node, from its inputs to the outputs that are scores or numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper

from anncli.arrays import Array
from anncli.errors import printable, quoted
from anncli.formats.files.textfile import Path
from anncli.formats.networks.numbers import MAX_PARAMETERS, MAX_UNITS
from anncli.formats.networks.onnx.answers import build
from anncli.formats.networks.onnx.constants import computed
from anncli.formats.networks.onnx.labels import decided, pair_of
from anncli.formats.networks.onnx.node import Node
from anncli.formats.networks.onnx.ops import flow_of
from anncli.formats.networks.onnx.series import OPEN_SIZES, RECURRENT_OPS, Series, first_width, input_series, series_of
from anncli.formats.networks.onnx.tensors import read_tensor
from anncli.formats.networks.onnx.values import OPEN_ROWS, Flow, Stem, Unread, UnreadError
from anncli.network.network import Network

_DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
_KINDS = {
    TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.INT32, TensorProto.INT64,
    TensorProto.UINT8, TensorProto.INT8,
}  # fmt: skip


class GraphReader:
    """Every value is computed once, in the order of the nodes, which ONNX demands to be that of the computation."""

    def __init__(
        self, model: Any, constants: Mapping[str, Array], path: Path, open_sizes: tuple[int, int] = OPEN_SIZES[0]
    ) -> None:
        self._open_sizes = open_sizes
        self._graph, self._path = model.graph, path
        self._values: dict[str, Any] = dict(constants)
        self._rows = 0
        self._left = 2 * MAX_PARAMETERS
        self._rules = checker.C.CheckerContext()
        self._rules.ir_version = model.ir_version
        self._rules.opset_imports = {o.domain: o.version for o in model.opset_import}
        self.has_series = any(node.op_type in RECURRENT_OPS for node in self._graph.node)
        self._old_softmax = any(o.domain in ("", "ai.onnx") and o.version < 13 for o in model.opset_import)

    def network(self) -> Network:
        """Raises: UnreadError, and NetworkError for a chain of layers that cannot be."""
        inputs = [value for value in self._graph.input if value.name not in self._values]
        if not inputs:
            raise UnreadError("has no inputs", "restore it from a copy")
        for value in inputs:
            self._values[value.name] = self._input(value)
        for node in self._graph.node:
            for name, value in zip(node.output, self._results(node), strict=False):
                if name and name in self._values:
                    raise UnreadError(f"the value {quoted(name)} is given twice", "the file is damaged: restore it")
                self._values[name] = value
        outputs = {value.name: self._value(value.name, "an output") for value in self._graph.output}
        outputs = {name: value.flow if isinstance(value, Series) else value for name, value in outputs.items()}
        return build(outputs, [value.name for value in inputs], self._path)

    def _input(self, value: Any) -> Flow | Series | Unread:
        """Rows of numbers; their width may be left open where the first layer says it."""
        kind = value.type.tensor_type
        sizes = [d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim]
        if kind.elem_type not in _KINDS:
            return Unread(f"the input {quoted(value.name)} does not take numbers", "ann imports networks of numbers")
        if not kind.HasField("shape"):
            sizes = [None, None]
        if len(sizes) == 1 and sizes[0]:
            return self._root(value.name, (int(sizes[0]),), sizes[0])
        if len(sizes) < 2 or any(size is not None and size < 0 for size in sizes):
            return Unread(f"the input {quoted(value.name)} has no rows of values", "give it the shape rows x values")
        if self.has_series and len(sizes) == 3 and (width := sizes[2] or self._first_width()):
            series = input_series(value.name, sizes, width, self._open_sizes)
            self._rows = OPEN_ROWS
            return series
        self._rows = sizes[0] or OPEN_ROWS
        rest = [size or (self._first_width() if len(sizes) == 2 else None) for size in sizes[1:]]
        if None in rest:
            return Unread(f"the shape of the input {quoted(value.name)} is left open", "export it with a fixed width")
        shape = (self._rows, *(int(size or 0) for size in rest))
        return self._root(value.name, shape, math.prod(shape[1:]))

    def _root(self, name: str, shape: tuple[int, ...], width: int) -> Flow:
        if not 1 <= width <= MAX_UNITS:
            raise UnreadError(f"the input {quoted(name)} has {width} values, at most {MAX_UNITS} are read")
        return Flow(Stem(None, width, inputs=(name,)), shape)

    def _first_width(self) -> int | None:
        """The number of inputs of the first layer."""
        for node in self._graph.node:
            weights = self._values.get(node.input[1]) if len(node.input) > 1 else None
            if node.op_type in RECURRENT_OPS:
                return first_width(weights)
            if node.op_type in ("Gemm", "MatMul") and isinstance(weights, np.ndarray) and weights.ndim == 2:
                is_turned = any(a.name == "transB" and a.i for a in node.attribute)
                return int(weights.shape[1 if is_turned else 0])
            if node.op_type == "Scaler" and node.attribute:
                return max(len(a.floats) for a in node.attribute)
        return None

    def _value(self, name: str, where: str) -> Any:
        if name not in self._values:
            return Unread(
                f"{where} needs {quoted(name)}, which nothing before it gives", "the file is damaged: restore it"
            )
        return self._values[name]

    def _results(self, node: Any) -> list[Any]:
        """The values of the outputs of a node; what cannot be read is told only where it is needed."""
        called = quoted(node.name or "".join(node.output[:1]))
        given = [self._value(name, f"node {called}") if name else None for name in node.input]
        unread = next((value for value in given if isinstance(value, Unread)), None)
        if unread is not None:
            return [unread] * len(node.output)
        try:
            found = self._result(node, given)
            return found if isinstance(found, list) else [found]
        except UnreadError as fault:
            return [Unread(f"node {called}: {fault}", fault.advice)] * len(node.output)
        except (ValueError, IndexError, TypeError, KeyError, ArithmeticError):
            message = f"node {called}: the inputs and settings of {node.op_type} do not fit each other"
            return [Unread(message, "the file is damaged: restore it")] * len(node.output)

    def _result(self, node: Any, given: list[Any]) -> Any:
        op = node.op_type
        if node.domain not in _DOMAINS:
            raise UnreadError(f"{op} of {quoted(node.domain)} is no op of ONNX", "export the model without it")
        self._check(node)
        attributes = _attributes(node)
        if op == "Constant":
            return self._kept(_constant(attributes))
        if op == "Shape" and isinstance(given[0], Flow | Series):
            return np.array(given[0].sizes if isinstance(given[0], Series) else given[0].shape, dtype=np.int64)
        if all(value is None or isinstance(value, np.ndarray) for value in given):
            found = computed(op, given, attributes)
            if found is None:
                raise UnreadError(f"{op} of constants is not computed", "simplify the model, for example with onnxsim")
            return self._kept(found)
        if any(isinstance(value, Series) for value in given):
            found = series_of(Node(op, attributes, given, self._rows))
            if isinstance(found, Flow):
                self._rows = found.shape[0]
            return found
        special = (
            decided(op, attributes, given) or pair_of(op, attributes, given) or self._beside(op, attributes, given)
        )
        if special is not None:
            return special
        if op == "Softmax" and self._old_softmax:
            attributes.setdefault("axis", 1)
        return flow_of(Node(op, attributes, given, self._rows))

    def _check(self, node: Any) -> None:
        """Raises UnreadError for a node that breaks the rules of its op: settings that it does not have, too few inputs ..."""
        try:
            checker.check_node(node, self._rules)
        except checker.ValidationError as fault:
            first = " ".join(str(fault).split("\n==> Context")[0].split())[:200]
            raise UnreadError(f"breaks the rules of ONNX: {printable(first)}", "export the model anew") from None

    def _beside(self, op: str, attributes: dict[str, Any], given: list[Any]) -> Flow | None:
        """Several inputs of the graph as the inputs of the network, in this order."""
        are_inputs = all(isinstance(value, Flow) and value.stem.tell is None and value.curve is None for value in given)
        if (
            op not in ("Concat", "FeatureVectorizer")
            or not are_inputs
            or any(len(value.shape) != 2 or value.factor != 1 for value in given)
        ):
            return None
        if op == "Concat" and attributes.get("axis") not in (1, -1):
            raise UnreadError("Concat puts inputs below each other")
        width = sum(value.stem.width for value in given)
        names = tuple(name for value in given for name in value.stem.inputs)
        return Flow(Stem(None, width, inputs=names), (self._rows, width))

    def _kept(self, array: Array) -> Array:
        self._left -= array.size
        if self._left < 0:
            raise UnreadError(f"makes more than {2 * MAX_PARAMETERS} numbers of constants")
        return array


def _attributes(node: Any) -> dict[str, Any]:
    found = {}
    for attribute in node.attribute:
        value = read_tensor(attribute.t) if attribute.HasField("t") else helper.get_attribute_value(attribute)
        if attribute.name in found:
            raise UnreadError(
                f"{node.op_type} has two settings {quoted(attribute.name)}", "the file is damaged: restore it"
            )
        found[attribute.name] = value
    return found


def _constant(attributes: dict[str, Any]) -> Array:
    for key, value in attributes.items():
        if key in ("value", "value_float", "value_floats", "value_int", "value_ints"):
            return np.asarray(value)
    raise UnreadError("Constant holds no numbers")
