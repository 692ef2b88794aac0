"""Options that the program does not use yet: they are refused, because a run that ignores one would not do what was asked."""

from __future__ import annotations

from anncli.errors import UsageError

# The option, and the commands in which it does nothing yet. The one list of them: take out what works.
PENDING: dict[str, tuple[str, ...]] = {}


def refuse_pending(command: str, name: str, place: str) -> None:
    """Raises UsageError for an option that `command` has and does not use yet; place: where it was given."""
    if command in PENDING.get(name, ()):
        raise UsageError(f"{place}: ann {command} does not use this option yet", advice="leave it out")
