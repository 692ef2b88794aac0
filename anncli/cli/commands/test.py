"""`ann test`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("test")
def test_command(values: Values, words: Words) -> None:
    """Evaluate NETWORK on test data: a table with answers, or one file per class in the order of training.

    \b
    Examples:
      ann test iris.nn more.csv
      ann test network.nn pos.test.txt neg.test.txt --threshold 0.3
      ann test network.nn pos.test.txt neg.test.txt --require 'se>=0.9,auc>=0.95'

    Rates are percentages. SE (sensitivity) and SP (specificity): positive and negative rows predicted correctly. PPV and
    NPV: positive and negative predictions that are correct.
    """
    from anncli.cli.running.testing import run_test

    run_test(values, words)
