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

#: What --device accepts besides cuda:N; a device of the second and the others needs the extra gpu.
DEVICE_NAMES: dict[str, str] = {
    "auto": "the CPU",
    "cpu": "the CPU",
    "torch-cpu": "torch on the CPU, which computes what a GPU would",
    "cuda": "a GPU of NVIDIA, or of AMD with torch for ROCm; cuda:1 is the second one",
    "mps": "the GPU of an Apple computer",
}
