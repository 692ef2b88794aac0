"""Names of the executors; imports nothing, so that help and completion are fast."""

from __future__ import annotations

from typing import NamedTuple


class ExecutorName(NamedTuple):
    """help: one line; extra: what to install for it, as in pip install anncli[extra]."""

    help: str
    extra: str | None = None


EXECUTOR_NAMES: dict[str, ExecutorName] = {
    "in-process": ExecutorName("one training after another"),
    "threads": ExecutorName("threads of this process, which share the data in memory"),
    "processes": ExecutorName("processes on this machine, each with its own copy of the data"),
}
