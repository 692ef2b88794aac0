"""`ann info`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("info")
def info_command(values: Values, words: Words) -> None:
    """Show the layers, scaling, classes and training record of NETWORK, and verify its checksum.

    \b
    Examples:
      ann info network.nn
      ann info network.nn --verify
      ann info network.nn --json
    """
    from anncli.cli.running.inspecting import run_info

    run_info(values, words)
