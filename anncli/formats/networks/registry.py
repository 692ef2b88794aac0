"""The registry of network formats: an object per name, and the format of a file."""

from __future__ import annotations

import re
from functools import cache

from anncli.errors import UsageError, did_you_mean
from anncli.formats.files.textfile import BOM
from anncli.formats.loading import load_format
from anncli.formats.networks.base import NetworkFormat, NetworkReader
from anncli.formats.networks.names import DIALECTS, NETWORK_FORMAT_NAMES


@cache
def network_format(name: str) -> NetworkReader:
    """The format of a name; its module is imported on first use; raises UsageError for an unknown name."""
    if name not in NETWORK_FORMAT_NAMES:
        advice = did_you_mean(name, NETWORK_FORMAT_NAMES)
        raise UsageError(f"unknown network format '{name}'", advice=advice)
    found: NetworkReader = load_format("networks", "network format", name, NETWORK_FORMAT_NAMES[name])
    return found


def dialect_format(name: str) -> NetworkFormat:
    """The format of a name that networks are written in; raises UsageError for other names."""
    found = network_format(name)
    if not NETWORK_FORMAT_NAMES[name].is_dialect:
        advice = f"use one of {', '.join(DIALECTS)}; ann export writes other formats"
        raise UsageError(f"networks are not kept as {name}", advice=advice)
    return found  # type: ignore[return-value]


def name_of_format(data: bytes) -> str:
    """The name of the format whose opening the bytes of a file match; that of the one without an opening where none does."""
    text = data.removeprefix(BOM)
    for name, info in NETWORK_FORMAT_NAMES.items():
        if info.opening and re.match(info.opening, text, re.DOTALL):
            return name
    return next(name for name, info in NETWORK_FORMAT_NAMES.items() if not info.opening)
