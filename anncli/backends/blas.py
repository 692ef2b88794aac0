"""Which BLAS numpy calls: the last digits of what it computes depend on it."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

import numpy as np

_CORE_NAMES = ("scipy_openblas_get_corename64_", "scipy_openblas_get_corename", "openblas_get_corename")


@cache
def blas_name() -> str:
    """Library, version and, for the OpenBLAS of numpy's own packages, the processor whose code it runs:
    `scipy-openblas 0.3.30 Haswell`."""
    config = getattr(np.__config__, "CONFIG", {})
    found = config.get("Build Dependencies", {}).get("blas", {})
    words = [str(found.get("name", "unknown")), str(found.get("version", "")), _core()]
    return " ".join(word for word in words if word and word != "unknown") or "unknown"


def _core() -> str:
    folder = Path(np.__file__).parent
    for place in (folder.parent / "numpy.libs", folder / ".dylibs"):
        for path in sorted(place.glob("*openblas*")):
            try:
                library = ctypes.CDLL(str(path))
            except OSError:
                continue
            for name in _CORE_NAMES:
                if hasattr(library, name):
                    ask = getattr(library, name)
                    ask.restype = ctypes.c_char_p
                    return bytes(ask() or b"").decode("ascii", "replace")
    return ""
