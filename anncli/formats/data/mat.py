"""The format `mat`: MATLAB files of version 5 to 7: inputs X with a label y, or one matrix."""

from __future__ import annotations

from collections.abc import Iterator

from anncli.arrays import Array
from anncli.errors import DataError, quoted
from anncli.formats.data.array_choice import choose_arrays, missed_array
from anncli.formats.data.array_table import check_type, paired_batches
from anncli.formats.data.base import TableWant
from anncli.formats.data.mat_elements import MatFile
from anncli.formats.files.source import ByteSource
from anncli.tables import Table

_USELESS = ("struct", "object", "function", "opaque", "unknown")


class Mat:
    """The variables are found by name: see array_choice.choose_arrays()."""

    def sniff(self, head: bytes) -> bool:
        return head.startswith((b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file"))

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        data = b"".join(source.chunks())
        if data.startswith(b"MATLAB 7.3"):
            advice = "save it in MATLAB with save(..., '-v7'), or write the matrix with writematrix"
            message = "is a MATLAB file of version 7.3 (HDF5), which is not read"
            raise DataError(message, path=source.shown, advice=advice)
        file = MatFile(data, source.shown)
        known = {one.name: one for one in file.variables if one.kind not in _USELESS and not one.name.startswith("__")}
        chosen = choose_arrays({name: one.shape for name, one in known.items() if 0 not in one.shape}, source.shown)
        useless = {one.name: one for one in file.variables if one.kind in _USELESS}
        if missed := missed_array(chosen, useless):
            message = f"variable {quoted(missed)} holds a {useless[missed].kind}, not numbers or words"
            raise DataError(
                message, path=source.shown, advice="save matrices named X and y: a row per sample, and its label"
            )

        def array(name: str) -> Array:
            found = file.load(known[name])
            check_type(found.dtype, source.shown, f"variable {name}")
            return found

        inputs = array(chosen.inputs)
        label = array(chosen.label) if chosen.label else None
        yield from paired_batches(chosen, inputs, label, source.shown, want)


FORMAT = Mat()
