"""Windows of a long table: a sample is consecutive rows, and its targets are the labels of the rows that follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.roles import Place
from anncli.dataset.row_columns import times_of
from anncli.dataset.time_steps import steps_of, times_in
from anncli.errors import DataError, count_of, quoted
from anncli.forecasts import Forecast
from anncli.formats.data.forecast_plan import words_of_label
from anncli.formats.data.joined import join_tables
from anncli.formats.data.remarks import Remarks
from anncli.tables import Table, TableColumn


class SeriesFile(NamedTuple):
    """A file with the rows of each series below each other, sorted by time.

    table; shown: its name for messages; times, series: the time (n_rows,) of each row, and the number (n_rows,) of its series.
    """

    table: Table
    shown: str
    times: Array
    series: Array


class Windows(NamedTuple):
    """The windows of a file, in the order of the series and, within one, of time.

    table: with the columns of the inputs and the targets, a row for each window, or, of a network that reads row by row, a row for each row
    of each window; rows (n,): the last row of each window in the sorted table `ordered`; series (n_rows,): of the rows of that;
    times, until (n,): of the first and the last row that a target is from, of the last known one where nothing follows; latest
    (n, n_targets): the last known value of the label of each target.
    """

    table: Table
    ordered: Table
    series: Array
    rows: Array
    times: Array
    until: Array
    latest: Array


def series_of_files(files: Sequence[tuple[Table, str]], forecast: Forecast, remarks: Remarks) -> list[SeriesFile]:
    """The series of tables, each with its name; says rows of one time, and that nothing tells the order.

    Raises: DataError as times_of_files(), and for a row that does not say which series it is of.
    """
    times = times_of_files(files, forecast.order)
    return [_in_order(*file, own, forecast, remarks) for file, own in zip(files, times, strict=True)]


def times_of_files(files: Sequence[tuple[Table, str]], order: str | None) -> list[Array]:
    """The times of the rows of files, which can be compared between files; without a column of the time the row numbers.

    Raises: DataError for a row without a time, and for words in no order.
    """
    if order is None:
        return [np.arange(table.n_rows, dtype=np.float64) for table, _ in files]

    def fault(message: str, advice: str, row: int | None) -> DataError:
        for table, shown in files:
            if row is None or row < table.n_rows:
                return DataError(message, path=shown, line=None if row is None else table.line_of(row), advice=advice)
            row -= table.n_rows
        return DataError(message, path=files[0][1], advice=advice)

    joined = join_tables([table.select((order,))._replace(lines=(), samples=None, tokens=None) for table, _ in files])
    times = times_of(joined, order, fault)
    return np.split(times, np.cumsum([table.n_rows for table, _ in files])[:-1])


def _in_order(table: Table, shown: str, times: Array, forecast: Forecast, remarks: Remarks) -> SeriesFile:
    codes = np.zeros(table.n_rows, dtype=np.int64)
    if forecast.sequence is not None:
        column = table.column(forecast.sequence).as_words()
        if (missing := column.is_missing).any():
            message = f"no cell in column {quoted(forecast.sequence)}, which says whose row it is"
            line = table.line_of(int(np.argmax(missing)))
            raise DataError(message, path=shown, line=line, advice="fill the column")
        assert column.codes is not None
        codes = column.codes.astype(np.int64)
    order = np.lexsort((times, codes))
    if forecast.order is None:
        remarks.note(
            shown, "the rows are taken as they stand, the oldest first (`ann train --order NAME` sorts them by time)"
        )
    if (order != np.arange(len(order))).any():
        # take() needs the line of every row, or none.
        lines = table.lines if len(table.lines) == table.n_rows else ()
        table, times, codes = table._replace(lines=lines).take(order), times[order], codes[order]
    same = (np.diff(times) == 0) & (np.diff(codes) == 0)
    if same.any():
        n, line = int(same.sum()), table.line_of(int(np.argmax(same)) + 1)
        where = f", the first in line {line}" if line else ""
        remarks.warn(f"{shown}: {count_of(n, 'row')} with the time of the row before{where}; each counts as a step")
    elif forecast.order and (found := times_in(table.column(forecast.order))):
        steps = steps_of(found.numbers, codes)
        if steps is not None and steps.n_other:
            text = f"the steps in time are regular except for {steps.n_other}; every row still counts as one step"
            remarks.note(shown, text)
    return SeriesFile(table, shown, times, codes)


def windows_of(file: SeriesFile, forecast: Forecast, by_rows: bool, remarks: Remarks, is_known: bool = True) -> Windows:
    """The windows of a file; by_rows: its rows stay rows, see Windows; is_known: only windows whose targets are known, else all.

    Windows without a known value of a label are left out, and with is_known those that miss a target; both are counted.
    Raises: DataError for a label that holds words, and where no series is long enough.
    """
    codes, known = file.series, label_values(file, forecast)
    after = forecast.horizon if is_known else 0
    ends, n_rows = np.arange(len(codes)), len(codes)
    begins = ends - forecast.window + 1
    whole = (begins >= 0) & (ends + after < n_rows)
    whole[whole] = (codes[begins[whole]] == codes[ends[whole]]) & (codes[ends[whole] + after] == codes[ends[whole]])
    rows = np.flatnonzero(whole)
    if not len(rows):
        raise _too_short(file, forecast, after)
    latest, age = _latest(known)
    kept: Array = np.asarray((age[rows] < forecast.window).all(axis=1))
    targets = np.stack([known[np.minimum(rows + step, n_rows - 1)] for step in range(1, forecast.horizon + 1)], axis=2)
    if is_known:
        kept = kept & ~np.isnan(targets).any(axis=(1, 2))
    rows, targets = _kept(rows, kept, file, remarks), targets[kept]
    last = np.repeat(latest[rows], forecast.horizon, axis=1)
    targets = targets.reshape(len(rows), -1) - (last if forecast.changes else 0)
    table = _table_of(file.table, forecast, rows, targets, by_rows)
    until = file.times[np.minimum(rows + forecast.horizon, n_rows - 1)]
    times = file.times[np.minimum(rows + 1, n_rows - 1)]
    return Windows(table, file.table, codes, rows, times, until, last.astype(np.float32))


def _kept(rows: Array, kept: Array, file: SeriesFile, remarks: Remarks) -> Array:
    """Those of the last rows of windows that are kept; says how many are not."""
    n = len(rows) - int(kept.sum())
    if n:
        text = f"{count_of(n, 'window')} of {len(rows)} left out, because labels are missing in them or after them"
        remarks.note(file.shown, text)
    if not kept.any():
        advice = "give longer series, or a shorter --window or --horizon"
        raise DataError("every window misses labels", path=file.shown, advice=advice)
    return rows[kept]


def label_values(file: SeriesFile, forecast: Forecast) -> Array:
    """The numbers (n_rows, n_labels) float64 of the labels, nan where one is missing; raises DataError for words."""
    return np.column_stack([_numbers(file, name) for name in forecast.labels])


def _numbers(file: SeriesFile, name: str) -> Array:
    found = file.table.column(name).as_numbers()
    if found is None or found.numbers is None:
        place = Place(file.shown)
        message = words_of_label(file.table, name, place)
        raise place.fault(message, "name another column with --label, or gaps with --na")
    return found.numbers.astype(np.float64)


def _latest(values: Array) -> tuple[Array, Array]:
    """For each row and column of (n, k) the last value that is no nan, and how many rows above it stands; without one the age is n."""
    n = len(values)
    places = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(n)[:, None]), axis=0)
    age = np.where(places < 0, n, np.arange(n)[:, None] - places)
    return np.take_along_axis(values, np.maximum(places, 0), axis=0), age


def _too_short(file: SeriesFile, forecast: Forecast, after: int) -> DataError:
    counts = np.bincount(file.series)
    what = f"{count_of(int(counts.max()), 'row')}"
    if forecast.sequence is not None:
        what = f"the longest of {len(counts)} series has {what}"
    need = f"a window of {forecast.window}" + (
        f" and a horizon of {after} need {forecast.window + after}" if after else " needs as many"
    )
    return DataError(f"{what}, and {need}", path=file.shown, advice="give more rows, or a shorter --window")


def _table_of(table: Table, forecast: Forecast, rows: Array, targets: Array, by_rows: bool) -> Table:
    """The table of windows, each ending with one of `rows` (n,), with the targets (n, n_targets)."""
    lags = np.arange(forecast.window - 1, -1, -1)
    lines = table.lines_of(rows)
    if by_rows:
        places = (rows[:, None] - lags).reshape(-1)
        columns = [table.column(name).take(places) for name in forecast.inputs]
        targets = np.repeat(targets, forecast.window, axis=0)
        lines = [line for line in lines for _ in range(forecast.window)]
        samples = np.repeat(np.arange(len(rows)), forecast.window)
        return _with_targets(columns, targets, forecast, lines)._replace(samples=samples)
    found = [table.column(name) for name in forecast.inputs]
    if all(column.numbers is not None for column in found):
        with np.errstate(over="ignore"):  # the encoder refuses what 32 bits do not hold
            values = np.column_stack([column.numbers for column in found if column.numbers is not None]).astype(
                np.float32
            )
        matrix = values[rows[:, None] - lags].reshape(len(rows), -1)
        columns = [TableColumn(name, matrix[:, k]) for k, name in enumerate(forecast.input_names)]
        return _with_targets(columns, targets, forecast, lines)._replace(matrix=matrix)
    taken = (column.take(rows - lag) for lag in lags.tolist() for column in found)
    columns = [TableColumn(name, *own[1:]) for name, own in zip(forecast.input_names, taken, strict=True)]
    return _with_targets(columns, targets, forecast, lines)


def _with_targets(columns: list[TableColumn], targets: Array, forecast: Forecast, lines: Sequence[int]) -> Table:
    names = forecast.target_names
    own = (TableColumn(name, np.ascontiguousarray(targets[:, k])) for k, name in enumerate(names))
    return Table((*columns, *own), len(targets), True, lines, labels=names, task="regression")
