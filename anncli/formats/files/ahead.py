"""A second thread: it reads, unpacks and digests a file ahead, or does half of a piece of work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from queue import Full, Queue, SimpleQueue
from threading import Event, Thread
from typing import Generic, TypeVar

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


class Helper(Generic[Item]):
    """A thread that does one call at a time beside its caller. Leave it by close()."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], Item] | None] = SimpleQueue()
        self._results: SimpleQueue[Item | _Raised] = SimpleQueue()
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def begin(self, call: Callable[[], Item]) -> None:
        self._calls.put(call)

    def result(self) -> Item:
        """What the call gave that was begun first; raises its error."""
        found = self._results.get()
        if isinstance(found, _Raised):
            raise found.error
        return found

    def close(self) -> None:
        self._calls.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                self._results.put(call())
            except BaseException as error:
                self._results.put(_Raised(error))
