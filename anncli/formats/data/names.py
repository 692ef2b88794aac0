"""The names of the data formats: one line a format, read by help, completion, errors and docs. It imports nothing.

To add a format, write one module with an object FORMAT (see base.DataFormat) and add one line here.
"""

from __future__ import annotations

from typing import NamedTuple


class DataFormatName(NamedTuple):
    """module: the module of this room that defines FORMAT; help: half a line about the files; endings: usual endings of
    file names, with the dot; extra: the extra of the package that reading needs, or ''; general: the format has no mark
    of its own, so its sniff() is asked only after those of all other formats, in the order of this table; table: it gives
    tables (base.TableFormat), not rows of numbers."""

    module: str
    help: str
    endings: tuple[str, ...] = ()
    extra: str = ""
    general: bool = False
    table: bool = False


DATA_FORMAT_NAMES: dict[str, DataFormatName] = {
    "list": DataFormatName("lists", "ann1dn's lists, which name rows and their classes", general=True),
    "vectors": DataFormatName("vectors", "one row of numbers per line", (".txt", ".csv", ".tsv", ".dat"), general=True),
    "csv": DataFormatName(
        "text_tables",
        "a table with a row per line, of numbers and words",
        (".csv", ".tsv", ".tab", ".psv"),
        general=True,
        table=True,
    ),
}
