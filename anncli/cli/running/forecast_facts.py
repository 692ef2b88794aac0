"""`ann plot forecast` at work: what a network of forecasts predicts after the last row of a table."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.cli.asking.tables import read_request, table_request
from anncli.cli.asking.values import Values
from anncli.cli.running.predicting_forecasts import last_of_series, predicted_values
from anncli.cli.showing.figures.facts import ForecastFacts, LabelForecast
from anncli.errors import UsageError
from anncli.forecasts import Forecast
from anncli.formats.data.forecast_sets import is_forecast, read_all_windows
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_sets import TableReader
from anncli.formats.data.windows import Windows
from anncli.formats.files.textfile import shown_name
from anncli.network.network import Network
from anncli.tables import number_word


def forecast_facts(values: Values, network: Network, files: tuple[str, ...], remarks: Remarks) -> ForecastFacts:
    """Of the first series of the one file; raises UsageError for a network that makes no forecasts, and for several files."""
    if not is_forecast(network, table_request(values)):
        advice = "train one: ann train table.csv --window 24 --horizon 6 --order NAME"
        raise UsageError("plot forecast is for networks of forecasts", advice=advice)
    if network.quantiles:
        raise UsageError("plot forecast is for networks that predict values, not quantiles", advice="draw residuals")
    if len(files) > 1:
        raise UsageError(f"plot forecast is for one table, and there are {len(files)}", advice="name one of them")
    forecast = network.forecast
    assert forecast is not None
    with values.console.reading():
        windows = read_all_windows(files[0], TableReader(table_request(values), read_request(values), remarks), network)
    chosen = last_of_series(windows)[:1]
    numbers = predicted_values(network, windows, chosen, shown_name(files[0]), values["threads"])[0]
    row = int(windows.rows[chosen[0]])
    labels = tuple(_of_label(forecast, windows, row, k, numbers) for k in range(len(forecast.labels)))
    several = forecast.sequence is not None and windows.series[0] != windows.series[-1]
    name = _cell(windows, forecast.sequence, row) if several and forecast.sequence else ""
    baseline = forecast.baseline
    of, n = ("", 0) if baseline is None else (baseline.of, baseline.n)
    at = _cell(windows, forecast.order, row) if forecast.order else ""
    return ForecastFacts(labels, name, at, forecast.order or "", forecast.window, of, n)


def _of_label(forecast: Forecast, windows: Windows, row: int, k: int, numbers: Array) -> LabelForecast:
    own = slice(k * forecast.horizon, (k + 1) * forecast.horizon)
    column = windows.ordered.column(forecast.labels[k]).as_numbers()
    assert column is not None
    assert column.numbers is not None
    of_series = np.flatnonzero(windows.series == windows.series[row])
    values = column.numbers[of_series[of_series <= row]].astype(np.float64)
    predicted, baseline = numbers[own].astype(np.float64), forecast.baseline
    low = high = np.empty(0)
    if baseline is not None and baseline.of:
        low, high = predicted + baseline.low[own], predicted + baseline.high[own]
    last = float(windows.latest[np.searchsorted(windows.rows, row), own.start])
    return LabelForecast(forecast.labels[k], values, predicted, low, high, last)


def _cell(windows: Windows, name: str, row: int) -> str:
    """A cell of the sorted table as a word."""
    column = windows.ordered.column(name)
    if column.numbers is not None:
        return number_word(float(column.numbers[row]))
    assert column.codes is not None
    return column.words[column.codes[row]]
