"""`ann r` at work: a line per entry with output, class and mark, then the rates of the labelled entries."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import click

from anncli.arrays import Array
from anncli.cli.asking.network_options import require_trained, require_vectors
from anncli.cli.asking.values import Values
from anncli.cli.showing.console import print_json
from anncli.cli.showing.not_finite import NotFinite
from anncli.cli.showing.remarks import show_remarks
from anncli.cli.showing.report import percent
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError, printable
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.formats.data.assemble import read_dataset
from anncli.formats.data.remarks import Remarks
from anncli.formats.networks.storage import load
from anncli.inference.evaluate import rows_seen
from anncli.inference.predict import predict
from anncli.network.network import Network

# The scaling codes that scale each row by itself, and their names.
_PER_ROW = {4: "energy", 5: "minmax"}


def run_network(values: Values, network_path: str, data_path: str, threshold: float | None, code: int) -> None:
    """Print class and mark of every entry; threshold None: the network's own, which is 0.5 in ann1dn's files."""
    as_json = values["json"]
    say: Callable[[str], None] = (lambda text: None) if as_json else click.echo
    network = _network(network_path, code)
    if threshold is None:
        threshold = network.decision_threshold
    say("loading data...")
    classes = network.classes or ("1", "2")
    remarks = Remarks()
    data = read_dataset(
        [data_path],
        class_names=classes,
        n_inputs=network.columns or network.n_inputs,
        labelled=False,
        data_format=values["format"],
        remarks=remarks,
    )
    show_remarks(values.console, remarks)
    say(f" {data.n_samples}  files loaded.  size: {data.n_inputs} samples")
    say(printable(network_path))
    # Before the inputs are scaled in place.
    seen = rows_seen(network, data)
    outputs = predict(network, data.inputs, in_place=True)
    not_finite = NotFinite()
    not_finite.look(outputs)
    if not_finite.count:
        values.console.warn(f"{data_path}: {not_finite}")
    entries = _entries(data, data_path, outputs, threshold, say)
    evaluation = None
    if (data.labels >= 0).any():
        targets = network.score_targets
        evaluation = evaluate_outputs(outputs, data.labels, threshold=threshold, targets=targets, classes=classes)
        say("\n".join(rates(evaluation)))
    n_seen = None if seen is None else int((seen & (data.labels >= 0)).sum())
    if n_seen:
        values.console.warn(f"{n_seen} of {evaluation.n if evaluation else 0} labelled entries trained this network")
    if as_json:
        document = {"command": "r", "network": printable(network_path), "threshold": threshold, "entries": entries}
        print_json({**document, "evaluation": evaluation.as_dict() if evaluation else None, "rows_seen": n_seen})


def _network(path: str, code: int) -> Network:
    network = load(path)
    require_trained(network, path)
    require_vectors(network, "ann r", "use ann predict")
    if network.n_outputs != 1:
        message = f"ann r runs networks with one output, this one has {network.n_outputs}"
        raise UsageError(message, advice="use ann predict")
    if network.abstain is not None:
        raise UsageError("this network leaves rows undecided, for which ann r has no word", advice="use ann predict")
    if code in _PER_ROW and network.scaling.per_vector == "none":
        network.scaling.per_vector = _PER_ROW[code]
    return network


def _entries(
    data: Dataset, path: str, outputs: Array, threshold: float, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """A line and a JSON entry for every row."""
    names = data.names or tuple(f"{os.path.basename(path)}_{k}" for k in range(data.n_samples))
    entries = []
    for name, output, label in zip(names, outputs[:, 0].tolist(), data.labels.tolist(), strict=True):
        predicted = 1 if output > threshold else 2
        mark = "" if label < 0 else "+" if label == predicted - 1 else "-"
        say(f"  {printable(name)}   {output:.6f}   cls {predicted}  {mark}".rstrip())
        # JSON has no nan and infinity.
        finite = output if math.isfinite(output) else None
        entries.append({"name": name, "output": finite, "class": predicted, "label": label + 1 or None})
    return entries


def rates(e: Any) -> list[str]:
    """The five lines of percentages that ann1dn printed; undefined ones are named."""
    named = {
        "sensitivity": e.sensitivity,
        "specificity": e.specificity,
        "+predictive": e.ppv,
        "-predictive": e.npv,
        "accuracy": e.accuracy,
    }
    return [f"  {name}: {percent(value)}" for name, value in named.items()]
