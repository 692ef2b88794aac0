"""Export as a Python module that needs nothing but Python, for rows or for texts."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from anncli.arrays import Array
from anncli.compiled.decimals import format_rows
from anncli.evaluation.names import UNDECIDED_WORD
from anncli.formats.data.base import NA_WORDS
from anncli.formats.exports import python_parts as parts
from anncli.formats.exports.base import ExportRequest, Predicted, ProofRows
from anncli.formats.exports.needs import (
    calibration_kind,
    calibration_numbers,
    decision_kind,
    decision_limits,
    needed_functions,
    scaling_kinds,
    tables_of_numbers,
    word_places,
)
from anncli.formats.exports.python_main import MAIN, READ_TABLE, READ_TEXTS, WRITTEN
from anncli.formats.exports.python_texts import (
    COMPUTED,
    needs_text_of_length,
    text_constants,
    token_functions,
    token_weights,
)
from anncli.formats.exports.python_texts import PREDICT as TEXT_PREDICT
from anncli.formats.exports.raw_rows import predicted_of_json, raw_rows, stored_cells
from anncli.formats.exports.steps import DenseStep, dense_steps, layer_refusal
from anncli.formats.exports.text_steps import text_refusal, text_steps
from anncli.formats.exports.tools import run_tool, work_folder
from anncli.network.class_names import class_names, column_names, prediction_columns
from anncli.network.network import Network

# As predict_class() does, but the outputs are computed once.
_RUN = """\
import json, sys
sys.path.insert(0, ".")
import exported_network as network
outputs = [network.predict(row) for row in json.load(sys.stdin)]
decide = getattr(network, "_decided", lambda own: None)
json.dump([outputs, [decide(own) for own in outputs]], sys.stdout)
"""


# Rows are texts, or tokens that were texts.
_RUN_TEXTS = """\
import json, sys
sys.path.insert(0, ".")
import exported_network as network
outputs = [network._finished(network._tokens(row) if isinstance(row, str) else row) for row in json.load(sys.stdin)]
json.dump([outputs, [network._decided(own) for own in outputs]], sys.stdout)
"""


class PythonExport:
    """See base.ExportFormat."""

    takes_texts = True

    def refusal(self, network: Network, request: ExportRequest) -> str | None:
        refused = layer_refusal if network.text is None else text_refusal
        return refused(network, "a Python module", parts.FUNCTIONS)

    def render(self, network: Network, request: ExportRequest) -> dict[str, bytes]:
        sections = [
            _docstring(network, request),
            parts.HEAD if network.text is None else parts.HEAD.replace("import struct", "import re\nimport struct"),
            _constants(network),
            parts.ROUNDING,
            _inputs(network),
            *(parts.FUNCTIONS[name] + "\n\n" for name in needed_functions(network)),
            parts.LAYERS,
            _computed(network),
            _calibrated(network),
            _predict(network),
            _predict_class(network),
            parts.SELF_TEST if network.self_test else "",
            _weights(network),
            _main(network),
        ]
        return {"": "".join(sections).encode()}

    def run(
        self, files: Mapping[str, bytes], network: Network, request: ExportRequest, rows: ProofRows
    ) -> Predicted | None:
        with work_folder() as folder:
            with open(f"{folder}/exported_network.py", "wb") as file:
                file.write(files[""])
            given = json.dumps(raw_rows(network, rows)).encode()
            run = _RUN if network.text is None else _RUN_TEXTS
            printed = run_tool([sys.executable, "-I", "-c", run], folder, given)
        return predicted_of_json(network, printed, f"Python {sys.version.split()[0]}")


def _docstring(network: Network, request: ExportRequest) -> str:
    row, file = ("row", "rows.csv") if network.text is None else ("text", "texts.txt")
    decided = "" if network.task == "regression" else f"    {request.name}.predict_class({row})\n"
    return (
        f'"""A neural network, {network.topology} ({network.layers_text}), written by ann.\n\n'
        f"    import {request.name}\n    {request.name}.predict({row})\n{decided}"
        f"    python {request.name}.py < {file}\n\n"
        'It needs Python 3.8 or newer, and nothing else.\n"""\n'
    )


def _constants(network: Network) -> str:
    names = class_names(network)
    lines = [] if network.text is not None else [f"COLUMNS = {_names(column_names(network))}"]
    if network.task != "regression":
        lines.append(f"CLASSES = {_names(names)}")
    lines.append(f"OUTPUTS = {_names(names[: network.n_outputs])}")
    threshold, abstain = decision_limits(network)
    if decision_kind(network) in ("one", "labels"):
        lines.append(f"THRESHOLD = {threshold!r}")
    if abstain:
        lines.append(f"UNDECIDED = {abstain!r}")
    lines += _private_constants(network)
    return "\n".join(lines) + "\n\n\n"


def _private_constants(network: Network) -> list[str]:
    lines = []
    if network.encoder is not None:
        columns = network.encoder.columns
        words = [word_places(c) if c.kind == "category" else None for c in columns]
        lines += ["# Of each column: the place of each word, None for a column of numbers, and how many there are;"]
        lines += [
            "# the number in place of a missing one; whether cells may be missing; whether an input says that they are."
        ]
        lines += [f"_WORDS = {words!r}", f"_N_WORDS = {[c.width - c.indicator for c in columns]!r}"]
        lines += [f"_FILL = {[None if c.fill is None else float(c.fill) for c in columns]!r}"]
        lines += [f"_MAY_MISS = {[network.encoder.may_miss(c) for c in columns]!r}"]
        lines += [f"_HAS_INDICATOR = {[c.indicator for c in columns]!r}"]
    lines += [f"_{name} = {own.astype(float).tolist()!r}" for name, own in tables_of_numbers(network).items()]
    if network.calibration is not None and network.calibration.method == "isotonic":
        lines.append(f"_KNOTS = {network.calibration.numbers.tolist()!r}")
    if network.text is not None:
        lines += text_constants(network)
    if network.self_test is not None:
        lines.append("_SELF_TEST = (")
        for inputs, outputs in zip(stored_cells(network.self_test), network.self_test.outputs, strict=True):
            lines.append(f"    ({inputs!r}, {outputs.astype(float).tolist()!r}),")
        lines.append(")")
    return lines


def _names(names: list[str]) -> str:
    return repr(tuple(names))


def _inputs(network: Network) -> str:
    """From what a user has to the inputs of the network, or to tokens and the outputs of the layers that read these."""
    if network.text is not None:
        return token_functions(network)
    return parts.CELLS + (parts.PLAIN_INPUTS if network.encoder is None else parts.ENCODED_INPUTS)


def _computed(network: Network) -> str:
    """From inputs to outputs in the units of the data, before a calibration."""
    layers = "_layers(x, {member})" if network.text is None else COMPUTED
    lines = ['def _computed(x):\n    """The outputs before calibration for the inputs of the network."""\n']
    lines += [parts.SCALING[kind] for kind in scaling_kinds(network)]
    if network.members:
        lines.append(f"    members = [{layers.format(member='own')} for own in _MEMBERS]\n")
        lines.append(f"    x = _rounded([sum(own) / {len(network.members)} for own in zip(*members)])\n")
    else:
        lines.append(f"    x = {layers.format(member='_MEMBERS[0]')}\n")
    if network.target_scaling.offset is not None:
        lines.append("    x = _rounded(list(map(mul, x, _SPREAD)))\n")
        lines.append("    x = _rounded([v + offset for v, offset in zip(x, _OFFSET)])\n")
    return "".join(lines) + "    return x\n\n\n"


def _predict(network: Network) -> str:
    finished = "_calibrated(_computed({x}))" if network.calibration else "_computed({x})"
    if network.text is None:
        return parts.PREDICT.format(finished=finished.format(x="_inputs(row)"))
    fault = ", ValueError for an empty one" if needs_text_of_length(network) else ""
    return TEXT_PREDICT.format(fault=fault, finished=finished.format(x="x"))


def _calibrated(network: Network) -> str:
    kind = calibration_kind(network)
    if not kind:
        return ""
    text = parts.CALIBRATIONS[kind].format(**calibration_numbers(network))
    return f'def _calibrated(x):\n    """The probabilities for the outputs of the network."""\n{text}\n\n'


def _predict_class(network: Network) -> str:
    kind = decision_kind(network)
    if not kind:
        return ""
    what = parts.DECIDED[kind] + ", None where it is undecided" * bool(network.abstain)
    decision = (parts.ABSTAIN[kind] if network.abstain else "") + parts.DECISIONS[kind]
    return parts.PREDICT_CLASS.format(what=what, decision=decision)


def _weights(network: Network) -> str:
    """The layers of each member: activation, a row of weights for each unit, biases; below them those that read tokens."""
    if network.text is None:
        members = [f"    [\n{_layers(steps)}    ],\n" for steps in dense_steps(network)]
        about = "# Of each layer: its activation, the weights of each unit, and the biases of the units.\n"
    else:
        members = [
            f"    [\n{token_weights(first)}        [\n{_layers(rest)}        ],\n    ],\n"
            for first, rest in text_steps(network)
        ]
        about = "# The activation, the weights of each symbol and the biases of the first layer; of each layer above it those of each unit.\n"
    return f"{about}_MEMBERS = [\n{''.join(members)}]\n\n\n"


def _layers(steps: list[DenseStep]) -> str:
    layers = []
    for step in steps:
        rows = _rows(step.weights.T, "            _rounded([", "]),\n")
        biases = _rows(step.biases[None], "            _rounded([", "]),\n")
        name = "_" + step.activation.replace("-", "_")
        layers.append(f"        ({name}, [\n{rows}        ],\n{biases}        ),\n")
    return "".join(layers)


def _rows(values: Array, head: str, tail: str) -> str:
    return format_rows(values, head, ", ", (tail,))


def _main(network: Network) -> str:
    kind = decision_kind(network)
    decisions, outputs = prediction_columns(class_names(network), network.task, network.n_outputs)
    if not kind:
        cells = "    return texts\n"
    elif kind == "labels":
        cells = "    given = _decided(outputs)\n    return [int(name in given) for name in CLASSES] + texts\n"
    else:
        decided = f"_decided(outputs) or {UNDECIDED_WORD!r}" if network.abstain else "_decided(outputs)"
        cells = f"    return [{decided}] + texts\n"
    missing = ("", *NA_WORDS)
    constants = f"_HEAD = {[*decisions, *outputs]!r}\n"
    if network.text is None:
        constants += f"# Words that stand for a missing value in tables.\n_MISSING_WORDS = {missing!r}\n"
    constants += "\n\n"
    read = READ_TABLE if network.text is None else READ_TEXTS
    return constants + WRITTEN.replace("{cells}", cells) + read + MAIN


EXPORT = PythonExport()
