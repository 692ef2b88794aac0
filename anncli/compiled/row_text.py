"""The text of a row: how one line of a data file is split into values, and which values are wrong."""

from __future__ import annotations

import re

from anncli.errors import DataError, quoted
from anncli.limits import FLOAT32_MAX

# The decimal numbers of data files, network files and YAML documents.
NUMBER_PATTERN = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
NUMBER = re.compile(NUMBER_PATTERN.encode())
# The beginning of a line that holds more than blanks and a comment.
CONTENT = re.compile(rb"^[ \t\r\v\f]*[^#\s]", re.MULTILINE)
_NOT_FINITE = re.compile(rb"[+-]?(?:nan(?:\(.*\))?|inf|infinity)", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(rb"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
_DECIMAL_COMMAS = re.compile(rb"[+-]?[0-9]+,[0-9]+(?:[ \t]+[+-]?[0-9]+,[0-9]+)+")
# Half a step above the largest float32: numbers from here on round to infinity.
LIMIT = FLOAT32_MAX + 2.0**103

# '' means any run of blanks and tabs.
DELIMITERS = ("", ",", ";", "\t", "|")


def strip_comment(line: bytes | bytearray) -> bytes:
    """The line without its comment and without blanks at its ends."""
    return bytes(line.split(b"#", 1)[0].strip())


def content_lines(block: bytes | bytearray, limit: int) -> list[bytes]:
    """The first `limit` lines of a block that hold more than blanks and comments."""
    found: list[bytes] = []
    end = 0
    # The expression passes over empty lines and comments much faster than a loop over lines.
    while len(found) < limit and (match := CONTENT.search(block, end)):
        end = block.find(b"\n", match.start()) + 1 or len(block)
        found.append(strip_comment(block[match.start() : end]))
    return found


def fields(content: bytes, delimiter: str) -> list[bytes]:
    """The values of a line as they are written; delimiter '' means any run of blanks and tabs."""
    return [value.strip() for value in content.split(delimiter.encode())] if delimiter else content.split()


def guess_delimiter(content: bytes) -> str:
    """The delimiter of a line: ';', ',', a tab, or '' for blanks.

    A tab is the delimiter only if every tab stands alone between two values; two in a row are then a missing value.
    """
    for delimiter in (";", ","):
        if delimiter.encode() in content and not _DECIMAL_COMMAS.fullmatch(content):
            return delimiter
    between = content.split(b"\t")
    names_or_values = all(
        value.strip() and (len(value.split()) == 1 or not is_value(value.split()[0])) for value in between
    )
    return "\t" if len(between) > 1 and names_or_values else ""


def is_value(token: bytes) -> bool:
    """Whether a token is written as a number, allowed or not (nan, inf)."""
    return bool(NUMBER.fullmatch(token) or _NOT_FINITE.fullmatch(token))


def starts_with_value(content: bytes) -> bool:
    """Whether a line begins with a number; '1.txt' is a name, '1,2' the start of a row."""
    return is_value(re.split(rb"[\s,;]", content, maxsplit=1)[0])


def value_fault(value: bytes) -> tuple[str, str] | None:
    """What is wrong with one value of a data file, and what to do about it; None for a good number."""
    shown = quoted(text_of(value))
    if NUMBER.fullmatch(value):
        if abs(float(value)) >= LIMIT:
            return f"{shown} is too large for a 32-bit float", "scale the values down"
        return None
    if not value:
        return "the value is missing", "write a number, or take the row out"
    if _NOT_FINITE.fullmatch(value):
        return f"{shown} is not allowed", "replace the value, or take the row out"
    advice = "correct it, or take the row out"
    if _DECIMAL_COMMA.fullmatch(value) or _DECIMAL_COMMAS.fullmatch(value):
        advice = "write decimals with a point"
    elif len(value.split()) > 1:
        advice = "separate all values of a file alike"
    return f"expected a number, found {shown}", advice


def check_values(values: list[bytes], path: str, line: int, first: int = 1) -> None:
    """Raise DataError with line and column for the first bad value; `first` is the column of values[0]."""
    for column, value in enumerate(values, first):
        fault = value_fault(value)
        if fault:
            raise DataError(fault[0], path=path, line=line, column=column, advice=fault[1])


def is_header(content: bytes, following: bytes, delimiter: str) -> bool:
    """Whether a line names columns: no number in it, and as many names as the next line has values."""
    names = header_names(content, delimiter)
    values = fields(following, delimiter)
    return (
        len(values) == len(names)
        and all(names)
        and not any(is_value(name.encode()) for name in names)
        and all(map(is_value, values))
    )


def header_names(content: bytes, delimiter: str) -> tuple[str, ...]:
    """Column names, without the quotes a spreadsheet puts around them; within quotes a delimiter is part of the name."""
    between = re.escape(delimiter.encode()) or rb"\s"
    # A quoted name, or anything up to the next delimiter.
    pattern = rb"\s*(?:\"([^\"]*)\"|'([^']*)'|([^%b]*))\s*(?:%b|$)" % (between, between)
    names = [next(filter(None, found), b"") for found in re.findall(pattern, content.strip())]
    # The pattern also matches the empty rest after the last name.
    return tuple(text_of(name.strip()) for name in names[:-1])


def text_of(value: bytes) -> str:
    """Bytes as text for a message or a name; bytes that are not UTF-8 become U+FFFD."""
    return value.decode("utf-8", "replace")
