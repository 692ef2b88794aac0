"""`ann info` at work: the contents of a network file, and whether it still computes the same outputs as when it was written."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import click
import numpy as np

from anncli.cli.asking.network_options import require_trained
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.listing_weights import show_weights, target_of_weights
from anncli.cli.running.resealing import reseal
from anncli.cli.showing.columns import column_text, table_documents, text_documents
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_network_remarks
from anncli.cli.showing.repeating import repeating_line
from anncli.errors import NetworkError, listed, printable
from anncli.formats.networks.storage import load
from anncli.inference.predict import predict
from anncli.network.input_shapes import inputs_text
from anncli.network.loss_curve import LossCurves
from anncli.network.network import Network
from anncli.training.pruning import count_zeros

# Other machines may round the last digits differently; a changed weight changes outputs by far more.
TOLERANCE = 1e-4
# More columns of plain numbers are one line.
_MOST_COLUMNS = 50


def run_info(values: Values, words: Words) -> None:
    """Print the summary, or the weights, or reseal the file; with --verify raises NetworkError if the self-test fails."""
    network_path = str(words.network)
    target = target_of_weights(values, network_path)
    if values["reseal"]:
        reseal(values, network_path)
        return
    network = load(network_path)
    show_network_remarks(values.console, network)
    if values["weights"]:
        require_trained(network, network_path)
        show_weights(values, network, network_path, target)
        return
    document = summary(network)
    if values["verify"]:
        document["self_test"] = verify(network, network_path)
    document["repeat"] = repeating_line(network, printable(network_path))
    if values["json"]:
        print_json({"command": "info", "network": printable(network_path), **document})
        return
    if document.get("vocabulary") is not None:
        document["vocabulary"] = _vocabulary_line(document["vocabulary"])
    for line in _lines(document):
        click.echo(line)


def _vocabulary_line(symbols: str | list[str]) -> str:
    """How many symbols there are, and which: all characters, or the most frequent words."""
    shown = symbols if isinstance(symbols, str) else listed(symbols)
    return f"{len(symbols):,}: {printable(shown)}"


def summary(network: Network) -> dict[str, Any]:
    """The network without its numbers."""
    topology = network.topology
    shapes = [layer.describe(below) for below, layer in zip(topology.given, topology.layers, strict=True)]
    scaling = network.scaling
    names = network.columns or [f"input {k}" for k in range(1, network.n_inputs + 1)]
    # A table decides how many inputs there are.
    is_open = network.needs_encoder
    return {
        "dialect": network.source.dialect,
        **({"format": network.source.origin} if network.source.origin is not None else {}),
        "inputs": ("table" if network.text is None else network.text.kind) if is_open else network.n_inputs,
        **({} if is_open or inputs_text(topology.inputs).isdecimal() else {"shape": inputs_text(topology.inputs)}),
        "layers": [{"layer": text} for text in network.layer_texts] if is_open else shapes,
        "parameters": None if is_open else topology.n_parameters,
        **_zeros(network),
        "trained": network.is_trained,
        **({"members": len(network.members)} if network.members else {}),
        **(_task(network) if network.task is not None else {}),
        **text_documents(network),
        "classes": [] if network.predicts_next else list(network.classes),
        "targets": list(network.targets) if network.targets else None,
        "threshold": network.decision_threshold if network.n_outputs == 1 and network.task != "regression" else None,
        **_decision(network),
        "columns": list(network.columns),
        **table_documents(network),
        "scaling": {
            "method": scaling.method,
            "per_vector": scaling.per_vector,
            "logarithms": [names[k] for k in scaling.of_logarithms],
            "activation": scaling.activation,
        },
        "training": dict(network.source.training),
        "record": network.record,
        "row_digests": None if network.row_digests is None else {"rows": network.row_digests.n_rows},
        "curve": None if network.curve is None else _points(network.curve),
        "self_test": None if network.self_test is None else {"vectors": len(network.self_test.inputs)},
    }


def _zeros(network: Network) -> dict[str, int]:
    """How many weights are 0, and how many units could be left out; only where there are such."""
    if network.parameters is None:
        return {}
    zeros = count_zeros(network.topology, network.parameters)
    found = {"zero_weights": zeros.weights, "idle_units": zeros.units}
    return {name: count for name, count in found.items() if count}


def _points(curve: LossCurves) -> dict[str, int]:
    """How many epochs the loss curves of the file show."""
    counts = {"training": len(curve.training), "retraining": len(curve.retraining)}
    return {name: count for name, count in counts.items() if count}


def _decision(network: Network) -> dict[str, Any]:
    """How the threshold was chosen, what is left undecided, and the calibration; only what the network has."""
    found: dict[str, Any] = {}
    if network.threshold_rule is not None:
        found["threshold_rule"] = network.threshold_rule
    if network.abstain is not None:
        found["abstain"] = list(network.abstain)
    if network.calibration is not None:
        numbers = network.calibration.numbers
        shown = (
            {"knots": len(numbers)} if numbers.ndim > 1 else {"numbers": [float(f"{x:.6g}") for x in numbers.tolist()]}
        )
        found["calibration"] = {"method": network.calibration.method, **shown}
    return found


def _task(network: Network) -> dict[str, Any]:
    """What is predicted, where the file says so: most files are for classification and do not."""
    scaling = network.target_scaling
    numbers = {"offset": scaling.offset, "spread": scaling.spread}
    shown = {name: [float(f"{x:.6g}") for x in values] for name, values in numbers.items() if values is not None}
    return {
        "task": network.task,
        "target_names": list(network.target_names),
        "target_scaling": {"method": scaling.method, **shown} if shown else None,
    }


def verify(network: Network, path: str) -> dict[str, Any]:
    """Recompute the self-test; raises NetworkError if there is none or an output differs."""
    if network.self_test is None or not network.is_trained:
        maker = "train" if network.source.origin is None else "import"
        raise NetworkError("there is no self-test in this file", path=path, advice=f"ann {maker} writes one")
    # Before calibration: the steps of an isotonic one may be far steeper than the rounding of another machine is small.
    outputs = predict(network, network.self_test.inputs, calibrated=False)
    difference = float(np.abs(outputs - network.self_test.outputs).max())
    if not difference <= TOLERANCE * max(1.0, float(np.abs(network.self_test.outputs).max())):
        raise NetworkError(
            f"self-test failed: an output differs by {difference:.3g} from the stored one",
            path=path,
            advice="the file was changed, or this machine computes incorrectly",
        )
    return {"vectors": len(outputs), "largest_difference": difference, "passed": True}


def _lines(document: dict[str, Any], indent: str = "") -> list[str]:
    """A line per value, with aligned names; empty values are left out."""
    lines = []
    shown = {name: value for name, value in document.items() if value not in (None, [], {}, ())}
    width = max(map(len, shown), default=0) + 2
    for name, value in shown.items():
        if isinstance(value, dict):
            lines += [indent + name, *_lines(value, indent + "  ")]
        elif isinstance(value, list) and isinstance(value[0], dict):
            lines += [f"{indent}{name:<{width}}{text}" for text in _entries(value)]
        else:
            lines.append(f"{indent}{name:<{width}}{_word(value)}")
    return lines


def _entries(values: list[dict[str, Any]]) -> list[str]:
    """A line for each; columns of plain numbers, as the pixels of a picture are, together where they are many."""
    lines, plain = (
        list[str](),
        [entry.get("kind") == "number" and not any(list(entry.values())[2:]) for entry in values],
    )
    for is_plain, group in groupby(range(len(values)), plain.__getitem__):
        numbers = list(group)
        if is_plain and len(numbers) > _MOST_COLUMNS:
            first, last = values[numbers[0]]["name"], values[numbers[-1]]["name"]
            lines.append(f"{first} to {last}: {len(numbers)} numbers")
        else:
            lines += [_entry(values[k], k + 1) for k in numbers]
    return lines


def _entry(entry: dict[str, Any], number: int) -> str:
    if "picture" in entry:
        rest = {name: value for name, value in entry.items() if name != "picture"}
        return f"{_entry(rest, number)}, gives {'x'.join(map(str, entry['picture']))}"
    if "weights" in entry:
        n_in, n_out = entry["weights"]
        layer = entry.get("layer") or f"{entry['units']} {entry['activation']}"
        return f"{number}: {layer}, weights {n_in} x {n_out}, biases {n_out}"
    if "silent_units" in entry:
        spikes = f"{entry['spikes_per_sample']} spikes a sample, " if "spikes_per_sample" in entry else ""
        text = f"{spikes}{entry['silent_units']} of {entry['units']} units silent, {entry['bursting_units']} bursting"
        return f"layer {entry['layer']}: {text}"
    if "layer" in entry:
        blocks = ", ".join(" x ".join(map(str, shape)) for shape in entry.get("blocks", ()))
        return f"{number}: {entry['layer']}" + (f", parameters {blocks}" if blocks else "")
    if "kind" in entry:
        return column_text(entry)
    return ", ".join(f"{name} {_word(value)}" for name, value in entry.items())


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_word, value))
    return str(value)
