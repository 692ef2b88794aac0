"""Memory maps: arrays whose numbers lie in a file, and the memory that reading them takes."""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import AnnError, printable

# Above so many bytes of maps in memory, they are given back. A window of shuffled rows stays below: see arrays.WINDOW_BYTES.
_MOST_RESIDENT = 1 << 28
# Bytes that are read between two looks of a Relief.
_RELIEF_BYTES = 1 << 25
# Rows that are taken from a map at a time.
_TAKEN_ROWS = 256
_LOOK_SECONDS, _LOOK_SECONDS_UNKNOWN = 0.01, 0.25
_STATM = "/proc/self/statm"

_lock = threading.Lock()
_watched: weakref.WeakSet[Any] = weakref.WeakSet()
_watcher: threading.Thread | None = None


def map_of(array: Array) -> Any:
    """The mmap object of the file in which the numbers of an array lie, or None where they are in memory."""
    return _base_of(array, mmap.mmap)


def _base_of(array: Array, kind: type) -> Any:
    """The object of this type whose memory an array shows, or None."""
    base: Any = array
    while base is not None and not isinstance(base, kind):
        base = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)
    return base


def release(array: Array) -> None:
    """Give back the memory that reading a memory map has taken: its numbers are read from the file again when needed.

    Nothing happens for an array in memory, and where the system cannot do it.
    """
    _release(map_of(array))


def release_when_large(array: Array) -> None:
    """Give back the memory of all maps that this was called for, whenever the files that are mapped into this process, its libraries
    too, take more than 256 MB; where the system does not say how much, every quarter of a second.

    A thread looks every 10 ms as long as one of the maps exists, so that whatever reads the array need not know that it is a map.
    """
    base = map_of(array)
    if base is None:
        return
    global _watcher
    with _lock:
        _watched.add(base)
        if _watcher is None:
            _watcher = threading.Thread(target=_watch, name="maps", daemon=True)
            _watcher.start()


class FilePlace(NamedTuple):
    """Where the numbers of an array (n, m) lie in a file: its name, size and time of change (ns); the offset of the array (bytes), its dtype, shape
    and strides; sample: some of its rows, as bytes, by which another process knows that it sees the same file."""

    path: str
    size: int
    changed: int
    offset: int
    dtype: str
    shape: tuple[int, int]
    strides: tuple[int, int]
    sample: bytes

    def mapped(self, first: int, last: int) -> Array | None:
        """The rows first .. last - 1, as a map of the file, which gives its memory back; None where this process does not see the
        same file under that name."""
        try:
            found = os.stat(self.path)
            if (found.st_size, found.st_mtime_ns) != (self.size, self.changed):
                return None
            base = np.memmap(self.path, np.uint8, "r")
        except OSError:
            return None
        whole: Array = np.ndarray(self.shape, self.dtype, base, self.offset, self.strides)
        if sample_of(whole) != self.sample:
            return None
        release_when_large(whole)
        return whole[first:last]


def sample_of(array: Array) -> bytes:
    """64 rows of an array (n, m), evenly distributed, as bytes."""
    return array[np.linspace(0, len(array) - 1, 64).astype(np.int64)].tobytes()


def place_of(array: Array) -> FilePlace | None:
    """Where the rows of an array (n, m) lie in a file that has a name; None where they do not."""
    base = _base_of(array, np.memmap)
    if base is None or array.ndim != 2 or not base.filename or array.strides[0] < 0 or not len(array):
        return None
    path = os.path.abspath(base.filename)
    try:
        found = os.stat(path)
    except OSError:
        return None
    offset = int(base.offset) + array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    shape, strides = (len(array), array.shape[1]), (array.strides[0], array.strides[1])
    return FilePlace(path, found.st_size, found.st_mtime_ns, offset, array.dtype.str, shape, strides, sample_of(array))


class Relief:
    """Gives back the memory of maps beside the thread of release_when_large(), which comes too late on a machine that has no time for it.

    Args: array (n, m), which is read row by row; nothing happens where it is in memory.
    Attributes: row_bytes: what a row takes of a map, 0 in memory.
    """

    def __init__(self, array: Any) -> None:
        is_map = isinstance(array, np.ndarray) and map_of(array) is not None
        self.row_bytes: int = array.strides[0] if is_map else 0
        self._seen = 0

    def looks(self, n_rows: int) -> float:
        """How many times as much so many rows are as what is read between two looks."""
        return n_rows * self.row_bytes / _RELIEF_BYTES

    def read(self, n_rows: int) -> None:
        """So many rows have been read."""
        self._seen += n_rows * self.row_bytes
        if self._seen > _RELIEF_BYTES:
            self._seen = 0
            _release_all_when_large()


def taken_rows(array: Array, rows: Array) -> Array:
    """array[rows] for row numbers (m,), ascending, of an array (n, ...); of a map, the memory that reading takes is given back meanwhile."""
    if map_of(array) is None or rows.dtype == np.bool_:
        return array[rows]
    relief, taken = Relief(array), np.empty((len(rows), *array.shape[1:]), dtype=array.dtype)
    # A system may bring all of the file between two such rows into memory.
    span = array.strides[0] * (int(rows[-1] - rows[0]) + 1) if len(rows) else 0
    size = max(1, min(_TAKEN_ROWS, len(rows) * _RELIEF_BYTES // max(1, span)))
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        taken[start : start + len(part)] = array[part]
        relief.read(int(part[-1] - part[0]))
    return taken


def disk_array(shape: tuple[int, int], dtype: type[np.generic], parts: Iterable[Array]) -> Array:
    """An array (n, m) of the rows in `parts`, in a temporary file that ends with the array; see release_when_large().

    The file lies in the folder that TMPDIR names, else in /var/tmp, because /tmp may be memory.
    Raises: AnnError where the folder has no room.
    """
    folder, size = _scratch_folder(), shape[0] * shape[1] * np.dtype(dtype).itemsize
    with _on_full_disk(folder, size):
        file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
    with file:
        for part in parts:
            left = np.ascontiguousarray(part, dtype=dtype).data.cast("B")
            with _on_full_disk(folder, size):
                while left:
                    left = left[file.write(left) :]
        base = mmap.mmap(file.fileno(), 0)
    array: Array = np.frombuffer(base, dtype=dtype).reshape(shape)
    release_when_large(array)
    return array


@contextmanager
def _on_full_disk(folder: str, size: int) -> Iterator[None]:
    """Turns a fault of the system into an AnnError about the folder, which cannot hold a file of `size` bytes."""
    try:
        yield
    except OSError as error:
        message = f"no room for {size >> 20} MB of rows in {printable(folder)} ({error.strerror})"
        raise AnnError(message, advice="name a folder with more room: TMPDIR=FOLDER") from None


def _scratch_folder() -> str:
    if not tempfile.tempdir and not any(map(os.environ.get, ("TMPDIR", "TEMP", "TMP"))):
        lasting = "/var/tmp"
        if os.access(lasting, os.W_OK):
            return lasting
    return tempfile.gettempdir()


def _release(base: Any) -> None:
    if hasattr(base, "madvise") and not base.closed:
        base.madvise(mmap.MADV_DONTNEED)


def _release_all_when_large() -> int | None:
    """Give back all maps that are watched, if they take too much; returns what _resident() says."""
    resident = _resident()
    if resident is None or resident > _MOST_RESIDENT:
        with _lock:
            # The set gives its maps for the moment of the loop only: nothing here keeps one.
            for base in _watched:
                _release(base)
    return resident


def _watch() -> None:
    global _watcher
    while True:
        resident = _release_all_when_large()
        with _lock:
            if not _watched:
                _watcher = None
                return
        time.sleep(_LOOK_SECONDS_UNKNOWN if resident is None else _LOOK_SECONDS)


def _resident() -> int | None:
    """The bytes of files that are mapped into this process and in memory; None where the system does not say."""
    try:
        with open(_STATM, "rb") as file:
            return int(file.read().split()[2]) * mmap.PAGESIZE
    except (OSError, ValueError, IndexError):
        return None
