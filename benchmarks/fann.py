"""libfann through a small C shim, compiled on the fly where a compiler and the library are installed."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

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
    shim.shim_classifier.restype = pointer
    shim.shim_classifier.argtypes = [integer, pointer, ctypes.c_uint]
    shim.shim_outputs.argtypes = [pointer, integer, integer, integer, pointer, pointer]
    shim.shim_free.argtypes = [pointer, pointer]
    shim.shim_free.restype = shim.shim_outputs.restype = None
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


def classify(inputs: Any, labels: Any, n_classes: int, test: Any, *, hidden: int, epochs: int, seed: int) -> Any:
    """Class numbers for `test` by a network trained with FANN's default trainer, RPROP, for all the epochs.

    Symmetric sigmoid hidden units, logistic outputs with targets 0 and 1: as FANN's own examples do it.
    """
    shim = library()
    if shim is None:
        raise SystemExit("libfann or gcc is missing (Debian: apt install libfann-dev gcc)")
    n, n_outputs = len(inputs), 1 if n_classes == 2 else n_classes
    targets = np.float32(labels[:, None] == (0 if n_outputs == 1 else np.arange(n_classes)))
    inputs, test, targets = (np.ascontiguousarray(a, dtype=np.float32) for a in (inputs, test, targets))
    sizes = np.array([inputs.shape[1], hidden, n_outputs], dtype=np.uint32)
    net = shim.shim_classifier(len(sizes), sizes.ctypes.data, seed)
    data = shim.shim_data(n, inputs.shape[1], n_outputs, inputs.ctypes.data, targets.ctypes.data)
    for _ in range(epochs):
        shim.shim_epoch(net, data)
    outputs = np.empty((len(test), n_outputs), dtype=np.float32)
    shim.shim_outputs(net, len(test), test.shape[1], n_outputs, test.ctypes.data, outputs.ctypes.data)
    shim.shim_free(net, data)
    return np.where(outputs[:, 0] > 0.5, 0, 1) if n_outputs == 1 else outputs.argmax(axis=1)
