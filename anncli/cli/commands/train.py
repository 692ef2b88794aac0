"""`ann train`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("train")
def train_command(values: Values, words: Words) -> None:
    """Train NETWORK, or a new network, on DATA for at most EPOCHS epochs (default: 1000) and write it to a file.

    \b
    Examples:
      ann train iris.csv --label species
      ann train network.nn pos.txt neg.txt 1000
      ann train network.nn data.csv 200 --trainer sgd --learning-rate 0.1
      ann train network.nn pos.txt neg.txt 50 --validation 0 --output trained.nn

    DATA are a table with a column of answers, or one file per class, the positive class first. Without NETWORK a network
    is made and written to a file called like the table. A trained network is trained anew from its definition, and its
    old file is kept as NETWORK~; --continue goes on from its weights.
    """
    from anncli.cli.asking.settings import train_settings

    settings = train_settings(values, words)

    from anncli.cli.running.training import run_training

    run_training(settings)
