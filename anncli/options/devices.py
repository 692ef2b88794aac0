"""The names of devices, as --device takes them (no numpy)."""

from __future__ import annotations

import re
from typing import Any

from anncli.backends.names import DEVICE_NAMES
from anncli.errors import ValueFault, did_you_mean


def device(value: Any) -> str:
    """A reader for the name of a device; 'cpu' and 'auto' both become 'cpu', and cuda:0 is 'cuda'."""
    name = str(value).strip().lower()
    if match := re.fullmatch(r"cuda:(\d{1,3})", name):
        return f"cuda:{int(match[1])}" if int(match[1]) else "cuda"
    if name not in DEVICE_NAMES:
        advice = (
            did_you_mean(name, DEVICE_NAMES)
            if not name.startswith("cuda")
            else "write cuda, or cuda:1 for the second one"
        )
        raise ValueFault(f"unknown device '{value}'", advice)
    return "cpu" if name == "auto" else name


def is_device(name: str) -> bool:
    """Whether the name is one of a device of torch, and not the CPU of this program."""
    return name != "cpu"
