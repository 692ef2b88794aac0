"""The executor of ranks: the other processes of a launch run the specs that rank 0 hands them, one at a time each.

mpi4py.futures.MPICommExecutor would do that too, but it waits for a rank that is gone, cannot end a training that runs, and sends
its data with every task.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence

from anncli.backends.ranks.crew import Order
from anncli.backends.ranks.mail import AnyOf, Mail
from anncli.backends.ranks.watch import Lost, RankLost, Watch
from anncli.backends.ranks.wire import Wire
from anncli.experiments.executors.base import GOES_ON
from anncli.experiments.executors.rank_work import Errand
from anncli.experiments.inputs import registered
from anncli.experiments.spec import Result, Spec
from anncli.experiments.worker import run_spec

# Seconds that ranks have to come back from a training that nobody needs any more.
_FAREWELL = 1.0
_SHORTLY = 0.001


def lost_rank(lost: Lost) -> RankLost:
    """What ends a command of many trainings."""
    return RankLost(lost, advice=GOES_ON)


class _Worker:
    """Another rank, as rank 0 sees it. spec: what it runs, None for nothing; is_dropped: nobody needs that any more."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self.spec: Spec | None = None
        self.is_dropped = False

    def take(self, spec: Spec, is_asked: bool = False) -> None:
        """Run a spec; is_asked: whether its data have to be sent."""
        errand = Errand(spec, registered(spec.data.contents) if is_asked else None)
        # In this order: a signal in between must not make it look idle.
        self.spec, self.is_dropped = spec, False
        self.mail.expect()
        self.mail.send(Order("run", detail=errand))

    def drop(self) -> None:
        """Its answer is not needed any more."""
        if self.spec is not None and not self.is_dropped:
            self.is_dropped = True
            self.mail.send(Order("stop"))

    def news(self) -> Result | None:
        """The result that it has sent; None where that is not needed, or where it has asked for the data."""
        result: Result | None = self.mail.take()
        assert self.spec is not None
        spec, self.spec = self.spec, None
        if self.is_dropped or result is not None:
            return None if self.is_dropped else result
        if registered(spec.data.contents) is None:
            # Neither here nor there: the training says so.
            return run_spec(spec)
        self.take(spec, is_asked=True)
        return None


class Team:
    """The ranks of a command of many trainings. said: what there is to say about them, once."""

    def __init__(self, wire: Wire, watch: Watch, said: str | None = None) -> None:
        self.wire, self.watch, self.said = wire, watch, said
        self.size = wire.size
        self._has_begun = False
        self._workers = [_Worker(Mail(wire, other)) for other in range(1, wire.size)]

    def begin(self, silence: float) -> bool:
        """Tell the others after how many seconds a silent rank is lost; False where they know."""
        if self._has_begun:
            return False
        self._has_begun = True
        for worker in self._workers:
            worker.mail.send(Order("options", detail=silence))
        self.watch.allow(silence)
        return True

    def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        """See Executor. Raises: RankLost where a rank is gone."""
        waiting, n_left = deque(specs), len(specs)
        try:
            while n_left:
                for worker in self._workers:
                    if waiting and worker.spec is None:
                        worker.take(waiting.popleft())
                for worker in self._with_news():
                    if (result := worker.news()) is not None:
                        n_left -= 1
                        yield result
        except RankLost as fault:
            self.wire.is_broken = True
            raise lost_rank(fault.lost) from None
        finally:
            if not self.wire.is_broken:
                self._drop()

    def end(self) -> None:
        """Send the others home. wire.is_broken is set where one does not come back from what it does. Raises: RankLost where one is gone."""
        self._drop()
        until = time.monotonic() + _FAREWELL
        while (busy := [worker for worker in self._workers if worker.spec is not None]) and time.monotonic() < until:
            self.watch.check()
            for worker in busy:
                if worker.mail.has_come():
                    worker.news()
            time.sleep(_SHORTLY)
        self.wire.is_broken = bool(busy)
        for worker in self._workers if not busy else ():
            worker.mail.send(Order("end"))

    def _drop(self) -> None:
        for worker in self._workers:
            worker.drop()

    def _with_news(self) -> list[_Worker]:
        """Wait for the first workers that answer."""
        busy = [worker for worker in self._workers if worker.spec is not None]
        self.watch.wait(lambda: AnyOf([worker.mail for worker in busy]))
        return [worker for worker in busy if worker.mail.has_come()]


class Ranks:
    """Runs specs on a team; jobs: how many at a time."""

    def __init__(self, team: Team) -> None:
        self._team, self.jobs = team, team.size - 1

    def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        return self._team.run(specs)


_team: Team | None = None


def current_team() -> Team | None:
    """The team that this process leads, None where no launcher has started others."""
    return _team


def lead(team: Team | None) -> None:
    """From now on this process leads the team; one of a single rank is none."""
    global _team
    _team = team if team is not None and team.size > 1 else None
