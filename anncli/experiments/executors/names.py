"""Names of the executors; imports nothing, so that help and completion are fast."""

from __future__ import annotations

from typing import NamedTuple


class ExecutorName(NamedTuple):
    """help: one line; module: of an executor elsewhere the module of this room that defines make(), see choice.Make; extra: what
    to install for it, as in pip install anncli[extra]."""

    help: str
    module: str = ""
    extra: str = ""


EXECUTOR_NAMES: dict[str, ExecutorName] = {
    "in-process": ExecutorName("one training after another"),
    "threads": ExecutorName("threads of this process, which share the data in memory"),
    "processes": ExecutorName("processes on this machine, each with its own copy of the data"),
}
# Executors elsewhere, by the scheme of their address SCHEME://HOST:PORT.
SCHEME_NAMES: dict[str, ExecutorName] = {
    "dask": ExecutorName("the workers of a Dask scheduler on this machine", "dask", "dask"),
    "tls": ExecutorName("the workers of a Dask scheduler elsewhere, over encrypted connections", "dask", "dask"),
}


def forms() -> dict[str, str]:
    """What --executor takes, with a line of help for each."""
    local = {name: info.help for name, info in EXECUTOR_NAMES.items()}
    return local | {f"{scheme}://HOST:PORT": info.help for scheme, info in SCHEME_NAMES.items()}


def executes_elsewhere(name: str) -> bool:
    """Whether the executor of this name or address runs trainings in other processes."""
    return name not in ("in-process", "threads")


def scheme_of(name: str) -> str:
    """The scheme of an address, '' for the name of an executor on this machine."""
    scheme, mark, _ = name.partition("://")
    return scheme if mark else ""
