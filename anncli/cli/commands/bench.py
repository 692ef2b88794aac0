"""`ann bench`: arguments and help."""

from __future__ import annotations

from anncli.cli.asking.options import argument, command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import read_epochs


@command("bench")
@argument("network_path", "NETWORK")
@argument("class_files", "CLASSFILE...", nargs=-1, required=True)
@argument("epochs_word", "EPOCHS", ())
def bench_command(values: Values, network_path: str, class_files: tuple[str, ...], epochs_word: str) -> None:
    """Train NETWORK with several trainers for EPOCHS epochs each; compare losses and times, and plot loss curves.

    \b
    Examples:
      ann bench network.nn pos.txt neg.txt 100
      ann bench network.nn pos.txt neg.txt 100 --trainers adam,scg,lbfgs,irprop- --plot bench.svg
      ann bench network.nn pos.txt neg.txt 1000 --jobs 2 --ledger bench.ledger

    Every trainer has its default options, unless given here, and the same starts (--seed and the seeds after it).
    NETWORK is not changed. Losses include the L2 penalty; seconds are those of the epochs, medians over the starts.
    """
    count = read_epochs(epochs_word, "bench", 1)

    from anncli.cli.running.comparing import run_bench

    run_bench(values, network_path, class_files, count)
