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
from anncli.options.table import COLUMN, FILE, TEXT, OptionInfo, options_of
from anncli.options.wording import long_name
from anncli.training.names import TRAINER_NAMES

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
        """The words that `incomplete`, or its last item after a comma, begins: also names of columns of the table that
        stands on the line; file names by the shell itself."""
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",")
        words = [word for word in _words(ctx, param, self.words) if word not in FILE + COLUMN + TEXT]
        if set(COLUMN) & set(self.words):
            words += _columns(ctx, as_list=isinstance(param, click.Option) and param.multiple)
        found = [CompletionItem(before + comma + word) for word in dict.fromkeys(words) if word.startswith(last)]
        return found or ([CompletionItem(incomplete, type="file")] if set(FILE) & set(self.words) else [])


def _words(ctx: click.Context, param: click.Parameter, words: tuple[str, ...]) -> list[str]:
    if param.name == "option":
        trainer = ctx.params.get("trainer")
        trainers = [TRAINER_NAMES[trainer]] if trainer in TRAINER_NAMES else list(TRAINER_NAMES.values())
        return sorted({f"{name}=" for info in trainers for name in info.defaults})
    return list(words)


def _columns(ctx: click.Context, as_list: bool) -> list[str]:
    """The names of the columns of the first table on the line; as_list: a name with a comma or a quote stands in quotes."""
    from anncli.cli.asking.column_names import column_names

    data = [file for files in ctx.params.get("data") or () for file in str(files).split(",")]
    # While the last option still has no value, click leaves all words in `args`.
    words = (*(ctx.params.get("words") or ()), *filter(None, [ctx.params.get("source")]), *ctx.args)
    names = column_names([*words, *data])
    if not as_list:
        return names
    return [name if not set(name) & set(',"') else '"' + name.replace('"', '""') + '"' for name in names]


class AnnCommand(click.Command):
    """A command whose options come from the table; its function is called with their checked values."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        HelpFormat(ctx, formatter).write()

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


def command(name: str, **settings: Any) -> Callable[[Work], click.Command]:
    """Makes a command of a function that takes Values and Words, or the positional arguments if they are of another kind."""

    def decorate(function: Work) -> click.Command:
        if COMMANDS[name].takes is not None:
            function = argument("words", COMMANDS[name].arguments, nargs=-1)(function)
        settings["context_settings"] = {**_CONTEXT, **settings.get("context_settings", {})}
        made = click.command(name, cls=AnnCommand, add_help_option=False, **settings)(function)
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
