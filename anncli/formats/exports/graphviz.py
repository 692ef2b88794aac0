"""Export as a drawing for Graphviz: every unit and weight of a small network, the layers of a large one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from anncli.formats.exports.base import ExportRequest, Predicted, ProofRows, ToolMissingError
from anncli.formats.exports.steps import DenseStep, dense_steps, layer_refusal
from anncli.formats.exports.tools import find_tool, run_tool
from anncli.network.class_names import class_names
from anncli.network.network import Network

# More weights, or units in a layer, than a reader can tell apart.
_MOST_WEIGHTS, _MOST_UNITS = 600, 40
# Two colours that people who cannot tell red from green can tell apart (Okabe & Ito 2008).
_POSITIVE, _NEGATIVE = "#0072b2", "#d55e00"
_WIDEST = 4.0
_HEAD = """\
digraph network {
  rankdir=LR
  ranksep=1.5
  splines=line
  outputorder=edgesfirst
  fontname="Helvetica"
  node [fontname="Helvetica", fontsize=11, style=filled, fillcolor=white]
  edge [arrowsize=0.4, tailport=e, headport=w]
"""


class GraphvizExport:
    """See base.ExportFormat. It computes nothing; dot, where it is installed, shows that it can be drawn."""

    def refusal(self, network: Network, request: ExportRequest) -> str | None:
        return layer_refusal(network, "a drawing")

    def render(self, network: Network, request: ExportRequest) -> dict[str, bytes]:
        members = dense_steps(network)
        steps = members[0]
        sizes = [network.n_inputs, *(len(step.biases) for step in steps)]
        is_small = max(sizes) <= _MOST_UNITS and sum(step.weights.size for step in steps) <= _MOST_WEIGHTS
        lines = _units(network, steps) if is_small and len(members) == 1 else _layers(network, steps, len(members))
        return {"": (_HEAD + "".join(f"  {line}\n" for line in lines) + "}\n").encode("utf-8")}

    def run(
        self, files: Mapping[str, bytes], network: Network, request: ExportRequest, rows: ProofRows
    ) -> Predicted | None:
        try:
            dot = find_tool("dot", install="apt install graphviz")
        except ToolMissingError:
            return None
        run_tool([dot, "-Tsvg"], "/", files[""])
        return None


EXPORT = GraphvizExport()


def _units(network: Network, steps: list[DenseStep]) -> Iterator[str]:
    """A circle for each unit; lines as wide as the weight is large among those of all layers."""
    yield f"label={_quoted(_about(network))}"
    inputs = list(network.columns) or [f"input {k}" for k in range(1, network.n_inputs + 1)]
    yield from (f"i{k} [shape=box, label={_quoted(name)}]" for k, name in enumerate(inputs, 1))
    largest = max(float(np.abs(step.weights).max()) for step in steps) or 1.0
    below = [f"i{k}" for k in range(1, network.n_inputs + 1)]
    yield _column("h0", "inputs", below)
    outputs = _outputs(network)
    for number, step in enumerate(steps, 1):
        is_last = number == len(steps)
        units = [f"l{number}u{k}" for k in range(1, len(step.biases) + 1)]
        for k, (unit, bias) in enumerate(zip(units, step.biases.tolist(), strict=True)):
            name = outputs[k] if is_last else str(k + 1)
            about = f"layer {number}, unit {k + 1}: {step.activation}, bias {bias:.6g}"
            yield f"{unit} [shape=ellipse, label={_quoted(name)}, tooltip={_quoted(about)}]"
        yield _column(f"h{number}", step.activation, units)
        for source, row in zip(below, step.weights.tolist(), strict=True):
            yield from (_edge(source, unit, weight, largest) for unit, weight in zip(units, row, strict=True))
        below = units


def _column(name: str, label: str, units: list[str]) -> str:
    """Units below each other, in their order, with the name of what they are."""
    head = f"{name} [shape=plaintext, label={_quoted(label)}]"
    return f"{{ rank=same; {head}; {' -> '.join([name, *units])} [style=invis] }}"


def _edge(source: str, target: str, weight: float, largest: float) -> str:
    width = max(0.1, _WIDEST * abs(weight) / largest)
    color = _POSITIVE if weight >= 0 else _NEGATIVE
    return f'{source} -> {target} [penwidth={width:.2f}, color="{color}", tooltip="{weight:.6g}"]'


def _layers(network: Network, steps: list[DenseStep], n_members: int) -> Iterator[str]:
    """A box for each step of the computation."""
    yield "node [shape=box]"
    boxes = [f"{network.n_inputs} inputs"]
    if not network.scaling.is_identity:
        boxes.append(f"scaling\n{network.scaling.method}")
    boxes += [f"{len(step.biases)} {step.activation}\n{step.weights.size} weights" for step in steps]
    if n_members > 1:
        boxes.append(f"mean of {n_members} networks")
    if network.target_scaling.offset is not None:
        boxes.append("units of the data")
    if network.calibration is not None:
        boxes.append(f"calibration\n{network.calibration.method}")
    boxes.append(", ".join(_outputs(network)[:6]) + (", ..." if network.n_outputs > 6 else ""))
    yield from (f"b{k} [label={_quoted(text)}]" for k, text in enumerate(boxes))
    yield " -> ".join(f"b{k}" for k in range(len(boxes)))


def _outputs(network: Network) -> list[str]:
    """What each output stands for; one output for two classes is the score of the first."""
    return class_names(network)[: network.n_outputs]


def _about(network: Network) -> str:
    """What units and weights do not show."""
    parts = ["blue weights are positive, orange ones negative"]
    if not network.scaling.is_identity:
        parts.append(f"scaling {network.scaling.method}")
    if network.target_scaling.offset is not None:
        parts.append("outputs in the units of the data")
    if network.calibration is not None:
        parts.append(f"calibration {network.calibration.method}")
    if network.n_classes == 2 and network.n_outputs == 1:
        parts.append(f"{class_names(network)[0]} above {network.decision_threshold:.6g}")
    return "; ".join(parts)


def _quoted(text: str) -> str:
    """A string of Graphviz: a backslash would begin an escape."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
