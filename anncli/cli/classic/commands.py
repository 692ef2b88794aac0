"""`ann t` and `ann r`: the positional forms of the console trainer ann1dn, for scripts that already call it.

Kept: arguments, codes, training rule, output lines. Fixed: old results are never reported as new ones, data files are never
written, the last line of a list counts, numbers are checked, scaling by z-score subtracts the mean, an empty validation and
test file take 25 % each, and the seed is 0 unless --seed says otherwise.
"""

from __future__ import annotations

from anncli.cli.asking.options import argument, command
from anncli.cli.asking.values import Values
from anncli.cli.classic.arguments import R_USAGE, SCALINGS, read_arguments, read_code, read_threshold
from anncli.errors import UsageError

# A negative number is an argument here, not an option.
_NUMBERS = {"ignore_unknown_options": True}


@command("t", context_settings=_NUMBERS)
@argument("arguments", "NET CLS1 CLS2 EPOCHS [VAL TST TH METRIC] [NORM] [ERR]", nargs=-1, required=True)
def t_command(values: Values, arguments: tuple[str, ...]) -> None:
    """Train as ann1dn did: online, alternating between the classes, stop after 10 quiet epochs.

    \b
    Examples:
      ann t net.nn cls1.txt cls2.txt 1000
      ann t net.nn cls1.txt cls2.txt 1000 1 0.05
      ann t net.nn cls1.txt cls2.txt 1000 val.txt tst.txt 0.5 0 1 0.05

    NORM: 0 none, 1 minmax, 2 zscore, 3 sigmoidal, 4 energy, 5 minmax per row. METRIC: 0 mse, 1 accuracy,
    2 gm(SE,SP), 3 gm(SE,PP), 4 gm(SE,SP,AC), 5 gm of all, 6 7 8 F-measure with b 1, 1.5, 3. The best network on VAL
    is written to maxacur.nn, the last one to NET. An empty VAL or TST file is replaced by rows drawn from the training data.
    """
    read = read_arguments(arguments)

    from anncli.cli.classic.train import ClassicRun

    ClassicRun(values.console, read, values["seed"], values["format"], values["json"]).run()


@command("r", context_settings=_NUMBERS)
@argument("network_path", "NET")
@argument("data_path", "DATA")
@argument("rest", "[TH] [NORM]", (), nargs=-1)
def r_command(values: Values, network_path: str, data_path: str, rest: tuple[str, ...]) -> None:
    """Run a network on a list or data file as ann1dn did.

    \b
    Examples:
      ann r net.nn data.txt
      ann r net.nn data.txt 0.5 4

    An output above TH is class 1. NORM 4 and 5 scale each row, for network files that do not store this.
    """
    if len(rest) > 2:
        raise UsageError(f"unexpected argument '{rest[2]}'", advice=R_USAGE)
    threshold = read_threshold(rest[0]) if rest else None
    code = read_code("NORM", rest[1], len(SCALINGS)) if len(rest) > 1 else 0

    from anncli.cli.classic.run import run_network

    run_network(values, network_path, data_path, threshold, code)
