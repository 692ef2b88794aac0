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


# For help; docs/exit-codes.md says the same.
EXIT_MEANINGS: dict[ExitCode, str] = {
    ExitCode.DONE: "done",
    ExitCode.FAILURE: "failure",
    ExitCode.USAGE: "usage",
    ExitCode.DATA: "a data file is missing or wrong, or `ann check --strict` found something",
    ExitCode.NETWORK: "a network file is missing or wrong",
    ExitCode.REQUIREMENT: "a `--require` was not met",
    ExitCode.SIGHUP: "interrupted by SIGHUP: the terminal was closed",
    ExitCode.SIGINT: "interrupted by Ctrl-C (SIGINT)",
    ExitCode.SIGTERM: "interrupted by SIGTERM",
}


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


# Longer words are no misspelt names; comparing them would take long.
_LONGEST_NAME = 200


def known_name(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` is, whatever its case and with `_` for `-`, or None."""
    names = list(known)
    return word if word in names else {_plain(name): name for name in reversed(names)}.get(_plain(word))


def nearest(word: str, known: Iterable[str], elsewhere: Iterable[str] = ()) -> str | None:
    """The known word that `word` is a misspelling of, or None; see near_names()."""
    return next(iter(near_names(word, known, elsewhere)), None)


def near_names(word: str, known: Iterable[str], elsewhere: Iterable[str] = ()) -> list[str]:
    """The known words that `word` may be a misspelling of, equally near; ignoring case, `_` and `-` being the same.

    A wrong, missing, additional or exchanged letter is one step; how many are near enough grows with the word. A word that
    begins known words may mean each of them. elsewhere: words that mean something else, near which nothing is guessed: `satlin`
    is no misspelling of `poslin`.
    """
    # Where a list was given, its brackets stand around the name.
    plain, others = _plain(word).strip("[]'\" "), {_plain(name) for name in elsewhere}
    if len(plain) > _LONGEST_NAME:
        return []
    most = len(plain) * 3 // 10 if len(plain) > 5 else min(len(plain) // 3, 1)
    steps: dict[str, float] = {}
    by_plain = {_plain(name): name for name in reversed(list(known))}
    for name in [*reversed(by_plain), *others]:
        if abs(len(name) - len(plain)) <= most:
            steps[name] = _steps(plain, name)
    least = min(steps.values(), default=most + 1.0)
    begun = [name for name in by_plain if len(plain) >= 3 and name.startswith(plain)]
    if 0 < len(begun) <= 3 and least > 1:
        return [by_plain[name] for name in reversed(begun)]
    found = [name for name, number in steps.items() if number == least <= most]
    return [] if others.intersection(found) else [by_plain[name] for name in found]


def did_you_mean(word: str, known: Iterable[str], aliases: Iterable[str] = (), elsewhere: Iterable[str] = ()) -> str:
    """Advice for an unknown name: the known names or aliases that it may be a misspelling of, or all known names."""
    known = list(known)
    near = near_names(word, [*known, *aliases], elsewhere)
    if 0 < len(near) <= 3:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return "use one of " + ", ".join(known)


def _plain(word: str) -> str:
    return word.lower().replace("_", "-")


def _steps(one: str, other: str) -> float:
    """How many letters are wrong, missing, additional or exchanged with the next one between two words (optimal string
    alignment, Boytsov 2011). An exchange counts a little less: it explains two letters at once."""
    before: list[float] = []
    row = [float(k) for k in range(len(other) + 1)]
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [float(i)]
        for j, wanted in enumerate(other, 1):
            steps = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted and letter != wanted:
                steps = min(steps, earlier[j - 2] + 0.9)
            row.append(steps)
    return row[-1]


def value_text(value: object) -> str:
    """What a value in Python is, for messages: its type, and a short value itself."""
    if value is None:
        return "None"
    kind, text = type(value).__name__, repr(value)
    if isinstance(value, (str, bytes, int, float)) and len(text) <= 40:
        return f"the {'text' if isinstance(value, str) else kind} {text}"
    return (
        f"a {kind} of {count_of(len(value), 'item')}" if isinstance(value, (list, tuple, dict)) else with_article(kind)
    )


def with_article(kind: str) -> str:
    """The name of a kind of things, with the indefinite article before it."""
    return f"{'an' if kind[:1] in 'aeioAEIO' else 'a'} {kind}"


def paths_of(given: object) -> list[str | os.PathLike[str]]:
    """The names of files that a Python user gives, one or several; raises TypeError for anything else."""
    is_one = (
        isinstance(given, (str, bytes, os.PathLike)) or not isinstance(given, Iterable) or hasattr(given, "columns")
    )
    found = list[str | os.PathLike[str]]()
    for item in [given] if is_one else given:  # type: ignore[attr-defined]
        if not isinstance(item, (str, os.PathLike)):
            raise TypeError(f"expected the name of a file, or a list of names, found {value_text(item)}")
        found.append(item)
    return found
