"""`ann gradcheck` at work: backpropagation against central differences, on a network and class files."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click
import numpy as np

from anncli.analysis.gradient_check import check_gradient, some_rows
from anncli.analysis.parameter_names import parameter_name
from anncli.arrays import Array, random_stream
from anncli.cli.asking.network_options import file_layer
from anncli.cli.asking.tables import asked_data
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.one_row import asked_row, check_row_options, of_one_row, report_of
from anncli.cli.running.reading import read_training_data
from anncli.cli.running.word_gradient import check_words
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.errors import AnnError, count_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.networks.storage import load
from anncli.network.network import Network
from anncli.network.patterns import refuse_without_gradient
from anncli.network.topology import Topology
from anncli.options.layers import Given, training_options
from anncli.training.beginning import refuse_ensemble
from anncli.training.gradient_in_time import gradients_in_time
from anncli.training.run import TrainingRun
from anncli.training.sample_kinds import check_scaling
from anncli.training.setup import Setup, prepare

# Larger errors mean a fault: float64 differences agree to about 1e-6, float32 sums to about 1e-4.
ERROR_LIMIT, BACKEND_LIMIT = 1e-4, 1e-3
# Unless --rows says another number.
ROWS = 50


def run_gradcheck(values: Values, words: Words) -> None:
    """Print the largest error; raises AnnError if the gradient is wrong."""
    check_row_options(values)
    network_path, row, shown = str(words.network), asked_row(values), None
    network = load(network_path)
    if network.text_use == "vectors":
        _run_words(values, words, network)
        return
    with closing(_prepared(values, words, network)) as run:
        setup, attempt = run.setup, run.attempt
        rng = random_stream(setup.options.seed, "check")
        if row is None:
            objective = some_rows(attempt.objective, rng, values["rows"] or ROWS)
        else:
            objective = of_one_row(attempt.objective, row, values["show"])
        if values["show"]:
            shown = report_of(setup, objective, attempt.parameters, values.given_value("learning_rate"))
        parameters = _beside_patterns(values, setup, attempt.parameters, rng)
        found = check_gradient(objective, parameters, rng, values["limit"])
        in_time = gradients_in_time(objective, parameters)
    name = parameter_name(setup.network, found.worst)
    passed = found.error <= ERROR_LIMIT and found.backend_error <= BACKEND_LIMIT
    document = {
        "command": "gradcheck", "network": network_path, "loss": setup.loss, "l2": objective.l2,
        "rows": objective.n_samples, "checked": found.checked, "skipped": found.skipped, "frozen": found.frozen, "worst": name,
        "backpropagation": found.backpropagation, "difference": found.difference, "error": found.error,
        "kernel": setup.backend.name, "kernel_error": found.backend_error, "passed": passed,
        "row": row, "shown": None if shown is None else shown.document(),
        **({"in_time": [each.document() for each in in_time]} if in_time else {}),
    }  # fmt: skip
    topology = setup.network.topology
    kinks = "where a spike comes, goes or barely is one" if topology.is_spiking else "at kinks"
    lines = _lines(document, _shape(topology), topology.noun, kinks)
    _print(values, document, lines, None if shown is None else shown.text())


def _run_words(values: Values, words: Words, network: Network) -> None:
    """The same for word vectors."""
    found, session, n_sentences, network = check_words(values, words, network)
    name = parameter_name(network, found.worst)
    document = {
        "command": "gradcheck", "network": str(words.network), "loss": session.layer.loss_text, "l2": 0.0,
        "rows": n_sentences, "checked": found.checked, "skipped": 0, "frozen": 0, "worst": name,
        "backpropagation": found.backpropagation, "difference": found.difference, "error": found.error,
        "kernel": session.name, "kernel_error": found.backend_error,
        "passed": found.error <= ERROR_LIMIT and found.backend_error <= BACKEND_LIMIT, "row": None, "shown": None,
    }  # fmt: skip
    _print(values, document, _lines(document, _shape(session.topology), "sentence", ""))


def _shape(topology: Topology) -> str:
    return f"{topology}, {count_of(topology.n_parameters, 'parameter')}"


def _print(values: Values, document: dict[str, Any], lines: list[str], shown: str | None = None) -> None:
    """The report; raises AnnError if the gradient is wrong."""
    if values["json"]:
        print_json(document)
    else:
        click.echo("\n".join(lines if shown is None else [lines[0], shown, "", *lines[1:]]))
    if not document["passed"]:
        advice = "this is a fault of ann: report it"
        raise AnnError(f"the gradient is wrong at {document['worst']}", path=document["network"], advice=advice)


def _beside_patterns(values: Values, setup: Setup, parameters: Array, rng: np.random.Generator) -> Array:
    """The parameters (P,) to check at. At the stored patterns of a memory the loss is at its lowest, and what is left of its gradient is the
    rounding of the outputs."""
    if not setup.network.stores:
        return parameters
    values.console.note(
        "checked at patterns that are moved at random by about 0.1: at the stored ones the loss is at its lowest"
    )
    return (parameters + rng.normal(0, 0.1, parameters.shape)).astype(parameters.dtype)


def _prepared(values: Values, words: Words, network: Network) -> TrainingRun:
    """A run on all rows of the data, ready for its first epoch."""
    refuse_ensemble(network, "ann gradcheck")
    refuse_without_gradient(network.topology)
    all_rows = {"validation": Given(0.0, "default"), "test": Given(0.0, "default")}
    layers, dialect = [all_rows, *values.layers, file_layer(network, str(words.network))], network.source.dialect
    # The learning rate is that of the step that --show prints, whatever the trainer.
    layers = [{name: given for name, given in layer.items() if name != "learning_rate"} for layer in layers]
    # The gradients of pieces are not those of the loss, which the differences are.
    options = training_options(layers, dialect)._replace(ensemble=1, truncate=None)
    check_scaling(network.topology, options.scaling)
    remarks = Remarks()
    data, _ = read_training_data(asked_data(values, words), network, options, remarks)
    show_remarks(values.console, remarks)
    return TrainingRun(prepare(network, data, options))


def _lines(found: dict[str, Any], network: str, noun: str, kinks: str) -> list[str]:
    skipped = f", {found['skipped']} skipped {kinks}" if found["skipped"] else ""
    skipped += f"; {found['frozen']} are frozen and have no gradient" if found["frozen"] else ""
    rows = count_of(found["rows"], noun) if found["row"] is None else f"{noun} {found['row']}"
    return [
        f"{found['network']}: {network}, loss {found['loss']}, l2 {found['l2']:.3g}",
        f"checked   {found['checked']} weights and biases on {rows}{skipped}",
        f"worst     {found['worst']}: backpropagation {found['backpropagation']:.9g}, difference "
        f"{found['difference']:.9g}, relative error {found['error']:.2g}",
        *(f"in time   {_in_time(each)}" for each in found.get("in_time", ())),
        f"backend   {found['kernel']}, float32: relative error of the gradient {found['kernel_error']:.2g}",
        "the gradient is right" if found["passed"] else "the gradient is wrong",
    ]


def _in_time(found: dict[str, Any]) -> str:
    """How far back the gradient of the last row's answer reaches in one layer."""
    words, layer = [], f"layer {found['layer']}: the gradient "
    if found["largest_after"]:
        words.append(f"grows {found['largest']:.3g}-fold over {count_of(found['largest_after'], 'row')}")
    if found["vanishes_after"] is not None:
        words.append(f"falls to 1 % after {count_of(found['vanishes_after'], 'row')}")
    elif not words:
        words.append(f"keeps {100 * found['left']:.3g} % over {count_of(found['rows'], 'row')}")
    return layer + " and ".join(words)
