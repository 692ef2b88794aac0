"""Jobs of several kinds on a device: group by group, as many networks at once as fit."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from anncli.backends.stacked.device import Device, reason_of
from anncli.errors import AnnError
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
        except _faults(device) as fault:
            advice = "train fewer networks at once, or on the CPU"
            raise AnnError(f"--device {device.name} failed: {reason_of(fault)}", advice=advice) from None
        finally:
            # At once, and not when it is collected: only then the attempts hold what was learned.
            running.close()


def _faults(device: Device) -> tuple[type[Exception], ...]:
    """What torch raises where the memory of a device is too small, and where a device fails."""
    names = ("OutOfMemoryError", "AcceleratorError")
    return tuple(kind for name in names if (kind := getattr(device.torch, name, None)) is not None)
