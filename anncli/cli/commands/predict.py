"""`ann predict`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("predict")
def predict_command(values: Values, words: Words) -> None:
    """Print scores and class of each row of FILE (default: stdin), one line per row, in order.

    \b
    Examples:
      ann predict network.nn new.txt
      generate-rows | ann predict network.nn --classes
      ann predict network.nn new.txt --scores --delimiter ,

    A network with one output prints that output as the score; other networks print one score per class. A class name
    that contains the delimiter is quoted, as in CSV. --json also gives the names of the entries of a list file.
    """
    from anncli.cli.running.predicting import run_predict

    run_predict(values, words)
