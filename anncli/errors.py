"""Everything a user can be told when something is wrong, each kind with its exit code."""

from __future__ import annotations

import os
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to the shell; README lists the same numbers."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    DATA = 3
    NETWORK = 4
    REQUIREMENT = 5
    SIGINT = 130
    SIGTERM = 143


class AnnError(Exception):
    """A fault the user can act on: `place: what is wrong; what to do`.

    Args: message, what is wrong, with the value found; path, line and column (both counted from 1,
        column = which value of the row in a data file, which character in a network or config file);
        advice, what to do about it.
    """

    exit_code = ExitCode.FAILURE

    def __init__(
        self,
        message: str,
        *,
        path: str | os.PathLike[str] | None = None,
        line: int | None = None,
        column: int | None = None,
        advice: str | None = None,
    ) -> None:
        self.message = message
        self.path = None if path is None else os.fspath(path)
        self.line = line
        self.column = column
        self.advice = advice
        super().__init__(message)

    def __str__(self) -> str:
        # A name without a letter, as from an unset variable, must still be seen.
        place = [printable(self.path) or "''"] if self.path is not None else []
        place += [str(number) for number in (self.line, self.column) if number is not None]
        where = ":".join(place)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text}; {self.advice}" if self.advice else text


class UsageError(AnnError):
    """The command line, a variable or a configuration file asks for something that cannot be."""

    exit_code = ExitCode.USAGE


class DataError(AnnError):
    """A data file is missing, unreadable or holds something that is not data."""

    exit_code = ExitCode.DATA


class NetworkError(AnnError):
    """A network file is missing, unreadable or inconsistent."""

    exit_code = ExitCode.NETWORK


class RequirementError(AnnError):
    """A result the user demanded with --require was not reached."""

    exit_code = ExitCode.REQUIREMENT


class Interrupted(AnnError):
    """The run was ended by a signal; everything worth keeping has been kept."""

    def __init__(self, message: str, exit_code: ExitCode) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def printable(text: str) -> str:
    """`text` fit for one line of a message: control characters escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def quoted(value: str, limit: int = 40) -> str:
    """A value found in a file, quoted, escaped and cut to `limit` characters."""
    shown = printable(value if len(value) <= limit else value[:limit] + "...")
    return f"'{shown}'"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was most likely meant to be, whatever its case, or None."""
    import difflib

    by_lower = {name.lower(): name for name in known}
    matches = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str], aliases: Iterable[str] = ()) -> str:
    """Advice for an unknown name: the nearest known one or alias, or all known ones when none is near."""
    known = list(known)
    match = nearest(word, [*known, *aliases])
    return f"did you mean '{match}'?" if match else "use one of " + ", ".join(known)
