"""`ann explain`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("explain")
def explain_command(values: Values, words: Words) -> None:
    """Show which columns NETWORK needs: how much worse it predicts when the values of a column change places among the rows.

    \b
    Examples:
      ann explain iris.nn more.csv
      ann explain iris.nn more.csv --column petal_length
      ann explain cancer.nn pos.txt neg.txt --by auc -o importance.csv
      ann explain reviews.nn pos.txt neg.txt
      ann explain reviews.nn review.txt --row 1

    Without a column that the network does not use, it loses nothing. Of two columns that say the same, each can look
    unimportant, because the other one is left. The gradient is the mean change of the outputs when a number grows by its standard deviation.

    Of a network that takes texts, the words that decide: the mean change of a class's log odds when a word is left out of the
    texts that contain it. One text alone, or --row N of several, is shown word by word.
    """
    from anncli.cli.running.explaining import run_explain

    run_explain(values, words)
