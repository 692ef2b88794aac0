"""The definition that `ann init` makes of labelled tables: its inputs are their columns, or pictures and series where its layers ask for such."""

from __future__ import annotations

import math

from anncli.cli.asking.tables import asked_data
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.new_network import new_network
from anncli.cli.running.reading import is_about_columns, read_tables
from anncli.errors import UsageError, asking
from anncli.formats.data.class_files import read_class_tables
from anncli.formats.data.data_kind import are_class_tables, are_tables
from anncli.formats.data.pixels import picture_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_sets import TableReader
from anncli.network.layers import DEFAULT_KIND, read_layer
from anncli.network.layers.base import Shape
from anncli.network.network import Network


def definition_of_tables(values: Values, words: Words, remarks: Remarks) -> Network | None:
    """The untrained network for labelled tables, None for data of another kind.

    Raises: UsageError, DataError where it is not clear what the columns are; UsageError for a dialect without tables.
    """
    asked = asked_data(values, words)
    of_classes = are_class_tables(words.data, asked.request, asked.read)
    is_about_tables = of_classes or is_about_columns(asked.request)
    if not (is_about_tables or are_tables(words.data, asked.request, asked.read)):
        return None
    if values["dialect"] not in (None, "ann"):
        raise UsageError(
            f"--dialect {values['dialect']} has no place for the columns of a table", advice="leave it out"
        )
    read = read_class_tables if of_classes else read_tables
    data, _ = read({"training": words.data}, TableReader(asked.request, asked.read, remarks), None)
    network = new_network(asked, data)
    inputs = network.topology.inputs if network.table is None else 1
    if values["layers"]:
        with asking("--layers"):
            if (size := picture_of(data.roles.inputs)) and any(
                read_layer(text).kind != DEFAULT_KIND for text in values["layers"]
            ):
                grid = (size[0], size[1], size[2] if len(size) > 2 else 1)
                return Network.create(Shape(math.prod(grid), 1, grid), values["layers"], task=network.task)
            return Network.create(inputs, values["layers"], table=network.table, task=network.task)
    if not {"outputs", "output_activation"} & values.given.keys():
        return network
    topology = network.topology
    output = values["outputs"] or topology.n_outputs, values["output_activation"] or topology.output_activation
    with asking():
        return Network.create(inputs, [*network.layers[:-1], output], table=network.table, task=network.task)
