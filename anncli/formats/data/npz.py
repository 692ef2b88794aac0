"""The format `npz`: a NumPy archive of arrays: inputs X with a label y, one array, or a column per array."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, printable, quoted
from anncli.formats.data.array_choice import choose_arrays, missed_array
from anncli.formats.data.array_table import check_rest, paired_batches
from anncli.formats.data.base import TableWant
from anncli.formats.data.dense import check_unpacked
from anncli.formats.data.npy import field_table
from anncli.formats.data.npy_head import NpyHead, read_head
from anncli.formats.data.npz_writer import write as write
from anncli.formats.files.seekable import seekable
from anncli.formats.files.source import ByteSource
from anncli.tables import Table

_PIECE = 1 << 20
_MOST_MEMBERS = 10_000
# What zipfile raises for archives that are damaged, or of a kind that it does not know.
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError, KeyError)


class Npz:
    """The arrays are found by name: see array_choice.choose_arrays()."""

    def sniff(self, head: bytes) -> bool:
        return head.startswith(b"PK\x03\x04") and b".npy" in head[:4096]

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        with seekable(source) as file:
            n_bytes = file.seek(0, os.SEEK_END)
            yield from _read(_Archive(source.shown, file, n_bytes), want)


FORMAT = Npz()


class _Archive:
    def __init__(self, shown: str, file: IO[bytes], n_bytes: int) -> None:
        self.shown, self.n_bytes = shown, n_bytes
        try:
            self._zip = zipfile.ZipFile(file)
        except _FAULTS:
            raise DataError("is a damaged archive", path=self.shown, advice="copy it again") from None
        names = [name for name in self._zip.namelist() if name.endswith(".npy")]
        if len(names) > _MOST_MEMBERS:
            raise DataError(f"holds {len(names)} arrays", path=self.shown, advice="save fewer arrays")
        self.heads = {name.removesuffix(".npy"): self._head(name) for name in names}

    def _chunks(self, member: str) -> Iterator[bytes]:
        try:
            with self._zip.open(member) as file:
                while piece := file.read(_PIECE):
                    yield piece
        except _FAULTS:
            message = f"array {quoted(member.removesuffix('.npy'))} is damaged"
            raise DataError(message, path=self.shown, advice="copy the file again") from None

    def _head(self, member: str) -> NpyHead | None:
        """The head of an array, None for one of which no table can be made: it may be one that is not needed."""
        try:
            return read_head(self._chunks(member), self.shown, takes_single=True)[0]
        except DataError:
            return None

    def array(self, name: str) -> Array:
        """An array, read whole; raises DataError where it is no array of numbers or words, or damaged."""
        chunks = self._chunks(f"{name}.npy")
        head, rest = read_head(chunks, f"{self.shown}: {printable(name)}")
        check_unpacked(head.n_bytes, self.n_bytes, self.shown)
        data = bytearray(rest)
        for chunk in chunks:
            data += chunk
            if len(data) > head.n_bytes:
                break
        check_rest(len(data), head.n_bytes, f"{self.shown}: {printable(name)}")
        return np.frombuffer(data, head.dtype).reshape(head.shape, order="F" if head.is_fortran else "C")


def _read(archive: _Archive, want: TableWant) -> Iterator[Table]:
    shapes = {name: head.shape for name, head in archive.heads.items() if head is not None}
    if not shapes and len(archive.heads) == 1:
        # It says what is wrong with the only array.
        archive.array(next(iter(archive.heads)))
    chosen = choose_arrays(shapes, archive.shown)
    if missed := missed_array(chosen, archive.heads.keys() - shapes.keys()):
        # It says why it cannot be read. Without it, the label would be taken for the inputs, or be lost.
        archive.array(missed)
    if chosen.columns:
        yield field_table({name: archive.array(name) for name in chosen.columns}, archive.shown, want)
        return
    inputs = archive.array(chosen.inputs)
    if inputs.dtype.names:
        yield field_table({name: inputs[name].reshape(-1) for name in inputs.dtype.names}, archive.shown, want)
        return
    label = archive.array(chosen.label) if chosen.label else None
    yield from paired_batches(chosen, inputs, label, archive.shown, want)
