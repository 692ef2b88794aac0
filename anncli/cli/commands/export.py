"""`ann export`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("export")
def export_command(values: Values, words: Words) -> None:
    """Write NETWORK for other programs: as code, as a standard file, or as a drawing.

    \b
    Examples:
      ann export iris.nn -o iris.c
      ann export iris.nn iris.csv -o iris.c --int8
      ann export iris.nn -o iris.onnx
      ann export iris.nn -o - --to json

    What was written is run beside NETWORK, on its self-test and on 1,000 random rows inside and outside of the range of
    training, before the file takes its name: the largest difference is printed, and where it is too large nothing is
    written. DATA are labelled rows: with them the export is evaluated too, and fixed-point numbers are fitted to their range.
    """
    from anncli.cli.running.exporting import run_export

    run_export(values, words)
