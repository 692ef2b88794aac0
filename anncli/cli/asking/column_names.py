"""The names of columns for shell completion, from the first line of a text table; nothing else is read, and no numpy."""

from __future__ import annotations

import csv
import os
import re
import stat
from collections.abc import Iterable

from anncli.formats.networks.peek import has_network_ending

# The first line of a table is shorter, or its names are not completed.
_MOST_BYTES = 1 << 16
_DELIMITERS = ",;\t|"
_NUMBER = re.compile(r"[+-]?(\d[\d.,']*|\.\d+)([eE][+-]?\d+)?")
# How files of other formats begin: networks, JSON, ARFF, markup.
_OTHER = ("anncli:", "---", "{", "[", "@", "%", "<")


def column_names(files: Iterable[str]) -> list[str]:
    """The names of the columns in the first of these files that has some; [] where none has, or none can be read."""
    return next(filter(None, map(_names_in, files)), [])


def _names_in(path: str) -> list[str]:
    line = _first_line(path)
    if line is None or line.startswith(_OTHER):
        return []
    delimiter = max(_DELIMITERS, key=line.count)
    delimiter = delimiter if delimiter in line else " "
    try:
        cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    except (csv.Error, StopIteration):
        return []
    names = [cell.strip() for cell in cells]
    if any(map(_NUMBER.fullmatch, names)):
        return []
    return [name for name in names if name and name.isprintable()]


def _first_line(path: str) -> str | None:
    """The first line that is neither empty nor a comment, None where there is none at the beginning of the file."""
    try:
        # A pipe would lose its first lines, and might wait for ever.
        if not stat.S_ISREG(os.stat(path).st_mode) or has_network_ending(path):
            return None
        with open(path, "rb") as file:
            head = file.read(_MOST_BYTES)
    except (OSError, ValueError):
        return None
    if len(head) == _MOST_BYTES:
        head = head[: head.rfind(b"\n") + 1]
    if b"\0" in head:
        return None
    lines = re.split(r"[\r\n]+", head.decode("utf-8-sig", errors="replace"))
    return next((line for line in lines if line.strip() and not line.startswith("#")), None)
