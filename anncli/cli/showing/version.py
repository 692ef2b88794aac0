"""What `ann --version -v` adds to the version: Python, libraries and compiled kernels."""

from __future__ import annotations

import platform
from importlib.metadata import version

import numpy as np
import yaml

from anncli.compiled import describe_kernel


def details() -> str:
    """One line for each thing that a bug report should name."""
    loader = "libyaml" if yaml.__with_libyaml__ else "pure Python"
    lines = [
        f"kernels  {describe_kernel()}",
        f"python   {platform.python_version()} ({platform.system()} {platform.machine()})",
        f"numpy    {np.__version__}",
        f"click    {version('click')}",
        f"pyyaml   {yaml.__version__} ({loader})",
    ]
    return "\n".join(lines)
