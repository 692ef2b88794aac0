"""The help option of a command, made here because click looks for translations of the text of its own, which takes 2 ms."""

from __future__ import annotations

from typing import TypeVar

import click

Command = TypeVar("Command", bound=click.Command)


def with_help(command: Command) -> Command:
    """The command, made without click's help option, with -h and --help added."""
    names, text = ["-h", "--help", "wants_help"], "Show this message and exit."
    command.params.append(
        click.Option(names, is_flag=True, is_eager=True, expose_value=False, help=text, callback=_show)
    )
    return command


def _show(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()
