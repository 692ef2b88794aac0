"""Zip archives with a network inside: parts by name, each within a limit, so that a small file cannot unpack to a large one."""

from __future__ import annotations

import io
import zipfile
import zlib

from anncli.errors import NetworkError, quoted
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.numbers import MAX_NETWORK_BYTES

_MOST_PARTS = 100_000
# A file may unpack to so many times its size, and to this many bytes in any case.
_MOST_EXPANSION, _ALWAYS_ALLOWED = 25, 1 << 26
# What zipfile raises for archives that are damaged, or of a kind that it does not know.
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    NotImplementedError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
)


class Archive:
    """The parts of a zip archive; raises NetworkError for a damaged one."""

    def __init__(self, data: bytes, path: Path) -> None:
        self._path = path
        self._left = min(MAX_NETWORK_BYTES, _ALWAYS_ALLOWED + _MOST_EXPANSION * len(data))
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            self.names = self._zip.namelist()
        except _FAULTS:
            raise self.fault("is a damaged zip archive", "copy the file again") from None
        if len(self.names) > _MOST_PARTS or len(set(self.names)) < len(self.names):
            raise self.fault("is a zip archive with too many parts, or with two of one name")

    def read(self, name: str, limit: int = MAX_NETWORK_BYTES) -> bytes:
        """The bytes of a part, at most `limit`; all parts together may not be far larger than the file."""
        allowed = min(limit, self._left)
        try:
            with self._zip.open(name) as file:
                found = file.read(allowed + 1)
        except _FAULTS:
            raise self.fault(f"part {quoted(name)} is missing or damaged", "copy the file again") from None
        if len(found) > allowed:
            raise self.fault(f"part {quoted(name)} unpacks to far more than its size", "save the network anew")
        self._left -= len(found)
        return found

    def fault(self, message: str, advice: str | None = None) -> NetworkError:
        """An error about the file."""
        return NetworkError(message, path=shown_name(self._path), advice=advice)
