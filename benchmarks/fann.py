"""libfann through a small C shim, compiled on the fly where a compiler and the library are installed."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from workloads import Workload


@cache
def library() -> ctypes.CDLL | None:
    """The shim, or None where it cannot be built (Debian: apt install libfann-dev gcc)."""
    folder = tempfile.mkdtemp(prefix="ann-benchmark-")
    target, source = f"{folder}/shim.so", Path(__file__).with_name("fann_shim.c")
    command = ["gcc", "-O2", "-shared", "-fPIC", "-o", target, str(source), "-lfloatfann", "-lm"]
    try:
        subprocess.run(command, check=True, capture_output=True)
        shim = ctypes.CDLL(target)
    except (OSError, subprocess.CalledProcessError):
        return None
    pointer, integer, real = ctypes.c_void_p, ctypes.c_int, ctypes.c_float
    shim.shim_network.restype = shim.shim_data.restype = pointer
    shim.shim_network.argtypes = [integer, pointer, integer, real, real]
    shim.shim_data.argtypes = [integer, integer, integer, pointer, pointer]
    shim.shim_epoch.argtypes = [pointer, pointer]
    return shim


def epoch_of(work: Workload, n: int, *, full_batch: bool) -> Callable[[], object] | None:
    """A call that trains FANN for one epoch on the first n rows: incremental with momentum 0.9, or RPROP."""
    shim = library()
    if shim is None:
        return None
    sizes = np.array(work.sizes, dtype=np.uint32)
    net = shim.shim_network(len(sizes), sizes.ctypes.data, int(full_batch), 0.1, 0.9)
    inputs, targets = work.inputs[:n].copy(), work.targets[:n].copy()
    data = shim.shim_data(n, inputs.shape[1], targets.shape[1], inputs.ctypes.data, targets.ctypes.data)
    return lambda: shim.shim_epoch(net, data)
