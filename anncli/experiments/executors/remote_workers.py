"""The executor of workers elsewhere: what is given to which worker, and what happens when one dies or falls silent.

Each worker gets as many specs as it has threads and no more, so that little is lost with it. What a lost or silent worker ran is
begun again by another one; a spec that was begun before runs alone, so that if it loses that worker too, nothing else did.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from anncli.errors import AnnError, count_of
from anncli.experiments.executors.base import GOES_ON, Notice, Terms, ignore
from anncli.experiments.executors.cluster import Answer, Cluster, Facts, Fault, Gone, Members, News
from anncli.experiments.executors.remote_round import Round
from anncli.experiments.executors.remote_worker import RemoteWorker
from anncli.experiments.spec import Result, Spec

Clock = Callable[[], float]
# Seconds between two looks at the time.
_PATIENCE = 0.2
# How often a worker is greeted that gives no answer.
_MOST_GREETINGS = 3


class RemoteWorkers:
    """Runs specs on the workers of a cluster, up to `jobs` at a time, None for as many as there are threads.

    Args: connect: called before the first spec; here: the facts of this process; notice: takes a line for each event; clock:
        seconds.
    """

    def __init__(
        self,
        connect: Callable[[], Cluster],
        here: Callable[[], Facts],
        terms: Terms,
        jobs: int | None = None,
        notice: Notice = ignore,
        clock: Clock = time.monotonic,
    ) -> None:
        self._connect, self._here, self._terms, self._jobs = connect, here, terms, jobs
        self._notice, self._clock = notice, clock
        self._cluster: Cluster | None = None
        self._facts: Facts = {}
        self._workers: dict[str, RemoteWorker] = {}
        # When the scheduler was last heard, and when there was last a worker that may help.
        self._heard = self._helped = 0.0

    def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        """Raises AnnError where the scheduler or all workers are lost."""
        if not specs:
            return
        if self._cluster is None:
            self._cluster, self._facts = self._connect(), self._here()
        # Between two rounds nobody listened.
        self._heard = self._helped = now = self._clock()
        for worker in self._workers.values():
            worker.heard = now
        one = Round(specs, self._cluster, self._workers, self._jobs, self._notice)
        try:
            while one.is_open:
                news = self._cluster.news(_PATIENCE)
                while news is not None:
                    self._heed(news, one)
                    news = self._cluster.news(0.0)
                self._look(one)
                one.give()
                yield from one.results()
        finally:
            one.end()

    def _heed(self, news: News, one: Round) -> None:
        if isinstance(news, Gone):
            raise AnnError(f"the scheduler {self._address} has gone: {news.reason}", advice=GOES_ON)
        if isinstance(news, Members):
            self._meet(news, one)
            return
        greeted = next((worker for worker in self._workers.values() if worker.greeting == news.call), None)
        if greeted is None:
            one.heed(news)
        else:
            greeted.greeting = None
            self._greeted(greeted, news)

    def _meet(self, news: Members, one: Round) -> None:
        assert self._cluster is not None
        self._heard = now = self._clock()
        known = {member.address: member for member in news.members}
        for address in [address for address in self._workers if address not in known]:
            one.lose(self._workers.pop(address))
        for address, member in known.items():
            if address not in self._workers:
                self._workers[address] = RemoteWorker(member, now)
            elif self._workers[address].hear(member, now):
                self._notice(f"{self._workers[address].name} answers again")
            worker = self._workers[address]
            if worker.must_be_greeted:
                worker.greeting = self._cluster.greet(address)

    def _greeted(self, worker: RemoteWorker, news: Answer | Fault) -> None:
        """A worker has said what it computes with, or cannot."""
        if isinstance(news, Fault):
            # One that was lost is no member any more, or soon; one that stays is greeted again.
            worker.lost_greetings += 1
            if not news.is_loss:
                self._refuse(worker, f"{news.reason}; install anncli {self._facts['anncli']} there")
            elif worker.lost_greetings == _MOST_GREETINGS:
                self._refuse(worker, news.reason)
            return
        worker.host, worker.is_greeted = str(news.value["host"]), True
        if (reason := self._differs(news.value)) is not None:
            self._refuse(worker, reason)

    def _differs(self, there: Facts) -> str | None:
        from anncli.experiments.executors.facts import difference

        return difference(self._facts, there)

    def _refuse(self, worker: RemoteWorker, reason: str) -> None:
        worker.is_refused = True
        self._notice(f"{worker.name} is not used: {reason}")

    def _look(self, one: Round) -> None:
        """Whether anybody has been silent for too long."""
        limit, now = self._terms.worker_timeout, self._clock()
        if now - self._heard > limit:
            raise AnnError(f"the scheduler {self._address} has been silent for {limit:g} s", advice=GOES_ON)
        for worker in self._workers.values():
            # Compared with the last news: while there are none, nobody knows.
            if self._heard - worker.heard > limit and not worker.is_silent:
                worker.is_silent = True
                one.miss(worker, limit)
        workers = self._workers.values()
        if any(worker.may_help for worker in workers):
            self._helped = now
        elif workers and all(worker.is_refused for worker in workers):
            raise AnnError(f"{self._address} has no worker that gives the bytes of this machine", advice=GOES_ON)
        elif now - self._helped > limit:
            there = f"none of {count_of(len(workers), 'worker')} at" if workers else "no worker at"
            advice = f"start one: dask worker {self._address}; {GOES_ON}"
            raise AnnError(f"{there} {self._address} takes work, for {limit:g} s", advice=advice)

    @property
    def _address(self) -> str:
        assert self._cluster is not None
        return self._cluster.address
