"""The positional words of a command: `[WHAT] [NETWORK] [DATA...] [EPOCHS]`, told apart in one place for all commands (no numpy).

A command says which of the three it has in cli.names. The words are read in the order of the functions below.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple, NoReturn

from anncli.cli.asking.values import Values
from anncli.cli.names import COMMANDS, Takes
from anncli.cli.showing.figures.names import FIGURE_NAMES
from anncli.errors import NetworkError, UsageError, did_you_mean, known_name, quoted
from anncli.formats.networks.peek import AMBIGUOUS, has_network_ending, network_inside
from anncli.limits import COUNT_MAX
from anncli.options.table import options_of

_DIGITS = re.compile(r"[0-9]+", re.ASCII)
# 1e3, 1,000, 1_000, 1.5, +5, 5k, and digits of other scripts.
_OTHER_NUMBER = re.compile(r"\s*[+-]?(?:\d[\d.,_']*|\.\d+)(?:[eE][+-]?\d+)?[kKM]?\s*")
_MAY_LEAVE_OUT = "check the name, or leave it out to make one"


class Words(NamedTuple):
    """What the words of a command name.

    network: the network file, '-' for stdin, None for a command that goes without one; data: files, folders, globs and
    queries (`FILE::SELECT ...`), '-' for stdin; epochs: 0 for a command without epochs; what: the figure of `plot`; networks:
    for a command that takes several, all of them, and network is the first; says_epochs: whether somebody gave them.
    """

    network: str | None
    data: tuple[str, ...]
    epochs: int
    what: str = ""
    networks: tuple[str, ...] = ()
    says_epochs: bool = False


def read_words(values: Values, words: tuple[str, ...]) -> Words:
    """The words of the command of `values`, with what --network, --data and --epochs say instead.

    Raises: UsageError for a word that is missing, given twice, or can be read in two ways; NetworkError for a network
        that does not exist where the command can make one.
    """
    takes = COMMANDS[values.command].takes
    assert takes is not None
    rest = list(words)
    what = _what(values, rest) if takes.what else ""
    says_epochs = takes.epochs and (
        bool(rest and _DIGITS.fullmatch(rest[-1])) or values.given_value("epochs") is not None
    )
    epochs = _epochs(values, rest) if takes.epochs else 0
    networks = _networks(values, rest) if takes.network == "several" else ()
    network = networks[0] if networks else _network(values, takes, rest) if takes.network else None
    data = _data(values, takes, rest)
    if network == "-" and "-" in data:
        message = "network and data cannot both come from stdin"
        raise UsageError(message, advice="name a file for one of them")
    return Words(network, data, epochs, what, networks, says_epochs)


def _what(values: Values, rest: list[str]) -> str:
    """WHAT, taken from the start of `rest`."""
    if not rest:
        _missing(values, "WHAT")
    word = rest.pop(0)
    name = known_name(word, FIGURE_NAMES)
    if name is None:
        raise UsageError(f"no figure is called {quoted(word)}", advice=did_you_mean(word, FIGURE_NAMES))
    return name


def _epochs(values: Values, rest: list[str]) -> int:
    """EPOCHS, taken from the end of `rest`."""
    # A comparison of no epochs has nothing to show.
    low = 1 if values.command == "bench" else 0
    if rest and _DIGITS.fullmatch(rest[-1]):
        word = rest.pop()
        if "epochs" in values.on_command_line:
            # In a search they may be a range.
            number = "" if values.command == "search" else f" {values['epochs']}"
            message = f"EPOCHS is given twice: {word} and --epochs{number}"
            raise UsageError(message, advice="leave one of them out")
        return _checked_epochs(word, low)
    if rest and _OTHER_NUMBER.fullmatch(rest[-1]) and not os.path.exists(rest[-1]):
        _refuse_epochs(rest[-1], low)
    epochs: int = values["epochs"]
    if epochs < low:
        _refuse_epochs(str(epochs), low)
    return epochs


def _checked_epochs(word: str, low: int) -> int:
    if len(word) > 400 or int(word) > COUNT_MAX:
        message = f"EPOCHS must be at most {COUNT_MAX}, found '{word}'"
        raise UsageError(message, advice="use --time-limit to end a run")
    if int(word) < low:
        _refuse_epochs(word, low)
    return int(word)


def _refuse_epochs(word: str, low: int) -> NoReturn:
    least = f", at least {low}" if low else ""
    advice = f"write digits only, for example 1000; a file of this name is written ./{word}"
    raise UsageError(f"EPOCHS must be a whole number{least}, found '{word}'", advice=advice)


def _network(values: Values, takes: Takes, rest: list[str]) -> str | None:
    """NETWORK, taken from the start of `rest`, or named by --network."""
    named = values["network"] if "network" in options_of(values.command) else None
    if named is not None and "network" in values.on_command_line:
        if takes.network == "may" and rest and _is_network(rest[0], alone=len(rest) == 1):
            message = f"NETWORK is given twice: {rest[0]} and --network {named}"
            raise UsageError(message, advice="leave one of them out")
        return str(named)
    if takes.network != "may" and (named is None or (rest and _is_network(rest[0], alone=len(rest) == 1))):
        if not rest:
            _missing(values, "NETWORK")
        return rest.pop(0)
    if rest and _is_network(rest[0], alone=len(rest) == 1, ask=True):
        network = rest.pop(0)
        if takes.network == "may" and network != "-" and not os.path.exists(network):
            raise NetworkError("no such file", path=network, advice=_MAY_LEAVE_OUT)
        return network
    for word in rest[1:]:
        if has_network_ending(word) and takes.network == "may":
            advice = f"NETWORK comes first: ann {values.command} {takes.usage}"
            raise UsageError("is a network, but stands after data", path=word, advice=advice)
    return None if named is None else str(named)


def _networks(values: Values, rest: list[str]) -> tuple[str, ...]:
    """All first words that are networks, taken from `rest`."""
    found: list[str] = []
    while rest and (_is_network(rest[0], alone=len(rest) == 1) or (not found and rest[0] != "-")):
        found.append(rest.pop(0))
    if found and os.path.isfile(found[0]) and not has_network_ending(found[0]) and not network_inside(found[0]):
        raise UsageError("is no network", path=found[0], advice="name two networks or more, then the data")
    if len(found) < 2:
        if not found:
            _missing(values, "NETWORK")
        message = f"one network, {found[0]}, and nothing to compare it with"
        raise UsageError(message, advice="name another one after it; ann test evaluates one")
    for word in rest:
        if has_network_ending(word):
            raise UsageError("is a network, but stands after data", path=word, advice="name all networks first")
    return tuple(found)


def _is_network(word: str, *, alone: bool, ask: bool = False) -> bool:
    """Whether the first word names a network; alone: no other words follow, EPOCHS apart.

    ask: raises UsageError for a file whose content can be read as a network and as data.
    """
    if word == "-":
        return not alone
    if has_network_ending(word):
        return True
    inside = network_inside(word)
    if inside in AMBIGUOUS and ask:
        message = f"reads as a network of {inside} and as data"
        raise UsageError(message, path=word, advice=f"say which: --network {word} or --data {word}")
    has_ending = bool(os.path.splitext(word)[1]) or "::" in word
    return inside not in ("", *AMBIGUOUS) or (not has_ending and not alone and not os.path.exists(word))


def _data(values: Values, takes: Takes, rest: list[str]) -> tuple[str, ...]:
    """DATA: all words that are left, or what --data says."""
    if not takes.data:
        if rest:
            message = f"unexpected word {quoted(rest[0])}"
            raise UsageError(message, advice=f"write ann {values.command} {takes.usage}")
        return ()
    named: tuple[str, ...] = values["data"] or ()
    if rest and "data" in values.on_command_line:
        raise UsageError(f"data are given twice: {rest[0]} and --data {named[0]}", advice="write all in one place")
    data = tuple(rest) or named
    if not data and takes.data == "must":
        _missing(values, "DATA...")
    if data.count("-") > 1:
        raise UsageError("stdin (-) can be read only once", advice="name files for the others")
    return data


def _missing(values: Values, word: str) -> NoReturn:
    raise UsageError(f"Missing argument '{word}'", advice=f"try 'ann {values.command} --help'")


def shown_data(data: tuple[str, ...]) -> str:
    """The data words as a message shows them."""
    return ", ".join("<stdin>" if word == "-" else word for word in data)
