"""What the options of a command say about tables, in the words of dataset.request."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.options.data_readers import label_fields, na_fields
from anncli.options.table import options_of

# Fields whose default is that of the option, and fields that say nothing where nothing was said.
_PLAIN = (
    "task", "positive", "missing_label", "category", "ignore", "use", "weight", "group", "order", "sequence", "row_names",
)  # fmt: skip
_SAID = ("missing", "unknown", "window", "horizon")


class Asked(Protocol):
    """What the user said about data, and about a network that is to be made for them.

    class_files: the data words; request, read: about tables and files; hidden, activation: of the hidden layers, None for
    units by the data; inputs: what a sample is, None where the data show it.
    """

    @property
    def class_files(self) -> tuple[str, ...]: ...

    @property
    def request(self) -> TableRequest: ...

    @property
    def read(self) -> ReadRequest: ...

    @property
    def hidden(self) -> tuple[int, ...] | None: ...

    @property
    def activation(self) -> str: ...

    @property
    def inputs(self) -> str | None: ...


class AskedData(NamedTuple):
    """What the user of any command said; see Asked."""

    class_files: tuple[str, ...]
    request: TableRequest
    read: ReadRequest
    hidden: tuple[int, ...] | None
    activation: str
    inputs: str | None = None


def asked_data(values: Values, words: Words) -> AskedData:
    """What the words and options of a command say about data."""
    inputs = values["inputs"] if "inputs" in options_of(values.command) else None
    request, read = table_request(values), read_request(values)
    return AskedData(words.data, request, read, values["hidden"], values["activation"], inputs)


def table_request(values: Values) -> TableRequest:
    """What the user said about the columns; options that the command does not have say nothing."""
    fields: dict[str, Any] = _those_of(values, _PLAIN) | {name: values[name] for name in _SAID if name in values.given}
    return TableRequest(**(fields | label_fields(values["label"] or ())))


def read_request(values: Values) -> ReadRequest:
    """What the user said about reading data files."""
    fields = _those_of(values, ("format", "decimal", "transpose", "size", "grey"))
    if values["header"] != "auto":
        fields |= {"header": values["header"] == "yes"}
    return ReadRequest(memory=values["memory_limit"], **na_fields(values["na"]), **fields)


def _those_of(values: Values, names: tuple[str, ...]) -> dict[str, Any]:
    own = options_of(values.command)
    return {name: values[name] for name in names if name in own}
