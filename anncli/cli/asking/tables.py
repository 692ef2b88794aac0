"""What the options of a command say about tables, in the words of dataset.request."""

from __future__ import annotations

from typing import Any

from anncli.cli.asking.values import Values
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.options.table import options_of

# Fields whose default is that of the option, and fields that are None where nothing was said.
_PLAIN = ("task", "positive", "missing_label", "category", "ignore", "use", "weight", "group", "order")
_SAID = ("missing", "unknown")


def table_request(values: Values) -> TableRequest:
    """What the user said about the columns; options that the command does not have say nothing."""
    fields = _those_of(values, _PLAIN) | {name: values[name] for name in _SAID if name in values.given}
    label = values["label"] or ()
    if label and label[0].startswith("file:"):
        fields |= {"label_file": label[0].removeprefix("file:")}
    else:
        fields |= {"label": label}
    return TableRequest(**fields)


def read_request(values: Values) -> ReadRequest:
    """What the user said about reading data files."""
    na = values["na"]
    only = na[:1] == ("none",)
    fields = _those_of(values, ("format", "decimal", "transpose", "size", "grey"))
    if values["header"] != "auto":
        fields |= {"header": values["header"] == "yes"}
    return ReadRequest(na=na[1:] if only else na, only_na=only, memory=values["memory_limit"], **fields)


def _those_of(values: Values, names: tuple[str, ...]) -> dict[str, Any]:
    own = options_of(values.command)
    return {name: values[name] for name in names if name in own}
