"""What a network knows about the columns of tables, for `ann info`: as JSON values, and as words."""

from __future__ import annotations

from typing import Any

from anncli.errors import count_of
from anncli.forecasts import Forecast
from anncli.network.encoders.table import InputColumn, TableEncoder
from anncli.network.network import Network

# More levels of a category are not listed in words.
_MOST_SHOWN = 8


def table_documents(network: Network) -> dict[str, Any]:
    """`table`: what the head of the network's file says about the columns; `encoder`: every column of the table that the
    network was trained on, None where there is no such thing; `mixture`: of Fisher vectors, where there are any."""
    found: dict[str, Any] = {"table": None, "encoder": None}
    if network.table is not None:
        said = network.table._asdict()
        found["table"] = {**said, "label": list(network.table.label), "kinds": dict(network.table.kinds)}
    if (mixture := network.mixture) is not None:
        modes, columns = mixture.means.shape
        found["mixture"] = {"modes": modes, "columns": columns, "improved": mixture.improved}
    if (encoder := network.encoder) is not None:
        inputs = {column.name: column for column in encoder.columns}
        columns = [
            _input(inputs[name]) if name in inputs else {"name": name, "kind": encoder.roles.role_of(name)}
            for name in encoder.roles.columns
        ]
        found["encoder"] = {"task": encoder.roles.task, "missing": encoder.missing, "columns": columns}
        if encoder.forecast is not None:
            found["encoder"] |= {
                "columns": _of_file(encoder, encoder.forecast),
                "forecast": _forecast(encoder.forecast),
            }
    return found


def text_documents(network: Network) -> dict[str, Any]:
    """What a network for texts takes, and the symbols that it knows, characters as one text; empty for other networks."""
    if network.text is None:
        return {}
    known = network.vocabulary
    symbols = None if known is None else known.symbols
    shown = "".join(symbols) if symbols is not None and network.text.kind == "characters" else symbols
    return {"text": network.text.kind, "vocabulary": list(shown) if isinstance(shown, tuple) else shown}


def _of_file(encoder: TableEncoder, forecast: Forecast) -> list[dict[str, Any]]:
    """The columns of the table whose windows are the samples; of an input, what its last row in a window is."""
    last = dict(zip(forecast.inputs, encoder.columns[-len(forecast.inputs) :], strict=True))
    others: dict[str | None, str] = {forecast.order: "order", forecast.sequence: "sequence"}
    others |= dict.fromkeys(forecast.labels, "label")
    return [
        _input(last[name]._replace(name=name))
        if name in last and name not in forecast.labels
        else {"name": name, "kind": others.get(name, "ignore")}
        for name in forecast.columns
    ]


def _forecast(forecast: Forecast) -> dict[str, Any]:
    baseline = forecast.baseline
    errors = None
    if baseline is not None and baseline.of:
        errors = {
            "of": baseline.of,
            "windows": baseline.n,
            **{name: [float(f"{x:.6g}") for x in getattr(baseline, name)] for name in ("low", "high")},
        }
    return {
        "window": forecast.window,
        "horizon": forecast.horizon,
        "labels": list(forecast.labels),
        "changes": forecast.changes,
        "errors": errors,
    }


def _input(column: InputColumn) -> dict[str, Any]:
    entry = {**column._asdict(), "levels": list(column.levels), "rare": list(column.rare)}
    return {name: value for name, value in entry.items() if column.kind == "category" or name not in ("levels", "rare")}


def column_text(entry: dict[str, Any]) -> str:
    """A column of `encoder`: 'city: category of 3 levels (Berlin, Paris, Rome), 2 rare words'."""
    text = f"{entry['name']}: {entry['kind']}"
    if entry["kind"] == "category":
        levels = entry["levels"]
        shown = ", ".join(levels[:_MOST_SHOWN]) + (", ..." if len(levels) > _MOST_SHOWN else "")
        text += f" of {count_of(len(levels), 'level')} ({shown})"
        text += f", {count_of(len(entry['rare']), 'rare word')}" if entry["rare"] else ""
    if entry.get("fill") is not None:
        text += f", {entry['fill']:g} where it is missing"
    return text + (", an input says where it is missing" if entry.get("indicator") else "")
