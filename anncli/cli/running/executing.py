"""What runs many trainings: the executor that --jobs and --executor name, or the ranks that a launcher has started."""

from __future__ import annotations

from anncli.cli.asking.devices import check_device
from anncli.cli.asking.values import Values
from anncli.cli.running.devices import opened_device
from anncli.errors import UsageError
from anncli.experiments.executors.base import Executor, Terms
from anncli.experiments.executors.choice import make_executor
from anncli.experiments.executors.names import scheme_of
from anncli.experiments.executors.on_device import Trainings
from anncli.experiments.executors.ranks import Ranks, Team, current_team
from anncli.experiments.worker import run_spec


def executor_of(values: Values) -> Executor:
    """The executor; without --executor, processes for several jobs, and a device where one is named. Raises UsageError for one
    that runs no jobs at once, for a device that is not there, and for options that go with one process alone where there are ranks."""
    check_device(values)
    if (team := current_team()) is not None:
        return _over_ranks(values, team)
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


def _over_ranks(values: Values, team: Team) -> Executor:
    """The other ranks, which are told what the options say."""
    # Variables and config files serve many runs, so only the command line is refused.
    if "executor" in values.on_command_line:
        message = f"--executor {values['executor']} is for a run that no launcher started as several ranks"
        raise UsageError(message, advice="start it without mpirun, or leave the option out")
    if "jobs" in values.on_command_line:
        message = "--jobs is for one process; here every rank but the first runs a training at a time"
        raise UsageError(message, advice="leave it out")
    if (name := values["device"]) != "cpu":
        message = f"--device {name} and {team.size} ranks: ranks train by the CPU, and a device trains all at once"
        raise UsageError(message, advice="leave --device out, or start it without a launcher")
    if team.begin(values["worker_timeout"]):
        if team.said is not None:
            values.console.warn(team.said)
        values.console.note(f"{team.size} ranks: rank 0 hands out the trainings, the others run them", 1)
    return Ranks(team)


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
