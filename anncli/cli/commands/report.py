"""`ann report`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("report")
def report_command(values: Values, words: Words) -> None:
    """Write one page of HTML about NETWORK and its results on rows with answers in DATA.

    \b
    Examples:
      ann report patients.nn more.csv
      ann report patients.nn more.csv -o report.html --confidence 0.99
      ann report patients.nn more.csv --no-rows --force

    The page says how the network was trained, and shows its metrics with intervals, its figures (see ann plot), the data, and
    the rows that it gets most wrong. It stands alone: it loads nothing. Equal runs write equal pages.
    """
    from anncli.cli.running.reporting import run_report

    run_report(values, words)
