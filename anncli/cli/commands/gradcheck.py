"""`ann gradcheck`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("gradcheck")
def gradcheck_command(values: Values, words: Words) -> None:
    """Compare the gradient of NETWORK on data with finite differences, and name the worst weight.

    \b
    Examples:
      ann gradcheck network.nn pos.txt neg.txt
      ann gradcheck network.nn pos.txt neg.txt --loss mse --l2 0.01
      ann gradcheck network.nn pos.txt neg.txt --row 3 --show --learning-rate 0.5

    A network without weights is checked at new ones (--init, --seed). Weights where a relu unit changes between on and
    off within the difference are skipped. --show prints how the gradient of one row comes about, number by number, without the penalty. Exits with 1 if the gradient is wrong.
    """
    from anncli.cli.running.gradient import run_gradcheck

    run_gradcheck(values, words)
