"""The executor of processes: each runs one spec after another, and its death affects only the spec that it was running.

Children are spawned, not forked: a fork copies locks that threads of the parent hold. They hold nothing worth keeping,
so the parent ends them with SIGKILL.
"""

from __future__ import annotations

import contextlib
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing import connection, get_context, resource_tracker
from multiprocessing.context import SpawnProcess
from typing import Any, NamedTuple

from anncli.errors import AnnError
from anncli.experiments.executors.base import Notice, Work, ignore
from anncli.experiments.executors.child import serve
from anncli.experiments.executors.holding import signals_held
from anncli.experiments.inputs import unreadable
from anncli.experiments.spec import Failure, Result, Spec

# How often a spec is begun before it counts as failed because its processes died.
_MOST_TRIES = 2


class Task(NamedTuple):
    """A spec and how often it was begun before."""

    spec: Spec
    tries: int = 0


class Processes:
    """Runs up to `jobs` specs at a time, each in a process of its own.

    Args: work, a function that a child can import by its module and name; notice, called when a child has died.
    """

    def __init__(self, work: Work, jobs: int, notice: Notice = ignore) -> None:
        self.work, self.jobs, self.notice = work, jobs, notice
        #: Processes that have died before they could take a spec, since one of them could.
        self._died_early = 0

    def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        """Raises AnnError where children end before they can take a spec."""
        waiting = deque(Task(spec) for spec in specs)
        children: list[_Child] = []
        try:
            first_message = (self.work, unreadable(specs))
            while waiting or any(child.task for child in children):
                # As many as there are specs for them, and no more.
                while len(children) < min(self.jobs, len(waiting) + sum(child.task is not None for child in children)):
                    children.append(_Child(first_message))
                for child in children:
                    if waiting and child.is_ready and child.task is None:
                        child.take(waiting.popleft())
                for child in _with_news(children):
                    found = child.news()
                    if child.is_ready:
                        self._died_early = 0
                    if found is None:
                        children.remove(child)
                        found = self._after_death(child, waiting)
                    if isinstance(found, Result):
                        yield found
        finally:
            for child in children:
                child.end()

    def _after_death(self, child: _Child, waiting: deque[Task]) -> Result | None:
        """Begin the spec of a dead child again, or give it up with a result that says so."""
        # Its connection may end a moment before the process does.
        reason, task = child.end(patience=1.0), child.task
        if task is None:
            if child.is_ready:
                return None
            self._died_early += 1
            if self._died_early < _MOST_TRIES:
                self.notice(f"a worker process {reason} before it began; another one is started")
                return None
            raise AnnError(
                f"a worker process {reason} before it began, {_MOST_TRIES} times", advice="run with --jobs 1"
            )
        advice = "use fewer --jobs" + (" or more memory" if "SIGKILL" in reason else "")
        if task.tries + 1 < _MOST_TRIES:
            self.notice(f"a worker process {reason} while it ran {task.spec.title}, which is begun again; {advice}")
            waiting.appendleft(Task(task.spec, task.tries + 1))
            return None
        failure = Failure(f"its worker process {reason}, {_MOST_TRIES} times", advice, repeats=False)
        return Result(task.spec.digest(), error=failure)


class _Child:
    """A process that runs specs, seen from the parent."""

    def __init__(self, first_message: tuple[Any, ...]) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=serve, args=(theirs,), daemon=True)
        self.task: Task | None = None
        self.is_ready = False
        # The helper process of multiprocessing must exist before: starting it unblocks the signals.
        if hasattr(signal, "pthread_sigmask"):
            resource_tracker.ensure_running()
        # Ctrl-C during the child's imports would print a traceback.
        with signals_held():
            self.process.start()
        # Without this copy the connection ends when the child dies.
        theirs.close()
        self._send(first_message)

    def take(self, task: Task) -> None:
        self.task = task
        self._send(task.spec)

    def news(self) -> Result | str | None:
        """What the child says: a result, READY, or None when it has died."""
        try:
            found: Result | str = self.connection.recv()
        except (EOFError, OSError):
            return None
        if isinstance(found, Result):
            self.task = None
        else:
            self.is_ready = True
        return found

    def end(self, patience: float = 0.0) -> str:
        """Wait `patience` seconds for the end of the process, kill it where it still lives, and say how it ended."""
        self.process.join(patience)
        self.connection.close()
        self.process.kill()
        self.process.join()
        code = self.process.exitcode or 0
        self.process.close()
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def _send(self, message: Any) -> None:
        # A child that has died is noticed by news().
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(message)


def _with_news(children: Sequence[_Child]) -> list[_Child]:
    """Wait for the first children to say something or to die."""
    by_connection = {child.connection: child for child in children}
    return [by_connection[ready] for ready in connection.wait(list(by_connection))]  # type: ignore[index]
