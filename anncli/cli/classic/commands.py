"""`ann t` and `ann r`: the positional forms of the console trainer ann1dn, for scripts that already call it.

Kept: arguments, codes, classic learning rule, output lines. Mended: nothing stale is reported, data files are never
written, the last line of a list counts, numbers are checked, scaling by z-score subtracts the mean, an empty
validation and test file give 25 % each, and the seed is fixed unless --seed says otherwise.
"""

from __future__ import annotations

from typing import Any

import click

from anncli.cli.asking import options
from anncli.cli.classic.arguments import R_USAGE, SCALINGS, read_arguments, read_code, read_threshold, read_word
from anncli.errors import UsageError
from anncli.options.table import OPTIONS


@options.command("t", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, required=True, metavar="NET CLS1 CLS2 EPOCHS [VAL TST TH METRIC] [NORM] [ERR]")
@options.option("--seed", default="0", metavar="N", help="Decides initial weights, split and order.  [default: 0]")
@options.data_format
@options.common
@click.pass_context
def t_command(ctx: click.Context, /, arguments: tuple[str, ...], seed: str, **given: Any) -> None:
    """Train as ann1dn did: online, classes in turn, stop after 10 quiet epochs.

    \b
    Examples:
      ann t net.nn cls1.txt cls2.txt 1000
      ann t net.nn cls1.txt cls2.txt 1000 1 0.05
      ann t net.nn cls1.txt cls2.txt 1000 val.txt tst.txt 0.5 0 1 0.05

    NORM: 0 none, 1 minmax, 2 zscore, 3 sigmoidal, 4 energy, 5 minmax per vector. METRIC: 0 mse, 1 accuracy,
    2 gm(SE,SP), 3 gm(SE,PP), 4 gm(SE,SP,AC), 5 gm of all, 6 7 8 F-measure with b 1, 1.5, 3. The best network on VAL
    is written to maxacur.nn, the last one to NET. An empty VAL or TST file is drawn from the training data.
    """
    from anncli.cli.classic.train import ClassicRun

    console = options.make_console(ctx)
    seed_number = read_word("--seed", OPTIONS["seed"].read, seed)
    ClassicRun(console, read_arguments(arguments), seed_number, given["data_format"], given["as_json"]).run()


@options.command("r", context_settings={"ignore_unknown_options": True})
@click.argument("network_path", metavar="NET")
@click.argument("data_path", metavar="DATA")
@click.argument("rest", nargs=-1, metavar="[TH] [NORM]")
@options.data_format
@options.common
@click.pass_context
def r_command(ctx: click.Context, /, network_path: str, data_path: str, rest: tuple[str, ...], **given: Any) -> None:
    """Run a network on a list or data file as ann1dn did.

    \b
    Examples:
      ann r net.nn data.txt
      ann r net.nn data.txt 0.5 4

    An output above TH is class 1. NORM 4 and 5 scale each vector, where the network file does not remember it.
    """
    from anncli.cli.classic.run import run_network

    console = options.make_console(ctx)
    if len(rest) > 2:
        raise UsageError(f"unexpected argument '{rest[2]}'", advice=R_USAGE)
    threshold = read_threshold(rest[0]) if rest else None
    code = read_code("NORM", rest[1], len(SCALINGS)) if len(rest) > 1 else 0
    run_network(console, network_path, data_path, threshold, code, given["data_format"], given["as_json"])
