"""`ann init` at work: the shape of a new network from options or data, written as a commented definition."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from anncli.cli.asking.tables import table_request
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.places import refuse_read_files
from anncli.cli.running.reading import refuse_table_options
from anncli.cli.running.table_definition import definition_of_tables
from anncli.cli.running.text_definition import definition_of_texts
from anncli.cli.showing.console import print_json
from anncli.cli.showing.remarks import show_remarks
from anncli.cli.showing.train_report import describe
from anncli.errors import AnnError, UsageError, asking, printable
from anncli.formats.data.agreement import Expected, check_labels
from anncli.formats.data.assemble import read_dataset
from anncli.formats.data.prose import hint_at_texts
from anncli.formats.data.remarks import Remarks
from anncli.formats.networks.endings import refuse_other_ending
from anncli.formats.networks.numbers import size_fault
from anncli.formats.networks.storage import refusal, save
from anncli.network.encoders.text import is_open_output
from anncli.network.input_shapes import inputs_text, read_inputs
from anncli.network.layers import read_layer
from anncli.network.layers.base import Shape
from anncli.network.network import Network, NetworkSource
from anncli.training.answers import units_for


class Told(NamedTuple):
    """What the data say: inputs, classes, names of the columns or (), and rows, 0 without data."""

    inputs: Shape
    n_classes: int
    columns: tuple[str, ...]
    n_samples: int = 0


def run_init(values: Values, words: Words) -> None:
    """Write the definition and say how to train it; raises UsageError for a shape that cannot be."""
    network_path = str(words.network)
    refuse_other_ending(network_path)
    _check_layers(values)
    remarks = Remarks()
    network = definition_of_texts(values, words, remarks)
    if network is None and bool(words.data) == bool(values["inputs"]):
        raise UsageError("say either --inputs N or --data FILES", advice="for example: ann init network.nn --inputs 9")
    if network is None:
        with hint_at_texts(words.data):
            network = _of_numbers(values, words, remarks)
    show_remarks(values.console, remarks)
    _check_target(values, network_path)
    save(network, network_path)
    if values["json"]:
        inputs = "table" if network.table is not None else inputs_text(network.topology.inputs)
        inputs = inputs if network.text is None else network.text.definition.text()
        document: dict[str, Any] = {
            "inputs": int(inputs) if inputs.isdecimal() else inputs,
            "layers": network.layer_texts,
        }
        parameters = None if network.needs_encoder else network.topology.n_parameters
        document |= {"parameters": parameters, "dialect": network.source.dialect}
        print_json({"command": "init", "network": printable(network_path), **document})
    elif network_path == "-":
        values.console.note(f"<stdout>: {describe(network)}")
    else:
        further = f"train it with: ann train {network_path} DATA..."
        values.console.note(f"{network_path}: {describe(network)}; {further}")


def _of_numbers(values: Values, words: Words, remarks: Remarks) -> Network:
    network = definition_of_tables(values, words, remarks) if words.data else None
    if network is None:
        refuse_table_options(table_request(values))
        network = _network(values, _told(values, words.data, remarks))
    return network


def _check_layers(values: Values) -> None:
    """Raises UsageError for --layers beside options that it takes the place of, and for texts that are no layers."""
    if values["layers"] is None:
        return
    others = [name for name in ("hidden", "activation", "outputs", "output_activation") if name in values.given]
    if others:
        option = others[0].replace("_", "-")
        raise UsageError(
            f"--layers names all layers, and --{option} is about some of them", advice="leave one of them out"
        )
    with asking("--layers"):
        *hidden, output = values["layers"]
        for text in hidden if is_open_output(output) else values["layers"]:
            read_layer(text)


def _told(values: Values, files: tuple[str, ...], remarks: Remarks) -> Told:
    if values["inputs"]:
        with asking("--inputs"):
            return Told(read_inputs(values["inputs"]), max(2, values["outputs"] or 1), ())
    # The rows of a single file must say which classes there are.
    data = read_dataset(files, labelled=len(files) > 1, data_format=values["format"], remarks=remarks)
    check_labels(data, files[0], Expected())
    return Told(Shape(data.n_inputs), max(2, data.n_classes), data.columns, data.n_samples)


def _network(values: Values, told: Told) -> Network:
    dialect = values["dialect"] or "ann"
    layers = values["layers"] or _dense_layers(values, told, dialect)
    with asking("--layers" if values["layers"] else ""):
        if fault := size_fault([told.inputs.columns]):
            raise UsageError(fault, advice="make the network smaller")
        network = Network.create(told.inputs, layers, columns=told.columns, source=NetworkSource(dialect))
    if fault := size_fault(network.topology.sizes, network.topology.n_parameters):
        raise UsageError(fault, advice="make the network smaller")
    if refused := refusal(dialect, network.topology, network.scaling):
        raise UsageError(refused, advice="leave --dialect out")
    return network


def _dense_layers(values: Values, told: Told, dialect: str) -> list[tuple[int, str]]:
    """Hidden layers and an output layer by the options and the data; raises UsageError where they cannot be."""
    if told.inputs.rows is None and not told.inputs.tokens:
        example = "--layers '16 tanh convolution 8, mean, 3 softmax'"
        raise UsageError("samples of several rows need a layer that reads them", advice=f"say for example {example}")
    n_outputs = values["outputs"] or (1 if told.n_classes <= 2 else told.n_classes)
    output = values["output_activation"] or ("logistic" if n_outputs == 1 else "softmax")
    activation = values["activation"]
    if dialect == "ann1dn":
        # That dialect has one activation for all layers.
        given = values["activation"] if "activation" in values.given else "logistic"
        activation = output = values["output_activation"] or given
    hidden = units_for(told.n_samples, told.n_classes) if values["hidden"] is None else values["hidden"]
    if fault := size_fault([told.inputs.columns, *hidden, n_outputs]):
        raise UsageError(fault, advice="make the network smaller")
    return [*((units, activation) for units in hidden), (n_outputs, output)]


def _check_target(values: Values, network_path: str) -> None:
    """Raises AnnError if a file would be lost, UsageError if two things would go to stdout."""
    if network_path == "-":
        if values["json"]:
            raise UsageError("the network and --json cannot both go to stdout", advice="name a file for the network")
        return
    refuse_read_files({"": network_path})
    if os.path.isfile(network_path) and not values["force"]:
        raise AnnError("the file exists", path=network_path, advice="give another name, or --force to overwrite it")
