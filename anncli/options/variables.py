"""The environment variables of the program: which there are, and which look misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from anncli.errors import UsageError, nearest

# Variables of the program itself, besides one ANN_<OPTION> per option.
PROGRAM_VARIABLES = ("ANN_DEBUG", "ANN_KERNELS", "ANN_KERNEL_VARIANT", "ANN_CONFIG", "ANN_COMPLETE", "ANN_UNPACK_LIMIT")


def variable(name: str) -> str:
    """The environment variable of an option: ANN_LEARNING_RATE."""
    return f"ANN_{name.upper().replace('-', '_')}"


def check_variables(environ: Mapping[str, str], options: Iterable[str]) -> None:
    """Refuse an ANN_ variable that looks like a misspelt one; others may belong to another program.

    Raises: UsageError naming the nearest known variable.
    """
    known = [*map(variable, options), *PROGRAM_VARIABLES]
    for name in sorted(environ):
        if re.fullmatch(r"ANN_[A-Z0-9_]+", name) and name not in known:
            # Compared without the prefix, which would make all names look alike.
            match = nearest(name[4:], (other[4:] for other in known))
            if match:
                raise UsageError(f"unknown variable {name}", advice=f"did you mean ANN_{match}?")
