"""The names of the backends: one table for checks, help and errors (no numpy here)."""

from __future__ import annotations

from typing import NamedTuple


class BackendName(NamedTuple):
    """summary: one line for help texts; extra: the optional dependency group it needs ('' for none)."""

    summary: str
    extra: str = ""


BACKENDS: dict[str, BackendName] = {
    "native": BackendName("compiled code for this machine's instruction set, float32"),
    "numpy": BackendName("the reference: slower, runs everywhere, float32 and float64"),
}
