"""What a network knows about the columns of tables, for `ann info`: as JSON values, and as words."""

from __future__ import annotations

from typing import Any

from anncli.errors import count_of
from anncli.network.encoders.table import InputColumn
from anncli.network.network import Network

# More levels of a category are not listed in words.
_MOST_SHOWN = 8


def table_documents(network: Network) -> dict[str, Any]:
    """`table`: what the head of the network's file says about the columns; `encoder`: every column of the table that the
    network was trained on. None where there is no such thing."""
    found: dict[str, Any] = {"table": None, "encoder": None}
    if network.table is not None:
        said = network.table._asdict()
        found["table"] = {**said, "label": list(network.table.label), "kinds": dict(network.table.kinds)}
    if (encoder := network.encoder) is not None:
        inputs = {column.name: column for column in encoder.columns}
        columns = [
            _input(inputs[name]) if name in inputs else {"name": name, "kind": encoder.roles.role_of(name)}
            for name in encoder.roles.columns
        ]
        found["encoder"] = {"task": encoder.roles.task, "missing": encoder.missing, "columns": columns}
    return found


def text_documents(network: Network) -> dict[str, Any]:
    """What a network for texts takes, and the symbols that it knows, as one text; empty for other networks."""
    if network.text is None:
        return {}
    known = network.vocabulary
    return {"text": network.text.kind, "vocabulary": None if known is None else "".join(known.symbols)}


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
