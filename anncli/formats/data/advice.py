"""What to do about a table among files of one class each, which has its classes in one of its columns."""

from __future__ import annotations

import shlex

from anncli.compiled.row_text import NUMBER, is_foreign_number, is_value, text_of
from anncli.errors import DataError, quoted
from anncli.formats.data.layout import Layout

# Words that stand for a missing value; a column of them is no column of words.
_MISSING = {b"NA", b"N/A", b"NULL", b"NONE", b"MISSING", b"?", b"-", b".", b""}
# More different whole numbers than these are no classes.
_MOST_CLASSES = 20


def text_column_fault(layout: Layout, fault: DataError) -> DataError | None:
    """The error for a value that is a word like all others of its column; None if other rows have numbers there."""
    column = (fault.column or 0) - 1
    values = [row[column] for row in layout.rows if column < len(row)]
    if column < 0 or len(values) < 2 or len(values) < len(layout.rows) or not all(map(_is_word, values)):
        return None
    name = f" ('{layout.names[column]}')" if layout.names else ""
    words = ", ".join(quoted(text_of(value)) for value in list(dict.fromkeys(values))[:3])
    word = shlex.quote(layout.names[column] if layout.names else str(column + 1))
    advice = f"if it holds the classes, say --label {word}; ann predict leaves it out with --ignore {word}"
    message = f"column {column + 1}{name} holds words ({words}), not numbers"
    return DataError(message, path=fault.path, line=fault.line, column=fault.column, advice=advice)


def _is_word(value: bytes) -> bool:
    known = is_value(value) or is_foreign_number(value) or value.upper() in _MISSING
    return not known and b"#" not in value and any(character.isalpha() for character in text_of(value))


def class_column_advice(layout: Layout) -> str:
    """More advice for rows with one value too many, where the last one may be their class; '' where it cannot be."""
    last = {row[-1] for row in layout.rows}
    if (
        len(layout.rows) < 2
        or len(last) > min(_MOST_CLASSES, len(layout.rows) // 2)
        or not all(map(NUMBER.fullmatch, last))
    ):
        return ""
    return "; if the last column is the class, say --label last"
