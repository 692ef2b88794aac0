"""`ann compare`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("compare")
def compare_command(values: Values, words: Words) -> None:
    """Compare networks: trained ones on the same rows of DATA, or with --folds their definitions, trained anew in every fold.

    \b
    Examples:
      ann compare a.nn b.nn new.csv
      ann compare a.nn b.nn c.nn pos.txt neg.txt --confidence 0.99
      ann compare small.nn large.nn iris.csv 300 --folds 10 --repeats 3

    All pairs are compared. For each metric there is the difference, its interval, and a p value: how often networks that are
    equally good would differ as much. With more than two networks the p values are raised for the number of pairs (Holm).
    """
    if "folds" in values.given or "repeats" in values.given:
        from anncli.cli.running.comparing_definitions import run_definitions

        run_definitions(values, words)
    else:
        from anncli.cli.running.comparing_networks import run_networks

        run_networks(values, words)
