"""`ann cv`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("cv")
def cv_command(values: Values, words: Words) -> None:
    """Cross-validate NETWORK, or a new one: train it on all folds but one and test it on that one, for every fold.

    \b
    Examples:
      ann cv iris.csv --label species
      ann cv network.nn pos.txt neg.txt 500 --folds 5 --repeats 3 --jobs 2
      ann cv patients.csv --label ill --group patient --ledger cv.ledger
      ann cv iris.csv --label species --output iris.nn --predictions predicted.csv

    Every row is predicted by a network that has not seen it. Each training is that of `ann train`, with its own validation
    set. The intervals allow for training sets that overlap. NETWORK is not changed; --output writes the network of all rows.
    """
    from anncli.cli.running.cross_validating import run_cross_validation

    run_cross_validation(values, words)
