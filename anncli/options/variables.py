"""The environment variables of the program: which there are, and which look misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from anncli.errors import UsageError, nearest

# Variables of the program itself, besides one ANN_<OPTION> per option.
PROGRAM_VARIABLES = ("ANN_DEBUG", "ANN_KERNELS", "ANN_KERNEL_VARIANT", "ANN_CONFIG", "ANN_COMPLETE")


def check_variables(environ: Mapping[str, str], options: Iterable[str]) -> None:
    """Refuse an ANN_ variable that looks like a misspelt one; others may belong to another program.

    Raises: UsageError naming the nearest known variable.
    """
    known = [*(f"ANN_{name.upper().replace('-', '_')}" for name in options), *PROGRAM_VARIABLES]
    for variable in sorted(environ):
        if re.fullmatch(r"ANN_[A-Z0-9_]+", variable) and variable not in known:
            # Without the part that all of them share, which would make everything look alike.
            match = nearest(variable[4:], (name[4:] for name in known))
            if match:
                raise UsageError(f"unknown variable {variable}", advice=f"did you mean ANN_{match}?")
