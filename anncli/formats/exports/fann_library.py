"""Running FANN networks by libfann, where it is installed."""

from __future__ import annotations

import ctypes
import os
from ctypes.util import find_library
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.formats.exports.base import Predicted, ToolMissingError
from anncli.formats.exports.tools import work_folder

# The library with 64-bit numbers comes first: it shows what the file says, not how FANN rounds.
_LIBRARIES = {"doublefann": np.float64, "floatfann": np.float32}


def run_fann(file: bytes, inputs: Array, n_outputs: int, is_scaled: bool) -> Predicted:
    """The outputs of a FANN file for raw inputs (n, n_inputs); is_scaled: it holds the scaling of inputs and outputs.

    Raises: ToolMissingError; RuntimeError where FANN cannot read the file.
    """
    library, number, tool = _library()
    with work_folder() as folder:
        path = os.path.join(folder, "network.net")
        with open(path, "wb") as target:
            target.write(file)
        network = library.fann_create_from_file(os.fsencode(path))
    if not network:
        raise RuntimeError(f"{tool} cannot read the file")
    try:
        outputs = np.empty((len(inputs), n_outputs))
        for row, values in enumerate(inputs.astype(number)):
            pointer = values.ctypes.data_as(ctypes.c_void_p)
            if is_scaled:
                library.fann_scale_input(network, pointer)
            found = library.fann_run(network, pointer)
            if is_scaled:
                library.fann_descale_output(network, found)
            kind = ctypes.c_double if number is np.float64 else ctypes.c_float
            outputs[row] = (kind * n_outputs).from_address(found)
    finally:
        library.fann_destroy(network)
    return Predicted(outputs, None, tool)


def _library() -> tuple[Any, Any, str]:
    for name, number in _LIBRARIES.items():
        if file := find_library(name):
            library = ctypes.CDLL(file)
            for function, result, arguments in (
                ("fann_create_from_file", ctypes.c_void_p, [ctypes.c_char_p]),
                ("fann_run", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_void_p]),
                ("fann_scale_input", None, [ctypes.c_void_p, ctypes.c_void_p]),
                ("fann_descale_output", None, [ctypes.c_void_p, ctypes.c_void_p]),
                ("fann_destroy", None, [ctypes.c_void_p]),
            ):
                entry = getattr(library, function)
                entry.restype, entry.argtypes = result, arguments
            return library, number, f"FANN ({file})"
    raise ToolMissingError("libfann is not installed; apt install libfann2")
