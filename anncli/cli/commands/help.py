"""`ann help`: arguments and help."""

from __future__ import annotations

import click

from anncli.cli.asking.options import argument, command
from anncli.cli.asking.values import Values
from anncli.cli.names import COMMANDS
from anncli.cli.topics.names import TOPIC_NAMES
from anncli.errors import UsageError, did_you_mean, known_name, near_names, quoted


@command("help")
@argument("topic", "[COMMAND|TOPIC]", (), required=False)
def help_command(values: Values, topic: str | None) -> None:
    """Explain COMMAND, or TOPIC: data, networks, trainers, activations, exit codes and others. Without either, list both.

    \b
    Examples:
      ann help
      ann help train
      ann help trainers
      ann help --man ~/.local/share/man/man1

    `ann COMMAND -h` says the same of a command; `trainers`, which is both, is the topic here.
    """
    from anncli.cli.running.helping import command_help, overview, write_man_pages
    from anncli.cli.topics.texts import topic_text

    if values["man"] is not None:
        if topic is not None:
            raise UsageError(f"--man writes all pages; {quoted(topic)} is one too many", advice="leave it out")
        write_man_pages(values["man"], values.console)
    elif topic is None:
        click.echo(overview())
    elif name := known_name(topic, TOPIC_NAMES):
        click.echo(topic_text(name), nl=False)
    elif name := known_name(topic, COMMANDS):
        click.echo(command_help(name))
    else:
        near = near_names(topic, [*TOPIC_NAMES, *COMMANDS])
        advice = did_you_mean(topic, near) if near else "ann help lists all of them"
        raise UsageError(f"no command and no topic {quoted(topic)}", advice=advice)
