"""The environment variables of the program: which there are, and which look misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from anncli.errors import UsageError, nearest

# Variables of the program itself, besides one ANN_<OPTION> per option.
PROGRAM_VARIABLES: dict[str, str] = {
    "ANN_CONFIG": "a config file, as --config",
    "ANN_DEBUG": "1: show the traceback of an internal error",
    "ANN_UNPACK_LIMIT": "the most bytes that a packed file may unpack to: 10G",
    "ANN_KERNELS": "native or numpy: the compiled code or the slow one, for tests",
    "ANN_KERNEL_VARIANT": "baseline, avx2 or avx512: the instruction set, for tests",
}


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
