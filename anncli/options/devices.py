"""The names of devices, as --device takes them (no numpy)."""

from __future__ import annotations

import re
from typing import Any

from anncli.backends.names import DEVICE_NAMES
from anncli.errors import ValueFault, did_you_mean


def device(value: Any) -> str:
    """A reader for the name of a device; auto becomes cpu, and cuda:0 becomes cuda."""
    name = str(value).strip().lower()
    if match := re.fullmatch(r"cuda:(\d{1,3})", name):
        return f"cuda:{int(match[1])}" if int(match[1]) else "cuda"
    if name not in DEVICE_NAMES:
        advice = (
            "write cuda, or cuda:1 for the second GPU" if name.startswith("cuda") else did_you_mean(name, DEVICE_NAMES)
        )
        raise ValueFault(f"unknown device '{value}'", advice)
    return "cpu" if name == "auto" else name
