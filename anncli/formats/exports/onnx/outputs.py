"""The outputs of an ONNX graph: numbers in the units of the data, probabilities, and decisions."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper

from anncli.arrays import Array
from anncli.evaluation.names import UNDECIDED_WORD
from anncli.formats.exports.onnx.inputs import BATCH, INDICES, VALUES
from anncli.formats.exports.onnx.nodes import Nodes
from anncli.network.calibration import Calibration
from anncli.network.class_names import class_names
from anncli.network.network import Network

# Scores of 0 and 1 have no finite logit: the smallest normal float32, and the distance to 1 that stands for none.
_LEAST, _LEAST_BELOW_ONE = float(np.finfo(np.float32).tiny), 2.0**-25


def output_names(network: Network) -> dict[str, str]:
    """'outputs' -> what the values of the outputs are called, and 'decisions' where the network decides something. An input of the
    graph that has such a name keeps it, and the output gets a longer one."""
    taken = {column.name for column in network.encoder.columns} if network.encoder is not None else set()
    if network.topology.inputs.tokens:
        taken |= {INDICES, VALUES}
    wanted = {"outputs": "scores", "decisions": "label"}
    if network.task == "regression":
        wanted = {"outputs": "values"}
    elif network.task == "multi-label":
        wanted = {"outputs": "scores", "decisions": "labels"}
    found = {}
    for kind, name in wanted.items():
        while name in taken:
            name += "_"
        taken.add(name)
        found[kind] = name
    return found


def output_values(network: Network) -> list[Any]:
    """What the graph gives: (N, n_outputs) numbers and, where the network decides, (N,) words or (N, n_outputs) flags."""
    names = output_names(network)
    values = [helper.make_tensor_value_info(names["outputs"], TensorProto.FLOAT, [BATCH, network.n_outputs])]
    if network.task == "multi-label":
        values.append(helper.make_tensor_value_info(names["decisions"], TensorProto.BOOL, [BATCH, network.n_outputs]))
    elif "decisions" in names:
        values.append(helper.make_tensor_value_info(names["decisions"], TensorProto.STRING, [BATCH]))
    return values


def needs_logits(network: Network) -> bool:
    """Whether logarithms are taken of the outputs of a layer of logistic units."""
    found = network.calibration
    logarithmic = found is not None and (found.of_logits or found.method == "temperature")
    return logarithmic and network.topology.output_activation == "logistic"


def finish(nodes: Nodes, network: Network, outputs: str, check: str) -> None:
    """The last nodes: from the outputs of the layers and the check of the rows to the outputs of the graph."""
    names = output_names(network)
    if units := network.target_scaling.of_outputs(network.n_outputs):
        offset, spread = nodes.constant("targets/offset", units[0]), nodes.constant("targets/spread", units[1])
        outputs = nodes.add("Add", [nodes.add("Mul", [outputs, spread], "targets/spread out"), offset], "targets")
    if network.calibration is not None:
        outputs = _calibrated(nodes, network.calibration, outputs, network.n_outputs)
    scores = nodes.add("Add", [outputs, check], names["outputs"])
    if network.task == "multi-label":
        nodes.add("Greater", [scores, nodes.number(network.decision_threshold)], names["decisions"])
    elif "decisions" in names:
        _label(nodes, network, scores, check, names["decisions"])


def _label(nodes: Nodes, network: Network, scores: str, check: str, result: str) -> None:
    """The name of the class (N,), UNDECIDED_WORD for rows that are no decision or no finite numbers."""
    words = nodes.words("classes", [*class_names(network), UNDECIDED_WORD])
    first = nodes.whole(1)
    if network.n_outputs == 1:
        score = nodes.add("Squeeze", [scores, first], "label/score")
        is_first = nodes.add("Greater", [score, nodes.number(network.decision_threshold)], "label/is first")
        place = nodes.add("Where", [is_first, nodes.whole(0), first], "label/place")
    else:
        score = nodes.add("ReduceMax", [scores], "label/score", axes=[1], keepdims=0)
        place = nodes.add("ArgMax", [scores], "label/place", axis=1, keepdims=0)
    undecided = nodes.add("IsNaN", [nodes.add("Squeeze", [check, first], "label/check")], "label/is no row")
    if network.abstain:
        close = nodes.add("Less", [score, nodes.number(network.abstain[0])], "label/is below")
        if network.n_outputs == 1:
            above = nodes.add("Greater", [score, nodes.number(network.abstain[1])], "label/is above")
            close = nodes.add("Not", [nodes.add("Or", [close, above], "label/is clear")], "label/is close")
        undecided = nodes.add("Or", [undecided, close], "label/is undecided")
    last = nodes.whole(network.n_classes)
    nodes.add("Gather", [words, nodes.add("Where", [undecided, last, place], "label/word")], result, axis=0)


def _calibrated(nodes: Nodes, calibration: Calibration, outputs: str, n_outputs: int) -> str:
    """The probabilities, see Calibration."""
    if calibration.method == "isotonic":
        return _isotonic(nodes, calibration.numbers, outputs)
    if calibration.method == "platt":
        slope, intercept = map(nodes.number, calibration.numbers.tolist())
        value = _logit(nodes, outputs) if calibration.of_logits else outputs
        moved = nodes.add("Add", [nodes.add("Mul", [value, slope], "platt/steep"), intercept], "platt/moved")
        return nodes.add("Sigmoid", [moved], "platt")
    temperature = nodes.number(calibration.numbers[0])
    if n_outputs == 1:
        flat = nodes.add("Div", [_logit(nodes, outputs), temperature], "temperature/flat")
        return nodes.add("Sigmoid", [flat], "temperature")
    logs = nodes.add("Log", [nodes.add("Max", [outputs, nodes.number(_LEAST)], "temperature/least")], "temperature/log")
    return nodes.add("Softmax", [nodes.add("Div", [logs, temperature], "temperature/flat")], "temperature", axis=1)


def _logit(nodes: Nodes, p: str) -> str:
    """log(p / (1 - p)), finite also for 0 and 1."""
    high = nodes.add("Log", [nodes.add("Max", [p, nodes.number(_LEAST)], "logit/least")], "logit/high")
    rest = nodes.add("Sub", [nodes.number(1), p], "logit/rest")
    low = nodes.add(
        "Log", [nodes.add("Max", [rest, nodes.number(_LEAST_BELOW_ONE)], "logit/rest of least")], "logit/low"
    )
    return nodes.add("Sub", [high, low], "logit")


def _isotonic(nodes: Nodes, knots: Array, scores: str) -> str:
    """Straight lines between the knots (k, 2), level outside of them; where two knots have one score, the later one counts.

    The number of knots that do not lie above a score says which line is meant.
    """
    # As a network file holds them.
    x, y = knots.astype(np.float32).astype(np.float64).T
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(np.diff(x) > 0, np.diff(y) / np.diff(x), 0)
    lines = {"start": [x[0], *x], "level": [y[0], *y], "slope": [0, *slopes, 0]}
    above = nodes.add("Less", [scores, nodes.constant("isotonic/x", x.astype(np.float32))], "isotonic/is above")
    below = nodes.add("Cast", [nodes.add("Not", [above], "isotonic/is below")], "isotonic/below", to=TensorProto.INT64)
    number = nodes.add("ReduceSum", [below, nodes.whole(1)], "isotonic/line", keepdims=1)
    start, level, slope = (
        nodes.add(
            "Gather", [nodes.constant(f"isotonic/{key}", np.array(values, dtype=np.float32)), number], f"isotonic/{key} of row", axis=0
        )
        for key, values in lines.items()
    )  # fmt: skip
    way = nodes.add("Sub", [scores, start], "isotonic/way")
    return nodes.add("Add", [nodes.add("Mul", [way, slope], "isotonic/rise"), level], "isotonic")
