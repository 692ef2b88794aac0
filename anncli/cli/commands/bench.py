"""`ann bench`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("bench")
def bench_command(values: Values, words: Words) -> None:
    """Train NETWORK, or a new one, with several trainers for EPOCHS epochs each; compare losses and times; plot loss curves.

    \b
    Examples:
      ann bench iris.csv --label species 100
      ann bench iris.nn iris.csv 100 --trainers adam,scg,irprop- --plot bench.svg
      ann bench network.nn pos.txt neg.txt 1000 --jobs 2 --ledger bench.ledger

    Every trainer has its default options, unless given here, and the same starts (--seed and the seeds after it).
    NETWORK is not changed. Losses include the L2 penalty; seconds are those of the epochs, medians over the starts.
    """
    from anncli.cli.running.comparing import run_bench

    run_bench(values, words)
