"""Settings under `inputs:` of a network file, such as {words: 20000, case: keep}: as text, and their values, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from anncli.errors import ValueFault, did_you_mean, quoted

_PAIR = re.compile(r"\s*([A-Za-z_]+)\s*:\s*([^\s,]+)\s*")
_NUMBER, _DECIMAL = re.compile(r"[0-9]+"), re.compile(r"[0-9]*\.[0-9]+")
_WORDS: dict[str, bool] = {"true": True, "false": False}


class DefinitionFault(ValueFault):
    """A value under one key of `inputs:`; key is None where it is of none."""

    def __init__(self, key: str | None, message: str, advice: str | None = None) -> None:
        self.key = key
        super().__init__(message, advice)


def parse_flow(text: str) -> dict[str, Any]:
    """The pairs of a text `{words: 20000, case: keep}`: numbers, true and false, words; raises DefinitionFault."""
    given: dict[str, Any] = {}
    for part in text.strip().removeprefix("{").removesuffix("}").split(","):
        match = _PAIR.fullmatch(part)
        if match is None:
            raise DefinitionFault(None, f"expected `key: value`, found {quoted(part.strip())}")
        value = match[2]
        number = int(value) if _NUMBER.fullmatch(value) else float(value) if _DECIMAL.fullmatch(value) else value
        given[match[1]] = _WORDS.get(value, number)
    return given


def flow_text(values: Mapping[str, Any]) -> str:
    """The text that parse_flow() reads as these values."""
    shown = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in values.items()}
    return f"{{{', '.join(f'{key}: {value}' for key, value in shown.items())}}}"


# Values of a mapping, checked.


def refuse_other_keys(values: Mapping[str, Any], keys: Sequence[str]) -> None:
    for key in values:
        if key not in keys:
            raise DefinitionFault(key, f"unknown key `{key}`", did_you_mean(str(key), keys))


def whole_number(values: Mapping[str, Any], key: str) -> int:
    value = values[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise DefinitionFault(key, f"`{key}` must be a whole number of 1 or more, found {shown_value(value)}")
    return value


def one_of(values: Mapping[str, Any], key: str, choices: Sequence[str]) -> str:
    value = values[key]
    if value not in choices:
        raise DefinitionFault(key, f"`{key}` must be {' or '.join(choices)}, found {shown_value(value)}")
    return str(value)


def true_or_false(values: Mapping[str, Any], key: str) -> bool:
    value = values[key]
    if not isinstance(value, bool):
        raise DefinitionFault(key, f"`{key}` must be true or false, found {shown_value(value)}")
    return value


def shown_value(value: Any) -> str:
    """A value of a mapping for a message."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    return str(value) if isinstance(value, int | float) else "nothing" if value is None else "several values"
