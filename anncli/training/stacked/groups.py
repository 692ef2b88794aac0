"""Jobs of several kinds on a device: group by group, as many networks at once as fit."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from anncli.backends.stacked.device import Device
from anncli.training.attempt import EpochReport
from anncli.training.stacked.job import Job
from anncli.training.stacked.run import run_stacked, stackable


def run_groups(jobs: Sequence[Job], device: Device) -> Generator[Sequence[EpochReport | None], None, None]:
    """As run_stacked(), for jobs of any number of groups; see job.RunJobs."""
    for places in stackable([job.attempt for job in jobs]):
        running = run_stacked([jobs[place] for place in places], device)
        try:
            for reports in running:
                aligned: list[EpochReport | None] = [None] * len(jobs)
                for place, report in zip(places, reports, strict=True):
                    aligned[place] = report
                yield aligned
        finally:
            # At once, and not when it is collected: only then the attempts hold what was learned.
            running.close()
