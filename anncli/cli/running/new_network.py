"""The network that `ann train` makes where none is named: its layers by the data and the options, its file by the data."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NoReturn

from anncli.cli.asking.settings import TrainSettings
from anncli.cli.asking.tables import Asked
from anncli.cli.running.reading import takes_tables
from anncli.dataset.dataset import Dataset
from anncli.dataset.request import TableRequest
from anncli.dataset.roles import Place, find_all_columns
from anncli.dataset.table_data import TableData
from anncli.errors import UsageError, asking, printable
from anncli.forecasts import Forecast
from anncli.formats.data.agreement import names_of_files
from anncli.formats.data.prose import hint_at_texts
from anncli.formats.networks.numbers import size_fault
from anncli.network.encoders.table import TableInputs
from anncli.network.layers.base import Shape
from anncli.network.network import Network
from anncli.tables import Roles, Table, TableColumn
from anncli.training.answers import hidden_layers, output_layer
from anncli.training.sequence_network import sequence_network


def with_place(settings: TrainSettings) -> TrainSettings:
    """The settings with the file of the new network: --output, or one called like the table, in the current folder.

    Raises: UsageError where that file exists: it may be a network that cannot be made again, or no network at all. A run
        that is resumed may replace what the interrupted run wrote.
    """
    if settings.is_output_given:
        if settings.resume is None and os.path.isfile(settings.output):
            _refuse_existing(settings.output)
        return settings._replace(network_path=settings.output)
    is_one = len(settings.class_files) == 1 and settings.class_files[0] != "-"
    is_one = is_one and (settings.inputs is not None or _shows_a_table(settings))
    name = f"{names_of_files(settings.class_files)[0]}.nn" if is_one else "network.nn"
    if settings.resume is None and os.path.lexists(name):
        _refuse_existing(name)
    return settings._replace(network_path=name, output=name)


def _shows_a_table(settings: Asked) -> bool:
    with hint_at_texts(settings.class_files):
        return takes_tables(settings, None)


def _refuse_existing(name: str) -> NoReturn:
    shown = printable(name)
    train = f"train it with ann train {shown} ..., or " if name.endswith(".nn") else ""
    raise UsageError(f"{shown} exists", advice=f"{train}name another with --output")


def new_network(
    settings: Asked, data: Dataset | TableData, loss: str = "auto", trainers: Iterable[str] = ()
) -> Network:
    """The untrained network for these data, this loss, and trainers that are to train it; raises UsageError for one that is
    too large."""
    n_outputs, output = output_layer(data, loss)
    if isinstance(data, TableData) and data.starts is not None:
        return _of_sequences(settings, data, (n_outputs, output), trainers)
    n_inputs = data.n_inputs if isinstance(data, Dataset) else 1
    hidden = hidden_layers(data, trainers) if settings.hidden is None else settings.hidden
    if fault := size_fault([n_inputs, *hidden, n_outputs]):
        raise UsageError(fault, advice="make the network smaller")
    with asking():
        layers = [*((units, settings.activation) for units in hidden), (n_outputs, output)]
        table = _table_inputs(settings.request, data) if isinstance(data, TableData) else None
        task = None if table is None and data.task == "classification" else data.task
        return Network.create(n_inputs, layers, table=table, task=task)


def _of_sequences(settings: Asked, data: TableData, output: tuple[int, str], trainers: Iterable[str]) -> Network:
    """The network for samples of several rows: convolutions over the rows, and one row of them unless each has an answer."""
    hidden = hidden_layers(data, trainers) if settings.hidden is None else settings.hidden
    width = len(data.roles.inputs)
    if fault := size_fault([width, *hidden, output[0]]):
        raise UsageError(fault, advice="make the network smaller")
    with asking():
        return sequence_network(Shape(width, None), hidden, settings.activation, output, data.by_row, data.task)


def _table_inputs(request: TableRequest, data: TableData) -> TableInputs:
    """What the head of the file says about the columns: the label, and what the user said."""
    if data.forecast is not None:
        return _forecast_inputs(request, data.forecast)
    roles = data.roles
    ignored = _meant(roles, request.ignore, "--ignore")
    of_numbers = {column.name for column in data.table.columns if column.numbers is not None}
    kinds = {name: "category" for name in roles.inputs if data.kinds[name] == "category" and name in of_numbers}
    kinds |= {name: "ignore" for name in roles.ignored if name in ignored or request.use}
    return TableInputs(
        label=("inputs",) if roles.reconstructs else roles.labels,
        task=roles.task,
        positive=request.positive,
        missing=request.missing,
        weight=roles.weight,
        group=roles.group,
        order=roles.order,
        row_names=roles.row_names,
        kinds=kinds,
    )


def _forecast_inputs(request: TableRequest, forecast: Forecast) -> TableInputs:
    """The same for windows of a table."""
    categories = _meant(forecast, request.category, "--category")
    ignored = _meant(forecast, request.ignore, "--ignore")
    left = [name for name in forecast.columns if name not in forecast.needed and (name in ignored or request.use)]
    return TableInputs(
        label=forecast.labels,
        missing=request.missing,
        order=forecast.order,
        sequence=forecast.sequence,
        window=forecast.window,
        horizon=forecast.horizon,
        kinds={**dict.fromkeys(categories, "category"), **dict.fromkeys(left, "ignore")},
    )


def _meant(of: Roles | Forecast, words: Sequence[str], option: str) -> tuple[str, ...]:
    """The names of the columns that the words of an option mean."""
    table = Table(tuple(TableColumn(name) for name in of.columns), 0, of.is_named)
    return find_all_columns(table, words, option, Place(""))
