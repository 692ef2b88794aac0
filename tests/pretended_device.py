"""A device that is none: it trains by the epochs of the CPU, and gives its weights back when it has ended, as a device does."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import numpy as np

from anncli.training.attempt import Attempt, EpochReport
from anncli.training.on_device import OnDevice
from anncli.training.stacked.job import Job

Reports = Generator[Sequence[EpochReport | None], None, None]


class Pretended:
    """rounds: how many jobs came together each time; spoil: changes the attempts before they are given back."""

    def __init__(self, spoil: Callable[[Sequence[Attempt]], None] = lambda attempts: None) -> None:
        self.rounds: list[int] = []
        self._spoil = spoil

    def on_device(self, keeps_weights: bool = False) -> OnDevice:
        return OnDevice(self.run, {"name": "pretended", "torch": "9.9"}, keeps_weights)

    def run(self, jobs: Sequence[Job]) -> Reports:
        self.rounds.append(len(jobs))
        attempts, held = [job.attempt for job in jobs], [job.attempt.parameters for job in jobs]
        for attempt in attempts:
            attempt.trainer = Attempt._started_trainer(attempt)
            attempt.parameters = attempt.weights = attempt.parameters.copy()
        epochs = [Attempt.epochs(job.attempt, job.limit, job.total) for job in jobs]
        weights = [attempt.weights for attempt in attempts]
        try:
            while any(reports := [next(one, None) for one in epochs]):
                weights = [attempt.weights for attempt in attempts]
                for attempt in attempts:
                    # What is read too early is found.
                    attempt.weights = np.full_like(attempt.weights, np.nan)
                yield reports
                for attempt, own in zip(attempts, weights, strict=True):
                    attempt.weights = own
        finally:
            for attempt, own, place in zip(attempts, weights, held, strict=True):
                place[...] = attempt.parameters
                attempt.parameters, attempt.weights = place, own
            self._spoil(attempts)
