"""`ann search`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("search")
def search_command(values: Values, words: Words) -> None:
    """Search for good options and layers: train with many, keep the best, and test what the search is worth.

    \b
    Examples:
      ann search iris.csv --label species -o iris.nn
      ann search iris.csv --hidden 2..64 --learning-rate 1e-4..0.1 --jobs 2
      ann search pos.txt neg.txt --activation tanh/relu --l2 auto/1e-5..0.1
      ann search big.csv --test 0.2 --time-limit 600 --ledger big.ledger

    Any training option may be a range, LOW..HIGH, or alternatives, ONE/OTHER. Wide ranges of numbers above 0 (HIGH at least 10
    times LOW) are drawn on a logarithmic scale. Without any range, hidden units, learning rate and L2 penalty are searched around
    their defaults. Trials are chosen by folds or a validation set; what is reported comes from rows that the search did not see.
    The last line is the `ann train` command that makes the network.
    """
    from anncli.cli.running.searching import run_search

    run_search(values, words)
