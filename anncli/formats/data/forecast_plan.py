"""What is forecast from a table: which column, from the past of which others, and whether as a value or as a change."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.column_kinds import choose_kinds
from anncli.dataset.request import TableRequest
from anncli.dataset.roles import Place, Say, choose_roles, find_all_columns
from anncli.dataset.word_columns import some_words
from anncli.errors import UsageError, quoted
from anncli.forecasts import Forecast
from anncli.network.encoders.table import TableEncoder
from anncli.network.network import Network
from anncli.tables import Roles, Table, TableColumn, word_number

# Below this fraction of the variance of the label, the mean square of its changes says that the last value is a good start:
# for a horizon of 1 it is where the correlation with the last value is above 0.75. Chosen in benchmarks/forecasts.md.
CHANGES_BELOW = 0.5


class Plan(NamedTuple):
    """forecast; kinds: 'number' or 'category' of each column whose past is read."""

    forecast: Forecast
    kinds: Mapping[str, str]

    def roles(self, by_rows: bool) -> Roles:
        """Of the columns of windows; see windows.Windows."""
        inputs = self.forecast.inputs if by_rows else self.forecast.input_names
        names = self.forecast.target_names
        return Roles((*inputs, *names), names, tuple(inputs), task="regression")

    def kinds_of_inputs(self, by_rows: bool) -> dict[str, str]:
        """The kinds of the columns of windows that are inputs."""
        if by_rows:
            return dict(self.kinds)
        own = [self.kinds[name] for _ in range(self.forecast.window) for name in self.forecast.inputs]
        return dict(zip(self.forecast.input_names, own, strict=True))


def refuse_other_options(request: TableRequest) -> None:
    """Raises UsageError for what is said about tables and means nothing in a forecast; before any file is read."""
    advice = "leave it out"
    if request.horizon and not request.window:
        raise UsageError("--horizon needs --window", advice="say how many rows a window has: --window 24")
    if request.label_files or request.label == ("inputs",):
        raise UsageError(f"--window and --label {request.label[0] if request.label else 'file:NAME'} exclude each other",
                         advice="name the column to forecast: --label NAME")  # fmt: skip
    if request.task == "classification":
        raise UsageError("--window makes forecasts, and these are numbers", advice="leave --task out")
    if request.group is not None:
        message = "--group and --window exclude each other: windows are cut in time order"
        raise UsageError(message, advice=f"several series in one table: --sequence {request.group}")
    for name in ("positive", "weight"):
        if getattr(request, name) is not None:
            raise UsageError(f"--{name} and --window exclude each other", advice=advice)


def plan_of(table: Table, request: TableRequest, network: Network | None, place: Place, say: Say) -> Plan:
    """The plan for the training data; request: complete, with what the network file says about columns.

    Raises: UsageError for columns that are not there and where it is not clear which one is the label; DataError for dates among
        the inputs.
    """
    request = request._replace(task="regression", label=request.label or _only_numbers(table, request, place, say))
    labels = find_all_columns(table, request.label, "--label", place)
    for name in labels:
        _check_label(table, name, place)
    request = _named(request._replace(label=labels), table, place)
    # The past of a label is an input of its own, so a table of one column has inputs.
    padded = table._replace(columns=(*table.columns, TableColumn("\0", np.zeros(table.n_rows))), matrix=None)
    used = (*request.use, "\0") if request.use else ()
    roles = choose_roles(padded, request._replace(use=used), place, say, linear_output=True)
    inputs = tuple(name for name in table.names if name in labels or name in roles.inputs)
    head = {} if network is None or network.table is None else dict(network.table.kinds)
    asked = {name: kind for name, kind in head.items() if kind == "number" and name in inputs}
    asked |= dict.fromkeys(find_all_columns(table, request.category, "--category", place), "category")
    asked |= dict.fromkeys(labels, "number")
    kinds = choose_kinds(
        table, inputs, asked, set(request.use), say, lambda message, advice: place.fault(message, advice)
    )
    kept = tuple(name for name, kind in kinds.items() if kind != "ignore")
    forecast = Forecast(request.window, request.horizon or 1, labels, kept, roles.order, roles.sequence,
                        columns=table.names, is_named=table.is_named)  # fmt: skip
    return Plan(forecast, {name: kinds[name] for name in kept})


def _named(request: TableRequest, table: Table, place: Place) -> TableRequest:
    """The request with the names of the columns that it means: in a table with one more column, 'last' and numbers would mean that one."""

    def one(name: str, word: str | None) -> str | None:
        found = () if word is None else find_all_columns(table, (word,), f"--{name}", place)
        return found[0] if len(found) == 1 else word

    ignore = find_all_columns(table, request.ignore, "--ignore", place)
    use = find_all_columns(table, request.use, "--use", place)
    order, sequence = one("order", request.order), one("sequence", request.sequence)
    return request._replace(ignore=ignore, use=use, order=order, sequence=sequence)


def _check_label(table: Table, name: str, place: Place) -> None:
    """Raises DataError for the first cell of a label that is no number, UsageError for a label of words."""
    if table.column(name).as_numbers() is None:
        raise place.usage(words_of_label(table, name, place), "name another column with --label")


def words_of_label(table: Table, name: str, place: Place) -> str:
    """What is wrong with a label that is no column of numbers and holds words alone; raises DataError for a word among numbers."""
    column = table.column(name)
    assert column.codes is not None
    wrong = np.array([word_number(word) is None for word in column.words])
    if wrong.all():
        return f"the label {quoted(name)} holds words ({some_words(column.words)}), and a forecast is of numbers"
    row = int(np.argmax((column.codes >= 0) & wrong[column.codes]))
    word = column.words[column.codes[row]]
    message = f"the label {quoted(name)} holds {quoted(word)} among its numbers"
    raise place.fault(
        message, f"correct it, or say that it is a missing value: --na {shlex.quote(word)}", table.line_of(row)
    )


def _only_numbers(table: Table, request: TableRequest, place: Place, say: Say) -> tuple[str, ...]:
    """The label where nobody said which it is: the only column of numbers."""
    named = {"ignore": request.ignore, "order": (request.order,), "sequence": (request.sequence,)}
    taken = {
        found
        for option, words in named.items()
        for found in find_all_columns(table, [*filter(None, words)], f"--{option}", place)
    }
    free = [column.name for column in table.columns if column.name not in taken and column.numbers is not None]
    if len(free) == 1:
        say(f"the label is column {quoted(free[0])}: the only one of numbers (--label NAME takes another)")
        return (free[0],)
    shown = ", ".join(map(quoted, free[:10]))
    advice = f"say --label NAME; it could be {shown}" if free else "say --label NAME"
    raise place.usage("it is not clear which column is to be forecast", advice)


def plan_of_network(encoder: TableEncoder, request: TableRequest) -> Plan:
    """That of a trained network; raises UsageError where the user asks for another one."""
    forecast = encoder.forecast
    assert forecast is not None
    stored = {
        "window": forecast.window,
        "horizon": forecast.horizon,
        "order": forecast.order,
        "sequence": forecast.sequence,
    }
    for name, value in stored.items():
        if (asked := getattr(request, name)) and asked != value:
            raise UsageError(f"--{name} {asked}: the network was trained with {value or 'none'}", advice="leave it out")
    if request.label and request.label != forecast.labels:
        named = ", ".join(forecast.labels)
        raise UsageError(f"--label {request.label[0]}: the network forecasts {named}", advice="leave it out")
    # The inputs of a window repeat the columns, those of rows have them once.
    own = encoder.columns[-len(forecast.inputs) :]
    return Plan(forecast, {name: column.kind for name, column in zip(forecast.inputs, own, strict=True)})


def are_changes(values: Array, codes: Array, forecast: Forecast) -> bool:
    """Whether labels (n, k), sorted by series and time, are better predicted as changes from the last value: by the first half of
    each series, which is in the training set whatever the sets are; codes (n,): the series."""
    changes, variance = [], []
    for code in np.unique(codes):
        own = values[codes == code]
        own = own[: max(len(own) // 2, forecast.horizon + 2)]
        steps = [
            np.nanmean((own[step:] - own[:-step]) ** 2, axis=0)
            for step in range(1, forecast.horizon + 1)
            if len(own) > step
        ]
        if steps:
            changes.append(np.mean(steps, axis=0))
            variance.append(np.nanvar(own, axis=0))
    if not changes:
        return False
    of_changes, of_values = np.nansum(changes, axis=0), np.nansum(variance, axis=0)
    return bool((of_changes < CHANGES_BELOW * of_values).mean() > 0.5)
