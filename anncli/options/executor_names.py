"""The reader of --executor: a name, or the address of an executor elsewhere."""

from __future__ import annotations

import re
from typing import Any

from anncli.errors import ValueFault, did_you_mean, known_name
from anncli.experiments.executors.names import EXECUTOR_NAMES, SCHEME_NAMES, forms, scheme_of

# HOST:PORT, where a host may be an IPv6 address in brackets.
_PLACE = re.compile(r"(\[[0-9A-Fa-f:.%\w]+\]|[^\s:/\[\]@]+):([0-9]{1,5})/?", re.ASCII)
_MOST_PORT = 65_535


def executor(value: Any) -> str:
    """A name of EXECUTOR_NAMES, in any case, or SCHEME://HOST:PORT with a scheme of SCHEME_NAMES and a host in small letters."""
    text = str(value)
    scheme = scheme_of(text)
    if scheme:
        known = known_name(scheme, tuple(SCHEME_NAMES))
        if known is None:
            raise ValueFault(f"unknown executor '{text}'", did_you_mean(text, forms()))
        place = _PLACE.fullmatch(text[len(scheme) + 3 :])
        if place is None or not 1 <= int(place[2]) <= _MOST_PORT:
            raise ValueFault(
                f"must be {known}://HOST:PORT, found '{text}'", f"write for example {known}://localhost:8786"
            )
        return f"{known}://{place[1].lower()}:{int(place[2])}"
    name = known_name(text, tuple(EXECUTOR_NAMES)) if isinstance(value, str) else None
    if name is None:
        raise ValueFault(f"unknown executor '{value}'", did_you_mean(text, forms()))
    return name


def executor_words() -> tuple[str, ...]:
    """What shell completion offers: every name, and an address of each scheme."""
    return (*EXECUTOR_NAMES, *(f"{scheme}://localhost:8786" for scheme in SCHEME_NAMES))
