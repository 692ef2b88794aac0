"""The positional words of commands that are more than names of files."""

from __future__ import annotations

import re

from anncli.errors import UsageError
from anncli.limits import COUNT_MAX


def read_epochs(text: str, command: str, low: int = 0) -> int:
    """EPOCHS, the last word of `command`; raises UsageError unless it is a whole number, at least `low`."""
    number = int(text) if re.fullmatch(r"[+-]?[0-9]{1,400}", text, re.ASCII) else low - 1
    if number > COUNT_MAX:
        raise UsageError(f"EPOCHS must be at most {COUNT_MAX}, found '{text}'", advice="use --time-limit to end a run")
    if number < low:
        least = f", at least {low}" if low else ""
        raise UsageError(
            f"EPOCHS must be a whole number{least}, found '{text}'",
            advice=f"write it last: ann {command} NETWORK CLASSFILE... EPOCHS",
        )
    return number
