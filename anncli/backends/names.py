"""The names of the backends, for checks, help and errors (no numpy)."""

from __future__ import annotations

from typing import NamedTuple


class BackendName(NamedTuple):
    """summary: one line for help texts; extra: the optional dependency group it needs, '' for none."""

    summary: str
    extra: str = ""


#: What the variable ANN_KERNELS accepts; records show a backend by its name here, followed by its variant.
BACKENDS: dict[str, BackendName] = {
    "numpy": BackendName("the reference: slower, runs everywhere, float32 and float64"),
    "native": BackendName("compiled float32 code for this machine's instruction set"),
}
