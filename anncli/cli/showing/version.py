"""What `ann --version -v` adds to the version: backend, Python and libraries."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import yaml

from anncli.compiled import describe_backend

# By which trainings go past one machine or its processor: the name, the package, and the extra that installs it.
_PAST_ONE_MACHINE = (("mpi4py", "mpi4py", "mpi"), ("dask", "distributed", "dask"), ("torch", "torch", "gpu"))


def details() -> str:
    """One line for each thing that a bug report should name."""
    loader = "libyaml" if yaml.__with_libyaml__ else "pure Python"
    lines = [
        f"backend  {describe_backend()}",
        f"python   {platform.python_version()} ({platform.system()} {platform.machine()})",
        f"numpy    {np.__version__}",
        f"click    {version('click')}",
        f"pyyaml   {yaml.__version__} ({loader})",
        *(f"{name:<8} {_version_of(package, extra)}" for name, package, extra in _PAST_ONE_MACHINE),
    ]
    return "\n".join(lines)


def _version_of(package: str, extra: str) -> str:
    """From the package's metadata: to import it could take seconds."""
    try:
        return version(package)
    except PackageNotFoundError:
        return f"not installed (extra {extra})"
