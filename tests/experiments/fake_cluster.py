"""A cluster in memory, with a clock that goes on by a fifth of a second whenever somebody waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from anncli.experiments.executors.cluster import Answer, Fault, Member, Members, News
from anncli.experiments.spec import Result, Spec

FACTS = {
    "anncli": "1.0", "host": "n", "backend": "native avx2", "variants": ["avx2", "baseline"], "numpy": "numpy 2", "probe": "p",
}  # fmt: skip
TICK = 0.2


class Call(NamedTuple):
    """kind: greet, read, send or run; what: the reference, data or spec; data: what run() was given."""

    number: int
    kind: str
    worker: str
    what: Any = None
    data: Any = None


class FakeCluster:
    """Workers that answer at once, and run each spec for `ticks` ticks, or as many as `duration` says for it.

    files: whether workers have the files of data; at: what happens at the beginning of a tick; kills: whether a spec kills its
    worker when it would be ready; log: all calls; most: the most specs that any worker ran at a time, by address.
    """

    address = "tcp://fake:1"

    def __init__(self, *workers: str, threads: int = 1, ticks: int = 3) -> None:
        self.threads, self.ticks = threads, ticks
        self.time, self.tick = 0.0, 0
        self.files = True
        self.facts: dict[str, Any] = {}
        self.at: dict[int, Callable[[], None]] = {}
        self.duration: Callable[[Spec], int] = lambda spec: self.ticks
        self.kills: Callable[[Spec], bool] = lambda spec: False
        self.log: list[Call] = []
        self.most: dict[str, int] = {}
        self.dropped: list[int] = []
        self.stopped: set[str] = set()
        self.is_mute = False
        self.queue: deque[News] = deque()
        self._running: dict[int, tuple[Call, int]] = {}
        self._members: dict[str, Member] = {}
        self._number = 0
        for worker in workers:
            self.join(worker)

    def join(self, worker: str) -> None:
        self._members[worker] = Member(worker, self.threads, True, 0.0)

    def kill(self, worker: str) -> None:
        """The worker is gone, and nothing that it ran answers."""
        self._members.pop(worker, None)
        self._running = {
            number: (call, left) for number, (call, left) in self._running.items() if call.worker != worker
        }

    def member(self, worker: str) -> Member:
        return self._members[worker]

    def change(self, worker: str, **fields: Any) -> None:
        self._members[worker] = self._members[worker]._replace(**fields)

    def clock(self) -> float:
        return self.time

    def of_kind(self, kind: str) -> list[Call]:
        return [call for call in self.log if call.kind == kind]

    def greet(self, worker: str) -> int:
        return self._call("greet", worker)

    def read(self, worker: str, ref: Any) -> int:
        return self._call("read", worker, ref)

    def send(self, worker: str, data: Any) -> int:
        return self._call("send", worker, data)

    def run(self, worker: str, spec: Spec, data: Any) -> int:
        number = self._call("run", worker, spec, data, self.duration(spec))
        now = sum(call.worker == worker and call.kind == "run" for call, _ in self._running.values())
        self.most[worker] = max(self.most.get(worker, 0), now)
        return number

    def drop(self, call: int) -> None:
        self.dropped.append(call)
        self._running.pop(call, None)

    def news(self, patience: float) -> News | None:
        if not self.queue and patience:
            self._tick()
        return self.queue.popleft() if self.queue else None

    def _call(self, kind: str, worker: str, what: Any = None, data: Any = None, ticks: int = 0) -> int:
        self._number += 1
        call = Call(self._number, kind, worker, what, data)
        self.log.append(call)
        self._running[call.number] = (call, ticks)
        return call.number

    def _tick(self) -> None:
        self.time += TICK
        self.tick += 1
        assert self.tick < 5000, "the executor waits for nothing"
        self.at.pop(self.tick, lambda: None)()
        if self.is_mute:
            return
        for worker in self._members.keys() - self.stopped:
            self.change(worker, beat=self.time)
        for number, (call, left) in list(self._running.items()):
            if call.worker in self.stopped or number not in self._running:
                continue
            self._running[number] = (call, left - 1)
            if left > 0:
                continue
            if call.kind == "run" and self.kills(call.what):
                self.kill(call.worker)
                continue
            del self._running[number]
            self.queue.append(self._answer(call))
        self.queue.append(Members(tuple(self._members.values())))

    def _answer(self, call: Call) -> News:
        if call.kind == "run":
            value: Any = Result(
                call.what.digest(), evaluations={"number": call.what.labels["number"], "worker": call.worker}
            )
        elif call.kind == "greet":
            value = self.facts.get(call.worker, FACTS)
            if isinstance(value, Fault):
                return value._replace(call=call.number)
            if isinstance(value, str):
                return Fault(call.number, value, is_loss=False)
        else:
            value = self.files if call.kind == "read" else f"sent to {call.worker}"
        return Answer(call.number, value)
