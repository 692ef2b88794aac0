"""`forecast` in the encoder of an `ann` network file: how rows become windows, and what the network is measured by.

forecast:
  window: 24
  horizon: 6
  labels: [Temp]               # the columns that are predicted
  inputs: [Temp]               # those whose past is read
  order: Date                  # and sequence: where there are such columns
  changes: true                # targets are changes from the last value
  columns: [Date, Temp]        # all of the file
  baseline:
    of: test                   # the set whose errors follow, and its windows
    n: 559
    low: |                     # a number for each target
      -1.5 -2
    high: |
      1.4 2.1
    autoregression: |          # a line for each target: the constant, then a factor for each scaled input
      0.1 0.2 0.3
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.forecasts import Forecast, ForecastBaseline
from anncli.formats.files.document import PlacedList, PlacedMapping, kind_of
from anncli.formats.files.yaml_text import quote_text, write_flow
from anncli.formats.networks.numbers import BadNumberError, to_float32, write_rows
from anncli.limits import COUNT_MAX
from anncli.tables import Roles

_NAMES = ("labels", "inputs", "columns")
_ONE = ("order", "sequence")


def read_count(mapping: PlacedMapping, key: str) -> int:
    """A whole number above 0; raises the document's error for anything else."""
    value = mapping.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= COUNT_MAX:
        raise mapping.fault(key, f"`{key}` must be a whole number, 1 or more, found {kind_of(value)}")
    return value


def read_forecast(encoder: PlacedMapping, roles: Roles, inputs: Sequence[str], advice: str) -> Forecast | None:
    """What stands under `forecast`, None where there is nothing.

    Args: roles, inputs: of the windows, which the rest of the encoder says. Raises: the document's error where both differ.
    """
    if encoder.get("forecast") is None:
        return None
    value = encoder.mapping_at("forecast")
    value.refuse_unknown(("window", "horizon", *_NAMES, *_ONE, "changes", "named", "baseline"))
    words: dict[str, Any] = {name: _names(value, name, advice) for name in _NAMES}
    for name in _ONE:
        words[name] = value.get(name)
        if words[name] is not None and not isinstance(words[name], str):
            raise value.fault(name, f"`{name}` must be a name, found {kind_of(words[name])}", advice)
    flags = {"changes": value.get("changes", False), "is_named": value.get("named", True)}
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise value.fault(name, f"`{name}` must be true or false, found {kind_of(flag)}", advice)
    found = Forecast(read_count(value, "window"), read_count(value, "horizon"), **words, **flags)
    _check(value, found, roles, inputs, advice)
    return found._replace(baseline=_read_baseline(value, len(roles.labels), advice))


def _check(value: PlacedMapping, found: Forecast, roles: Roles, inputs: Sequence[str], advice: str) -> None:
    """Raises the document's error where the columns of the encoder are not those of such windows."""
    n_inputs = found.window * len(found.inputs)
    if found.horizon * len(found.labels) != len(roles.labels) or found.target_names != roles.labels:
        raise value.fault(None, "`forecast` does not fit the labels among `columns`", advice)
    if len(inputs) not in (n_inputs, len(found.inputs)) or tuple(inputs) not in (found.inputs, found.input_names):
        raise value.fault(None, "`forecast` does not fit the inputs among `columns`", advice)
    if missing := [name for name in (*found.needed, *found.labels) if name not in found.columns]:
        raise value.fault("columns", f"`columns` lacks {missing[0]!r}", advice)


def _names(value: PlacedMapping, key: str, advice: str) -> tuple[str, ...]:
    names = value.get(key)
    if not isinstance(names, PlacedList) or not names or not all(isinstance(name, str) for name in names):
        raise value.fault(key, f"`{key}` must be a list of names, found {kind_of(names)}", advice)
    if len(set(names)) < len(names):
        raise value.fault(key, f"`{key}` names a column twice", advice)
    return tuple(names)


def _read_baseline(owner: PlacedMapping, n_targets: int, advice: str) -> ForecastBaseline | None:
    if owner.get("baseline") is None:
        return None
    value = owner.mapping_at("baseline")
    value.refuse_unknown(("of", "n", "low", "high", "autoregression"))
    of = value.get("of", "")
    if not isinstance(of, str):
        raise value.fault("of", f"`of` must be the name of a set, found {kind_of(of)}", advice)
    n = read_count(value, "n") if of else 0
    empty = np.empty(0, dtype=np.float32)
    low, high = (_numbers(value, key, 1, advice)[0] if of else empty for key in ("low", "high"))
    if of and not len(low) == len(high) == n_targets:
        raise value.fault("low", f"`low` and `high` must be {n_targets} numbers each", advice)
    return ForecastBaseline(_numbers(value, "autoregression", n_targets, advice).T.copy(), low, high, of, n)


def _numbers(owner: PlacedMapping, key: str, n_rows: int, advice: str) -> Array:
    text = owner.get(key)
    if not isinstance(text, str):
        raise owner.fault(key, f"`{key}` must be a block of numbers, found {kind_of(text)}", advice)
    rows = [line.split() for line in text.splitlines() if line.strip()]
    if len(rows) != n_rows or len({len(row) for row in rows}) != 1 or not rows[0]:
        raise owner.fault(key, f"`{key}` must be {n_rows} lines of equally many numbers", advice)
    try:
        return to_float32(rows).reshape(n_rows, len(rows[0]))
    except BadNumberError as fault:
        raise owner.fault(key, f"`{key}`: {fault}", advice) from None


def forecast_lines(forecast: Forecast) -> list[str]:
    """The lines of `forecast`."""
    lines = ["    forecast:", f"      window: {forecast.window}", f"      horizon: {forecast.horizon}"]
    lines += [f"      {name}: {write_flow(list(getattr(forecast, name)))}" for name in ("labels", "inputs")]
    lines += [f"      {name}: {quote_text(word)}" for name in _ONE if (word := getattr(forecast, name))]
    lines += ["      changes: true"] if forecast.changes else []
    lines += [] if forecast.is_named else ["      named: false"]
    lines.append(f"      columns: {write_flow(list(forecast.columns))}")
    baseline = forecast.baseline
    if baseline is None:
        return lines
    lines.append("      baseline:")
    if baseline.of:
        lines += [f"        of: {baseline.of}", f"        n: {baseline.n}"]
        for name in ("low", "high"):
            lines += [f"        {name}: |", f"          {write_rows(getattr(baseline, name).reshape(1, -1))[0]}"]
    lines.append("        autoregression: |")
    return [*lines, *(f"          {row}" for row in write_rows(baseline.coefficients.T))]
