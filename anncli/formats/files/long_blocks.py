"""Long literal blocks of a YAML text, taken out before the parser, which reads a character at a time: blocks of numbers and of words."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import accumulate
from typing import NamedTuple

# Shorter texts and blocks are no work for the parser.
_LONG_TEXT, _LONG_BLOCK = 1 << 16, 1 << 12
_HEADER = re.compile(r"( *)(?:- |[a-z_]+: )\|\n")
_INDENT = re.compile(" +")
# What ends a line besides a line feed, and what no document holds; compiled where it is needed. ASCII of this kind is left to the checksum of the file.
_SPECIAL = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
# The one line that stands for a block.
_MARK = "0"


class LayoutError(Exception):
    """A block was taken out that the parser reads otherwise."""


class LongBlocks(NamedTuple):
    """A text without its long blocks. lines: the line, counted from 0, of the header of each in this text; contents: what the parser would
    read of it; removed: how many lines of the whole text the blocks up to this one are longer."""

    text: str
    lines: tuple[int, ...] = ()
    contents: tuple[str, ...] = ()
    removed: tuple[int, ...] = ()

    def content(self, line: int, value: str) -> str:
        """The content of the block whose header stands in this line of the shorter text, or the value that the parser read there."""
        place = bisect_left(self.lines, line)
        if place == len(self.lines) or self.lines[place] != line:
            return value
        if value != f"{_MARK}\n":
            raise LayoutError
        return self.contents[place]

    def whole_line(self, line: int) -> int:
        """The line of the whole text for a line of the shorter one."""
        place = bisect_left(self.lines, line)
        return line + self.removed[place - 1] if place else line


def take_out(text: str, start: int) -> LongBlocks:
    """The text without the long blocks after `start`, each of which is one line in its place; blocks that are not laid out as ann writes them
    may stay."""
    if len(text) - start < _LONG_TEXT:
        return LongBlocks(text)
    pieces, lines, contents, counts = list[str](), list[int](), list[str](), list[int]()
    done, at, n_lines = 0, start, 0
    while (bar := text.find("|\n", at)) >= 0:
        at = bar + 2
        indent = _indent_below(text, bar)
        own, end = _lines_of(text, at, indent) if indent else ([], at)
        if end - at < _LONG_BLOCK or _goes_on(text, end, indent):
            continue
        content = "".join(own)
        if not content.isascii() and re.search(_SPECIAL, content):
            continue
        n_lines += text.count("\n", done, at)
        lines.append(n_lines - 1)
        n_lines += 1
        pieces.append(f"{text[done:at]}{indent}{_MARK}\n")
        contents.append(content)
        counts.append(len(own) - 1)
        done = at = end
    return LongBlocks("".join(pieces) + text[done:], tuple(lines), tuple(contents), tuple(accumulate(counts)))


def _indent_below(text: str, bar: int) -> str:
    """The blanks with which the block begins whose header ends at this bar; '' where the line is no header of a block."""
    header = _HEADER.fullmatch(text, text.rfind("\n", 0, bar) + 1, bar + 2)
    indent = _INDENT.match(text, bar + 2)
    return indent[0] if header and indent and len(indent[0]) > len(header[1]) else ""


def _lines_of(text: str, at: int, indent: str) -> tuple[list[str], int]:
    """The lines from `at` on that begin with this indent, without it and with their ends, and where they end."""
    lines, width = list[str](), len(indent)
    while text.startswith(indent, at):
        end = text.find("\n", at) + 1
        if not end:
            break
        lines.append(text[at + width : end])
        at = end
    return lines, at


def _goes_on(text: str, at: int, indent: str) -> bool:
    """Whether the line at this place belongs to the block above it: a blank one, or the last one of the text, without an end."""
    end = text.find("\n", at)
    line = text[at : end if end >= 0 else len(text)]
    return at < len(text) and (not line.strip() or line.startswith(indent))
