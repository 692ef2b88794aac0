"""What a network knows about the columns of tables, for `ann info`: as JSON values, and as words."""

from __future__ import annotations

from typing import Any

from anncli.errors import count_of
from anncli.network.network import Network

# More levels of a category are not listed in words.
_MOST_SHOWN = 8


def table_document(network: Network) -> dict[str, Any] | None:
    """What the head of the network's file says about the columns, None for a network of `inputs: N`."""
    if network.table is None:
        return None
    said = network.table._asdict()
    return {**said, "label": list(network.table.label), "kinds": dict(network.table.kinds)}


def encoder_document(network: Network) -> dict[str, Any] | None:
    """Every column of the table that the network was trained on, None where it was none."""
    encoder = network.encoder
    if encoder is None:
        return None
    inputs = {column.name: column for column in encoder.columns}
    columns: list[dict[str, Any]] = []
    for name in encoder.roles.columns:
        column = inputs.get(name)
        if column is None:
            columns.append({"name": name, "kind": encoder.roles.role_of(name)})
            continue
        entry = {**column._asdict(), "levels": list(column.levels), "rare": list(column.rare)}
        columns.append(
            entry if column.kind == "category" else {k: v for k, v in entry.items() if k not in ("levels", "rare")}
        )
    return {"task": encoder.roles.task, "missing": encoder.missing, "columns": columns}


def column_text(entry: dict[str, Any]) -> str:
    """A column of encoder_document(): 'city: category of 3 levels (Berlin, Paris, Rome), 2 rare words'."""
    text = f"{entry['name']}: {entry['kind']}"
    if entry["kind"] == "category":
        levels = entry["levels"]
        shown = ", ".join(levels[:_MOST_SHOWN]) + (", ..." if len(levels) > _MOST_SHOWN else "")
        text += f" of {count_of(len(levels), 'level')} ({shown})"
        text += f", {count_of(len(entry['rare']), 'rare word')}" if entry["rare"] else ""
    if entry.get("fill") is not None:
        text += f", {entry['fill']:g} where it is missing"
    return text + (", an input says where it is missing" if entry.get("indicator") else "")
