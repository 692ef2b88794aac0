"""A config file as a layer of options: weaker than the command line and variables, each fault with its place."""

from __future__ import annotations

from typing import Any

import click

from anncli.errors import UsageError, did_you_mean
from anncli.options.layers import Given
from anncli.options.table import option_names

# Options of commands that are not training options; config files and ANN_ variables may set them too.
COMMAND_OPTIONS = (
    "output",
    "history",
    "dry_run",
    "keep_on_interrupt",
    "checkpoint",
    "checkpoint_every",
    "resume",
    "threads",
    "jobs",
    "ledger",
    "force",
    "scores",
    "classes",
    "delimiter",
    "require",
    "verify",
    "json",
    "quiet",
    "verbose",
    "no_color",
    "data_format",
    "dialect",
    "option",
    "inputs",
    "data",
    "hidden",
    "activation",
    "outputs",
    "output_activation",
)

# Training options that name files or shares: may be repeated, and are lists in a config file.
PARTS = ("validation", "test")


class Raw(click.ParamType):  # type: ignore[type-arg]
    """A value taken as it is; the training options check it, with the place it came from in the message."""

    name = "value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value

    def split_envvar_value(self, rv: str) -> list[str]:
        return [rv]


def load_config(ctx: click.Context, param: click.Parameter, path: str | None) -> None:
    """Put the file's values under the command's options, weaker than command line and variables."""
    if not path:
        return
    from anncli.formats.files.document import read_config

    own = {parameter.name: parameter for parameter in ctx.command.params if isinstance(parameter, click.Option)}
    names = {"json": "as_json", "option": "extra"}
    known = [*option_names(), *COMMAND_OPTIONS]
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    extra: dict[str, Given] = {}
    for key, value, place in read_config(path).items_with_places():
        name = key.replace("-", "_")
        if name not in known:
            raise UsageError(f"{place}: unknown option '{key}'", advice=did_you_mean(name, known))
        target = names.get(name, name)
        if target in places:
            raise UsageError(f"{place}: '{key}' is given twice", advice="remove one")
        places[target] = f"{place}: {key}"
        if target in own:
            values[target] = _config_value(ctx, own[target], value, places[target])
        elif "trainer" in own and name in option_names():
            extra[name] = Given(value, places[target])
    ctx.default_map = values
    ctx.meta["anncli.config_places"] = places
    ctx.meta["anncli.config_extra"] = extra


def _config_value(ctx: click.Context, option: click.Option, value: Any, place: str) -> Any:
    """A value as click expects it; checked here, where its place is known, unless the training options check it."""
    if option.name in PARTS:
        return [value]
    if isinstance(option.type, Raw):
        return value
    if option.multiple:
        return value if isinstance(value, list) else [value]
    if value is None or isinstance(value, (list, dict)):
        found = "nothing" if value is None else f"{value}"
        raise UsageError(f"{place}: expected one value, found {found}")
    try:
        return option.type_cast_value(ctx, value if isinstance(value, bool) else str(value))
    except click.UsageError as error:
        if isinstance(option.type, click.types.BoolParamType):
            raise UsageError(f"{place}: must be true or false, found '{value}'") from None
        raise UsageError(f"{place}: {error.format_message().partition(': ')[2].rstrip('.')}") from None
