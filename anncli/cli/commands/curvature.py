"""`ann curvature`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("curvature")
def curvature_command(values: Values, words: Words) -> None:
    """Measure how the loss of NETWORK on data curves around its weights: trace, eigenvalues, and what they say.

    \b
    Examples:
      ann curvature cancer.nn cancer.csv
      ann curvature cancer.nn cancer.csv --matrix gauss-newton
      ann curvature cancer.nn cancer.csv --probes 1000 --rows 100000 --json

    The matrix holds the second derivatives of the mean loss that trained the network, by all its weights and biases, without penalties.
    Up to 500 of these, every eigenvalue is computed; above, traces are estimated by random vectors, with their standard error.
    More than 5000 rows are drawn from unless --rows says otherwise.
    """
    from anncli.cli.running.curving import run_curvature

    run_curvature(values, words)
