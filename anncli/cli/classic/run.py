"""`ann r` at work: a line per entry with output, class and mark, then the rates of what was labelled."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import click

from anncli.cli.asking.trained import require_trained
from anncli.cli.showing.console import Console, print_json
from anncli.cli.showing.not_finite import NotFinite
from anncli.errors import UsageError, printable


def run_network(
    console: Console,
    network_path: str,
    data_path: str,
    threshold: float | None,
    code: int,
    data_format: str,
    as_json: bool,
) -> None:
    """Answer every entry of a list or data file; threshold None: the network's own, which is 0.5 in ann1dn's files."""
    from anncli.evaluation.evaluation import evaluate_outputs
    from anncli.formats.data.assemble import read_dataset
    from anncli.formats.networks.storage import load
    from anncli.inference.predict import predict
    from anncli.network.network import default_targets

    say: Callable[[str], None] = (lambda text: None) if as_json else click.echo
    network = load(network_path)
    require_trained(network, network_path)
    if network.n_outputs != 1:
        message = f"ann r runs networks with one output, this one has {network.n_outputs}"
        raise UsageError(message, advice="use ann predict")
    if code in (4, 5) and network.scaling.per_vector == "none":
        network.scaling.per_vector = "energy" if code == 4 else "minmax"
    if threshold is None:
        threshold = network.decision_threshold
    say("loading data...")
    classes = network.classes or ("1", "2")
    data = read_dataset(
        [data_path], class_names=classes, n_inputs=network.n_inputs, labelled=False, data_format=data_format
    )
    say(f" {data.n_samples}  files loaded.  size: {data.n_inputs} samples")
    say(printable(network_path))
    outputs = predict(network, data.inputs, in_place=True)
    names = data.names or tuple(f"{os.path.basename(data_path)}_{k}" for k in range(data.n_samples))
    odd = NotFinite()
    odd.look(outputs)
    if odd.count:
        console.warn(f"{data_path}: {odd}")
    entries = []
    for name, output, label in zip(names, outputs[:, 0].tolist(), data.labels.tolist(), strict=True):
        answer = 1 if output > threshold else 2
        mark = "" if label < 0 else "+" if label == answer - 1 else "-"
        say(f"  {printable(name)}   {output:.6f}   cls {answer}  {mark}".rstrip())
        # JSON has no word for nan and infinity.
        entries.append(
            {
                "name": name,
                "output": output if math.isfinite(output) else None,
                "class": answer,
                "label": label + 1 or None,
            }
        )
    evaluation = None
    if (data.labels >= 0).any():
        targets = network.targets or default_targets(network.topology.output_activation, "mse")
        evaluation = evaluate_outputs(outputs, data.labels, threshold=threshold, targets=targets, classes=classes)
        say("\n".join(rates(evaluation)))
    if as_json:
        totals = evaluation.as_dict() if evaluation else None
        print_json(
            {
                "command": "r",
                "network": printable(network_path),
                "threshold": threshold,
                "entries": entries,
                "evaluation": totals,
            }
        )


def rates(evaluation: Any) -> list[str]:
    """The five lines of percentages that ann1dn printed, also where one is undefined."""
    e = evaluation
    named = {
        "sensitivity": e.sensitivity,
        "specificity": e.specificity,
        "+predictive": e.ppv,
        "-predictive": e.npv,
        "accuracy": e.accuracy,
    }
    return [f"  {name}: {percent(value)}" for name, value in named.items()]


def percent(value: float | None) -> str:
    return "undefined" if value is None else f"{100 * value:.2f}"
