"""Units of a network, as `ann plot voltage --unit` names them: LAYER:UNIT, both counted from 1."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from anncli.errors import ValueFault, quoted
from anncli.options.data_readers import names

_PLACE = re.compile(r"([1-9][0-9]{0,5}):([1-9][0-9]{0,8})", re.ASCII)


class UnitPlace(NamedTuple):
    """A layer and one of its units, both from 1."""

    layer: int
    unit: int


def unit_places(value: Any) -> tuple[UnitPlace, ...]:
    """A reader for one or more LAYER:UNIT, as a list or separated by commas."""
    found = []
    for word in names(value):
        match = _PLACE.fullmatch(word)
        if match is None:
            raise ValueFault(f"{quoted(word)} names no unit", "write LAYER:UNIT, for example 1:17 or 1:17,2:1")
        found.append(UnitPlace(int(match[1]), int(match[2])))
    return tuple(found)
