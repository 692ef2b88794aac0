"""A temporary file beside the file it is to replace, recognisable when its writer died.

It is locked while its writer lives; one that can be locked by somebody else was left by a dead process and is removed
by the next write to the same target.
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
except ImportError:  # Windows: no advisory locks, so a temporary file left behind stays.
    fcntl = None  # type: ignore[assignment]

HAS_LOCKS = fcntl is not None

_SUFFIX = ".ann-tmp"
_ENDING = re.compile(r"[0-9a-f]{8}" + re.escape(_SUFFIX))


@contextlib.contextmanager
def temporary_beside(target: str) -> Iterator[tuple[int, str]]:
    """A locked new file beside `target`: its descriptor and name; removed at the end unless it was renamed."""
    if os.path.exists(target) and not os.access(target, os.W_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    folder, base = os.path.split(target)
    if len(os.fsencode(base)) > 255:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    # At most 50 characters of the name (200 bytes), so that the longest legal name still leaves room for the ending.
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


def _create_locked(folder: str, prefix: str) -> tuple[int, str]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        name = os.path.join(folder, f"{prefix}{os.urandom(4).hex()}{_SUFFIX}")
        try:
            descriptor = os.open(name, flags, 0o666)
        except FileExistsError:
            continue
        # Another writer may have taken the file for a stale one before the lock was there: then begin again.
        if _lock(descriptor) and (fcntl is None or os.path.exists(name)):
            return descriptor, name
        os.close(descriptor)


def _remove_stale(folder: str, prefix: str) -> None:
    if fcntl is None:
        return
    with contextlib.suppress(OSError):
        for entry in os.listdir(folder):
            if entry.startswith(prefix) and _ENDING.fullmatch(entry, len(prefix)):
                _remove_if_unlocked(os.path.join(folder, entry))


def _remove_if_unlocked(name: str) -> None:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode) and _lock(descriptor, unknown=False):
            os.unlink(name)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, unknown: bool = True) -> bool:
    """Take the lock without waiting; `unknown` is the answer where the file system has no locks."""
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
