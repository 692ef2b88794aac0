"""What the bytes of results depend on beside the spec: the program, its kernels, and the libraries below it."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from anncli.backends.blas import blas_name
from anncli.backends.choice import choose_backend
from anncli.compiled import native_module
from anncli.experiments.executors.cluster import Facts

# Rows and columns of the matrices of the probe: enough for several threads of a BLAS that has them.
_SIZE = 100


def facts_here() -> dict[str, Any]:
    """The facts about this process, as plain values, which another version can read too."""
    native = native_module()
    return {
        "backend": choose_backend().name,
        "variants": [] if native is None else list(native.variants()),
        "numpy": f"numpy {np.__version__} with {blas_name()}",
        "probe": _probe(),
    }


def _probe() -> str:
    """A digest of what numpy computes with instructions and an order of adding that depend on the processor."""
    digest = hashlib.sha256()
    for dtype in ("<f4", "<f8"):
        values = (np.arange(_SIZE * _SIZE) % 1009 + 1).astype(dtype) / 211
        matrix = values.reshape(_SIZE, _SIZE)
        for found in (np.exp(-values), np.log(values), np.tanh(values), matrix @ matrix, values @ values):
            digest.update(np.ascontiguousarray(found).tobytes())
        lifted = matrix @ matrix.T / _SIZE + 50 * np.eye(_SIZE, dtype=dtype)
        digest.update(np.linalg.cholesky(lifted).tobytes())
    return digest.hexdigest()[:16]


def difference(here: Facts, there: Facts) -> str | None:
    """Why results from there would not have the bytes of results from here, with what to do; None where they have."""
    if there["anncli"] != here["anncli"]:
        return f"it has anncli {there['anncli']}, and here is {here['anncli']}; install the same version"
    if there["backend"] != here["backend"]:
        both = [variant for variant in here["variants"] if variant in there["variants"]]
        advice = f"ANN_KERNEL_VARIANT={both[0]}" if both else "ANN_KERNELS=numpy"
        reason = f"it computes with {there['backend']}, and here is {here['backend']}, so last digits would differ"
        return f"{reason}; set {advice} here and for all workers"
    if (there["numpy"], there["probe"]) != (here["numpy"], here["probe"]):
        reason = f"{there['numpy']} there and {here['numpy']} here may differ in last digits"
        if there["numpy"] == here["numpy"]:
            reason = f"{there['numpy']} there computes other last digits than here"
        return f"{reason}; install the same, with one thread of BLAS, and set OPENBLAS_CORETYPE where processors differ"
    return None
