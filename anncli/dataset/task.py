"""The task: whether the answers of a table are classes or numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from anncli.dataset.word_columns import number_doubt
from anncli.errors import AnnError, quoted
from anncli.tables import TableColumn, word_number

TASKS = ("classification", "regression")

# More different whole numbers than these are no classes. Chosen on the tables that the program was developed with.
_MOST_WHOLE = 20


def task_of(
    labels: Sequence[TableColumn],
    asked: str | None,
    declared: str,
    linear_output: bool,
    fault: Callable[[str, str], AnnError],
) -> str:
    """'classification' or 'regression': as asked, as the network's output layer says, as the file declares, or as the
    values of the label columns show.

    Args: fault: makes the error to raise from a message and an advice.
    Raises: the error where both readings are possible, and for answers that are words where numbers were asked for.
    """
    found = asked or ("regression" if linear_output else declared) or None
    if found == "regression":
        for column in labels:
            if column.numbers is None:
                message = f"the label {quoted(column.name)} holds words ({_some(column)}), not numbers"
                raise fault(message, "say --task classification, or name another column with --label")
    if found is not None:
        return found
    for column in labels:
        if doubt := number_doubt(column):
            message = f"the label {quoted(column.name)} {doubt}"
            raise fault(
                message,
                "correct them, name those that stand for missing values with --na, or say --task classification",
            )
    readings = {_reading(column) for column in labels}
    if len(readings) == 1 and None not in readings:
        return next(iter(readings)) or ""
    column = next((column for column in labels if _reading(column) is None), labels[0])
    message = f"the label {quoted(column.name)} holds the whole numbers {_some(column)}: they can be classes or numbers"
    if len(readings - {None}) > 1:
        message = (
            f"of the labels {', '.join(quoted(c.name) for c in labels)} some look like classes, others like numbers"
        )
    raise fault(message, "say --task classification or --task regression")


def _reading(column: TableColumn) -> str | None:
    """What the values of a column show; None where they can be both."""
    if column.numbers is None:
        return "classification"
    values = np.unique(column.numbers[~np.isnan(column.numbers)])
    if len(values) <= 2:
        return "classification"
    if len(values) > _MOST_WHOLE or (values != np.round(values)).any():
        return "regression"
    return None


def _some(column: TableColumn) -> str:
    words = sorted_words(column.as_words().words)
    return ", ".join(words[:5]) + (", ..." if len(words) > 5 else "")


def sorted_words(words: Sequence[str]) -> tuple[str, ...]:
    """Words in the order of classes and levels: numbers by value before other words, which are in alphabetical order."""
    return tuple(sorted(words, key=_sort_key))


def _sort_key(word: str) -> tuple[bool, float, str]:
    number = word_number(word)
    return number is None, number or 0.0, word
