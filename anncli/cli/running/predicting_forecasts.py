"""`ann predict` with a network of forecasts: the rows after the last row of a table, or what each of its windows predicts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from anncli.arrays import Array, Rows
from anncli.cli.asking.values import Values
from anncli.cli.running.predicting_tables import destination_of
from anncli.cli.running.written_tables import refuse_read_target
from anncli.cli.showing.json_output import SCHEMA
from anncli.dataset.time_steps import next_words, times_in
from anncli.errors import DataError, UsageError
from anncli.forecasts import Forecast
from anncli.formats.data.csv_writer import write_text
from anncli.formats.data.forecast_sets import read_all_windows, reads_rows
from anncli.formats.data.joined import join_tables
from anncli.formats.data.registry import writer_of
from anncli.formats.data.table_sets import TableReader
from anncli.formats.data.table_stream import TableStream, write_stream
from anncli.formats.data.windows import Windows
from anncli.formats.files.textfile import shown_name
from anncli.inference.predict import predict
from anncli.network.encoders.table import EncodingFault
from anncli.network.network import Network
from anncli.tables import Table, TableColumn

_NOT_HERE = ("scores", "classes", "with", "top", "threshold", "abstain")


def print_forecasts(values: Values, network: Network, files: Sequence[str], reader: TableReader) -> None:
    """Write the forecasts for all files, as a table or as a document."""
    for name in _NOT_HERE:
        if name in values.on_command_line:
            message = f"--{name} is not for networks of forecasts"
            raise UsageError(message, advice="leave it out; --all-windows gives a row for every window")
    asked = [name for name in ("to", "output") if name in values.given]
    if values["json"] and asked:
        raise UsageError(f"--json and --{asked[0]} exclude each other", advice="--to jsonl writes a document per row")
    destination = destination_of(values, [*files])
    tables = [forecast_table(values, network, file, reader, len(files) > 1) for file in files]
    if values["json"]:
        print(json.dumps({"schema": SCHEMA, "command": "predict", "predictions": _documents(join_tables(tables))}))
        return
    refuse_read_target(*destination, "--output")
    delimiter = values["delimiter"] if "delimiter" in values.given else ","
    if destination.format == "csv":
        write_text(destination.target, tables, (), delimiter)
    else:
        write_stream(
            writer_of(destination.format), destination.target, TableStream(lambda: iter([join_tables(tables)]))
        )


def forecast_table(values: Values, network: Network, file: str, reader: TableReader, is_one_of_many: bool) -> Table:
    """The forecasts for one file."""
    forecast = network.forecast
    assert forecast is not None
    windows = read_all_windows(file, reader, network)
    chosen = np.arange(len(windows.rows)) if values["all_windows"] else last_of_series(windows)
    numbers = predicted_values(network, windows, chosen, shown_name(file), values["threads"])
    make = _every_window if values["all_windows"] else _following_rows
    columns = [*make(network, forecast, windows, chosen, numbers)]
    if is_one_of_many:
        word = TableColumn("file", codes=np.zeros(len(columns[0]), dtype=np.int32), words=(shown_name(file),))
        columns = [word, *columns]
    return Table(tuple(columns), len(columns[0]))


def last_of_series(windows: Windows) -> Array:
    """The places (k,) of the last window of each series."""
    series = windows.series[windows.rows]
    return np.flatnonzero(np.diff(series, append=-1))


def predicted_values(network: Network, windows: Windows, chosen: Array, shown: str, threads: int) -> Array:
    """What a network predicts from the chosen windows (k,), in the units of the label: (k, n_targets) float32.

    Raises: DataError for cells that cannot be encoded.
    """
    encoder, forecast = network.encoder, network.forecast
    assert encoder is not None
    assert forecast is not None
    length = forecast.window if reads_rows(network) else 1
    places = (chosen[:, None] * length + np.arange(length)).reshape(-1)
    table = windows.table.take(places)
    try:
        inputs: Any = encoder.encode(table).inputs
    except EncodingFault as fault:
        line = None if fault.row is None else table.line_of(fault.row)
        raise DataError(fault.message, path=shown, line=line, advice=fault.advice) from None
    if reads_rows(network):
        inputs = Rows(inputs, np.arange(len(chosen) + 1) * length)
    outputs = predict(network, inputs, threads=threads)
    if forecast.changes:
        per_target = outputs.shape[1] // windows.latest.shape[1]
        outputs = outputs + np.repeat(windows.latest[chosen], per_target, axis=1)
    return outputs.astype(np.float32)


def _following_rows(
    network: Network, forecast: Forecast, windows: Windows, chosen: Array, numbers: Array
) -> Iterator[TableColumn]:
    """A row for each step after the last row of each series."""
    rows, steps = windows.rows[chosen], forecast.horizon
    if forecast.sequence is not None:
        yield windows.ordered.column(forecast.sequence).take(np.repeat(rows, steps))
    times = None if forecast.order is None else times_in(windows.ordered.column(forecast.order))
    words = None if times is None else next_words(times, windows.series, rows.tolist(), steps)
    if forecast.order is not None and words is not None:
        yield TableColumn(forecast.order, codes=np.arange(len(words), dtype=np.int32), words=tuple(words))
    else:
        yield TableColumn("step", np.tile(np.arange(1.0, steps + 1), len(rows)))
    levels, baseline = network.quantiles, forecast.baseline
    of_label = numbers.reshape(len(rows), len(forecast.labels), steps, -1)
    for k, label in enumerate(forecast.labels):
        own = of_label[:, k].reshape(len(rows) * steps, -1)
        for j in range(own.shape[1]):
            yield TableColumn(f"{label} {levels[j]:g}" if levels else label, np.ascontiguousarray(own[:, j]))
        if baseline is not None and baseline.of:
            for name in ("low", "high"):
                error = np.tile(getattr(baseline, name)[k * steps : (k + 1) * steps], len(rows))
                yield TableColumn(f"{label} {name}", own[:, 0] + error)


def _every_window(
    network: Network, forecast: Forecast, windows: Windows, chosen: Array, numbers: Array
) -> Iterator[TableColumn]:
    """A row for each window: what tells of its last row, and each step."""
    for name in filter(None, (forecast.sequence, forecast.order)):
        yield windows.ordered.column(name).take(windows.rows[chosen])
    if forecast.order is None:
        yield TableColumn("row", windows.rows[chosen] + 1.0)
    names = forecast._replace(changes=False).target_names
    levels = [f" {level:g}" for level in network.quantiles] or [""]
    for k, name in enumerate(f"{name}{level}" for name in names for level in levels):
        yield TableColumn(name, np.ascontiguousarray(numbers[:, k]))


def _documents(table: Table) -> list[dict[str, Any]]:
    cells = {column.name: _cells(column) for column in table.columns}
    return [{name: own[row] for name, own in cells.items()} for row in range(table.n_rows)]


def _cells(column: TableColumn) -> list[Any]:
    if column.numbers is not None:
        return [float(str(value)) if np.isfinite(value) else None for value in column.numbers]
    assert column.codes is not None
    return [None if code < 0 else column.words[code] for code in column.codes.tolist()]
