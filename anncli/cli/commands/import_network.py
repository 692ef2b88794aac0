"""`ann import`: arguments and help."""

from __future__ import annotations

from anncli.cli.asking.options import argument, command
from anncli.cli.asking.values import Values


@command("import")
@argument("source", "FILE")
def import_command(values: Values, source: str) -> None:
    """Write the network in FILE, which another program has made, as a network of ann.

    \b
    Examples:
      ann import letters.net -o letters.nn
      ann import model.pmml -o model.nn
      ann import model.keras -o model.nn --class-names malignant,benign
      ann import - -o model.nn --from nnet < model.nnet

    What is found is printed, and what was assumed or lost. A network that cannot be represented exactly is refused. Where FILE
    has rows with the outputs for them, the network is run on them; exit code 4 if it gives others. `ann predict`, `ann test`
    and `ann info` read such files as they are.
    """
    from anncli.cli.running.importing import run_import

    run_import(values, source)
