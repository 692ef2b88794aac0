"""What runs many trainings: the executor that --jobs and --executor name."""

from __future__ import annotations

from anncli.cli.asking.devices import check_device
from anncli.cli.asking.values import Values
from anncli.cli.running.devices import opened_device
from anncli.errors import UsageError
from anncli.experiments.executors.base import Executor, Terms
from anncli.experiments.executors.choice import make_executor
from anncli.experiments.executors.names import scheme_of
from anncli.experiments.executors.on_device import Trainings
from anncli.experiments.worker import run_spec


def executor_of(values: Values) -> Executor:
    """The executor; without --executor, processes for several jobs, and a device where one is named. Raises UsageError for one
    that runs no jobs at once, and for a device that is not there."""
    check_device(values)
    if (device := opened_device(values["device"], keeps_weights=True)) is not None:
        return Trainings(run_spec, device)
    jobs: int = values["jobs"]
    name = values["executor"] or ("processes" if jobs > 1 else "in-process")
    if name == "in-process" and jobs > 1:
        raise UsageError(
            f"--executor in-process runs one training at a time, not --jobs {jobs}", advice="leave one out"
        )
    # Elsewhere, jobs that nobody asked for are as many as there are workers.
    given = jobs if "jobs" in values.given else None
    return make_executor(name, given, values.console.warn, _terms(values, name))


def _terms(values: Values, name: str) -> Terms:
    """What holds for the executor. Variables and config files serve many runs, so their files of TLS are for tls:// alone."""
    is_encrypted = scheme_of(name) == "tls"
    return Terms(
        **{
            field: values[field]
            for field in Terms._fields
            if is_encrypted or not field.startswith("tls_") or field in values.on_command_line
        }
    )
