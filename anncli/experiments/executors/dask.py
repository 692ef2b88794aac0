"""The executor of the workers of a Dask scheduler."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from anncli.errors import UsageError
from anncli.experiments.executors.address import checked_address
from anncli.experiments.executors.base import Notice, Terms
from anncli.experiments.executors.cluster import Cluster
from anncli.experiments.executors.dask_work import greet
from anncli.experiments.executors.remote_workers import RemoteWorkers

# The first version with all that dask_cluster calls.
_OLDEST = (2026, 6)


def make(name: str, jobs: int | None, notice: Notice, terms: Terms) -> RemoteWorkers:
    """The executor at `dask://HOST:PORT` or `tls://HOST:PORT`, running up to `jobs` trainings at a time, None for as many as the
    workers have threads. Nothing is connected before it runs specs.

    Raises: UsageError where Dask is missing or too old, and for a connection that would not be safe.
    """
    address = checked_address(name, terms)
    _check_installed()

    def connect() -> Cluster:
        from anncli.experiments.executors.dask_cluster import DaskCluster

        return DaskCluster(address, terms)

    return RemoteWorkers(connect, greet, terms, jobs, notice)


def _check_installed() -> None:
    """Without importing it, which takes a second."""
    install = "install it: pip install 'anncli[dask]'"
    try:
        found = version("distributed")
    except PackageNotFoundError:
        raise UsageError("executors dask:// and tls:// need distributed", advice=install) from None
    if tuple(int(part) for part in found.split(".")[:2]) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        raise UsageError(
            f"executors dask:// and tls:// need distributed {oldest} or later, not {found}", advice=install
        )
