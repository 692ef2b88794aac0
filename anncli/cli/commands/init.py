"""`ann init`: write a new, commented network definition."""

from __future__ import annotations

import os
from typing import Any

import click

from anncli.cli.asking import options
from anncli.cli.showing.console import print_json
from anncli.errors import AnnError, UsageError, printable
from anncli.network.names import ACTIVATION_NAMES, canonical_activation
from anncli.options.readers import integer

_MOST_CLASSES = 1000


@options.command("init")
@click.argument("network_path", metavar="NETWORK")
@options.option("--inputs", metavar="N", help="Values per vector.")
@options.option("--data", metavar="FILES", help="Class files to take inputs and classes from, comma-separated.")
@options.option("--hidden", default="16", metavar="N[,N...]", help="Units per hidden layer; 0: none.  [default: 16]")
@options.option(
    "--activation",
    default="tanh",
    metavar="NAME",
    help="Of the hidden layers: " + ", ".join(n for n in ACTIVATION_NAMES if n != "softmax") + ".  [default: tanh]",
)
@options.option("--outputs", metavar="N", help="Output units.  [default: 1 for two classes, one per class for more]")
@options.option(
    "--output-activation",
    metavar="NAME",
    help="Of the output layer.  [default: logistic for one output, softmax for more]",
)
@options.option("--dialect", type=click.Choice(["ann", "ann1dn"]), default="ann", help="Kind of file to write.")
@options.option("-f", "--force", is_flag=True, help="Overwrite an existing file.")
@options.common
@click.pass_context
def init_command(ctx: click.Context, /, network_path: str, **given: Any) -> None:
    """Write a commented network definition to NETWORK, ready for `ann train`.

    \b
    Examples:
      ann init network.nn --inputs 9
      ann init network.nn --data pos.txt,neg.txt --hidden 16,8 --activation relu
      ann init iris.nn --data setosa.txt,versicolor.txt,virginica.txt
      ann init old.nn --inputs 2 --hidden 2 --dialect ann1dn
    """
    console = options.make_console(ctx)
    n_inputs, n_classes, columns = _shape(given)
    hidden = _hidden(given["hidden"])
    n_outputs = _read("--outputs", given["outputs"]) if given["outputs"] else (1 if n_classes <= 2 else n_classes)
    output = given["output_activation"] or ("logistic" if n_outputs == 1 else "softmax")
    activation = given["activation"]
    if given["dialect"] == "ann1dn":
        # That dialect has one activation for all layers.
        activation = output = given["output_activation"] or (
            "logistic" if _was_default(ctx, "activation") else activation
        )
    from anncli.formats.networks.numbers import size_fault
    from anncli.formats.networks.storage import save

    if fault := size_fault([n_inputs, *hidden, n_outputs]):
        raise UsageError(fault, advice="make the network smaller")
    try:
        layers = [(units, canonical_activation(activation)) for units in hidden] + [
            (n_outputs, canonical_activation(output))
        ]
        from anncli.network.network import Network, NetworkSource

        network = Network.create(n_inputs, layers, columns=columns, source=NetworkSource(given["dialect"]))
    except ValueError as error:
        raise UsageError(str(error)) from None
    _check_target(network_path, given)
    save(network, network_path)
    from anncli.cli.showing.train_report import describe

    if given["as_json"]:
        document = {"inputs": n_inputs, "layers": [layer.text() for layer in network.layers]}
        document |= {"parameters": network.topology.n_parameters, "dialect": network.source.dialect}
        print_json({"command": "init", "network": printable(network_path), **document})
        return
    place, further = (
        ("<stdout>", "")
        if network_path == "-"
        else (network_path, f"; train it with: ann train {network_path} CLASSFILE... 1000")
    )
    console.note(f"{place}: {describe(network)}{further}")


def _check_target(network_path: str, given: dict[str, Any]) -> None:
    """Raises AnnError where a file would be lost, UsageError where two things would go to stdout."""
    if network_path == "-":
        if given["as_json"]:
            raise UsageError("the network and --json cannot both go to stdout", advice="name a file for the network")
        return
    if given["data"] and os.path.realpath(network_path) in map(os.path.realpath, given["data"].split(",")):
        raise UsageError(f"{network_path} would overwrite a file that this run reads", advice="give another name")
    if os.path.isfile(network_path) and not given["force"]:
        raise AnnError("the file exists", path=network_path, advice="give another name, or --force to overwrite it")


def _was_default(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is click.core.ParameterSource.DEFAULT


def _read(option: str, text: str) -> int:
    try:
        return integer(1, example="9")(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def _hidden(text: str) -> list[int]:
    if text.strip() in ("0", ""):
        return []
    return [_read("--hidden", word.strip()) for word in text.split(",")]


def _shape(given: dict[str, Any]) -> tuple[int, int, tuple[str, ...]]:
    """Inputs, classes and column names, from --data or --inputs."""
    if bool(given["data"]) == bool(given["inputs"]):
        raise UsageError("say either --inputs N or --data FILES", advice="for example: ann init network.nn --inputs 9")
    if given["inputs"]:
        n_outputs = _read("--outputs", given["outputs"]) if given["outputs"] else 1
        return _read("--inputs", given["inputs"]), max(2, n_outputs), ()
    from anncli.formats.data.assemble import read_dataset

    files = given["data"].split(",")
    # A single file is a list whose labels say how many classes there are.
    names = [str(k) for k in range(1, _MOST_CLASSES + 1)] if len(files) == 1 else None
    data = read_dataset(files, class_names=names)
    return data.n_inputs, max(2, int(data.labels.max()) + 1), data.columns
