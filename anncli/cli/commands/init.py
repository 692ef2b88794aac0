"""`ann init`: arguments and help."""

from __future__ import annotations

from anncli.cli.asking.options import argument, command
from anncli.cli.asking.values import Values


@command("init")
@argument("network_path", "NETWORK")
def init_command(values: Values, network_path: str) -> None:
    """Write a commented network definition to NETWORK, ready for `ann train`.

    \b
    Examples:
      ann init network.nn --inputs 9
      ann init network.nn --data pos.txt,neg.txt --hidden 16,8 --activation relu
      ann init iris.nn --data setosa.txt,versicolor.txt,virginica.txt
      ann init old.nn --inputs 2 --hidden 2 --dialect ann1dn
    """
    from anncli.cli.running.initializing import run_init

    run_init(values, network_path)
