"""`ann convert`: arguments and help."""

from __future__ import annotations

from anncli.cli.asking.options import argument, command
from anncli.cli.asking.values import Values


@command("convert")
@argument("source", "IN")
@argument("target", "OUT")
def convert_command(values: Values, source: str, target: str) -> None:
    """Write the table in IN to OUT, in the format that the ending of OUT names.

    \b
    Examples:
      ann convert data.csv data.parquet
      ann convert 'shop.db::SELECT age, city FROM people' people.csv.gz
      ann convert digits/ digits.npy --size 28x28 --grey
      ann convert data.arff - --to csv

    IN is a file, a folder whose sub-folders or files are the classes, a quoted glob, FILE::QUERY for a SQLite database, or
    - for stdin. OUT may be FILE::TABLE to add a table to a database; it is replaced as a whole or stays as it was.
    """
    from anncli.cli.running.converting import run_convert

    run_convert(values, source, target)
