"""Data against a trained network, or a set against the training set: numbers far from those of the training rows, words and
classes that are not among them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from anncli.dataset.column_kinds import is_identifier
from anncli.dataset.column_view import ColumnView
from anncli.dataset.findings import Examined, Finding, fraction_of
from anncli.errors import nearest, quoted

# Numbers so many deviations from the center are far from the training rows.
FAR = 10.0
# Unknown words in more rows than this fraction are serious.
_SERIOUS = 0.01


class KnownColumn(NamedTuple):
    """What a network says about a column of its training rows.

    low, high: numbers that are no surprise; why: what they are, in words; levels: the words of a category, None for numbers.
    """

    low: float = -np.inf
    high: float = np.inf
    why: str = ""
    levels: frozenset[str] | None = None


class Known(NamedTuple):
    """What is known about columns, and the classes of labels; lacks: who does not know other words, for messages."""

    columns: Mapping[str, KnownColumn]
    classes: Mapping[str, Collection[str]]
    lacks: str = "the network does not know"


def known_of(rows: Examined) -> Known:
    """What the training rows have: words and classes, and numbers in a range three times as wide as theirs."""
    columns, classes = dict[str, KnownColumn](), dict[str, Collection[str]]()
    for name in rows.whole:
        view = ColumnView(rows.column_of(name))
        if view.is_number and view.n_values > 1:
            low, high = float(view.sorted[0]), float(view.sorted[-1])
            why = f"far outside the range of {rows.shown}, {low:.6g} to {high:.6g}"
            columns[name] = KnownColumn(2 * low - high, 2 * high - low, why)
        elif not view.is_number and name in rows.labels:
            classes[name] = view.words
        elif not view.is_number and not is_identifier(view.column):
            columns[name] = KnownColumn(levels=frozenset(view.words))
    return Known(columns, classes, f"{rows.shown} does not have")


def find_unknown(rows: Examined, known: Known) -> Iterator[Finding]:
    """Cells whose like is not known."""
    for name, levels in known.classes.items():
        if name in rows.table.by_name:
            yield from _strange(rows, ColumnView(rows.column_of(name)), frozenset(levels), "class", known.lacks)
    for name, facts in known.columns.items():
        if name not in rows.table.by_name:
            continue
        if facts.levels is not None:
            yield from _strange(rows, ColumnView(rows.table.column(name).as_words()), facts.levels, "word", known.lacks)
            continue
        column = rows.table.column(name).as_numbers()
        if column is None or column.numbers is None:
            message = f"column {quoted(name)} holds words among its numbers, which {known.lacks}"
            yield rows.finding("unknown-words", True, message, "correct them, or name them with --na", name=name)
            continue
        with np.errstate(invalid="ignore"):
            is_far = (column.numbers < facts.low) | (column.numbers > facts.high)
        if count := int(np.count_nonzero(is_far)):
            row = int(np.argmax(is_far))
            message = f"column {quoted(name)}: {fraction_of(count, rows.n_rows)} numbers ({float(column.numbers[row]):.6g}) are {facts.why}"
            advice = "a network says little about such rows: look at units and mistakes, or train with rows like them"
            yield rows.finding("range", True, message, advice, name=name, row=row, count=count)


def _strange(rows: Examined, view: ColumnView, levels: frozenset[str], what: str, lacks: str) -> Iterator[Finding]:
    """Words that are no level, as one finding with the most frequent of them."""
    strange = [place for place, word in enumerate(view.words) if word not in levels]
    if not strange:
        return
    most = max(strange, key=lambda place: int(view.counts[place]))
    count = int(view.counts[strange].sum())
    more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
    column = "the label" if what == "class" else "column"
    message = f"{column} {quoted(view.name)}: {fraction_of(count, rows.n_rows)} rows have a {what} that {lacks}: {quoted(view.words[most])}{more}"
    near = nearest(view.words[most], levels)
    advice = f"is it {quoted(near)}?" if near else "correct it, or train with rows that have it"
    is_serious = what == "class" or count > _SERIOUS * rows.n_rows
    yield rows.finding("unknown-words", is_serious, message, advice, name=view.name, row=view.row_of(most), count=count)
