"""Commands made from the table of options: their click parameters, and the words that shell completion offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from anncli.cli.asking.help import HelpFormat, help_options
from anncli.cli.asking.values import collect
from anncli.cli.asking.words import read_words
from anncli.cli.names import COMMANDS
from anncli.options.in_command import WORDS_IN_COMMAND
from anncli.options.table import FILE, OptionInfo, options_of
from anncli.options.wording import long_name

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Work = Callable[..., None]

# --learning_rate is --learning-rate: config files and Python write the names with _.
_CONTEXT = {"token_normalize_func": lambda name: name.replace("_", "-")}


class Word(click.ParamType):  # type: ignore[type-arg]
    """A value taken as it is, checked later where its place is known; `words`: what shell completion offers."""

    name = "value"

    def __init__(self, words: tuple[str, ...] = ()) -> None:
        self.words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from anncli.cli.completing.values import value_items

        return value_items(ctx, param, self.words, incomplete)


class AnnCommand(click.Command):
    """A command whose options come from the table; its function is called with their checked values."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        HelpFormat(ctx, formatter).write()

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from anncli.cli.completing.values import option_items

        return option_items(ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        values = collect(ctx)
        assert self.callback is not None
        if COMMANDS[values.command].takes is not None:
            return ctx.invoke(self.callback, values, read_words(values, ctx.params["words"]))
        return ctx.invoke(self.callback, values, *(ctx.params[str(a.name)] for a in self.arguments))

    @property
    def arguments(self) -> list[click.Argument]:
        """The positional arguments, in order."""
        return [param for param in self.params if isinstance(param, click.Argument)]


def argument(name: str, metavar: str, words: tuple[str, ...] = FILE, **settings: Any) -> Callable[[Work], Work]:
    """A positional argument; by default shell completion offers file names for it."""
    return click.argument(name, metavar=metavar, type=Word(words), **settings)


def command(name: str, cls: type[AnnCommand] = AnnCommand, **settings: Any) -> Callable[[Work], click.Command]:
    """Makes a command of a function that takes Values and Words, or the positional arguments if they are of another kind."""

    def decorate(function: Work) -> click.Command:
        if COMMANDS[name].takes is not None:
            function = argument("words", COMMANDS[name].arguments, nargs=-1)(function)
        settings["context_settings"] = {**_CONTEXT, **settings.get("context_settings", {})}
        made = click.command(name, cls=cls, add_help_option=False, **settings)(function)
        made.params += [_option(name, option, info) for option, info in options_of(name).items()]
        made.params += help_options()
        return made

    return decorate


def _option(command: str, name: str, info: OptionInfo) -> click.Option:
    words = WORDS_IN_COMMAND.get((command, name), info.words)
    long = long_name(name)
    names = ([f"-{info.short}"] if info.short else []) + [long, *map(long_name, info.aliases), name]
    if info.kind == "switch":
        return click.Option([f"{long}/--no-{long[2:]}", name], default=None, help=info.help)
    if info.kind == "flag":
        return click.Option(names, is_flag=True, help=info.help)
    if info.kind == "count":
        return click.Option(names, count=True, help=info.help)
    return click.Option(names, type=Word(words), metavar=info.metavar, help=info.help, multiple=info.kind == "list")
