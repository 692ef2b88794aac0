"""Memory maps: arrays whose numbers lie in a file, and the memory that reading them takes."""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import AnnError, printable

# Above so many bytes of maps in memory, they are given back. A window of shuffled rows stays below: see arrays.WINDOW_BYTES.
_MOST_RESIDENT = 3 << 27
_LOOK_SECONDS, _LOOK_SECONDS_UNKNOWN = 0.01, 0.25
_STATM = "/proc/self/statm"


def map_of(array: Array) -> Any:
    """The mmap object of the file in which the numbers of an array lie, or None where they are in memory."""
    base: Any = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)
    return base


def release(array: Array) -> None:
    """Give back the memory that reading a memory map has taken: its numbers are read from the file again when needed.

    Nothing happens for an array in memory, and where the system cannot do it.
    """
    _release(map_of(array))


def release_when_large(array: Array) -> None:
    """Release the map of the array whenever maps take more than 384 MB of memory, as long as the array exists.

    A thread of its own looks every 10 ms, so that whatever reads the array need not know that it is a map.
    """
    base = map_of(array)
    if base is not None:
        threading.Thread(target=_watch, args=(weakref.ref(base),), name="maps", daemon=True).start()


def disk_array(shape: tuple[int, int], dtype: type[np.generic], parts: Iterable[Array]) -> Array:
    """An array (n, m) of the rows in `parts`, in a temporary file that ends with the array; see release_when_large().

    The file lies in the folder that TMPDIR names, else in /var/tmp, because /tmp may be memory.
    Raises: AnnError where the folder has no room.
    """
    folder = _scratch_folder()
    with tempfile.TemporaryFile(dir=folder) as file:
        for part in parts:
            try:
                file.write(np.ascontiguousarray(part, dtype=dtype).data)
            except OSError as error:
                message = f"no room for {_megabytes(shape, dtype)} of rows in {printable(folder)} ({error.strerror})"
                raise AnnError(message, advice="name a folder with more room: TMPDIR=FOLDER") from None
        file.flush()
        base = mmap.mmap(file.fileno(), 0)
    array: Array = np.frombuffer(base, dtype=dtype).reshape(shape)
    release_when_large(array)
    return array


def _megabytes(shape: tuple[int, int], dtype: type[np.generic]) -> str:
    return f"{shape[0] * shape[1] * np.dtype(dtype).itemsize >> 20} MB"


def _scratch_folder() -> str:
    if not tempfile.tempdir and not any(map(os.environ.get, ("TMPDIR", "TEMP", "TMP"))):
        lasting = "/var/tmp"
        if os.access(lasting, os.W_OK):
            return lasting
    return tempfile.gettempdir()


def _release(base: Any) -> None:
    if hasattr(base, "madvise"):
        base.madvise(mmap.MADV_DONTNEED)


def _watch(reference: weakref.ref[Any]) -> None:
    while True:
        resident = _resident()
        base = reference()
        if base is None or base.closed:
            return
        if resident is None or resident > _MOST_RESIDENT:
            _release(base)
        del base
        time.sleep(_LOOK_SECONDS_UNKNOWN if resident is None else _LOOK_SECONDS)


def _resident() -> int | None:
    """The bytes of files that are mapped into this process and in memory; None where the system does not say."""
    try:
        with open(_STATM, "rb") as file:
            return int(file.read().split()[2]) * mmap.PAGESIZE
    except (OSError, ValueError, IndexError):
        return None
