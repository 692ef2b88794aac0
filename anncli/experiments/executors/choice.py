"""The choice of an executor by its name or its address."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from anncli.errors import UsageError, did_you_mean
from anncli.experiments.executors.base import Executor, Notice, Terms, ignore
from anncli.experiments.executors.in_process import InProcess
from anncli.experiments.executors.names import EXECUTOR_NAMES, SCHEME_NAMES, forms, scheme_of
from anncli.experiments.executors.processes import Processes
from anncli.experiments.executors.threads import Threads
from anncli.experiments.worker import run_spec

# make() of a module of SCHEME_NAMES: the executor at SCHEME://HOST:PORT, which runs up to so many trainings at a time, None for
# as many as it has workers. It raises UsageError where its extra is missing, and connects to nothing before run().
Make = Callable[[str, "int | None", Notice, Terms], Executor]


def make_executor(name: str, jobs: int | None = None, notice: Notice = ignore, terms: Terms | None = None) -> Executor:
    """The executor of that name, running up to `jobs` trainings at a time, by default one, or as many as an executor elsewhere
    has workers; notice: called when a worker has died; terms: for executors elsewhere.

    Raises: UsageError for an unknown name, and for an executor whose extra is not installed.
    """
    if scheme_of(name) in SCHEME_NAMES:
        make: Make = import_module(f"anncli.experiments.executors.{SCHEME_NAMES[scheme_of(name)].module}").make
        return make(name, jobs, notice, terms or Terms())
    if name not in EXECUTOR_NAMES:
        raise UsageError(f"unknown executor '{name}'", advice=did_you_mean(name, forms()))
    if name == "in-process":
        return InProcess(run_spec)
    return Threads(run_spec, jobs or 1) if name == "threads" else Processes(run_spec, jobs or 1, notice)
