"""One round of specs on workers elsewhere: which are waiting, which run where, and how often each was begun."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from anncli.errors import listed
from anncli.experiments.executors.base import Notice
from anncli.experiments.executors.cluster import Answer, Cluster, Fault
from anncli.experiments.executors.remote_worker import Holding, RemoteWorker
from anncli.experiments.inputs import registered
from anncli.experiments.spec import DataRef, Failure, Result, Spec

# How often a spec is begun before it counts as failed because its workers were lost.
_MOST_TRIES = 2


class _Task:
    """A spec; losses: how many workers were lost with it; calls: where it runs, by the numbers of calls."""

    def __init__(self, spec: Spec) -> None:
        self.spec, self.digest = spec, spec.digest()
        self.losses, self.last_loss = 0, ""
        self.calls: dict[int, RemoteWorker] = {}


class Round:
    """Args: workers by address, which the caller keeps up to date; jobs: at most so many specs at a time."""

    def __init__(
        self,
        specs: Sequence[Spec],
        cluster: Cluster,
        workers: Mapping[str, RemoteWorker],
        jobs: int | None,
        notice: Notice,
    ) -> None:
        self._cluster, self._workers, self._jobs, self._notice = cluster, workers, jobs, notice
        elsewhere = [spec._replace(data=_with_whole_paths(spec.data)) for spec in specs]
        self._open = {task.digest: task for task in map(_Task, elsewhere)}
        self._waiting = deque(self._open.values())
        self._refs = {spec.data.contents: spec.data for spec in elsewhere}
        self._found: deque[Result] = deque()

    @property
    def is_open(self) -> bool:
        """Whether a spec has no result yet."""
        return bool(self._open)

    def results(self) -> Iterator[Result]:
        """What was found since the last call."""
        while self._found:
            yield self._found.popleft()

    def end(self) -> None:
        """Drop everything that runs."""
        for task in self._open.values():
            self._drop(task)
        for worker in self._workers.values():
            for contents, holding in list(worker.holdings.items()):
                if holding.call is not None:
                    self._cluster.drop(holding.call)
                    del worker.holdings[contents]

    def heed(self, news: Answer | Fault) -> None:
        """Take an answer to a call; one that was dropped has none."""
        for worker in self._workers.values():
            if news.call in worker.calls:
                return self._ended(worker, self._open[worker.calls[news.call]], news)
            for contents, holding in worker.holdings.items():
                if holding.call == news.call:
                    return self._arrived(worker, contents, news)
        return None

    def lose(self, worker: RemoteWorker) -> None:
        """The worker is no member any more."""
        tasks = self._begun(worker)
        for call, digest in worker.calls.items():
            self._cluster.drop(call)
            del self._open[digest].calls[call]
        self._again(tasks, f"{worker.name} has gone", "has gone")

    def miss(self, worker: RemoteWorker, seconds: float) -> None:
        """The worker is silent; an answer that it still gives is taken."""
        tasks = self._begun(worker)
        worker.moved.update(worker.calls)
        self._again(tasks, f"{worker.name} has been silent for {seconds:g} s", f"was silent for {seconds:g} s")

    def _begun(self, worker: RemoteWorker) -> list[_Task]:
        """What it runs and nobody else was told to run."""
        return [self._open[digest] for call, digest in worker.calls.items() if call not in worker.moved]

    def give(self) -> None:
        """Give the specs that wait to the workers that are free."""
        ready = [worker for worker in self._workers.values() if worker.is_fit and self._prepare(worker)]
        room = len(self._open) if self._jobs is None else self._jobs - self._n_running
        suspects = [task for task in self._waiting if task.losses]
        for task in suspects:
            idle = next((worker for worker in ready if not worker.calls), None)
            if task.losses >= _MOST_TRIES and ready:
                self._give_up(task)
            elif idle is not None and room > 0:
                self._begin(task, idle)
                idle.is_alone, room = True, room - 1
        if any(task.losses for task in self._waiting) and len(ready) > 1:
            # The one that will be idle first is kept free for them.
            ready.remove(min(ready, key=lambda worker: (worker.is_alone, len(worker.calls))))
        elif any(task.losses for task in self._waiting):
            return
        while self._waiting and ready and room > 0:
            worker = max(ready, key=lambda worker: worker.free)
            first = next((task for task in self._waiting if not task.losses), None)
            if first is None or not worker.free:
                return
            self._begin(first, worker)
            room -= 1

    @property
    def _n_running(self) -> int:
        """How many specs run, without those that silent workers may or may not run."""
        return sum(len(worker.calls) - len(worker.moved) for worker in self._workers.values())

    def _begin(self, task: _Task, worker: RemoteWorker) -> None:
        self._waiting.remove(task)
        handle = worker.holdings[task.spec.data.contents].handle
        call = self._cluster.run(worker.member.address, task.spec, handle)
        worker.calls[call] = task.digest
        task.calls[call] = worker

    def _prepare(self, worker: RemoteWorker) -> bool:
        """Whether the worker has all data of this round; what it has not is on its way."""
        for contents, ref in self._refs.items():
            if contents not in worker.holdings:
                if ref.files:
                    worker.holdings[contents] = Holding(self._cluster.read(worker.member.address, ref))
                else:
                    self._send(worker, contents)
        return all(worker.holds(contents) for contents in self._refs)

    def _send(self, worker: RemoteWorker, contents: str) -> None:
        data = registered(contents)
        if data is None:
            # Neither here nor there: the training says so.
            worker.holdings[contents] = holding = Holding(0)
            holding.arrived()
        else:
            worker.holdings[contents] = Holding(self._cluster.send(worker.member.address, data))

    def _arrived(self, worker: RemoteWorker, contents: str, news: Answer | Fault) -> None:
        """The worker has read or received data, or not."""
        if isinstance(news, Answer) and news.value is not False:
            worker.holdings[contents].arrived(None if news.value is True else news.value)
        elif isinstance(news, Answer):
            self._send(worker, contents)
        elif news.is_loss:
            del worker.holdings[contents]
        else:
            worker.is_refused = True
            self._notice(f"{worker.name} is not used: it cannot take the data: {news.reason}")

    def _ended(self, worker: RemoteWorker, task: _Task, news: Answer | Fault) -> None:
        """A spec has a result, or its worker was lost before the scheduler said so."""
        was_moved = news.call in worker.moved
        worker.ended(news.call)
        del task.calls[news.call]
        if isinstance(news, Fault) and news.is_loss:
            # It may be there again under the same address, without the data.
            worker.holdings.clear()
            if not was_moved:
                self._again([task], f"{worker.name} was lost", "was lost")
            return
        if isinstance(news, Answer):
            result: Result = news.value
        else:
            failure = Failure(f"{worker.name}: {news.reason}", repeats=False)
            result = Result(task.digest, error=failure)
        self._close(task, result)

    def _again(self, tasks: Sequence[_Task], event: str, loss: str) -> None:
        """Let others run them."""
        for task in tasks:
            task.losses, task.last_loss = task.losses + 1, loss
        # In their order before all others, so that few wait for them.
        self._waiting.extendleft(reversed(tasks))
        titles = listed([task.spec.title for task in tasks])
        given = f"; begun again elsewhere: {titles}" if tasks else ""
        self._notice(f"{event}{given}")

    def _give_up(self, task: _Task) -> None:
        advice = "see whether it takes more memory than workers have"
        failure = Failure(f"its worker {task.last_loss}, {_MOST_TRIES} times", advice, repeats=False)
        self._waiting.remove(task)
        self._close(task, Result(task.digest, error=failure))

    def _close(self, task: _Task, result: Result) -> None:
        """Keep the result; calls for the same spec are not needed any more."""
        self._drop(task)
        if task in self._waiting:
            self._waiting.remove(task)
        del self._open[task.digest]
        self._found.append(result)

    def _drop(self, task: _Task) -> None:
        for call, worker in task.calls.items():
            self._cluster.drop(call)
            worker.ended(call)
        task.calls.clear()


def _with_whole_paths(ref: DataRef) -> DataRef:
    """The same data with paths that do not depend on the current folder, which a worker elsewhere does not share."""
    return ref._replace(files=tuple(file._replace(path=os.path.abspath(file.path)) for file in ref.files))
