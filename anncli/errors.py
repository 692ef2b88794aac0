"""Everything a user can be told when something is wrong, each kind with its exit code."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to the shell; README lists the same numbers."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    DATA = 3
    NETWORK = 4
    REQUIREMENT = 5
    SIGHUP = 129
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
    """An invalid or impossible request on the command line, in a variable or in a config file."""

    exit_code = ExitCode.USAGE


class DataError(AnnError):
    """A data file is missing, unreadable or holds something that is not data."""

    exit_code = ExitCode.DATA


class NetworkError(AnnError):
    """A network file is missing, unreadable or inconsistent."""

    exit_code = ExitCode.NETWORK


class RequirementError(AnnError):
    """Results that the user demanded with --require were not reached; lines: one for each of them."""

    exit_code = ExitCode.REQUIREMENT

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = tuple(lines)


class Interrupted(AnnError):
    """A signal ended the run; everything worth keeping has been written."""

    def __init__(self, message: str, exit_code: ExitCode) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ValueFault(ValueError):
    """An invalid value, found by code that does not know where the value came from: `message; advice`.

    The caller who knows the place turns it into an AnnError, on the command line with `asking`.
    """

    def __init__(self, message: str, advice: str | None = None) -> None:
        self.message, self.advice = message, advice
        super().__init__(f"{message}; {advice}" if advice else message)


@contextmanager
def asking(place: str = "") -> Iterator[None]:
    """Turns a ValueFault inside the block into a UsageError about `place`: an option, a variable or `file:line`."""
    try:
        yield
    except ValueFault as fault:
        message = f"{place}: {fault.message}" if place else fault.message
        raise UsageError(message, advice=fault.advice) from None


def printable(text: str) -> str:
    """`text` for one line of a message: control characters are escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


def quoted(value: str, limit: int = 40) -> str:
    """A value from a file in quotes, escaped, and cut off after `limit` characters."""
    shown = printable(value if len(value) <= limit else value[:limit] + "...")
    return f"'{shown}'"


def listed(names: Sequence[str]) -> str:
    """The first ten names in a row; '...' stands for the others."""
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")


def count_of(number: int, noun: str) -> str:
    """'1 epoch', '2 epochs'."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word closest to `word`, ignoring case, or None if none is close."""
    import difflib

    by_lower = {name.lower(): name for name in known}
    matches = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str], aliases: Iterable[str] = ()) -> str:
    """Advice for an unknown name: the closest known name or alias, or all known names if none is close."""
    known = list(known)
    match = nearest(word, [*known, *aliases])
    return f"did you mean '{match}'?" if match else "use one of " + ", ".join(known)
