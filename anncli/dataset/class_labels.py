"""Classes from a label column: which classes there are, in which order, and the class of every row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import UNLABELLED, label_type
from anncli.dataset.task import sorted_words
from anncli.errors import AnnError, count_of, did_you_mean, nearest, quoted
from anncli.tables import MISSING, Table, TableColumn

# The first word of each pair is the positive class.
PAIRS = (
    ("1", "0"), ("1", "-1"), ("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("+", "-"), ("positive", "negative"),
)  # fmt: skip

Fault = Callable[[str, str, int | None], AnnError]


class Positive(NamedTuple):
    """The positive class of two, and why it is, '' where the user said so."""

    name: str
    why: str


def classes_of(column: TableColumn, positive: str | None, fault: Fault) -> tuple[tuple[str, ...], str]:
    """The classes of a label column, the positive one first where there are two, otherwise in alphabetical order,
    numbers by value; and why the positive one is, or ''.

    Args: positive: the class that the user named, or None; fault: makes an error of message, advice and line.
    Raises: the error for fewer than two classes, and for a positive class that is not there or not one of two.
    """
    worded = column.as_words()
    assert worded.codes is not None
    counts = np.bincount(worded.codes[worded.codes != MISSING], minlength=len(worded.words))
    count = {word: int(n) for word, n in zip(worded.words, counts, strict=True) if n}
    names = sorted_words(tuple(count))
    if len(names) < 2:
        only = f"only {quoted(names[0])}" if names else "nothing"
        raise fault(f"the label {quoted(column.name)} holds {only}", "give rows of at least two classes", None)
    if positive is not None and positive not in names:
        raise fault(f"--positive: no class {quoted(positive)}", did_you_mean(positive, names[:20]), None)
    if len(names) > 2:
        if positive is not None:
            message = f"--positive is for two classes, and the label {quoted(column.name)} has {len(names)}"
            raise fault(message, "leave it out", None)
        return names, ""
    found = Positive(positive, "") if positive is not None else _positive(names, count)
    return (found.name, *(name for name in names if name != found.name)), found.why


def _positive(names: Sequence[str], count: dict[str, int]) -> Positive:
    lower = {name.lower(): name for name in names}
    for one, other in PAIRS:
        if lower.keys() == {one, other}:
            return Positive(lower[one], f"of {one} and {other}")
    first, second = names
    if count[first] == count[second]:
        return Positive(second, "both are as frequent, and it is the later one in alphabetical order")
    rarer = min(names, key=lambda name: count[name])
    return Positive(rarer, "it is the rarer one")


def number_labels(table: Table, name: str, classes: Sequence[str], fault: Fault) -> Array:
    """The number of each row's class (n,), UNLABELLED for rows without a label.

    Raises: the error for a class that is not among `classes`, naming the nearest one and the line.
    """
    column = table.column(name).as_words()
    assert column.codes is not None
    # Files of patterns do not name their outputs: they are those of the network, in its order.
    are_outputs = column.is_declared and list(column.words) == [f"output {k}" for k in range(1, len(classes) + 1)]
    places = {known: number for number, known in enumerate(column.words if are_outputs else classes)}
    unknown = len(classes)
    numbers = np.array([*(places.get(word, unknown) for word in column.words), UNLABELLED], dtype=np.int32)
    labels = numbers[column.codes]
    strange = labels == unknown
    if strange.any():
        row = int(np.argmax(strange))
        word = column.words[column.codes[row]]
        shown = ", ".join(map(quoted, classes[:10])) + (", ..." if len(classes) > 10 else "")
        close = nearest(word, classes)
        message = f"class {quoted(word)} is not among the classes {shown}"
        advice = f"is it {quoted(close)}? correct the file" if close else "give rows of these classes only"
        raise fault(f"{message} ({count_of(int(strange.sum()), 'row')} in all)", advice, table.line_of(row))
    return labels.astype(label_type(len(classes)))


def check_labelled(table: Table, name: str, missing_label: str, fault: Fault) -> Array | None:
    """The rows that have a label (m,), None where all have one.

    Args: missing_label: 'drop' leaves the others out. Raises: the error for rows without a label otherwise.
    """
    missing = table.column(name).is_missing
    n = int(missing.sum())
    if not n:
        return None
    if missing_label != "drop" or n == table.n_rows:
        have = "has" if n == 1 else "have"
        message = f"{n} of {count_of(table.n_rows, 'row')} {have} no label in column {quoted(name)}"
        raise fault(message, "--missing-label drop leaves them out", table.line_of(int(np.argmax(missing))))
    return np.flatnonzero(~missing)
