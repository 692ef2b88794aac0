"""The registry of network formats: an object per name, and the format of a file."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from anncli.errors import UsageError, did_you_mean
from anncli.formats.files.textfile import BOM
from anncli.formats.networks.base import NetworkFormat
from anncli.formats.networks.names import NETWORK_FORMAT_NAMES

_HEAD_BYTES = 1 << 12


@cache
def network_format(name: str) -> NetworkFormat:
    """The format of a name; its module is imported on first use; raises UsageError for an unknown name."""
    if name not in NETWORK_FORMAT_NAMES:
        advice = did_you_mean(name, NETWORK_FORMAT_NAMES)
        raise UsageError(f"unknown network format '{name}'", advice=advice)
    info = NETWORK_FORMAT_NAMES[name]
    try:
        found: NetworkFormat = import_module(f"anncli.formats.networks.{info.module}").FORMAT
    except ModuleNotFoundError as missing:
        if not info.extra:
            raise
        advice = f"install it: pip install 'anncli[{info.extra}]'"
        raise UsageError(f"the network format {name} needs {missing.name}", advice=advice) from None
    return found


def format_of(data: bytes) -> NetworkFormat:
    """The format that recognises the beginning of a file; the general one where none does."""
    head = data.removeprefix(BOM)[:_HEAD_BYTES]
    readable = {name: info for name, info in NETWORK_FORMAT_NAMES.items() if info.reads}
    for name, info in readable.items():
        if not info.general and network_format(name).sniff(head):
            return network_format(name)
    return network_format(next(name for name, info in readable.items() if info.general))
