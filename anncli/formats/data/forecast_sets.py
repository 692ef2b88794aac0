"""Long tables as windows for forecasts: the sets of a training, and the windows on which a network is evaluated or used."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.dataset.request import TableRequest
from anncli.dataset.roles import Place
from anncli.dataset.table_data import TableData
from anncli.errors import DataError, UsageError
from anncli.forecasts import Forecast
from anncli.formats.data.answer_files import TableFile
from anncli.formats.data.forecast_plan import Plan, are_changes, plan_of, plan_of_network, refuse_other_options
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_columns import TableMatcher
from anncli.formats.data.table_request import with_head
from anncli.formats.data.table_sets import TableReader, joined_sets, read_file
from anncli.formats.data.windows import SeriesFile, Windows, label_values, series_of_files, windows_of
from anncli.formats.files.textfile import Path
from anncli.network.encoders.table import EncodingFault
from anncli.network.network import Network
from anncli.tables import Roles


def is_forecast(network: Network | None, request: TableRequest) -> bool:
    """Whether samples are windows of a long table: where the user or the network says so. Raises: UsageError as
    refuse_other_options()."""
    if network is not None and network.forecast is not None:
        return True
    head = None if network is None else network.table
    window = request.window or (0 if head is None else head.window or 0)
    if window or request.horizon:
        refuse_other_options(request._replace(window=window))
    return bool(window)


def read_forecast_sets(
    sets: Mapping[str, Sequence[Path]], reader: TableReader, network: Network | None
) -> tuple[TableData, dict[str, Array]]:
    """Sets of long tables as one table of windows, and the numbers of the windows of each set.

    Windows do not go from one file, or one series, into the next. Raises: DataError, UsageError as plan_of(), windows_of().
    """
    request = completed(reader.request, network)
    reader = reader._replace(request=request)
    by_rows = reads_rows(network)
    files, plan = _read(sets, reader, network)
    if network is None or network.forecast is None:
        plan = _with_changes(plan, [file for file, _ in next(iter(files.values()))])
    flat = [file for own in files.values() for file in own]
    made = [windows_of(file, plan.forecast, by_rows, reader.remarks) for file, _ in flat]
    _check_width(network, plan)
    tables = iter(
        file._replace(table=own.table, source=file.source._replace(n_samples=own.table.n_rows))
        for (_, file), own in zip(flat, made, strict=True)
    )
    of_sets = {name: [next(tables) for _ in own] for name, own in files.items()}
    matcher = TableMatcher(roles := plan.roles(by_rows), roles.used, Remarks())
    memoryless = reader._replace(read=reader.read._replace(memory=None), by_row=False)
    data, rows = joined_sets(of_sets, matcher, plan.kinds_of_inputs(by_rows), memoryless, ())
    return _completed_data(data, made, plan.forecast), rows


def _completed_data(data: TableData, made: Sequence[Windows], forecast: Forecast) -> TableData:
    times, until, last = (np.concatenate([getattr(own, name) for own in made]) for name in ("times", "until", "latest"))
    last = np.zeros_like(last) if forecast.changes else last
    return replace(data, times=times, until=until, last=last, forecast=forecast)


def read_labelled_windows(paths: Sequence[Path], reader: TableReader, network: Network) -> Dataset:
    """The windows with known targets on which a trained network is evaluated, encoded as its inputs."""
    data, _ = read_forecast_sets({"test": paths}, reader, network)
    assert network.encoder is not None
    try:
        inputs, _ = network.encoder.encode(data.table, reader.request.unknown or "zeros")
    except EncodingFault as fault:
        path, line = data.place_of(fault.row)
        raise DataError(fault.message, path=path or data.shown[0], line=line, advice=fault.advice) from None
    return data.with_inputs(inputs, network.encoder.names)


def read_all_windows(path: Path, reader: TableReader, network: Network) -> Windows:
    """All windows of a file that a trained network can take, whether or not their targets are known."""
    reader = reader._replace(request=completed(reader.request, network))
    files, plan = _read({"": [path]}, reader, network)
    return windows_of(files[""][0][0], plan.forecast, reads_rows(network), reader.remarks, is_known=False)


def reads_rows(network: Network | None) -> bool:
    """Whether a network takes a window row by row; a new one, and one of dense layers, takes all its numbers side by side."""
    if network is None or network.topology.takes_vectors:
        return False
    if network.topology.inputs.tokens:
        raise UsageError(
            "--window is for networks of numbers, and this one takes tokens", advice="write inputs: any x N"
        )
    if network.topology.inputs.descriptors is not None:
        raise UsageError(
            "--window is for networks of numbers, and this one takes Fisher vectors", advice="write inputs: any x N"
        )
    if network.topology.answers_rows:
        message = "a forecast needs one answer for each window, and this network answers every row"
        raise UsageError(message, advice="add a layer `last`, `mean` or `max` before the output layer")
    return True


def completed(request: TableRequest, network: Network | None) -> TableRequest:
    """The request with what the network file says about the columns and the window; a trained network has its own plan, which
    may be another than that of the head: options of its training are stronger."""
    if network is not None and network.encoder is not None and network.encoder.forecast is not None:
        return request
    head = None if network is None else network.table
    request = with_head(request, head)
    if head is None:
        return request
    return request._replace(
        window=request.window or head.window or 0,
        horizon=request.horizon or head.horizon or 0,
        sequence=request.sequence or head.sequence,
    )


def _read(
    sets: Mapping[str, Sequence[Path]], reader: TableReader, network: Network | None
) -> tuple[dict[str, list[tuple[SeriesFile, TableFile]]], Plan]:
    """The files of all sets, with the columns of the first one, and the plan."""
    stored = None if network is None else network.forecast
    plan = None
    if stored is not None:
        assert network is not None
        assert network.encoder is not None
        plan = plan_of_network(network.encoder, reader.request)
        reader = reader.knowing(stored.columns, (), stored.is_named)
    else:
        reader = reader.asking(reader.request)
    files: list[TableFile] = []
    for path in (path for own in sets.values() for path in own):
        file = read_file(path, reader)
        if plan is None:
            plan = plan_of(
                file.table, reader.request, network, Place(file.shown), partial(reader.remarks.note, file.shown)
            )
            _say_plan(plan, reader.remarks, file.shown)
            reader = reader.knowing(file.table.names, (), file.table.is_named)
        files.append(
            _fitted(
                file,
                plan.forecast,
                reader.remarks,
                "the network" if stored else files[0].shown if files else file.shown,
            )
        )
    assert plan is not None
    series = series_of_files([(file.table, file.shown) for file in files], plan.forecast, reader.remarks)
    pairs = iter(zip(series, files, strict=True))
    return {name: [next(pairs) for _ in own] for name, own in sets.items()}, plan


def _fitted(file: TableFile, forecast: Forecast, remarks: Remarks, of: str) -> TableFile:
    """The file with the columns of a forecast; the labels alone tell of rows."""
    roles = Roles(forecast.columns, (), forecast.columns, is_named=forecast.is_named)
    return file._replace(table=TableMatcher(roles, forecast.needed, remarks, of).fit(file.table, file.shown))


def _say_plan(plan: Plan, remarks: Remarks, shown: str) -> None:
    forecast = plan.forecast
    parts = [f"forecast of {', '.join(forecast.labels)}", f"from the past of {', '.join(forecast.inputs)}"]
    left = [name for name in forecast.columns if name not in forecast.needed]
    parts += [f"ignored: {', '.join(left)}"] if left else []
    parts += [f"{role}: {name}" for role in ("order", "sequence") if (name := getattr(forecast, role))]
    remarks.guess(shown, "; ".join(parts))


def _with_changes(plan: Plan, files: Sequence[SeriesFile]) -> Plan:
    """The plan, with the form of the targets that the first half of the training data asks for."""
    values = np.concatenate([label_values(file, plan.forecast) for file in files])
    # A series of one file is none of another.
    firsts = np.cumsum([0, *(int(file.series.max(initial=0)) + 1 for file in files[:-1])])
    codes = np.concatenate([file.series + first for file, first in zip(files, firsts.tolist(), strict=True)])
    with warnings.catch_warnings():
        # A series without a single label has no mean.
        warnings.simplefilter("ignore", RuntimeWarning)
        changes = are_changes(values, codes, plan.forecast)
    return plan._replace(forecast=plan.forecast._replace(changes=changes))


def _check_width(network: Network | None, plan: Plan) -> None:
    """Raises UsageError where a definition with a number of outputs cannot have the targets of the forecast."""
    n = len(plan.forecast.target_names)
    if network is not None and not network.quantiles and network.loss is None and network.n_outputs % n:
        of = (
            f"{plan.forecast.horizon} steps of {len(plan.forecast.labels)} label{'s' * (len(plan.forecast.labels) > 1)}"
        )
        message = f"the network has {network.n_outputs} outputs, and {of} are {n} targets"
        raise UsageError(message, advice=f"end its layers with `{n} linear`")
