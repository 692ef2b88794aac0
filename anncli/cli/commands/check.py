"""`ann check`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("check")
def check_command(values: Values, words: Words) -> None:
    """Look for mistakes in DATA before a network is trained on them, or before NETWORK is used on them.

    \b
    Examples:
      ann check patients.csv --label ill
      ann check train.csv --label ill --test test.csv
      ann check patients.nn new_patients.csv
      ann check pos.txt neg.txt --inputs words
      ann check patients.csv --label ill --strict --skip missing,duplicates

    What a warning names is likely to spoil a training or its figures; what a note names may be right. No label is needed. The
    exit code is 3 for rows that cannot be read, and with --strict for any finding.
    """
    from anncli.cli.running.checking import run_check

    run_check(values, words)
