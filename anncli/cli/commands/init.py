"""`ann init`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("init")
def init_command(values: Values, words: Words) -> None:
    """Write a commented network definition for DATA, or for --inputs N, to NETWORK, ready for `ann train`.

    \b
    Examples:
      ann init network.nn --inputs 9
      ann init network.nn pos.txt neg.txt --hidden 16,8 --activation relu
      ann init iris.nn iris.csv --label species
      ann init face.nn faces/ --layers '6 tanh convolution 5x5, 1 logistic'
      ann init char.nn shakespeare.txt --layers '128 lstm, softmax'
      ann init old.nn --inputs 2 --hidden 2 --dialect ann1dn
    """
    from anncli.cli.running.initializing import run_init

    run_init(values, words)
