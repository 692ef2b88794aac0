"""Findings about single columns: constant ones, identifiers, missing values; and about columns that say the same."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator

import numpy as np

from anncli.arrays import Array
from anncli.dataset.column_kinds import is_identifier
from anncli.dataset.column_view import ColumnView
from anncli.dataset.findings import Examined, Finding, fraction_of, ignore
from anncli.dataset.word_columns import look_like_dates
from anncli.errors import quoted
from anncli.tables import TableColumn

# Fewer rows say nothing about whether numbers or words name the rows.
_FEWEST_ROWS = 10
_FEWEST_NUMBERS = 50
# So many repeated cells in the same rows are no chance.
_FEWEST_REPEATS = 10
_LOG_CHANCE = 10
# From 2^53 on every float64 is a whole number.
_WHOLE = float(2**53)


def find_constant(view: ColumnView, rows: Examined) -> Iterator[Finding]:
    """A column without values, or with one."""
    name = quoted(view.name)
    if view.n_values > 1 or rows.n_rows < 2:
        return
    is_label = view.name in rows.labels
    advice = (
        "give rows with other answers too" if is_label else f"it says nothing; leave it out with {ignore(view.name)}"
    )
    if not view.n_present:
        yield rows.finding("constant", True, f"column {name} is empty", advice, name=view.name, count=rows.n_rows)
        return
    where = "in every row where it has one" if view.n_missing else "in every row"
    message = f"{'the label' if is_label else 'column'} {name} has the same value {where} ({view.text_of(0)})"
    yield rows.finding("constant", True, message, advice, name=view.name, count=view.n_present)


def find_identifier(view: ColumnView, rows: Examined) -> Iterator[Finding]:
    """A column that names the rows: (nearly) all words differ, or all numbers are different whole ones."""
    if view.name in rows.labels:
        return
    advice = f"it says nothing about new rows; leave it out with {ignore(view.name)}"
    name = f"column {quoted(view.name)}"
    if not view.is_number:
        if is_identifier(view.column) and not look_like_dates(view.words):
            message = f"{name} has {view.n_values} different words in {view.n_present} rows, as identifiers have"
            yield rows.finding("identifier", True, message, advice, name=view.name, count=view.n_values)
        return
    if view.n_values < view.n_present or not are_whole(view):
        return
    low, high = float(view.sorted[0]), float(view.sorted[-1])
    if view.n_present >= _FEWEST_ROWS and high - low == view.n_present - 1:
        in_order = (
            "counts the rows" if bool((np.diff(view.numbers) > 0).all()) else "numbers the rows, in another order"
        )
        message = f"{name} {in_order} ({low:.6g} to {high:.6g})"
        yield rows.finding("identifier", True, message, advice, name=view.name, count=view.n_present)
    elif view.n_present >= _FEWEST_NUMBERS:
        # Numbers drawn from such a range are all different with a probability of exp(-n^2 / 2 range).
        is_dense = view.n_present**2 >= _LOG_CHANCE * 2 * (high - low)
        message = f"{name} has a different whole number in every row ({low:.6g} to {high:.6g}), as identifiers have"
        advice = advice if is_dense else f"if it is one, say {ignore(view.name)}"
        yield rows.finding("identifier", is_dense, message, advice, name=view.name, count=view.n_present)


def are_whole(view: ColumnView) -> bool:
    """Whether a column has numbers, all of them whole ones."""
    if not view.n_present or max(-float(view.sorted[0]), float(view.sorted[-1])) >= _WHOLE:
        return False
    return bool((view.numbers == np.rint(view.numbers)).all())


def find_missing(view: ColumnView, rows: Examined) -> Iterator[Finding]:
    """Missing cells of a column that has others."""
    if not view.n_missing or not view.n_present:
        return
    is_label, first = view.name in rows.labels, int(np.argmax(view.is_missing))
    what = "rows have no label" if is_label else "cells are missing"
    advice = "--missing-label drop leaves them out" if is_label else "--missing median fills them"
    if not is_label and view.n_missing > view.n_present:
        advice += f", {ignore(view.name)} leaves the column out"
    message = f"column {quoted(view.name)}: {fraction_of(view.n_missing, view.n)} {what}"
    yield rows.finding("missing", is_label, message, advice, name=view.name, row=first, count=view.n_missing)


class EqualColumns:
    """Finds columns that divide the rows in the same way; it is shown one column after the other."""

    def __init__(self, rows: Examined) -> None:
        self._rows = rows
        self._first: dict[bytes, str] = {}
        # Decimal digits of what chance would have to guess, so that one of 10^6 tables has such a pair.
        self._chance = 6 + 2 * math.log10(max(1, len(rows.inputs)))

    def see(self, view: ColumnView) -> Iterator[Finding]:
        """A finding if an earlier column says the same."""
        if view.n_values < 2 or view.name in self._rows.labels or _digits(view) < self._chance:
            return
        earlier = self._first.setdefault(_signature(view), view.name)
        if earlier == view.name:
            return
        name, other = quoted(view.name), quoted(earlier)
        if _equal(self._rows.column_of(earlier), view):
            message = f"column {name} equals column {other} in every row"
        else:
            one = _example(view, ColumnView(self._rows.column_of(earlier)))
            message = f"column {name} says the same as column {other} in other words or numbers ({one})"
        advice = f"one of them is enough: {ignore(view.name)}"
        yield self._rows.finding("equal-columns", False, message, advice, name=view.name, count=view.n_present)


def _signature(view: ColumnView) -> bytes:
    """Equal for two columns if their values stand for each other one to one; of numbers that hardly repeat, if one grows
    with the other or falls with it, because all such columns are one to one."""
    ranks = view.ranks
    if view.n_present - view.n_values >= _FEWEST_REPEATS:
        codes = _by_appearance(ranks, view.n_values)
        return hashlib.blake2b(codes.tobytes(), digest_size=16).digest()
    if not view.is_number:
        words = "\0".join(view.words).encode("utf-8", "surrogatepass")
        return b"w" + hashlib.blake2b(ranks.tobytes() + words, digest_size=16).digest()
    known = ranks[view.present]
    # The same column upside down has the same signature.
    if 2 * int(known[0]) > view.n_values - 1 or (2 * int(known[0]) == view.n_values - 1 and known[1] > known[0]):
        known = view.n_values - 1 - known
    gaps = np.packbits(view.is_missing).tobytes() if view.n_missing else b""
    return b"n" + hashlib.blake2b(known.tobytes() + gaps, digest_size=16).digest()


def _by_appearance(ranks: Array, n_values: int) -> Array:
    """The ranks, numbered anew in the order in which they appear; MISSING stays."""
    first = np.full(n_values + 1, len(ranks), dtype=np.int64)
    # Of several rows the last assignment stays, which is that of the first row.
    first[ranks[::-1]] = np.arange(len(ranks) - 1, -1, -1)
    numbers = np.empty(n_values + 1, dtype=np.int32)
    numbers[np.argsort(first[:-1])] = np.arange(n_values, dtype=np.int32)
    numbers[-1] = -1
    found: Array = numbers[ranks]
    return found


def _equal(earlier: TableColumn, view: ColumnView) -> bool:
    other = ColumnView(earlier)
    if other.is_number != view.is_number:
        return False
    if other.column.numbers is not None and view.column.numbers is not None:
        return bool(np.array_equal(other.column.numbers, view.column.numbers, equal_nan=True))
    return other.words == view.words and np.array_equal(other.ranks, view.ranks)


def _digits(view: ColumnView) -> float:
    """The decimal digits that say which row has which value: rows times entropy."""
    shares = view.counts / view.n_present
    return float(-view.n_present * (shares * np.log10(shares)).sum())


def _example(view: ColumnView, other: ColumnView) -> str:
    """'1 where that has 'red'': a value of two columns that stand for each other, different if there is one."""
    shown = ""
    for value in range(min(view.n_values, 20)):
        row = view.row_of(value)
        one, two = view.text_of(value), other.text_of(int(other.ranks[row]))
        shown = f"{one} where that has {two}"
        if one != two:
            break
    return shown
