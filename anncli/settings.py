"""Settings: what the command line, variables, a config file and the network file ask for, as one checked set of options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from anncli.errors import UsageError, nearest
from anncli.training.options import Given, TrainingOptions, read_option, resolve_options

# Variables of the program itself, besides one ANN_<OPTION> per option.
PROGRAM_VARIABLES = ("ANN_DEBUG", "ANN_KERNELS", "ANN_KERNEL_VARIANT", "ANN_CONFIG", "ANN_COMPLETE")


def training_options(layers: Iterable[Mapping[str, Given]], dialect: str) -> TrainingOptions:
    """One frozen set from the layers, strongest first, with values still as they were written.

    Raises: UsageError naming the place (option, variable, file:line) of the first value that cannot be.
    """
    checked = [{name: Given(_read(name, given), given.place) for name, given in layer.items()} for layer in layers]
    try:
        return resolve_options([*checked], dialect)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _read(name: str, given: Given) -> Any:
    try:
        return read_option(name, given.value)
    except ValueError as error:
        raise UsageError(f"{given.place}: {error}") from None


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
