"""What to do about a table that has its classes in one of its columns: messages and the command that splits the file."""

from __future__ import annotations

import os
import shlex

import numpy as np

from anncli.compiled.row_text import NUMBER, is_foreign_number, is_value, text_of
from anncli.dataset.dataset import UNLABELLED, Dataset
from anncli.errors import DataError, quoted
from anncli.formats.data.layout import Layout
from anncli.formats.files.packers import without_packing
from anncli.formats.files.textfile import Path, shown_name

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
    advice = "leave it out, or write numbers for its words"
    width = len(layout.rows[0])
    if column in (0, width - 1) and len(layout.rows[0]) > 1:
        advice = "if it is the class, " + split_command(
            fault.path or "", layout.delimiter, column > 0, bool(layout.names)
        )
    message = f"column {column + 1}{name} holds words ({words}), not numbers"
    return DataError(message, path=fault.path, line=fault.line, column=fault.column, advice=advice)


def _is_word(value: bytes) -> bool:
    known = is_value(value) or is_foreign_number(value) or value.upper() in _MISSING
    return not known and b"#" not in value and any(character.isalpha() for character in text_of(value))


def class_column_advice(layout: Layout, shown: str) -> str:
    """More advice for rows with one value too many, where the last one may be their class; '' where it cannot be."""
    last = {row[-1] for row in layout.rows}
    if (
        len(layout.rows) < 2
        or len(last) > min(_MOST_CLASSES, len(layout.rows) // 2)
        or not all(map(NUMBER.fullmatch, last))
    ):
        return ""
    return "; if the last column is the class, " + split_command(shown, layout.delimiter, True, bool(layout.names))


def check_class_column(data: Dataset, path: Path) -> None:
    """Raises DataError for a table without labels whose last column may be the class, with the command that splits it."""
    last = np.unique(data.inputs[:, -1])
    few = len(last) <= min(_MOST_CLASSES, data.n_samples // 2) and (last == np.round(last)).all()
    if data.n_inputs < 2 or not few or (data.labels != UNLABELLED).any():
        return
    name = os.fspath(path)
    delimiter = {".csv": ",", ".tsv": "\t"}.get(os.path.splitext(without_packing(name))[1].lower(), "")
    values = ", ".join(f"{value:g}" for value in last[:5].tolist()) + (", ..." if len(last) > 5 else "")
    advice = (
        f"if column {data.n_inputs} ({values}) is the class, {split_command(name, delimiter, True, bool(data.columns))}"
    )
    raise DataError("no row carries a class", path=shown_name(path), advice=advice)


def split_command(path: str, delimiter: str, is_last: bool, has_names: bool) -> str:
    """Advice with the command that writes the rows of each class into a file of its own, without the class."""
    between = {"\t": "\\t", "|": "[|]"}.get(delimiter, delimiter)
    cut = {
        ("", True): "sub(/[ \\t]+[^ \\t]+[ \\t]*$/, \"\")",
        ("", False): "sub(/^[ \\t]*[^ \\t]+/, \"\")",
    }.get((delimiter, is_last)) or (f'sub(/{between}[^{delimiter}]*$/, "")' if is_last else f'sub(/^[^{delimiter}]*{between}/, "")')  # fmt: skip
    option = f" -F'{between}'" if delimiter else ""
    ending = ".csv" if delimiter else ".txt"
    take = f'{{ f = ${"NF" if is_last else "1"} "{ending}"; {cut}; print > f }}'
    rows = "NR > 1 " if has_names else ""
    return f"give one file per class without it: awk{option} '{rows}{take}' {shlex.quote(path)}"
