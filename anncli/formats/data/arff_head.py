"""The head of an ARFF file: its attributes with their kinds, and which of them is the answer."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from anncli.compiled.row_text import LIMIT, text_of
from anncli.errors import DataError, quoted
from anncli.tables import number_word, word_number

QUOTED = rb"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_NAME = QUOTED + rb"|[^\s'\"{%][^\s{]*"
_ATTRIBUTE = re.compile(rb"@attribute\s+(" + _NAME + rb")\s*(.*)", re.IGNORECASE | re.DOTALL)
_LEVEL = re.compile(rb"\s*(?:(" + QUOTED + rb")\s*|([^,'\"\s][^,]*)?)(?:,|\Z)", re.DOTALL)
_BEFORE_REMARK = re.compile(rb"(?:" + QUOTED + rb"|[^'\"%]|(?<=\S)%)*", re.DOTALL)
_MOST_QUOTED = 10_000
_NUMERIC = (b"numeric", b"real", b"integer")
_DATE_PARTS = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%m", "dd": "%d", "d": "%d", "HH": "%H",
    "H": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "SSS": "%f", "a": "%p", "Z": "%z", "EEE": "%a", "EEEE": "%A",
}  # fmt: skip
_DATE_PIECES = re.compile(r"'([^']*)'|([A-Za-z])\2*|([^A-Za-z']+)")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
ADVICE = "write for example @attribute age numeric, or @attribute city {york, 'new york'}"
# A quoted question mark is a word, a bare one is a missing cell.
QUOTED_MARK = b"\0?"


class Attribute(NamedTuple):
    """name; kind: 'number', 'nominal', 'string' or 'date'; words: the levels of a nominal one, in their order; places: for
    each level as it is written, and for a missing cell, its code; date_format: as strptime() takes it."""

    name: str
    kind: str
    words: tuple[str, ...] = ()
    places: dict[bytes, int] = {}  # noqa: RUF012
    date_format: str = ""

    def date_word(self, text: str) -> str | None:
        """A date as it sorts by time: 2026-11-25T12:00:00; None for a text that is no date of this format."""
        try:
            return datetime.strptime(text, self.date_format).isoformat()
        except ValueError:
            return None


def unquoted(token: bytes) -> bytes:
    """A word without its quotes and escapes."""
    if len(token) < 2 or token[:1] not in (b"'", b'"') or token[-1:] != token[:1]:
        return token
    if b"\\" in token:
        return re.sub(rb"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), token[1:-1], flags=re.DOTALL)
    return token[1:-1]


def read_attribute(line: bytes, shown: str, number: int) -> Attribute:
    """The attribute that a line declares; raises DataError for a line that declares none."""
    found = _ATTRIBUTE.fullmatch(line)
    if found is None or not found[2].strip():
        message = f"expected an attribute, found {quoted(text_of(line))}"
        raise DataError(message, path=shown, line=number, advice=ADVICE)
    name = word_text(unquoted(found[1]), shown, number)
    kind = found[2].strip()
    if kind.startswith(b"{"):
        return _nominal(name, kind, shown, number)
    word, _, rest = without_remark(kind).replace(b"\t", b" ").partition(b" ")
    rest = rest.strip()
    lower = word.lower()
    if lower in _NUMERIC and (not rest or rest.startswith(b"[")):
        return Attribute(name, "number")
    if lower == b"string" and not rest:
        return Attribute(name, "string")
    if lower == b"date":
        return Attribute(name, "date", date_format=_date_format(text_of(unquoted(rest)), name, shown, number))
    if lower == b"relational":
        message = f"attribute {quoted(name)} is relational: a table within the table, which is not read"
        raise DataError(message, path=shown, line=number, advice="write each inner row as a row of its own")
    message = f"attribute {quoted(name)}: unknown kind {quoted(text_of(kind))}"
    raise DataError(message, path=shown, line=number, advice="use numeric, string, date or {levels}")


def without_remark(line: bytes) -> bytes:
    """A line without blanks at its ends, and without a remark: a % outside quotes at its start or after a blank."""
    line = line.strip()
    if b"%" not in line:
        return line
    found = _BEFORE_REMARK.match(line)
    end = found.end() if found else 0
    if line.startswith(b"%"):
        return b""
    return line[:end].rstrip() if line[end : end + 1] == b"%" else line


def _nominal(name: str, text: bytes, shown: str, number: int) -> Attribute:
    closed = without_remark(text)
    if not closed.endswith(b"}"):
        message = f"attribute {quoted(name)}: the list of levels has no closing brace"
        raise DataError(message, path=shown, line=number, advice="write all levels in one line, and } after them")
    inside = closed[1:-1].strip()
    tokens = _level_tokens(inside)
    if tokens is None or b"" in tokens:
        message = f"attribute {quoted(name)}: the list of levels cannot be read"
        raise DataError(message, path=shown, line=number, advice="write for example {york, 'new york'}")
    levels = [unquoted(token) for token in tokens]
    words = _words([word_text(level, shown, number) for level in levels])
    if len(set(levels)) < len(levels):
        twice = next(level for k, level in enumerate(levels) if level in levels[:k])
        message = f"attribute {quoted(name)}: level {quoted(text_of(twice))} is declared twice"
        raise DataError(message, path=shown, line=number, advice="remove one")
    places = {QUOTED_MARK if level == b"?" else level: code for code, level in enumerate(levels)}
    # Most cells are written as they are, some in quotes: both are found at once. For very many it would take memory.
    few = places if len(places) <= _MOST_QUOTED else ()
    plain = [level for level in few if b"'" not in level and b'"' not in level and level != QUOTED_MARK]
    in_quotes = {quote + level + quote: places[level] for level in plain for quote in (b"'", b'"')}
    return Attribute(name, "nominal", words, in_quotes | places | {b"?": -1})


def _level_tokens(inside: bytes) -> list[bytes] | None:
    if b"," not in inside and b"'" not in inside and b'"' not in inside:
        return inside.split()
    tokens, at = [], 0
    while at < len(inside):
        found = _LEVEL.match(inside, at)
        if found is None:
            return None
        tokens.append(found[1] or (found[2] or b"").rstrip())
        at = found.end()
    return tokens


def _words(levels: list[str]) -> tuple[str, ...]:
    """The levels as words of a table: numbers as number_word() writes them, unless two of them became the same."""
    words = tuple(map(cell_word, levels))
    return words if len(set(words)) == len(words) else tuple(levels)


def cell_word(text: str) -> str:
    """A text as a word of a table (see TableColumn)."""
    number = word_number(text)
    return text if number is None or abs(number) >= LIMIT else number_word(number)


def word_text(word: bytes, shown: str, number: int) -> str:
    """A word as text; raises DataError where it is not UTF-8."""
    try:
        return word.decode()
    except UnicodeDecodeError:
        message = f"is not UTF-8 text: {quoted(text_of(word))}"
        raise DataError(message, path=shown, line=number, advice="save it as UTF-8") from None


def _date_format(text: str, name: str, shown: str, number: int) -> str:
    """Java's pattern of a date as strptime() takes it; raises DataError for one that is not known."""
    if not text:
        return "%Y-%m-%dT%H:%M:%S"
    pieces = list(_DATE_PIECES.finditer(text))
    result = []
    for piece in pieces:
        part = piece[0]
        literal = piece[1] if part.startswith("'") else piece[3]
        known = literal.replace("%", "%%") if literal is not None else _DATE_PARTS.get(part)
        # strptime() takes no part twice.
        if known is None or (literal is None and known in result):
            break
        result.append(known)
    if len(result) < len(pieces) or "".join(piece[0] for piece in pieces) != text:
        message = f"attribute {quoted(name)}: unknown pattern of dates {quoted(text)}"
        raise DataError(message, path=shown, line=number, advice="use for example 'yyyy-MM-dd HH:mm:ss'")
    return "".join(result)


def answer_of(attributes: list[Attribute]) -> tuple[tuple[str, ...], str]:
    """The label and the task: the attribute named class, else the last one, as WEKA takes it."""
    if len(attributes) < 2:
        return (), ""
    named = [attribute for attribute in attributes if attribute.name.lower() == "class"]
    chosen = named[0] if len(named) == 1 else attributes[-1]
    if chosen.kind in ("string", "date"):
        return (), ""
    return (chosen.name,), "regression" if chosen.kind == "number" else "classification"
