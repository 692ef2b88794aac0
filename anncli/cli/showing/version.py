"""What `ann --version -v` says beyond the version: Python, libraries and kernels."""

from __future__ import annotations

import platform


def details() -> str:
    """Several lines, one per thing a report of a fault should name."""
    import click
    import numpy as np
    import yaml

    from anncli.compiled import describe_kernel

    loader = "libyaml" if yaml.__with_libyaml__ else "pure Python"
    lines = [
        f"kernels  {describe_kernel()}",
        f"python   {platform.python_version()} ({platform.system()} {platform.machine()})",
        f"numpy    {np.__version__}",
        f"click    {click.__version__}",
        f"pyyaml   {yaml.__version__} ({loader})",
    ]
    return "\n".join(lines)
