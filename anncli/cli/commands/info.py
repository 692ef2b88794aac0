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
      ann info network.nn --weights -o weights.csv
      ann info network.nn --reseal
      ann info network.nn --json

    A network file whose weights were changed in an editor is refused until --reseal accepts the change.
    """
    from anncli.cli.running.inspecting import run_info

    run_info(values, words)
