"""A cluster of Dask: calls on its workers, and news of them, by a client whose event loop runs in a thread of its own."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import pickle
import warnings
from collections.abc import Coroutine
from contextlib import suppress
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from anncli.errors import AnnError
from anncli.experiments.executors.address import Address, knock
from anncli.experiments.executors.base import Terms
from anncli.experiments.executors.cluster import Answer, Fault, Gone, Member, Members, News
from anncli.experiments.executors.dask_work import Parcel, can_read, greet, run_here
from anncli.experiments.inputs import Data
from anncli.experiments.sent_setup import SentSetup
from anncli.experiments.spec import DataRef, Spec
from anncli.experiments.worker import run_spec

# Seconds between two looks at the members, and at the connection; for a connection, and for its end.
_INTERVAL, _GUARD, _PATIENCE, _FAREWELL = 1.0, 0.1, 30.0, 1.0


class DaskCluster:
    """Connects to a scheduler; raises AnnError where that fails."""

    def __init__(self, address: Address, terms: Terms) -> None:
        self.address = address.url
        knock(address, terms)
        _silence()
        self._news: SimpleQueue[News] = SimpleQueue()
        self._numbers = count(1)
        self._futures: dict[int, Any] = {}
        self._calls: dict[int, asyncio.Task[None]] = {}
        self._client = _client(address, terms)
        self._loop: asyncio.AbstractEventLoop = self._client.loop.asyncio_loop
        self._interval = min(_INTERVAL, terms.worker_timeout / 4)
        self._start(self._watch())
        self._start(self._guard())
        atexit.register(self._close)

    def greet(self, worker: str) -> int:
        return self._call(self._greet(worker))

    def read(self, worker: str, ref: DataRef) -> int:
        number = next(self._numbers)
        return self._call(self._submit(number, worker, can_read, pickle.dumps(ref)), number)

    def send(self, worker: str, data: Data | SentSetup) -> int:
        return self._call(self._scatter(worker, data))

    def run(self, worker: str, spec: Spec, data: Any) -> int:
        # As bytes, which the scheduler passes on unread.
        work = pickle.dumps((run_spec, spec))
        number = next(self._numbers)
        return self._call(self._submit(number, worker, run_here, work, data), number)

    def drop(self, call: int) -> None:
        self._loop.call_soon_threadsafe(self._drop, call)

    def news(self, patience: float) -> News | None:
        try:
            return self._news.get(timeout=patience) if patience else self._news.get_nowait()
        except Empty:
            return None

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop)

    def _call(self, work: Coroutine[Any, Any, Any], number: int | None = None) -> int:
        number = next(self._numbers) if number is None else number
        self._start(self._follow(number, work))
        return number

    async def _follow(self, number: int, work: Coroutine[Any, Any, Any]) -> None:
        """Tell what comes of a call."""
        task = asyncio.current_task()
        assert task is not None
        self._calls[number] = task
        try:
            self._news.put(Answer(number, await work))
        # Dask cancels with exceptions that are not of the kind Exception.
        except BaseException as fault:
            # Of calls that were dropped there is no news, and without a scheduler no other.
            if number in self._calls and not self._is_lost:
                self._news.put(Fault(number, _words(fault), _is_loss(fault)))
        finally:
            self._calls.pop(number, None)
            self._futures.pop(number, None)

    async def _greet(self, worker: str) -> Any:
        return (await self._client.run(greet, workers=[worker]))[worker]

    async def _submit(self, number: int, worker: str, function: Any, *arguments: Any) -> Any:
        self._futures[number] = future = self._client.submit(
            function, *arguments, key=f"ann-{os.getpid()}-{id(self)}-{number}", workers=[worker], pure=False
        )
        return await future

    async def _scatter(self, worker: str, data: Data | SentSetup) -> Any:
        # Each worker has a copy of its own: of copies with one name Dask would remove those that seem too many.
        return await self._client.scatter(Parcel(data), workers=[worker], hash=False)

    def _drop(self, number: int) -> None:
        task, future = self._calls.pop(number, None), self._futures.pop(number, None)
        if future is not None:
            self._start(self._cancel(future))
        if task is not None:
            task.cancel()

    async def _cancel(self, future: Any) -> None:
        with suppress(Exception):
            await self._client.cancel([future], force=True)

    async def _watch(self) -> None:
        """Tell of the members, again and again."""
        while not self._is_lost:
            with suppress(OSError):
                found = await self._client.scheduler.identity(n_workers=-1)
                self._news.put(Members(tuple(_member(*entry) for entry in found["workers"].items())))
            await asyncio.sleep(self._interval)

    async def _guard(self) -> None:
        """Tell when the connection breaks; _watch() would try to connect again before it says so."""
        while not self._is_lost:
            await asyncio.sleep(_GUARD)
        self._news.put(Gone("the connection broke"))

    @property
    def _is_lost(self) -> bool:
        """Whether the connection broke. Dask would make another one, but has then forgotten what ran."""
        return bool(self._client.status != "running")

    def _close(self) -> None:
        """Say goodbye at the end of the program; the scheduler then drops what still runs."""
        with suppress(BaseException):
            self._client.close(timeout=_FAREWELL)


def _client(address: Address, terms: Terms) -> Any:
    """The connected client."""
    from distributed import Client, Security

    security = None
    if address.scheme == "tls":
        security = Security(
            tls_ca_file=terms.tls_ca,
            tls_client_cert=terms.tls_cert,
            tls_client_key=terms.tls_key,
            require_encryption=True,
        )
    try:
        with warnings.catch_warnings():
            # Other versions of packages at the other side: what matters of them is in the greeting.
            warnings.simplefilter("ignore")
            return Client(address.url, security=security, timeout=_PATIENCE, set_as_default=False)
    except Exception as fault:
        raise AnnError(f"no connection to the scheduler {address.url}: {_words(fault)}") from None


def _silence() -> None:
    """Whatever Dask has to say that concerns the user, this program says itself."""
    import distributed

    assert distributed.__version__
    for name in ("distributed", "tornado", "asyncio", "bokeh"):
        for known in [name, *(other for other in logging.root.manager.loggerDict if other.startswith(f"{name}."))]:
            logger = logging.getLogger(known)
            logger.handlers, logger.propagate = [logging.NullHandler()], known != name
            logger.setLevel(logging.CRITICAL + 1)


def _member(address: str, entry: dict[str, Any]) -> Member:
    return Member(address, int(entry["nthreads"]), entry["status"] == "running", float(entry["last_seen"]))


def _is_loss(fault: BaseException) -> bool:
    """Whether an error means that the worker, or what it held, was lost."""
    from distributed import KilledWorker

    return isinstance(fault, (asyncio.CancelledError, KilledWorker, OSError)) or "Cancelled" in type(fault).__name__


def _words(fault: BaseException) -> str:
    lines = str(fault).strip().splitlines()
    return f"{type(fault).__name__}: {lines[0]}" if lines else type(fault).__name__
