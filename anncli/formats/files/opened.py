"""Which files this process has read, so that none of them is overwritten by mistake."""

from __future__ import annotations

import os
import stat
from typing import IO, BinaryIO, cast

# By absolute name, with device and inode at the time of opening.
_opened: dict[str, tuple[int, int]] = {}


# Pipes whose first bytes were looked at, by the name they were opened with, until somebody reads them.
_waiting: dict[str, IO[bytes]] = {}


def open_input(name: str, buffering: int = -1) -> IO[bytes]:
    """Open a file for reading and remember it; raises OSError and ValueError as open()."""
    if name in _waiting:
        return _waiting.pop(name)
    file: IO[bytes] = open(name, "rb", buffering=buffering)  # noqa: SIM115
    try:
        found = os.fstat(file.fileno())
    except OSError:
        file.close()
        raise
    _opened[os.path.abspath(name)] = found.st_dev, found.st_ino
    return file


def peek_input(name: str, size: int) -> bytes:
    """The first bytes of a file, at most `size`, which the next open_input() of that name still gives; of a pipe what it
    gives at once. Raises OSError and ValueError as open()."""
    file = open_input(name)
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        with file:
            return file.read(size)
    _waiting[name] = file
    return cast(BinaryIO, file).peek(size)[:size]  # type: ignore[attr-defined]


def opened_file(target: str) -> str | None:
    """The name under which this process read the file `target`, which may have other names (links); None if it did not."""
    try:
        found = os.stat(target)
    except (OSError, ValueError):
        return None
    for name, identity in _opened.items():
        # A deleted file's inode may have gone to a new file, so the name must still lead to it.
        if identity == (found.st_dev, found.st_ino) and _is_at(name, identity):
            return name
    return None


def opened_names() -> tuple[str, ...]:
    """The absolute names of the files that this process has read."""
    return tuple(_opened)


def forget_opened() -> None:
    """Begin anew, as for another command in the same process."""
    _opened.clear()
    while _waiting:
        _waiting.popitem()[1].close()


def _is_at(name: str, identity: tuple[int, int]) -> bool:
    try:
        found = os.stat(name)
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == identity
