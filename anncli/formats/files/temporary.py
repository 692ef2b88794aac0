"""A temporary file in the folder of the file that it will replace.

The writing process holds a lock on it. If another process can lock it, its writer has died; the next write to the same
target then removes it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows has no such locks, so a temporary file of a dead process stays there.
    fcntl = None  # type: ignore[assignment]

HAS_LOCKS = fcntl is not None

_SUFFIX = ".ann-tmp"
_ENDING = r"[0-9a-f]{8}" + re.escape(_SUFFIX)


@contextlib.contextmanager
def temporary_beside(target: str) -> Iterator[tuple[int, str]]:
    """A locked new file beside `target`: its descriptor and name; removed at the end unless it was renamed."""
    if os.path.exists(target):
        refuse_unwritable(target)
    folder, base = os.path.split(target)
    if len(os.fsencode(base)) > 255:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    # Only 50 characters (up to 200 bytes) of the name: the longest legal name would leave no room for the ending.
    prefix = f".{base[:50]}."
    _remove_stale(folder, prefix)
    descriptor, temporary = _create_locked(folder, prefix)
    try:
        yield descriptor, temporary
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        with contextlib.suppress(OSError):
            os.close(descriptor)


@contextlib.contextmanager
def replaced(target: str, like: str) -> Iterator[tuple[int, str]]:
    """A temporary file, its descriptor and name, that takes the place of `target` at the end of the block.

    like: the file whose owner and mode it gets. If the block raises, everything stays as it was.
    """
    with temporary_beside(target) as (descriptor, temporary):
        # Before the first byte is written: a private file must stay private at every moment.
        keep_owner_and_mode(descriptor, like)
        yield descriptor, temporary
        os.fsync(descriptor)
        # Windows cannot rename an open file. It is the system without locks.
        if not HAS_LOCKS:
            os.close(descriptor)
        os.replace(temporary, target)
    # The new file is in place. Some network disks cannot sync a folder; that is not a failure.
    with contextlib.suppress(OSError):
        folder = os.open(os.path.dirname(target), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _create_locked(folder: str, prefix: str) -> tuple[int, str]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        name = os.path.join(folder, f"{prefix}{os.urandom(4).hex()}{_SUFFIX}")
        try:
            descriptor = os.open(name, flags, 0o666)
        except FileExistsError:
            continue
        # Before this lock was taken, another writer may have removed the file as stale; then a new one is needed.
        if lock(descriptor) and (fcntl is None or _is_named(descriptor, name)):
            return descriptor, name
        os.close(descriptor)


def refuse_unwritable(name: str) -> None:
    """Raises OSError where this process may not write to an existing file; says if its file system is read-only."""
    if os.access(name, os.W_OK):
        return
    code = errno.EACCES
    if hasattr(os, "statvfs") and os.statvfs(name).f_flag & os.ST_RDONLY:
        code = errno.EROFS
    raise OSError(code, os.strerror(code))


def _is_named(descriptor: int, name: str) -> bool:
    """Whether the open file has still a name; if that cannot be told, it is removed and OSError is raised."""
    try:
        return os.fstat(descriptor).st_nlink > 0
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        with contextlib.suppress(OSError):
            os.close(descriptor)
        raise


def _remove_stale(folder: str, prefix: str) -> None:
    if fcntl is None:
        return
    with contextlib.suppress(OSError):
        for entry in os.listdir(folder):
            if entry.startswith(prefix) and re.fullmatch(_ENDING, entry[len(prefix) :]):
                _remove_if_unlocked(os.path.join(folder, entry))


def _remove_if_unlocked(name: str) -> None:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode) and lock(descriptor, unknown=False):
            os.unlink(name)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def lock(descriptor: int, *, unknown: bool = True) -> bool:
    """Try to lock; returns whether that worked, or `unknown` if the file system has no locks."""
    if fcntl is None:
        return unknown
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return unknown
    return True


def keep_owner_and_mode(descriptor: int, target: str) -> None:
    try:
        old = os.stat(target)
    except FileNotFoundError:
        return
    if hasattr(os, "fchown"):
        with contextlib.suppress(OSError):
            os.fchown(descriptor, old.st_uid, old.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
