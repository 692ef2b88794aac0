"""Formats: bytes <-> objects, for network files, data files and configuration files."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anncli.formats.datasets import read_dataset as read_dataset
    from anncli.formats.datasets import read_parts as read_parts
    from anncli.formats.datasets import stream_vectors as stream_vectors
    from anncli.formats.document import read_config as read_config
    from anncli.formats.networks import load as load
    from anncli.formats.networks import read_network as read_network
    from anncli.formats.networks import save as save
    from anncli.formats.networks import write_network as write_network
    from anncli.formats.textfile import changed_since as changed_since
    from anncli.formats.textfile import check_writable as check_writable
    from anncli.formats.textfile import replace_file as replace_file
    from anncli.formats.textfile import signature as signature

_HOMES = {
    "changed_since": "anncli.formats.textfile",
    "check_writable": "anncli.formats.textfile",
    "load": "anncli.formats.networks",
    "read_config": "anncli.formats.document",
    "read_dataset": "anncli.formats.datasets",
    "read_network": "anncli.formats.networks",
    "read_parts": "anncli.formats.datasets",
    "replace_file": "anncli.formats.textfile",
    "save": "anncli.formats.networks",
    "signature": "anncli.formats.textfile",
    "stream_vectors": "anncli.formats.datasets",
    "write_network": "anncli.formats.networks",
}

__all__ = [
    "changed_since",
    "check_writable",
    "load",
    "read_config",
    "read_dataset",
    "read_network",
    "read_parts",
    "replace_file",
    "save",
    "signature",
    "stream_vectors",
    "write_network",
]


def __getattr__(name: str) -> Any:
    # Lazy, because the readers import numpy and yaml, and the command line must start without them.
    if name not in _HOMES:
        raise AttributeError(f"module 'anncli.formats' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
