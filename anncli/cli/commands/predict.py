"""`ann predict`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("predict")
def predict_command(values: Values, words: Words) -> None:
    """Print scores and class, or the predicted numbers, of each row of DATA (default: stdin), in order.

    \b
    Examples:
      ann predict iris.nn new.csv --with id
      ann predict iris.nn new.csv -o predicted.parquet
      generate-rows | ann predict network.nn --classes
      ann predict network.nn new.txt --scores --delimiter ,

    Of a table CSV with a header is printed, of rows of numbers one line per row: scores and class. A network with one
    output prints that output as the score; other networks print one score per class. A class name that contains the
    delimiter is quoted, as in CSV. --json also gives the names of the entries of a list file.
    """
    from anncli.cli.running.predicting import run_predict

    run_predict(values, words)
