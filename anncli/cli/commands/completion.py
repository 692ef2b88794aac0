"""`ann completion`: arguments and help."""

from __future__ import annotations

import click

from anncli.cli.asking.options import argument, command
from anncli.cli.asking.values import Values
from anncli.cli.completing.scripts import SHELLS, script
from anncli.errors import UsageError, did_you_mean, known_name, quoted


@command("completion")
@argument("shell", "|".join(SHELLS), SHELLS)
def completion_command(values: Values, shell: str) -> None:
    """Print the script by which a shell completes the lines of `ann`: commands, options, their values, networks, files, and
    names of columns.

    \b
    Examples:
      eval "$(ann completion bash)"
      eval "$(ann completion zsh)"
      ann completion fish > ~/.config/fish/completions/ann.fish

    The first line holds in the shell in hand; in ~/.bashrc, or ~/.zshrc for zsh, it holds in all.
    """
    name = known_name(shell, SHELLS)
    if name is None:
        raise UsageError(f"no completion for {quoted(shell)}", advice=did_you_mean(shell, SHELLS))
    click.echo(script(name), nl=False)
