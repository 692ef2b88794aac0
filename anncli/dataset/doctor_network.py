"""Data against a trained network: numbers far from its training rows, words and classes that it does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from anncli.dataset.column_view import ColumnView
from anncli.dataset.findings import Examined, Finding, fraction_of
from anncli.errors import nearest, quoted

# Numbers so many deviations from the center are far from the training rows.
FAR = 10.0


class KnownColumn(NamedTuple):
    """What a network says about a column of its training rows.

    low, high: numbers that are no surprise; why: what they are, in words; levels: the words of a category, None for numbers.
    """

    low: float = -np.inf
    high: float = np.inf
    why: str = ""
    levels: frozenset[str] | None = None


def find_unknown(
    rows: Examined, known: Mapping[str, KnownColumn], classes: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    """Cells that the network has not seen the like of.

    Args: known: for input columns; classes: for label columns, the classes that the network predicts.
    """
    for name, levels in classes.items():
        if name in rows.table.by_name:
            yield from _strange(rows, ColumnView(rows.column_of(name)), frozenset(levels), "class")
    for name, facts in known.items():
        if name not in rows.table.by_name:
            continue
        if facts.levels is not None:
            yield from _strange(rows, ColumnView(rows.table.column(name).as_words()), facts.levels, "word")
            continue
        column = rows.table.column(name).as_numbers()
        if column is None or column.numbers is None:
            message = f"column {quoted(name)} holds words, and the network was trained on numbers"
            yield rows.finding("unknown-words", True, message, "correct them, or name them with --na", name=name)
            continue
        with np.errstate(invalid="ignore"):
            is_far = (column.numbers < facts.low) | (column.numbers > facts.high)
        if count := int(np.count_nonzero(is_far)):
            row = int(np.argmax(is_far))
            message = f"column {quoted(name)}: {fraction_of(count, rows.n_rows)} numbers ({float(column.numbers[row]):.6g}) are {facts.why}"
            advice = "the network says little about such rows: look at units and mistakes, or train with rows like them"
            yield rows.finding("range", True, message, advice, name=name, row=row, count=count)


def _strange(rows: Examined, view: ColumnView, levels: frozenset[str], what: str) -> Iterator[Finding]:
    """Words that are no level, as one finding with the most frequent of them."""
    strange = [place for place, word in enumerate(view.words) if word not in levels]
    if not strange:
        return
    most = max(strange, key=lambda place: int(view.counts[place]))
    count = int(view.counts[strange].sum())
    more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
    whose = "the label" if what == "class" else "column"
    message = f"{whose} {quoted(view.name)}: {fraction_of(count, rows.n_rows)} rows have a {what} that the network does not know: {quoted(view.words[most])}{more}"
    near = nearest(view.words[most], levels)
    advice = f"is it {quoted(near)}?" if near else "the network was trained without it"
    yield rows.finding("unknown-words", True, message, advice, name=view.name, row=view.row_of(most), count=count)
