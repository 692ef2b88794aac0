"""The choice of an executor by its name."""

from __future__ import annotations

from anncli.errors import UsageError, did_you_mean
from anncli.experiments.executors.base import Executor, Notice, ignore
from anncli.experiments.executors.in_process import InProcess
from anncli.experiments.executors.names import EXECUTOR_NAMES
from anncli.experiments.executors.processes import Processes
from anncli.experiments.executors.threads import Threads
from anncli.experiments.worker import run_spec


def make_executor(name: str, jobs: int = 1, notice: Notice = ignore) -> Executor:
    """The executor of that name, running up to `jobs` trainings at a time; notice: called when a worker has died.

    Raises: UsageError for an unknown name.
    """
    if name not in EXECUTOR_NAMES:
        raise UsageError(f"unknown executor '{name}'", advice=did_you_mean(name, EXECUTOR_NAMES))
    if name == "in-process":
        return InProcess(run_spec)
    return Threads(run_spec, jobs) if name == "threads" else Processes(run_spec, jobs, notice)
