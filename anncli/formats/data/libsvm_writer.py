"""Tables as libsvm text: the label, the query where rows have one, and index:value for every number that is not 0."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from anncli.errors import DataError, printable, quoted
from anncli.formats.data.cell_text import cell_texts, number_texts, with_labels
from anncli.formats.files.output import Output, opened_output
from anncli.tables import Table

_UNFIT = re.compile(r"[\s:#]|^$")


def write(target: Output, tables: Iterable[Table], labels: Sequence[str] = ()) -> None:
    """Write the tables below each other. The first row names the last index, so that the width can be read again.

    Raises: DataError for inputs that are words, for more than one label, and for labels with blanks, ':' or '#'.
    """
    is_first = True
    with opened_output(target) as file:
        for table in with_labels(tables, labels):
            file.write(_rows(table, is_first))
            is_first = is_first and not table.n_rows


def _rows(table: Table, is_first: bool) -> bytes:
    if len(table.labels) != 1:
        message = (
            f"libsvm files hold one label, found {len(table.labels)} ({printable(', '.join(table.labels)) or 'none'})"
        )
        raise DataError(message, advice="say which column is the label, or write another format")
    label = table.column(table.labels[0])
    if label.numbers is None:
        unfit = next((word for word in label.words if _UNFIT.search(word)), None)
        if unfit is not None:
            message = f"column {printable(label.name)}: the label {quoted(unfit)} holds a blank, ':' or '#'"
            raise DataError(message, advice="rename it, or write another format")
    inputs = [column for column in table.columns if column.name not in (table.labels[0], table.group)]
    worded = [column.name for column in inputs if column.numbers is None]
    if worded:
        message = f"columns with words: {printable(', '.join(worded[:5]))}; libsvm files hold numbers only"
        raise DataError(message, advice="leave these columns out, or write another format")
    pieces = [[text] for text in cell_texts(label, "?")]
    if table.group:
        for row, text in enumerate(cell_texts(table.column(table.group), "")):
            pieces[row] += [f"qid:{text}"] if text else []
    first = 0 if inputs and inputs[0].name == "0" else 1
    for index, column in enumerate(inputs, first):
        numbers = column.numbers
        assert numbers is not None
        is_kept = (numbers != 0) | np.isnan(numbers)
        if is_first and index == len(inputs) + first - 1:
            is_kept[:1] = True
        kept = np.flatnonzero(is_kept)
        gaps = np.isnan(numbers[kept])
        texts = number_texts(np.where(gaps, numbers.dtype.type(0), numbers[kept]))
        for row, text, is_gap in zip(kept.tolist(), texts, gaps.tolist(), strict=True):
            pieces[row].append(f"{index}:nan" if is_gap else f"{index}:{text}")
    return "".join(" ".join(row) + "\n" for row in pieces).encode()
