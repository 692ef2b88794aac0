"""What workers of Dask do for `ann`: say what they compute with, read data, and run specs."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np

from anncli.experiments.executors.base import IsStopped
from anncli.experiments.spec import DataRef, Result

# Data that were sent here -> how many of the trainings that run now need them.
_lent: dict[str, int] = {}
_lock = Lock()
# Bytes of the largest number in an array.
_ALIGNMENT = 16


class Parcel:
    """Data on their way to a worker. Dask lays arrays wherever they end in a message, and compiled code reads numbers only at
    multiples of their size: what lies elsewhere is copied."""

    def __init__(self, content: Any) -> None:
        self.content = content

    def __reduce__(self) -> tuple[Any, ...]:
        buffers: list[pickle.PickleBuffer] = []
        body = pickle.dumps(self.content, 5, buffer_callback=buffers.append)
        return unpacked, (body, buffers)


def unpacked(body: bytes, buffers: list[Any]) -> Parcel:
    """The parcel of a pickle and the buffers beside it."""
    return Parcel(pickle.loads(body, buffers=[_aligned(buffer) for buffer in buffers]))


def _aligned(buffer: Any) -> Any:
    numbers = np.frombuffer(buffer, dtype=np.uint8)
    return numbers.copy() if numbers.size and numbers.ctypes.data % _ALIGNMENT else buffer


def greet() -> dict[str, Any]:
    """The facts about this process on which the bytes of its results depend."""
    import socket

    from anncli import __version__
    from anncli.experiments.executors.facts import facts_here

    return {"anncli": __version__, "host": socket.gethostname(), **facts_here()}


def can_read(pickled: bytes) -> bool:
    """Whether this process has the files of data, with the contents that they had elsewhere."""
    from anncli.errors import AnnError
    from anncli.experiments.inputs import dataset_of

    ref: DataRef = pickle.loads(pickled)
    try:
        dataset_of(ref)
    except AnnError:
        return False
    return True


def run_here(pickled: bytes, parcel: Parcel | None = None) -> Result:
    """Run a spec with its work; parcel: what its reference means, None for what is read from files."""
    work, spec = pickle.loads(pickled)
    with _lending(spec.data, None if parcel is None else parcel.content):
        result: Result = work(spec, _when_released())
        return result


@contextmanager
def _lending(ref: DataRef, data: Any) -> Iterator[None]:
    """Inside the block the reference means these data. Dask holds them as long as the command needs them, and nothing else may."""
    from anncli.experiments.inputs import forget, keep

    if data is None:
        yield
        return
    with _lock:
        _lent[ref.contents] = _lent.get(ref.contents, 0) + 1
        keep({ref.contents: data})
    try:
        yield
    finally:
        with _lock:
            _lent[ref.contents] -= 1
            if not _lent[ref.contents]:
                del _lent[ref.contents]
                forget(ref)


def _when_released() -> IsStopped:
    """Whether nobody waits for the running task any more: the command has dropped it or ended, or this worker is ending."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def is_stopped() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled" or worker.status.name in ("closing", "closed", "failed")

    return is_stopped
