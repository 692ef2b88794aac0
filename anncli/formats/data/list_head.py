"""The first lines of a list of ann1dn: how such a list is told from a table of numbers."""

from __future__ import annotations

import re

from anncli.compiled.row_text import (
    content_lines,
    is_foreign_number,
    is_value,
    numbered_lines,
    starts_with_value,
    text_of,
)
from anncli.errors import DataError, quoted
from anncli.formats.data.base import Width
from anncli.formats.data.layout import COMMENT_MARKS, guess_delimiter, is_header

BETWEEN_VALUES = re.compile(rb"[\s,;]+")
LABEL = re.compile(rb"(.*\S)\s+([+-]?[0-9]{1,9})", re.DOTALL)
# A name that can only be that of a file: with a folder or with an ending.
_FILE_NAME = re.compile(rb".*(?:[/\\]|\.[A-Za-z][A-Za-z0-9]{0,4}$)", re.DOTALL)


def looks_like_list(block: bytes) -> bool:
    """Whether a file is a list, judged by its first four lines that are neither empty nor comments.

    - The first line begins with a number (nan and inf too), or holds a comma or semicolon: rows of numbers.
    - A word and one whole number: a list; this is a name with its label.
    - A word and other numbers: rows of numbers, the first of them misspelt.
    - Only words: column names if only numbers follow and the next line has one for each name; if no numbers follow,
      a list only where they can be the name of a file; otherwise a list.
    - Numbers as other programs write them, a mark of a comment or a quote at the start: rows of numbers, with a fault.
    These lists therefore need --data-format: the first name begins with a number or holds a comma; or the first entry
    has no label, has as many words as the line below has numbers, and its numbers fill the next two lines too.
    """
    contents = content_lines(block, 4)
    if not contents or starts_with_value(contents[0]) or re.search(rb"[,;|]", contents[0]):
        return False
    first, *others = contents
    words = first.split()
    if first.startswith(b'"') or COMMENT_MARKS.match(first) or (len(words) > 1 and any(map(is_foreign_number, words))):
        return False
    if len(words) > 1 and all(map(is_value, words[1:])):
        return LABEL.fullmatch(first) is not None and len(words) == 2
    if len(words) > 1 and not LABEL.fullmatch(first) and not (others and starts_with_value(others[0])):
        # Neither numbers nor a label follow: at most the name of a file.
        return _FILE_NAME.match(first) is not None
    # With the tabs at their ends, which stand for empty cells.
    tabs = [content.count(b"\t") for _, content in numbered_lines(block, 2)]
    if others and not LABEL.fullmatch(first) and 0 < tabs[0] == tabs[1]:
        return False
    names_columns = others and is_header(first, others[0], guess_delimiter([first]))
    return not (names_columns and all(map(starts_with_value, others)))


def refuse_two_readings(head: bytes, shown: str, width: Width | None) -> None:
    """Raises DataError where a file that looks like a list may as well be a table whose first line names its columns wrongly:
    words, and below them only rows of numbers that are equally long."""
    first, *others = content_lines(head, 4)
    counts = {len([value for value in BETWEEN_VALUES.split(line) if value]) for line in others}
    if not others or LABEL.fullmatch(first) or not all(map(starts_with_value, others)) or len(counts) > 1:
        return
    n_names, n_values = len(first.split()), counts.pop()
    if n_values == 1 or (n_names == 1 and len(others) == 1) or (width is not None and width.n_values != n_values):
        return
    names = f"{n_names} column name{'s' * (n_names > 1)} above rows of {n_values} values"
    message = f"line {quoted(text_of(first))} can be the name of one row in a list, or {names}"
    raise DataError(message, path=shown, advice="say --data-format list, or correct the names")
