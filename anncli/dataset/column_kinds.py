"""Kinds of columns: whether an input column of a table holds numbers or categories, or nothing to learn from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np

from anncli.dataset.column_facts import Facts, number_facts
from anncli.dataset.word_columns import look_like_dates, number_doubt, same_but_for_case, some_words
from anncli.errors import AnnError, count_of, listed, quoted
from anncli.tables import MISSING, Table, TableColumn

KINDS = ("number", "category", "ignore")

# Fewer rows say nothing about whether a column counts the rows, or names them.
_FEWEST_ROWS = 10
# The scaling treats a column that varies less as constant.
_LEAST_RANGE = 1e-37
# A column of words is an identifier if more of its cells than these are the only ones with their word.
_MOSTLY = 0.9
# More constant columns are named in one remark.
_MOST_CONSTANT = 5

Say = Callable[[str], None]


def choose_kinds(
    table: Table,
    inputs: Collection[str],
    asked: Mapping[str, str],
    used: Collection[str],
    say: Say,
    fault: Callable[[str, str], AnnError],
) -> dict[str, str]:
    """For each input column its kind: 'number', 'category' or 'ignore'.

    A column that holds words is a category. Columns that count the rows, that are empty, or whose words are (nearly) all
    different are ignored, and this is said; columns that are constant, or look like the numbers of identifiers, are
    inputs, with a remark.
    Args: asked: kinds that the user gave; used: columns that the user named as inputs; fault: makes the error to raise.
    Raises: the error for a column of dates, for words among numbers, and for a column of words that was said to be numbers.
    """
    kinds, inputs = {}, set(inputs)
    facts = number_facts(table, inputs)
    said = _many_constant(facts, asked, say)
    for column in table.columns:
        name = column.name
        if name not in inputs:
            continue
        if name in asked:
            kinds[name] = _asked_kind(column, asked[name], fault)
        elif name in facts:
            kinds[name] = "number" if name in said else _kind_of_numbers(column, facts[name], name in used, say)
        else:
            kinds[name] = _kind_of_words(column, name in used, say, fault)
    return kinds


def _many_constant(facts: Mapping[str, Facts], asked: Mapping[str, str], say: Say) -> set[str]:
    """The constant columns, where they are many, as at the edges of pictures: one remark is for all of them."""
    found = [name for name, here in facts.items() if name not in asked and here.is_constant]
    if len(found) <= _MOST_CONSTANT:
        return set()
    shown = listed([quoted(name) for name in found])
    say(f"{len(found)} columns have the same value in every row where they have one, and say nothing: {shown}")
    return set(found)


def _asked_kind(column: TableColumn, kind: str, fault: Callable[[str, str], AnnError]) -> str:
    if kind == "number" and column.as_numbers() is None:
        message = f"column {quoted(column.name)} is to hold numbers, but holds words ({some_words(column.words)})"
        raise fault(message, "make it a category, or name the words that stand for a gap with --na")
    return kind


def _kind_of_numbers(column: TableColumn, facts: Facts, is_used: bool, say: Say) -> str:
    name = quoted(column.name)
    if not facts.n_present:
        say(f"column {name} is empty: it is left out")
        return "ignore"
    if facts.is_constant:
        say(f"column {name} has the same value in every row where it has one ({facts.low:.6g}): it says nothing")
    elif facts.high - facts.low < _LEAST_RANGE:
        say(
            f"column {name} varies by less than 32-bit numbers can hold: it says nothing unless it is multiplied by a large number"
        )
    elif facts.counts_rows and len(column) >= _FEWEST_ROWS:
        if not is_used:
            say(f"column {name} counts the rows: it is left out (--use takes the columns that it names)")
            return "ignore"
    elif facts.can_differ and _all_differ(column):
        say(
            f"column {name} has a different whole number in every row, as identifiers have (--ignore {column.name} leaves it out)"
        )
    return "number"


def _kind_of_words(column: TableColumn, is_used: bool, say: Say, fault: Callable[[str, str], AnnError]) -> str:
    name = quoted(column.name)
    if column.is_missing.all():
        say(f"column {name} is empty: it is left out")
        return "ignore"
    if look_like_dates(column.words):
        message = f"column {name} holds dates or times ({some_words(column.words)})"
        raise fault(
            message, f"leave it out with --ignore {column.name}, or say that it orders the rows: --order {column.name}"
        )
    if doubt := number_doubt(column):
        advice = f"correct them, name those that stand for missing values with --na, or say --category {column.name}"
        raise fault(f"column {name} {doubt}", advice)
    if len(column.words) == 1:
        say(
            f"column {name} has the same word in every row where it has one ({quoted(column.words[0])}): it says nothing"
        )
    elif is_identifier(column) and not is_used:
        n = count_of(len(column.words), "different word")
        say(
            f"column {name} has {n} in {len(column)} rows, as identifiers have: it is left out (--category {column.name} takes it)"
        )
        return "ignore"
    if alike := same_but_for_case(column.words):
        say(f"column {name}: words that differ only in case are different ones: {alike}")
    return "category"


def is_identifier(column: TableColumn) -> bool:
    """Whether a column of words has (nearly) as many different ones as it has cells."""
    if column.codes is None:
        return False
    codes = column.codes[column.codes != MISSING]
    if len(codes) < _FEWEST_ROWS:
        return False
    counts = np.bincount(codes, minlength=len(column.words))
    return int((counts == 1).sum()) > _MOSTLY * len(codes)


def _all_differ(column: TableColumn) -> bool:
    """Whether all numbers of a column are different; False where there are few."""
    assert column.numbers is not None
    values = column.numbers[~column.is_missing]
    return len(values) >= _FEWEST_ROWS * 5 and len(np.unique(values)) == len(values)
