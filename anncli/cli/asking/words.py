"""The positional words of commands that are more than names of files."""

from __future__ import annotations

from anncli.errors import UsageError


def read_epochs(text: str, command: str, low: int = 0) -> int:
    """EPOCHS, the last word of `command`; raises UsageError unless it is a whole number, at least `low`."""
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if number < low:
        least = f", at least {low}" if low else ""
        raise UsageError(
            f"EPOCHS must be a whole number{least}, found '{text}'",
            advice=f"write it last: ann {command} NETWORK CLASSFILE... EPOCHS",
        )
    return number
