"""A second thread that reads, unpacks and digests a file ahead, and how many threads a file is worth."""

from __future__ import annotations

import os
from collections.abc import Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")

# A thread for less does not pay.
_WORTH = 1 << 22
# More would wait for the one that reads.
_MOST_THREADS = 4
_DEPTH = 4
_END = object()


def most_threads(path: str) -> int:
    """How many threads a file keeps busy, 1 where reading ahead does not pay; a pipe is left alone, because nothing could end a
    read of it."""
    is_large = path != "-" and os.path.isfile(path) and os.path.getsize(path) >= _WORTH
    return min(os.cpu_count() or 1, _MOST_THREADS) if is_large else 1


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items in the same order, and the same error after them; at most _DEPTH items wait."""
    queue: Queue[object] = Queue(_DEPTH)
    stop = Event()
    thread = Thread(target=_take, args=(items, queue, stop), daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not _END:
            if isinstance(item, _Raised):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        thread.join()


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def _take(items: Iterator[object], queue: Queue[object], stop: Event) -> None:
    try:
        for item in items:
            if not _put(item, queue, stop):
                return
        _put(_END, queue, stop)
    except BaseException as error:
        _put(_Raised(error), queue, stop)


def _put(item: object, queue: Queue[object], stop: Event) -> bool:
    """Wait for room; False where nobody wants the item any more."""
    while not stop.is_set():
        try:
            queue.put(item, timeout=0.05)
            return True
        except Full:
            continue
    return False
