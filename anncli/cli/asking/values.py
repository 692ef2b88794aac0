"""The values of a command's options: command line, variables and config file, all checked before the command starts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import click
from click.core import ParameterSource

from anncli.cli.asking.config import config_layer
from anncli.cli.showing.console import Console
from anncli.cli.showing.json_output import OUTPUT
from anncli.errors import UsageError, ValueFault, asking, known_name
from anncli.options.in_command import WORDS_IN_COMMAND
from anncli.options.layers import Given, Layer, read_layer
from anncli.options.pending import refuse_pending
from anncli.options.ranges import Searched, read_searched
from anncli.options.readers import Reader, choice
from anncli.options.table import (
    ALIASES,
    OPTIONS,
    OptionInfo,
    canonical_option,
    option_names,
    options_of,
    read_option,
)
from anncli.options.variables import check_variables, variable
from anncli.options.wording import long_name


class Values:
    """Every option of a command that somebody gave, checked; `values[name]` is its value or its default.

    given: the strongest value of each option; layers: the training options of command line, variables and config file,
    strongest first; on_command_line: names of the options on the command line; space: the options with several values, in
    search; `values[name]` is then the default, and `layers` have what holds without them.
    """

    def __init__(
        self,
        command: str,
        given: Mapping[str, Given],
        layers: tuple[Layer, ...],
        on_command_line: frozenset[str],
        console: Console,
        space: Mapping[str, Searched] | None = None,
    ) -> None:
        self.command, self.given, self.layers = command, given, layers
        self.on_command_line, self.console, self.space = on_command_line, console, space or {}

    def __getitem__(self, name: str) -> Any:
        return _value(self.given, name)

    def given_value(self, name: str) -> Any:
        """The value that somebody gave, None for none, whatever the default."""
        return self.given[name].value if name in self.given else None


def collect(ctx: click.Context) -> Values:
    """Read the options of the command in hand.

    Raises: UsageError naming the option, variable or `file:line` of the first invalid value, and for an ANN_ variable
        that looks misspelt.
    """
    command = str(ctx.info_name)
    infos = options_of(command)
    check_variables(os.environ, [*OPTIONS, *option_names(), *ALIASES])
    typed, variables = dict(_typed(ctx, infos)), _variables(infos)
    config = typed.get("config") or variables.get("config")
    levels = [typed, variables, config_layer(str(config.value), infos) if config else {}]
    OUTPUT.is_wanted = OUTPUT.is_wanted or any("json" in level and _is_true(level["json"].value) for level in levels)
    layers = tuple(
        read_layer(_training(level), _read_trial if command == "search" else read_option) for level in levels
    )
    given: dict[str, Given] = {}
    training = option_names()
    for level in levels:
        for name, (value, place) in level.items():
            if name not in training:
                with asking(place):
                    read = Given(_read(command, name, infos[name].read, value), place)
                refuse_pending(command, name, place)
                given.setdefault(name, read)
    for layer in layers:
        for name, found in layer.items():
            given.setdefault(name, found)
    space = {name: found.value for name, found in given.items() if isinstance(found.value, Searched)}
    given = {name: found for name, found in given.items() if name not in space}
    layers = tuple(
        {name: found for name, found in layer.items() if not isinstance(found.value, Searched)} for layer in layers
    )
    quiet, verbose, no_color = (_value(given, name) for name in ("quiet", "verbose", "no_color"))
    return Values(command, given, layers, frozenset(typed), Console(quiet, verbose, not no_color), space)


def _read(command: str, name: str, read: Reader, value: Any) -> Any:
    """A checked value; in search it may be a range. Of an unknown word the advice has only what the command takes."""
    words = WORDS_IN_COMMAND.get((command, name))
    if words and isinstance(value, str) and known_name(value, OPTIONS[name].words) is None:
        read = choice(words, "format" if name == "to" else name)
    return read_searched(name, value, read) if command == "search" else read(value)


def _read_trial(name: str, value: Any) -> Any:
    """The same for a training option, whose name is checked too."""
    return read_searched(name, value, lambda word: read_option(name, word))


def _is_true(value: Any) -> bool:
    """Whether a flag is set, before its value is checked."""
    with suppress(ValueFault):
        return bool(OPTIONS["json"].read(value))
    return False


def _value(given: Mapping[str, Given], name: str) -> Any:
    if name in given:
        return given[name].value
    info = OPTIONS[name]
    return None if info.default is None else info.read(info.default)


def _typed(ctx: click.Context, infos: Mapping[str, OptionInfo]) -> Iterator[tuple[str, Given]]:
    """What stands on the command line."""
    for name, info in infos.items():
        if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            value = ctx.params[name]
            yield name, Given(list(value) if info.kind == "list" else value, long_name(name))


def _variables(infos: Mapping[str, OptionInfo]) -> dict[str, Given]:
    """What ANN_ variables say; an empty variable says nothing. Trainer options without an option of their own count too."""
    names = [*infos]
    if "option" in infos:
        names += [name for name in option_names() if name not in OPTIONS]
    given: dict[str, Given] = {}
    for name in names:
        for each in (name, *(OPTIONS[name].aliases if name in OPTIONS else ())):
            value = os.environ.get(variable(each)) if canonical_option(each) == name else None
            if value and name in given:
                message = f"{given[name].place} and {variable(each)} say the same thing twice"
                raise UsageError(message, advice="remove one")
            if value:
                given[name] = Given(value, variable(each))
    return given


def _training(level: Layer) -> dict[str, Given]:
    """The training options of a level, with those inside --option, which win over an option of the same name."""
    names = option_names()
    layer = {name: given for name, given in level.items() if name in names and given.value is not None}
    if "option" in level:
        layer |= _named(level["option"])
    return layer


def _named(entries: Given) -> Iterable[tuple[str, Given]]:
    with asking(entries.place):
        pairs = OPTIONS["option"].read(entries.value)
    return [(name, Given(value, f"{entries.place} {name}")) for name, value in pairs]
