"""Targets from label columns: numbers to predict, or for each of several labels whether a row has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from anncli.arrays import Array
from anncli.dataset.class_labels import PAIRS
from anncli.errors import AnnError, quoted
from anncli.tables import MISSING, Table, word_number

Fault = Callable[[str, str, int | None], AnnError]


def targets_of(table: Table, names: Sequence[str], fault: Fault) -> Array:
    """The numbers (n, n_targets) float32 in the label columns, nan where one is missing.

    Args: fault: makes an error of message, advice and line. Raises: the error for a word and for a number beyond 32 bits.
    """
    targets = np.empty((table.n_rows, len(names)), dtype=np.float32)
    for place, name in enumerate(names):
        column = table.column(name).as_numbers()
        if column is None or column.numbers is None:
            row, word = _first_word(table, name)
            message = f"the label {quoted(name)}: expected a number, found {quoted(word)}"
            raise fault(message, "correct it, or say --task classification", table.line_of(row))
        with np.errstate(over="ignore"):
            targets[:, place] = column.numbers
        too_large = np.isinf(targets[:, place])
        if too_large.any():
            message = f"the label {quoted(name)} is too large for a 32-bit float"
            raise fault(message, "scale it down", table.line_of(int(np.argmax(too_large))))
    return targets


def _first_word(table: Table, name: str) -> tuple[int, str]:
    """The first row with a word that is no number, and the word."""
    column = table.column(name)
    assert column.codes is not None
    for row, code in enumerate(column.codes.tolist()):
        if code != MISSING and word_number(column.words[code]) is None:
            return row, column.words[code]
    return 0, ""


def flags_of(table: Table, names: Sequence[str], fault: Fault) -> Array:
    """For each label column whether the row has that label: 1 or 0 (n, n_labels) float32, nan where it is missing.

    The cells are 1 and 0, or another pair of words for yes and no. Raises: the error for other words.
    """
    value = {word: 1.0 - place for pair in PAIRS for place, word in enumerate(pair)}
    flags = np.empty((table.n_rows, len(names)), dtype=np.float32)
    for place, name in enumerate(names):
        column = table.column(name).as_words()
        assert column.codes is not None
        own = np.array([*(value.get(word.lower(), 2.0) for word in column.words), np.nan], dtype=np.float32)
        flags[:, place] = own[column.codes]
        if (flags[:, place] == 2).any():
            row = int(np.argmax(flags[:, place] == 2))
            message = f"the label {quoted(name)}: expected 1 or 0, found {quoted(column.words[column.codes[row]])}"
            advice = "write 1 where the row has the label and 0 where not; for classes name one column with --label"
            raise fault(message, advice, table.line_of(row))
    return flags
