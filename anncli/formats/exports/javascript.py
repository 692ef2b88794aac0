"""Export as a JavaScript module (ECMAScript 2020) for browsers, Node.js and others."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from anncli.arrays import Array
from anncli.compiled.decimals import format_rows
from anncli.formats.exports import javascript_parts as parts
from anncli.formats.exports.base import ExportRequest, Predicted, ProofRows, ToolMissingError
from anncli.formats.exports.javascript_texts import COMPUTED, text_constants, token_functions, token_weights
from anncli.formats.exports.javascript_texts import PREDICT as TEXT_PREDICT
from anncli.formats.exports.javascript_texts import PREDICT_CLASS as TEXT_PREDICT_CLASS
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
from anncli.formats.exports.raw_rows import predicted_of_json, raw_rows, stored_cells
from anncli.formats.exports.steps import DenseStep, dense_steps, layer_refusal
from anncli.formats.exports.text_steps import text_refusal, text_steps
from anncli.formats.exports.tools import find_tool, run_tool, work_folder
from anncli.network.class_names import class_names, column_names
from anncli.network.network import Network

# The first that reads the module as it is.
_OLDEST_NODE = 14
_INSTALL = f"install Node.js {_OLDEST_NODE} or newer"

_RUN = """\
import * as network from "./network.mjs";
import { readFileSync } from "fs";
const rows = JSON.parse(readFileSync(0, "utf8"));
const decide = network.predictClass || (() => null);
process.stdout.write(JSON.stringify([rows.map((row) => network.predict(row)), rows.map((row) => decide(row))]));
"""


# Rows are texts, or tokens that were texts.
_RUN_TEXTS = """\
import * as network from "./network.mjs";
import { readFileSync } from "fs";
const rows = JSON.parse(readFileSync(0, "utf8"));
const outputs = rows.map((row) => (typeof row === "string" ? network.predict(row) : network.predictTokens(row)));
const decided = rows.map((row) => (typeof row === "string" ? network.predictClass(row) : network.decided(network.predictTokens(row))));
process.stdout.write(JSON.stringify([outputs, decided]));
"""


class JavaScriptExport:
    """See base.ExportFormat."""

    takes_texts = True

    def refusal(self, network: Network, request: ExportRequest) -> str | None:
        refused = layer_refusal if network.text is None else text_refusal
        return refused(network, "a JavaScript module", parts.FUNCTIONS)

    def render(self, network: Network, request: ExportRequest) -> dict[str, bytes]:
        given = "[...]" if network.text is None else '"a text"'
        sections = [
            f"// A neural network, {network.topology} ({network.layers_text}), written by ann.\n"
            f'// import {{ predict }} from "./{request.name}.mjs"; predict({given});\n\n',
            _constants(network),
            _inputs(network),
            *(parts.FUNCTIONS[name] + "\n" for name in needed_functions(network)),
            parts.LAYERS,
            _computed(network),
            _calibrated(network),
            _predict(network),
            _predict_class(network),
            _self_test(network),
            _weights(network),
        ]
        return {"": "".join(sections).encode("ascii")}

    def run(
        self, files: Mapping[str, bytes], network: Network, request: ExportRequest, rows: ProofRows
    ) -> Predicted | None:
        node = find_tool("node", "nodejs", install=_INSTALL)
        with work_folder() as folder:
            version = run_tool([node, "--version"], folder).decode(errors="replace").strip().lstrip("v")
            if (major := re.match(r"\d+", version)) and int(major[0]) < _OLDEST_NODE:
                raise ToolMissingError(f"Node.js {version} is too old; {_INSTALL}")
            run = _RUN if network.text is None else _RUN_TEXTS
            for name, text in {"network.mjs": files[""], "run.mjs": run.encode()}.items():
                with open(f"{folder}/{name}", "wb") as file:
                    file.write(text)
            printed = run_tool([node, "run.mjs"], folder, json.dumps(raw_rows(network, rows)).encode())
        return predicted_of_json(network, printed, f"Node.js {version}")


def literal(value: Any) -> str:
    """A value as JavaScript that is safe in any page: ASCII, and without the `<` of `</script>`, which stands only in words."""
    return json.dumps(value).replace("<", "\\u003c")


def _constants(network: Network) -> str:
    names = class_names(network)
    lines = [] if network.text is not None else [f"export const COLUMNS = {literal(column_names(network))};"]
    kind = decision_kind(network)
    if kind:
        lines.append(f"export const CLASSES = {literal(names)};")
    lines.append(f"export const OUTPUTS = {literal(names[: network.n_outputs])};")
    threshold, abstain = decision_limits(network)
    if kind in ("one", "labels"):
        lines.append(f"export const THRESHOLD = {literal(threshold)};")
    if abstain:
        lines.append(f"export const UNDECIDED = {literal(abstain)};")
    return "\n".join([*lines, *_private_constants(network)]) + "\n\n"


def _private_constants(network: Network) -> list[str]:
    lines = []
    if encoder := network.encoder:
        lines.append("// Of each column: the place of each word, null for a column of numbers, and how many there are;")
        lines.append(
            "// the number in place of a missing one; whether cells may be missing; whether an input says that they are."
        )
        lines.append("const ENCODER = [")
        for column in encoder.columns:
            words = f"new Map({literal([*word_places(column).items()])})" if column.kind == "category" else "null"
            rest = literal([column.width - column.indicator, column.fill, encoder.may_miss(column), column.indicator])
            lines.append(f"  [{words}, {rest[1:-1]}],")
        lines.append("];")
    lines += [f"const {name} = {_typed(own)};" for name, own in tables_of_numbers(network).items()]
    if network.calibration is not None and network.calibration.method == "isotonic":
        lines.append(f"const KNOTS = {literal(network.calibration.numbers.tolist())};")
    if network.text is not None:
        lines += text_constants(network)
    if network.self_test is not None:
        pairs = zip(stored_cells(network.self_test), network.self_test.outputs, strict=True)
        lines += ["const STORED = [", *(f"  {literal([given, outputs.tolist()])}," for given, outputs in pairs), "];"]
    return lines


def _typed(values: Array) -> str:
    """A Float32Array of numbers (n,)."""
    return f"new Float32Array([{format_rows(values.reshape(1, -1), '', ', ', ('',))}])"


def _inputs(network: Network) -> str:
    """From what a user has to the inputs of the network, or to tokens and the outputs of the layers that read these."""
    if network.text is not None:
        return token_functions(network)
    return parts.CELLS + (parts.PLAIN_INPUTS if network.encoder is None else parts.ENCODED_INPUTS)


def _predict(network: Network) -> str:
    finished = "calibrated(computed({x}))" if network.calibration else "computed({x})"
    if network.text is None:
        return parts.PREDICT.replace("FINISHED", finished.format(x="inputsOf(row)"))
    return TEXT_PREDICT.replace("FINISHED", finished.format(x="x"))


def _self_test(network: Network) -> str:
    if network.self_test is None:
        return ""
    return parts.SELF_TEST if network.text is None else parts.SELF_TEST.replace("Float64Array.from(inputs)", "inputs")


def _computed(network: Network) -> str:
    """From inputs to outputs in the units of the data, before a calibration."""
    layers = "layersOf(x, {member})" if network.text is None else COMPUTED
    lines = ["/** The outputs before calibration for the inputs of the network. */\nfunction computed(x) {\n"]
    lines += [parts.SCALING[kind] for kind in scaling_kinds(network)]
    if n := len(network.members):
        lines.append(f"  const members = MEMBERS.map((own) => {layers.format(member='own')});\n")
        lines.append(
            f"  x = members[0].map((_, k) => Math.fround(members.reduce((total, own) => total + own[k], 0) / {n}));\n"
        )
    else:
        lines.append(f"  x = {layers.format(member='MEMBERS[0]')};\n")
    if network.target_scaling.offset is not None:
        lines.append("  x = x.map((v, k) => Math.fround(Math.fround(v * SPREAD[k]) + OFFSET[k]));\n")
    return "".join(lines) + "  return x;\n}\n\n"


def _calibrated(network: Network) -> str:
    kind = calibration_kind(network)
    if not kind:
        return ""
    values = {name: f"({number!r})" for name, number in calibration_numbers(network).items()}
    text = parts.CALIBRATIONS[kind].format(**values)
    return f"/** The probabilities for the outputs of the network. */\nfunction calibrated(x) {{\n{text}}}\n\n"


def _predict_class(network: Network) -> str:
    kind = decision_kind(network)
    if not kind:
        return ""
    what = parts.DECIDED[kind] + ", null where it is undecided" * bool(network.abstain)
    decision = (parts.ABSTAIN[kind] if network.abstain else "") + parts.DECISIONS[kind]
    returned = "string[]" if kind == "labels" else "string" + " | null" * bool(network.abstain)
    if network.text is None:
        return parts.PREDICT_CLASS.format(what=what, type=returned, decision=decision)
    return TEXT_PREDICT_CLASS.format(what=what, type=returned, decision=decision)


def _weights(network: Network) -> str:
    """The layers of each member: activation, weights unit by unit, biases; below them those that read tokens."""
    if network.text is None:
        members = [f"  [\n{_layers(steps)}  ],\n" for steps in dense_steps(network)]
        about = "// Of each layer: its activation, the weights of each unit in a row, and the biases of the units.\n"
    else:
        members = [
            f"  [\n{token_weights(first)}    [\n{_layers(rest)}    ],\n  ],\n" for first, rest in text_steps(network)
        ]
        about = "// The activation, the weights of each symbol in a row and the biases of the first layer; of each layer above it those of each unit.\n"
    return f"{about}const MEMBERS = [\n{''.join(members)}];\n"


def _layers(steps: list[DenseStep]) -> str:
    layers = []
    for step in steps:
        rows = format_rows(step.weights.T, "      ", ", ", (",\n",))
        name = step.activation.replace("-", "_")
        layers.append(f"    [{name}, new Float32Array([\n{rows}    ]), {_typed(step.biases)}],\n")
    return "".join(layers)


EXPORT = JavaScriptExport()
