"""Rows of a text table: a piece of text into columns of numbers and words, with the place of the first fault."""

from __future__ import annotations

from anncli.compiled.table_syntax import Rows, Syntax
from anncli.compiled.table_text_python import parse_rows_python


def parse_rows(text: bytes, start: int, syntax: Syntax, is_last: bool, most_rows: int) -> Rows:
    """The rows of text[start:], at most `most_rows` of them and none after the first with a flaw.

    Args: text, UTF-8 without NUL; start, where a row begins; is_last, the text ends with a line end and nothing follows;
        otherwise a row whose end is not in the text is left for the next call.
    """
    return parse_rows_python(text, start, syntax, is_last, most_rows)
