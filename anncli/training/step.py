"""A step: one training of a run, and what the run does with it afterwards. A processor takes steps in turn, a device many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from anncli.training.attempt import Attempt, EpochReport
from anncli.training.stacked.job import Job, RunJobs


class Step:
    """The training of a job.

    Args: phase: of its reports, see EpochReport; end: called once when it has ended, before its last report is handed out;
        best_epoch: what its reports say is the best epoch, None for that of the attempt; closes: whether its session is
        closed afterwards.
    """

    def __init__(
        self,
        job: Job,
        phase: str = "training",
        end: Callable[[], None] | None = None,
        best_epoch: int | None = None,
        closes: bool = False,
    ) -> None:
        self.job, self.phase, self._end = job, phase, end
        self._best_epoch, self._closes = best_epoch, closes

    @property
    def attempt(self) -> Attempt:
        return self.job.attempt

    def epochs(self) -> Iterator[EpochReport]:
        """Train it on the CPU, epoch by epoch."""
        attempt, limit, total = self.job
        try:
            for report in attempt.epochs(limit, total):
                if self.is_over:
                    self.end()
                yield self.told(report)
            self.end()
        finally:
            self.close()

    def told(self, report: EpochReport) -> EpochReport:
        """The report as one of this step."""
        best = report.best_epoch if self._best_epoch is None else self._best_epoch
        return report._replace(phase=self.phase, best_epoch=best)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be trained."""
        return len(self.attempt.history) == self.job.limit or self.attempt.stopped

    def end(self) -> None:
        """It has ended: what comes of it is decided."""
        end, self._end = self._end, None
        if end is not None:
            end()

    def close(self) -> None:
        """Close its session, if it is its own."""
        if self._closes:
            self.attempt.objective.session.close()


def take_together(steps: Sequence[Step], run_jobs: RunJobs) -> Iterator[EpochReport]:
    """Train steps at once, none for no steps; their reports come epoch by epoch, those of an epoch in the order of the steps."""
    if not steps:
        return
    running = run_jobs([step.job for step in steps])
    try:
        for reports in running:
            ended = zip(steps, reports, strict=True)
            yield from [step.told(report) for step, report in ended if report is not None]
    finally:
        # Only then the attempts hold what was learned, and their sessions may be closed.
        running.close()
        for step in steps:
            if step.is_over:
                step.end()
            step.close()
