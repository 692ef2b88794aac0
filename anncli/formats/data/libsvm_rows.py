"""What rows of libsvm files are: the column of their labels, and what is wrong with a row that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.compiled.number_text import Pairs, is_number, read_row
from anncli.compiled.row_text import text_of, value_fault
from anncli.errors import DataError, quoted
from anncli.tables import MISSING, TableColumn, number_word

LABEL, QUERY = "label", "qid"
#: In place of the label of a line without one.
NO_LABEL = b"?"


def have_labels(words: Sequence[bytes], n_rows: int) -> bool:
    """Whether any of so many rows has a label; words: of those labels that are no numbers."""
    return len(words) < n_rows or any(word != NO_LABEL for word in words)


def label_column(pairs: Pairs, na: tuple[str, ...]) -> tuple[TableColumn, str]:
    """The labels, and whether they are classes or numbers: whole numbers and words are classes, fractions are numbers."""
    missing = {word.lower() for word in na}
    words = [None if text_of(word).lower() in missing else text_of(word) for word in pairs.words]
    if not any(words):
        numbers = pairs.labels[~np.isnan(pairs.labels)]
        is_whole = bool((numbers == np.floor(numbers)).all())
        return TableColumn(LABEL, pairs.labels), "classification" if is_whole else "regression"
    places: dict[str, int] = {}
    others = iter(words)
    codes = np.empty(len(pairs.labels), dtype=np.int32)
    for row, label in enumerate(pairs.labels.tolist()):
        word = next(others) if label != label else number_word(label)
        codes[row] = MISSING if word is None else places.setdefault(word, len(places))
    return TableColumn(LABEL, codes=codes, words=tuple(places)), "classification"


def row_fault(line: bytes, shown: str, number: int) -> DataError:
    """What is wrong with a row."""
    tokens = line.partition(b"#")[0].split()
    if b":" in tokens[0]:
        message = f"the row begins with {quoted(text_of(tokens[0]))}, where its label should stand"
        advice = "write the label of the row first, 0 where it is not known"
        return DataError(message, path=shown, line=number, column=1, advice=advice)
    last = -1
    for column, token in enumerate(tokens[1:], 2):
        index, colon, value = token.partition(b":")
        message, advice = f"expected index:value, found {quoted(text_of(token))}", "write for example 3:0.5"
        if token.startswith(b"qid:"):
            message, advice = f"a misplaced or wrong query {quoted(text_of(token))}", "write qid:N after the label"
            good = column == 2 and read_row([b"0", token]) is not None
        elif colon and index.isdigit() and value:
            fault = None if value.lower() == b"nan" or is_number(value) else value_fault(value)
            good = len(index) <= 9 and fault is None and int(index) > last
            if fault:
                message, advice = fault
            elif len(index) > 9:
                message, advice = f"index {text_of(index[:40])} is too large", "count the columns from 1"
            elif not good:
                message = f"index {int(index)} follows {last}"
                advice = "sort the pairs of a row by index, and give each index once"
            last = int(index[:10])
        else:
            good = False
        if not good:
            return DataError(message, path=shown, line=number, column=column, advice=advice)
    return DataError(f"cannot read the row {quoted(text_of(line))}", path=shown, line=number)
