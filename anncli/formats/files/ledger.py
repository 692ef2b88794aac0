"""A ledger file: a line of JSON for each finished piece of work, kept through crashes and closed to a second writer."""

from __future__ import annotations

import errno
import json
import os
import stat
from types import TracebackType
from typing import Any

from anncli.errors import AnnError, DataError, UsageError
from anncli.formats.files.textfile import Path, read_fault, write_faults

try:
    import fcntl
except ImportError:  # Windows: no advisory locks, so nothing notices a second writer.
    fcntl = None  # type: ignore[assignment]

# The first line. A file without it belongs to somebody else and is not touched.
HEADER = b'{"anncli": "ledger", "format": 1}\n'


class LedgerFile:
    """An open ledger file, as a context manager: `documents` are the lines that it held; add() appends one.

    A last line that a crash cut short is removed. Raises: UsageError for a file that is no ledger, DataError for a
    damaged line that is not the last, AnnError where the file cannot be used or another process writes to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = os.fspath(path)
        self._descriptor = self._open()
        try:
            self._lock()
            self.documents = self._read()
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> LedgerFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The lock ends with the descriptor.
        os.close(self._descriptor)

    def add(self, document: dict[str, Any]) -> None:
        """Append a line and force it to the disk; where that fails the file is as it was before, and AnnError is raised."""
        line = json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"
        self._append(line)

    def _open(self) -> int:
        if self.path == "-":
            raise UsageError("a ledger cannot be '-': it is read again by the next run", advice="name a file")
        with write_faults(self.path):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise UsageError(f"a ledger must be a regular file, which {self.path} is not", advice="name another file")
        return descriptor

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnnError(
                "is in use by another run", path=self.path, advice="wait for its end, or name another file"
            ) from None
        except OSError:
            # A file system without locks.
            pass

    def _read(self) -> list[dict[str, Any]]:
        """The documents in the file; what a crash left at its end is removed, and an empty file gets its header."""
        try:
            data = _read_all(self._descriptor)
        except OSError as fault:
            raise read_fault(fault, self.path) from None
        if not data.startswith(HEADER):
            if not HEADER.startswith(data):
                raise UsageError(
                    f"{self.path} is no ledger of ann", advice="name a ledger, or a file that does not exist"
                )
            self._cut(0)
            self._append(HEADER)
            self._sync_folder()
            return []
        lines = data.split(b"\n")[1:]
        unfinished = lines.pop()
        documents = []
        for number, line in enumerate(lines, 2):
            try:
                documents.append(_document(line))
            except ValueError:
                # After a loss of power the last line can have its length and not its bytes.
                if number - 2 != len(lines) - 1:
                    raise DataError(
                        "is damaged", path=self.path, line=number, advice="remove the line; its training runs again"
                    ) from None
                unfinished = line + b"\n" + unfinished
        if unfinished:
            self._cut(len(data) - len(unfinished))
        return documents

    def _append(self, line: bytes) -> None:
        before = os.lseek(self._descriptor, 0, os.SEEK_END)
        with write_faults(self.path):
            try:
                # As a rule one call: a crash between two would leave half a line, which the next run removes.
                while line:
                    if not (count := os.write(self._descriptor, line)):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    line = line[count:]
                os.fsync(self._descriptor)
            except OSError:
                self._cut(before)
                raise

    def _cut(self, size: int) -> None:
        with write_faults(self.path):
            os.ftruncate(self._descriptor, size)

    def _sync_folder(self) -> None:
        """Without this a crash could lose the name of a new file, lines and all."""
        try:
            folder = os.open(os.path.dirname(os.path.realpath(self.path)), os.O_RDONLY)
        except OSError:
            return
        try:
            os.fsync(folder)
        except OSError:
            # Some network disks cannot sync a folder.
            pass
        finally:
            os.close(folder)


def _read_all(descriptor: int) -> bytes:
    pieces = []
    while piece := os.read(descriptor, 1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def _document(line: bytes) -> dict[str, Any]:
    document = json.loads(line)
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    return document
