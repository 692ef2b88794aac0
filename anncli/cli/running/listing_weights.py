"""`ann info --weights` at work: the weights as a table on the terminal, in a file, or as a document."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import click

from anncli.analysis.named_weights import NamedWeight, named_weights
from anncli.cli.asking.values import Values
from anncli.cli.running.written_tables import check_target, format_of_target, refuse_read_target
from anncli.cli.showing.console import print_json
from anncli.compiled.decimals import shortest
from anncli.errors import UsageError, printable
from anncli.formats.data.names import SAMPLE_FORMATS, WRITTEN_FORMATS
from anncli.formats.data.registry import writer_of
from anncli.formats.data.table_stream import TableStream, write_stream
from anncli.network.network import Network
from anncli.tables import Table, make_table

_FORMATS = tuple(name for name in WRITTEN_FORMATS if name not in SAMPLE_FORMATS)
# Rows of one batch of a file.
_BATCH = 10_000


def target_of_weights(values: Values, network_path: str) -> tuple[str, str] | None:
    """Where the weights are written and in which format, None for the terminal; to be asked before the network is read.

    Raises: UsageError for options that are about --weights where it is not given, and for a place or format that cannot be.
    """
    target, said = values["output"], values["to"]
    if not values["weights"]:
        for name in ("output", "to", "force"):
            if name in values.on_command_line:
                raise UsageError(f"--{name} is about the table of --weights", advice="say --weights too")
        return None
    if values["json"] and (target is not None or said is not None):
        raise UsageError("--json and a table cannot both be written", advice="leave one of them out")
    if target is None and said is None:
        return None
    target = target or "-"
    name = format_of_target(target, said, _FORMATS)
    if name not in _FORMATS:
        message = f"{name} is no format of a table of weights"
        raise UsageError(message, advice=f"use one of {', '.join(_FORMATS)}")
    check_target(target, name, [network_path], values["force"], "--output")
    return target, name


def show_weights(values: Values, network: Network, network_path: str, target: tuple[str, str] | None) -> None:
    """Write the weights to `target`, or print them, or one JSON document."""
    if target is not None:
        refuse_read_target(*target, "--output")
        write_stream(writer_of(target[1]), target[0], TableStream(lambda: _tables(network)))
        return
    if values["json"]:
        weights = [_fields(weight) for weight in named_weights(network)]
        print_json({"command": "info", "network": printable(network_path), "weights": weights})
        return
    for line in _lines(network):
        click.echo(line)


def _fields(weight: NamedWeight) -> dict[str, Any]:
    """The columns of a table, and the keys of a document."""
    member = {"member": weight.member} if weight.member else {}
    value = float(shortest(weight.value))
    return {**member, "layer": weight.layer, "unit": weight.unit, "from": weight.source, "value": value}


def _tables(network: Network) -> Iterator[Table]:
    rows = map(_fields, named_weights(network))
    while batch := list(islice(rows, _BATCH)):
        yield make_table({name: [row[name] for row in batch] for name in batch[0]})


def _lines(network: Network) -> Iterator[str]:
    """A line for each weight; the widths are those of the longest names."""
    rows = [
        {name: str(value) for name, value in {**_fields(each), "value": shortest(each.value)}.items()}
        for each in named_weights(network)
    ]
    header = {name: name for name in rows[0]}
    widths = {name: max(len(printable(row[name])) for row in [header, *rows]) for name in header}
    for row in [header, *rows]:
        yield "  ".join(printable(row[name]).ljust(widths[name]) for name in header).rstrip()
