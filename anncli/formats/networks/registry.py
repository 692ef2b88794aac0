"""The registry of network formats: an object per name, and the format of a file."""

from __future__ import annotations

from functools import cache

from anncli.errors import UsageError, did_you_mean
from anncli.formats.files.textfile import BOM
from anncli.formats.loading import load_format
from anncli.formats.networks.base import NetworkFormat
from anncli.formats.networks.names import NETWORK_FORMAT_NAMES

_HEAD_BYTES = 1 << 12


@cache
def network_format(name: str) -> NetworkFormat:
    """The format of a name; its module is imported on first use; raises UsageError for an unknown name."""
    if name not in NETWORK_FORMAT_NAMES:
        advice = did_you_mean(name, NETWORK_FORMAT_NAMES)
        raise UsageError(f"unknown network format '{name}'", advice=advice)
    found: NetworkFormat = load_format("networks", "network format", name, NETWORK_FORMAT_NAMES[name])
    return found


def format_of(data: bytes) -> NetworkFormat:
    """The format that recognises the beginning of a file; the general one where none does."""
    head = data.removeprefix(BOM)[:_HEAD_BYTES]
    readable = {name: info for name, info in NETWORK_FORMAT_NAMES.items() if info.reads}
    for name, info in readable.items():
        if not info.general and network_format(name).sniff(head):
            return network_format(name)
    return network_format(next(name for name, info in readable.items() if info.general))
