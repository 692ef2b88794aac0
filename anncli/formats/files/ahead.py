"""Reading ahead: a second thread reads, unpacks and digests a file while the first one works on what has been read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")

# A thread for less does not pay.
_WORTH = 1 << 22
_DEPTH = 4
_END = object()


def is_worth_it(path: str) -> bool:
    """Whether a file is so large that reading ahead pays; a pipe is left alone, because nothing could end a read of it."""
    return path != "-" and os.path.isfile(path) and os.path.getsize(path) >= _WORTH and (os.cpu_count() or 1) > 1


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
