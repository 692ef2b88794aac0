"""`ann train`: arguments and help."""

from __future__ import annotations

from anncli.cli.asking.options import argument, command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import read_epochs


@command("train")
@argument("network_path", "NETWORK")
@argument("class_files", "CLASSFILE...", nargs=-1, required=True)
@argument("epochs_word", "EPOCHS", ())
def train_command(values: Values, network_path: str, class_files: tuple[str, ...], epochs_word: str) -> None:
    """Train NETWORK on one file per class for at most EPOCHS epochs and write it back.

    \b
    Examples:
      ann train network.nn pos.txt neg.txt 1000
      ann train iris.nn setosa.txt versicolor.txt virginica.txt 500 --test 0.2
      ann train network.nn pos.txt neg.txt 200 --trainer sgd --learning-rate 0.1
      ann train network.nn pos.txt neg.txt 50 --validation 0 --output trained.nn

    With two files the first is the positive class. A trained network is trained anew from its definition, and its old
    file is kept as NETWORK~; --continue goes on from its weights.
    """
    from anncli.cli.asking.settings import train_settings

    settings = train_settings(values, network_path, class_files, read_epochs(epochs_word, "train"))

    from anncli.cli.running.training import run_training

    run_training(settings)
