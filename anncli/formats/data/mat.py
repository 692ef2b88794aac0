"""The format `mat`: MATLAB files of version 5 to 7, read by scipy (extra `mat`): inputs X with a label y, or one matrix."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, UsageError
from anncli.formats.data.array_choice import choose_arrays
from anncli.formats.data.array_table import NO_ANSWERS, answers_of, as_rows, batches_of, check_type, cut
from anncli.formats.data.base import TableWant
from anncli.formats.data.dense import check_dense, check_unpacked
from anncli.formats.files.source import ByteSource
from anncli.tables import Table

# Kinds of MATLAB's variables that hold numbers, or words (cell).
_USABLE = (
    "double",
    "single",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "logical",
    "sparse",
    "cell",
    "char",
)


class Mat:
    """The variables are found by name: see array_choice.choose_arrays()."""

    def sniff(self, head: bytes) -> bool:
        return head.startswith((b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file"))

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        packed = b"".join(source.chunks())
        if packed.startswith(b"MATLAB 7.3"):
            advice = "save it in MATLAB with save(..., '-v7'), or write the matrix with writematrix"
            raise DataError(
                "is a MATLAB file of version 7.3 (HDF5), which is not read", path=source.shown, advice=advice
            )
        reader = _Reader(packed, source.shown)
        chosen = choose_arrays(reader.shapes, source.shown)
        name = chosen.inputs or chosen.columns[0]
        inputs, answers = reader.matrix(name), NO_ANSWERS
        label = reader.matrix(chosen.label) if chosen.label else None
        if chosen.is_transposed and label is not None:
            inputs, label = inputs.T, label.T
        if label is not None:
            items = label.reshape(-1) if label.size == len(inputs) else as_rows(label)
            answers = answers_of(items, chosen.label, source.shown, want)
        if want.remarks is not None:
            how = f"the inputs are {chosen.inputs}" + (f", the label is {chosen.label}" if chosen.label else "")
            want.remarks.guess(source.shown, how + (", samples in columns" if chosen.is_transposed else ""))
        yield from batches_of(cut(inputs, want), answers, source.shown, want)


FORMAT = Mat()


class _Reader:
    """shapes: of the variables that hold numbers or words."""

    def __init__(self, packed: bytes, shown: str) -> None:
        self.packed, self.shown = packed, shown
        try:
            self._io: Any = import_module("scipy.io")
        except ModuleNotFoundError:
            advice = "install it: pip install 'anncli[mat]'"
            raise UsageError(f"{shown} is a MATLAB file, for which scipy is needed", advice=advice) from None
        found = self._tried(lambda: self._io.whosmat(io.BytesIO(packed)))
        self._kinds = {name: kind for name, _, kind in found}
        shapes = {
            name: tuple(map(int, shape)) for name, shape, kind in found if kind in _USABLE and not name.startswith("__")
        }
        self.shapes = {name: shape for name, shape in shapes.items() if all(n >= 0 for n in shape)}

    def _tried(self, read: Any) -> Any:
        try:
            return read()
        except MemoryError:
            raise DataError("needs more memory than there is", path=self.shown, advice="save fewer variables") from None
        except Exception:  # scipy has no kind of error of its own for a damaged file
            message = "is damaged, or of a kind that scipy does not read"
            raise DataError(message, path=self.shown, advice="save it anew with save(..., '-v7')") from None

    def matrix(self, name: str) -> Array:
        """A variable as an array of at least two dimensions; raises DataError where it holds no numbers or words."""
        size = 8
        for n in self.shapes[name]:
            size *= n
        if self._kinds[name] != "sparse":
            check_unpacked(size, len(self.packed), self.shown)
        loaded = self._tried(lambda: self._io.loadmat(io.BytesIO(self.packed), variable_names=[name]))
        found = loaded.get(name)
        if found is not None and hasattr(found, "toarray"):
            check_dense(found.shape[0], found.shape[1], len(self.packed), self.shown)
            found = self._tried(found.toarray)
        if not isinstance(found, np.ndarray) or found.shape[:1] == (0,) or not found.size:
            raise DataError(f"variable {name} is empty", path=self.shown, advice="save a matrix with a row per sample")
        if found.dtype.kind == "O":
            found = _words(found)
        if found.dtype.kind == "U" and found.ndim == 1:
            found = found.reshape(-1, 1)
        check_type(found.dtype, self.shown, f"variable {name}")
        return found


def _words(cells: Array) -> Array:
    """A cell array of texts as words; of anything else as it is."""
    texts = [cell.reshape(-1).tolist() if isinstance(cell, np.ndarray) else [cell] for cell in cells.reshape(-1)]
    if all(len(text) <= 1 and all(isinstance(part, str) for part in text) for text in texts):
        return np.array([text[0] if text else "" for text in texts], dtype=np.str_).reshape(cells.shape)
    return cells
