"""The text of a row: how one line of a data file is split into values, and which values are wrong."""

from __future__ import annotations

import re
import unicodedata

from anncli.errors import DataError, quoted
from anncli.limits import FLOAT32_MAX, NUMBER_PATTERN

NUMBER = re.compile(NUMBER_PATTERN.encode())
# nan and inf, also as the C runtime of Windows writes them: 1.#INF, -1.#IND, 1.#QNAN0.
_NOT_FINITE = re.compile(
    rb"[+-]?(?:nan(?:\(.*\))?|inf|infinity|[0-9]*(?:\.[0-9]*)?#(?:inf|ind|qnan|snan|nan)[0-9]*)", re.IGNORECASE
)
_DECIMAL_COMMA = re.compile(rb"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
# Numbers with separated thousands: 1,234,567 or 1.234,5 or 1'234.
_THOUSANDS = re.compile(rb"[+-]?[0-9]{1,3}(?:[.,'][0-9]{3})+(?:[.,][0-9]+)?")
_FORTRAN = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[dD][+-][0-9]+")
_HEXADECIMAL = re.compile(rb"[+-]?0[xX][0-9a-fA-F.]+(?:[pP][+-]?[0-9]+)?")
_GROUPED = re.compile(rb"[+-]?[0-9]+(?:_[0-9]+)+")
_PERCENTAGE = re.compile(rb"[+-]?[0-9.]+ ?%")
_FOREIGN_NUMBERS = (_DECIMAL_COMMA, _THOUSANDS, _FORTRAN, _HEXADECIMAL, _GROUPED, _PERCENTAGE)
_DASHES = "\u2212\u2013\u2010\uff0d"
# Not compiled at once: that takes long, and few files need it.
_FOREIGN_CHARACTERS = rf"[+\-{_DASHES}]?[\d.]+(?:[eE][+\-{_DASHES}]?\d+)?"
# Half a step above the largest float32: numbers from here on round to infinity.
LIMIT = FLOAT32_MAX + 2.0**103

# '' means any run of blanks and tabs.
DELIMITERS = ("", ",", ";", "\t", "|")

# What a spreadsheet writes into a cell that it cannot compute. It is a value, although it begins as a comment does.
_CELL_ERROR = rb"(?:N/A|DIV/0!|VALUE!|REF!|NAME\?|NUM!|NULL!|SPILL!|CALC!)(?=[\s,;|\"]|$)"
# A comment begins at the start of a line or after a blank: a '#' inside a value is part of it.
_COMMENT = re.compile(rb"(?:^|(?<=[ \t\r\v\f]))#(?!" + _CELL_ERROR + rb")[^\n]*", re.MULTILINE)
# A line that holds more than blanks and a comment.
CONTENT = re.compile(rb"^[ \t\r\v\f]*(?:[^#\s]|#(?=" + _CELL_ERROR + rb"))", re.MULTILINE)
_QUOTED_NUMBER = re.compile(rb'"[ \t]*(' + NUMBER_PATTERN.encode() + rb')[ \t]*"')
_END_OF_VALUE = re.compile(rb"[\s,;|]")


def without_comments(text: bytes) -> bytes:
    """One or more lines of values without their comments; line ends stay."""
    return _COMMENT.sub(b"", text)


def strip_comment(line: bytes | bytearray) -> bytes:
    """A line of values without its comment and without blanks at its ends."""
    return without_comments(bytes(line)).strip() if b"#" in line else bytes(line.strip())


def content_lines(block: bytes | bytearray, limit: int) -> list[bytes]:
    """The first `limit` lines of a block that hold more than blanks and comments."""
    return [content.strip() for _, content in numbered_lines(block, limit)]


def numbered_lines(block: bytes | bytearray, limit: int) -> list[tuple[int, bytes]]:
    """The same lines with their numbers, counted from 1 in the block; a tab at either end of a line stays."""
    found: list[tuple[int, bytes]] = []
    end, number = 0, 1
    # The expression passes over empty lines and comments much faster than a loop over lines.
    while len(found) < limit and (match := CONTENT.search(block, end)):
        start = match.start()
        number += block.count(b"\n", end, start)
        end = block.find(b"\n", start) + 1 or len(block)
        found.append((number, _without_comment(bytes(block[start:end])).strip(b" \r\n\v\f")))
        number += 1
    return found


def _without_comment(line: bytes) -> bytes:
    """A line of values or of names. Among names a '#' begins a comment only between blanks: it may be part of a name."""
    if b"#" not in line:
        return line
    values = without_comments(line)
    return values if starts_with_value(values.strip()) else re.split(rb"\s#\s", line, maxsplit=1)[0]


def unquoted_numbers(text: bytes) -> bytes:
    """The text with the quotes around numbers taken away; quotes around anything else stay."""
    return _QUOTED_NUMBER.sub(rb"\1", text)


def fields(content: bytes, delimiter: str) -> list[bytes]:
    """The values of a line as they are written; delimiter '' means any run of blanks and tabs."""
    if b'"' in content:
        return _quoted_fields(unquoted_numbers(content), delimiter)
    return [value.strip() for value in content.split(delimiter.encode())] if delimiter else content.split()


def _quoted_fields(content: bytes, delimiter: str) -> list[bytes]:
    """As fields(), but a delimiter between double quotes is part of a value, and the quotes around a value go."""
    between = re.escape(delimiter.encode()) if delimiter else rb"\s"
    pieces = re.findall(rb'(?:"(?:[^"]|"")*"|[^%b"]|")+|%b' % (between, between), content)
    values = [b""]
    for piece in pieces:
        if re.fullmatch(between, piece):
            values += [b""] if delimiter or values[-1] else []
        else:
            values[-1] = piece.strip()
    values = values if delimiter or values[-1] else values[:-1]
    return [value[1:-1].strip() if re.fullmatch(rb'"[^"]*"', value) else value for value in values]


def is_value(token: bytes) -> bool:
    """Whether a token is written as a number, allowed or not (nan, inf)."""
    return bool(NUMBER.fullmatch(token) or _NOT_FINITE.fullmatch(token))


def is_foreign_number(token: bytes) -> bool:
    """Whether a token that is no value looks like a number of another program or culture: 1,5 or 0x1p3 or 2.5D+00.

    Such a word is a misspelt value, never a column name.
    """
    if is_value(token):
        return False
    if token.isascii():
        return any(pattern.fullmatch(token) for pattern in _FOREIGN_NUMBERS)
    return re.fullmatch(_FOREIGN_CHARACTERS, text_of(token)) is not None


def starts_with_value(content: bytes) -> bool:
    """Whether a line begins with a number; '1.txt' is a name, '1,2' the start of a row."""
    quoted_value = re.match(rb'"([^"]*)"', content)
    return is_value(quoted_value[1].strip() if quoted_value else _END_OF_VALUE.split(content, maxsplit=1)[0])


def value_fault(value: bytes) -> tuple[str, str] | None:
    """What is wrong with one value of a data file, and what to do about it; None for a good number."""
    text = text_of(value)
    shown = quoted(text)
    if NUMBER.fullmatch(value):
        if abs(float(value)) >= LIMIT:
            return f"{shown} is too large for a 32-bit float", "scale the values down"
        return None
    if not value:
        return "the value is missing", "write a number, or take the row out"
    if _NOT_FINITE.fullmatch(value):
        return f"{shown} is not allowed", "replace the value, or take the row out"
    return f"expected a number, found {shown}{_odd_character(text)}", _advice(value, text)


def _advice(value: bytes, text: str) -> str:
    """What to do about a value that is no number."""
    advice = "correct it, or take the row out"
    if _THOUSANDS.fullmatch(value):
        advice = "write decimals with a point, and thousands without a mark between them"
    elif _DECIMAL_COMMA.fullmatch(value) or decimal_comma_between_blanks(value):
        advice = "write decimals with a point"
    elif _FORTRAN.fullmatch(value):
        advice = "write exponents with E"
    elif b"#" in value and NUMBER.fullmatch(value.split(b"#", 1)[0]):
        advice = "write a blank before the # of a comment"
    elif text[0] in _DASHES and NUMBER.fullmatch(value[len(text[0].encode()) :]):
        advice = "write the minus sign as -"
    elif value in (b"%", b"//", b"!", b"--", b"*", b"@"):
        advice = "comments begin with #"
    elif len(value.split()) > 1:
        advice = "separate all values of a file alike"
    return advice


def _odd_character(text: str) -> str:
    """The first character beyond ASCII by its number and name, because it may look like another one."""
    for character in text:
        if character > "\x7f" and character != "\ufffd" and not character.isalpha():
            return f" (U+{ord(character):04X} {unicodedata.name(character, 'without a name')})"
    return ""


def decimal_comma_between_blanks(content: bytes) -> bool:
    """Whether a line is a row of numbers between blanks, at least one of them with a decimal comma: `2,5 3 -0,25`."""
    values = content.split()
    commas = [value for value in values if _DECIMAL_COMMA.fullmatch(value)]
    return len(values) > 1 and bool(commas) and all(NUMBER.fullmatch(v) or _DECIMAL_COMMA.fullmatch(v) for v in values)


def check_values(values: list[bytes], path: str, line: int, first: int = 1) -> None:
    """Raise DataError with line and column for the first bad value; `first` is the column of values[0]."""
    for column, value in enumerate(values, first):
        fault = value_fault(value)
        if fault:
            raise DataError(fault[0], path=path, line=line, column=column, advice=fault[1])


def header_names(content: bytes, delimiter: str) -> tuple[str, ...]:
    """Column names, without the quotes a spreadsheet puts around them; within quotes a delimiter is part of the name."""
    between = re.escape(delimiter.encode()) or rb"\s"
    blanks = rb"[ \r\v\f]*" if delimiter == "\t" else rb"\s*"
    # A quoted name, or anything up to the next delimiter.
    pattern = rb"%b(?:\"([^\"]*)\"|'([^']*)'|([^%b]*))%b(?:%b|$)" % (blanks, between, blanks, between)
    names = [next(filter(None, found), b"") for found in re.findall(pattern, content.strip(b" \r\n\v\f"))]
    # The pattern also matches the empty rest after the last name.
    return tuple(text_of(name.strip()) for name in names[:-1])


def text_of(value: bytes) -> str:
    """Bytes as text for a message or a name; bytes that are not UTF-8 become U+FFFD."""
    return value.decode("utf-8", "replace")
