"""The inputs of an ONNX graph: columns become numbers as the encoder makes them, and are scaled."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper

from anncli.formats.exports.onnx.nodes import ML_DOMAIN, Nodes
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.network import Network
from anncli.network.scaling import CLIP, Scaling

# The one input of a network that takes rows of numbers.
ROWS = "X"
# The inputs of a network that takes tokens.
INDICES, VALUES = "indices", "values"
# The name of the number of rows in shapes.
BATCH = "N"
# Codes of words: no level of the column, and a missing word that nothing fills.
_UNKNOWN, _GAP = -1, -2
_BEYOND = 1e9


def takes_columns(network: Network) -> bool:
    """Whether the graph has an input for each column of a table, and not one for rows of numbers."""
    return network.encoder is not None and not network.encoder.is_plain


def input_values(network: Network) -> list[Any]:
    """What the graph is given: (N, 1) numbers or words for each column, or (N, n_inputs) numbers; the N tokens of one sample."""
    if network.topology.inputs.tokens:
        return [
            helper.make_tensor_value_info(INDICES, TensorProto.INT64, [BATCH]),
            helper.make_tensor_value_info(VALUES, TensorProto.FLOAT, [BATCH]),
        ]
    if network.encoder is None or not takes_columns(network):
        return [helper.make_tensor_value_info(ROWS, TensorProto.FLOAT, [BATCH, network.n_inputs])]
    kinds = {"number": TensorProto.FLOAT, "category": TensorProto.STRING}
    return [
        helper.make_tensor_value_info(column.name, kinds[column.kind], [BATCH, 1]) for column in network.encoder.columns
    ]


def encode(nodes: Nodes, network: Network) -> str:
    """The inputs of the network (N, n_inputs), before scaling; NaN where a cell is missing that nothing fills."""
    encoder = network.encoder
    if encoder is None:
        return ROWS
    if not takes_columns(network):
        return _filled(nodes, encoder)
    parts = [part for at, column in enumerate(encoder.columns) for part in _column(nodes, encoder, column, at)]
    return nodes.add("Concat", parts, "encoded", axis=1)


def _filled(nodes: Nodes, encoder: TableEncoder) -> str:
    """Rows of numbers with the fill values of their columns."""
    fills = [column.fill if encoder.may_miss(column) else None for column in encoder.columns]
    if all(fill is None for fill in fills):
        return ROWS
    values = np.array([[np.nan if fill is None else fill for fill in fills]], dtype=np.float32)
    missing = nodes.add("IsNaN", [ROWS], "encoded/missing")
    return nodes.add("Where", [missing, nodes.constant("encoder/fill", values), ROWS], "encoded")


def _column(nodes: Nodes, encoder: TableEncoder, column: InputColumn, at: int) -> list[str]:
    """The inputs of one column, the value of a number and then its indicator, or one value for all words."""
    place = f"encoded/{at}"
    if column.kind == "category":
        return [_category(nodes, encoder, column, place)]
    missing = nodes.add("IsNaN", [column.name], f"{place}/missing")
    value = column.name
    if encoder.may_miss(column) and column.fill is not None:
        value = nodes.add("Where", [missing, nodes.number(column.fill), column.name], f"{place}/filled")
    indicator = [nodes.add("Cast", [missing], f"{place}/indicator", to=TensorProto.FLOAT)] if column.indicator else []
    return [value, *indicator]


def _category(nodes: Nodes, encoder: TableEncoder, column: InputColumn, place: str) -> str:
    """(N, width): 1 for the word of the row."""
    codes = {level: k for k, level in enumerate(column.levels)} | dict.fromkeys(column.rare, len(column.levels))
    if encoder.missing == "error":
        codes[""] = _GAP
    elif column.indicator:
        codes[""] = column.width - 1
    code = nodes.add(
        "LabelEncoder", [column.name], f"{place}/code", ML_DOMAIN,
        keys_strings=list(codes), values_int64s=list(codes.values()), default_int64=_UNKNOWN,
    )  # fmt: skip
    equal = nodes.add("Equal", [code, nodes.places(column.width)], f"{place}/equal")
    marked = nodes.add("Cast", [equal], f"{place}/marked", to=TensorProto.FLOAT)
    if encoder.missing != "error":
        return marked
    gap = nodes.add("Equal", [code, nodes.whole(_GAP)], f"{place}/gap")
    return nodes.add("Where", [gap, nodes.number(np.nan), marked], f"{place}/checked")


def check_rows(nodes: Nodes, inputs: str, of_one_sample: bool = False) -> str:
    """(N, 1): 0 for rows of finite numbers, NaN for others; added to the outputs, it keeps them from looking like answers.
    of_one_sample: (1, 1), for all rows together."""
    each = nodes.add("Sub", [inputs, inputs], "check/each")
    return nodes.add("ReduceSum", [each, nodes.whole(*((0, 1) if of_one_sample else (1,)))], "check", keepdims=1)


def check_tokens(nodes: Nodes) -> str:
    """(1, 1): 0 for tokens of finite values, NaN for others."""
    each = nodes.add("Sub", [VALUES, VALUES], "check/each")
    total = nodes.add("ReduceSum", [each, nodes.whole(0)], "check/total", keepdims=1)
    return nodes.add("Unsqueeze", [total, nodes.whole(1)], "check")


def scale(nodes: Nodes, scaling: Scaling, inputs: str) -> str:
    """The scaled inputs, see Scaling."""
    if scaling.per_vector == "energy":
        inputs = _energy(nodes, inputs)
    elif scaling.per_vector == "minmax":
        inputs = _minmax(nodes, inputs)
    if scaling.log_floor is not None:
        inputs = _logarithms(nodes, scaling, inputs)
    if scaling.add is not None and scaling.multiply is not None:
        add, multiply = nodes.constant("scaling/add", scaling.add), nodes.constant("scaling/multiply", scaling.multiply)
        inputs = nodes.add("Mul", [nodes.add("Add", [inputs, add], "scaled/moved"), multiply], "scaled/fitted")
    if scaling.activation == "logistic":
        return nodes.add("Sigmoid", [inputs], "scaled/logistic")
    return inputs if scaling.activation == "linear" else _soft_clip(nodes, inputs)


def _energy(nodes: Nodes, inputs: str) -> str:
    """Divided by the Euclidean norm, the largest value first, so that no square overflows."""
    one = nodes.number(1)
    largest = nodes.add("ReduceMax", [nodes.add("Abs", [inputs], "energy/size")], "energy/largest", axes=[1])
    is_row = nodes.add("Greater", [largest, nodes.number(0)], "energy/is row")
    divisor = nodes.add("Where", [is_row, largest, one], "energy/divisor")
    even = nodes.add("Div", [inputs, divisor], "energy/even")
    norm = nodes.add("ReduceL2", [even], "energy/norm", axes=[1])
    # The norm of a row that is not 0 is at least 1 here.
    return nodes.add("Div", [even, nodes.add("Max", [norm, one], "energy/divisor of norm")], "energy")


def _minmax(nodes: Nodes, inputs: str) -> str:
    low = nodes.add("ReduceMin", [inputs], "minmax/low", axes=[1])
    spread = nodes.add("Sub", [nodes.add("ReduceMax", [inputs], "minmax/high", axes=[1]), low], "minmax/spread")
    is_spread = nodes.add("Greater", [spread, nodes.number(0)], "minmax/is spread")
    divisor = nodes.add("Where", [is_spread, spread, nodes.number(1)], "minmax/divisor")
    factor = nodes.add("Div", [nodes.number(0.8), divisor], "minmax/factor")
    stretched = nodes.add("Mul", [nodes.add("Sub", [inputs, low], "minmax/moved"), factor], "minmax/stretched")
    return nodes.add("Add", [stretched, nodes.number(0.1)], "minmax")


def _logarithms(nodes: Nodes, scaling: Scaling, inputs: str) -> str:
    assert scaling.log_floor is not None
    taken = scaling.log_floor > 0
    floors = nodes.constant("scaling/log_floor", np.where(taken, scaling.log_floor, 1).astype(np.float32))
    logarithms = nodes.add("Log", [nodes.add("Max", [inputs, floors], "logarithm/floored")], "logarithm/all")
    if taken.all():
        return logarithms
    return nodes.add("Where", [nodes.constant("scaling/of_logarithms", taken), logarithms, inputs], "logarithm")


def _soft_clip(nodes: Nodes, inputs: str) -> str:
    near = nodes.add("Clip", [inputs, nodes.number(-_BEYOND), nodes.number(_BEYOND)], "soft clip/near")
    third = nodes.add("Div", [near, nodes.number(CLIP)], "soft clip/third")
    square = nodes.add("Mul", [third, third], "soft clip/square")
    root = nodes.add("Sqrt", [nodes.add("Add", [square, nodes.number(1)], "soft clip/sum")], "soft clip/root")
    return nodes.add("Div", [near, root], "soft clip")
