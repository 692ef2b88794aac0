"""What `ann --version -v` adds to the version: backend, Python and libraries."""

from __future__ import annotations

import platform
from importlib.metadata import version

import numpy as np
import yaml

from anncli.compiled import describe_backend


def details() -> str:
    """One line for each thing that a bug report should name."""
    loader = "libyaml" if yaml.__with_libyaml__ else "pure Python"
    lines = [
        f"backend  {describe_backend()}",
        f"python   {platform.python_version()} ({platform.system()} {platform.machine()})",
        f"numpy    {np.__version__}",
        f"click    {version('click')}",
        f"pyyaml   {yaml.__version__} ({loader})",
    ]
    return "\n".join(lines)
