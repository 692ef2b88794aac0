"""Tables in an `ann` network file: `inputs: {table: ...}` in the head, and `encoder:` in the trained part."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from anncli.dataset.column_kinds import KINDS
from anncli.dataset.task import TASKS
from anncli.errors import known_name
from anncli.formats.files.document import PlacedList, PlacedMapping, kind_of
from anncli.formats.files.yaml_text import write_flow
from anncli.formats.networks.ann_forecast import forecast_lines, read_count, read_forecast
from anncli.network.encoders.table import MISSING_POLICIES, InputColumn, TableEncoder, TableInputs
from anncli.network.network import Network
from anncli.tables import ABOUT_ROWS, Roles

_EXAMPLE = "write `inputs: {table: auto}`, or for example `inputs: {table: {label: species}}`"
_NAMES = ("label", "task", "positive", "missing", "weight", "group", "order", "sequence", "row_names")
_COUNTS = ("window", "horizon")
_WORDS = {"task": TASKS, "missing": MISSING_POLICIES}
_ROLES = ("label", *ABOUT_ROWS)


def read_table_inputs(document: PlacedMapping) -> TableInputs:
    """What stands under `inputs`, a mapping; raises the document's error with the place of a fault."""
    inputs = document.mapping_at("inputs")
    inputs.refuse_unknown(("table",))
    value = inputs.get("table")
    if value == "auto":
        return TableInputs()
    if not isinstance(value, PlacedMapping):
        raise inputs.fault("table", f"`table` must be `auto` or a mapping, found {kind_of(value)}", _EXAMPLE)
    value.refuse_unknown((*_NAMES, *_COUNTS, "columns"))
    words: dict[str, Any] = {name: _word(value, name, _WORDS.get(name)) for name in _NAMES[1:] if name in value}
    kinds = value.mapping_at("columns")
    found = {name: _word(kinds, name, KINDS) for name in kinds}
    words |= {name: read_count(value, name) for name in _COUNTS if name in value}
    if "horizon" in words and "window" not in words:
        raise value.fault("horizon", "`horizon` needs `window`", "write for example `window: 24`")
    return TableInputs(label=_names(value, "label"), kinds=found, **words)


def _word(mapping: PlacedMapping, key: str, known: Iterable[str] | None = None) -> str:
    value = mapping.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and known is None:
        value = str(value)
    if isinstance(value, str) and known is not None:
        value = known_name(value, known)
    if not isinstance(value, str):
        expected = "a name" if known is None else "one of " + ", ".join(known)
        raise mapping.fault(key, f"`{key}` must be {expected}, found {kind_of(mapping.get(key))}")
    return value


def _names(mapping: PlacedMapping, key: str) -> tuple[str, ...]:
    value = mapping.get(key)
    if value is None:
        return ()
    if not isinstance(value, PlacedList):
        return (_word(mapping, key),)
    if not value or not all(isinstance(name, str | int) and not isinstance(name, bool) for name in value):
        raise mapping.fault(key, f"`{key}` must be one name or a list of names, found {kind_of(value)}")
    return tuple(str(name) for name in value)


def table_inputs_text(table: TableInputs) -> str:
    """The value of `inputs`, on one line."""
    said: dict[str, Any] = {
        name: value for name, value in table._asdict().items() if name in (*_NAMES[1:], *_COUNTS) and value
    }
    if table.label:
        said = {"label": table.label[0] if len(table.label) == 1 else list(table.label), **said}
    if table.kinds:
        said["columns"] = dict(table.kinds)
    return write_flow({"table": said or "auto"})


def encoder_lines(encoder: TableEncoder) -> list[str]:
    """The lines of `encoder` in the trained part: a line for each column of the file it was fitted on."""
    roles = encoder.roles
    lines = ["  encoder:", f"    task: {roles.task}", f"    missing: {write_flow(encoder.missing)}"]
    lines += [] if roles.is_named else ["    named: false"]
    lines += [] if encoder.forecast is None else forecast_lines(encoder.forecast)
    lines.append("    columns:")
    return [*lines, *(f"    - {write_flow(entry)}" for entry in column_entries(encoder))]


def column_entries(encoder: TableEncoder) -> list[dict[str, Any]]:
    """What is written about each column of the file that the encoder was fitted on, in their order."""
    inputs, roles = {column.name: column for column in encoder.columns}, encoder.roles
    return [
        {"name": name, **(_input_entry(inputs[name]) if name in inputs else {"kind": roles.role_of(name)})}
        for name in roles.columns
    ]


def _input_entry(column: InputColumn) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": column.kind}
    if column.kind == "category":
        entry["levels"] = list(column.levels)
    if column.rare:
        entry["rare"] = list(column.rare)
    if column.fill is not None:
        entry["fill"] = column.fill
    if column.indicator:
        entry["indicator"] = True
    return entry


def take_encoder(trained: PlacedMapping, network: Network, advice: str) -> None:
    """Give the network the encoder of its trained part, and the number of inputs where the head leaves it to the table."""
    encoder = read_encoder(trained, advice)
    if encoder is None and network.table is not None:
        raise trained.fault(None, "the trained part has no `encoder`, which a network for tables needs", advice)
    if encoder is None:
        return
    widths = network.topology.inputs.samples.cells
    if network.table is None and encoder.width not in widths:
        message = f"the encoder gives {encoder.width} inputs, `inputs` says {widths[0]}"
        raise trained.fault("encoder", message, advice)
    network.take_encoder(encoder)


def read_encoder(trained: PlacedMapping, advice: str) -> TableEncoder | None:
    """What stands under `encoder`, None where there is nothing; `advice` goes with every fault of its structure."""
    if trained.get("encoder") is None:
        return None
    value = trained.mapping_at("encoder")
    value.refuse_unknown(("task", "missing", "named", "columns", "forecast", "modes"))
    if [*value] == ["modes"]:
        # Of rows that are no table, see ann_fisher.
        return None
    task, missing = _word(value, "task", TASKS), _word(value, "missing", MISSING_POLICIES)
    entries, is_named = value.get("columns"), value.get("named", True)
    if not isinstance(entries, PlacedList) or not all(isinstance(entry, PlacedMapping) for entry in entries):
        raise value.fault("columns", f"`columns` must be a list of columns, found {kind_of(entries)}", advice)
    if not isinstance(is_named, bool):
        raise value.fault("named", f"`named` must be true or false, found {kind_of(is_named)}", advice)
    places: dict[str, list[str]] = {role: [] for role in ("number", "category", "ignore", *_ROLES)}
    columns, known = [], set[str]()
    for entry in entries:
        entry.refuse_unknown(("name", "kind", "levels", "rare", "fill", "indicator"))
        name, kind = _word(entry, "name"), _word(entry, "kind", places)
        if name in known:
            raise entry.fault("name", f"two columns are called '{name}'", advice)
        known.add(name)
        places[kind].append(name)
        if kind in ("number", "category"):
            columns.append(_input_column(entry, name, kind, advice))
    for role in _ROLES[1:]:
        if len(places[role]) > 1:
            raise value.fault("columns", f"two columns have the kind {role}", advice)
    if not columns:
        raise value.fault("columns", "`columns` has no input", advice)
    one = {role: places[role][0] if places[role] else None for role in _ROLES[1:]}
    order = tuple(entry["name"] for entry in entries)
    inputs = tuple(column.name for column in columns)
    roles = Roles(order, tuple(places["label"]), inputs, **one, task=task, is_named=is_named)
    forecast = read_forecast(value, roles, inputs, advice)
    return TableEncoder(roles, tuple(columns), missing, forecast)


def _input_column(entry: PlacedMapping, name: str, kind: str, advice: str) -> InputColumn:
    fill, indicator = entry.get("fill"), entry.get("indicator", False)
    if fill is not None and (not isinstance(fill, int | float) or isinstance(fill, bool)):
        raise entry.fault("fill", f"`fill` must be a number, found {kind_of(fill)}", advice)
    if not isinstance(indicator, bool):
        raise entry.fault("indicator", f"`indicator` must be true or false, found {kind_of(indicator)}", advice)
    levels, rare = (_names(entry, key) if entry.get(key) != [] else () for key in ("levels", "rare"))
    if kind == "number" and (levels or rare):
        raise entry.fault("kind", "a column of numbers has no levels", advice)
    if len({*levels, *rare}) < len(levels) + len(rare):
        raise entry.fault("levels", "a level stands there twice", advice)
    return InputColumn(name, kind, levels, rare, None if fill is None else float(fill), indicator)
