"""The encoder of a network that was trained without tables: its inputs are columns of numbers, in their order."""

from __future__ import annotations

from anncli.dataset.request import TableRequest
from anncli.dataset.roles import Place, find_all_columns, inputs_are_answers
from anncli.errors import count_of, nearest, quoted
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.network import Network
from anncli.tables import Roles, Table


def encoder_of(network: Network, table: Table, request: TableRequest, place: Place) -> TableEncoder:
    """The encoder of a network, or the one that a table implies for a network that has none.

    Its inputs are the columns that the network names, or else all columns of the table without the labels, the
    weights and those that the user leaves out. Raises: DataError where they are not as many as the network has inputs.
    """
    if network.encoder is not None:
        return network.encoder
    own = inputs_are_answers(table, request)
    # Some formats say themselves which columns are the answers.
    asked = request.label or table.labels
    labels = () if own else find_all_columns(table, asked, "--label", place)
    out = find_all_columns(table, request.ignore, "--ignore", place)
    said = {
        role: word
        for role in ("weight", "sequence", "order", "row_names")
        if (word := getattr(request, role)) is not None
    }
    about = [
        name
        for role, word in said.items()
        for name in find_all_columns(table, (word,), f"--{role.replace('_', '-')}", place)
    ]
    names = tuple(name for name in table.names if name not in (*labels, *out, *about))
    if network.columns and table.is_named:
        missing = [name for name in network.columns if name not in table.names]
        if missing:
            close = nearest(missing[0], names)
            advice = (
                f"is it {quoted(close)}?" if close else f"the network's columns are {', '.join(network.columns[:10])}"
            )
            raise place.fault(f"no column {quoted(missing[0])}", advice)
        names = network.columns
    samples = network.topology.inputs.samples
    if len(names) not in samples.cells:
        message = f"{count_of(len(names), 'column')} for {count_of(samples.columns, 'input')} of the network"
        raise place.fault(message, "leave columns out with --ignore, and name the answers with --label")
    task = network.task if (own or labels) and network.task == "regression" else "classification"
    roles = Roles(table.names, tuple(labels), names, task=task, is_named=table.is_named)
    return TableEncoder(roles, tuple(InputColumn(name) for name in names))
