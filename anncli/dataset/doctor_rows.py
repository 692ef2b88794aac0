"""Rows that equal others: repeated ones, contradictory ones, and rows of one set that are in another too."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from anncli.arrays import Array, blocks_of_rows
from anncli.dataset.digests import digest_rows
from anncli.dataset.findings import Examined, Finding, fraction_of
from anncli.errors import count_of, quoted
from anncli.tables import TableColumn

_BLOCK_VALUES = 1 << 20
# Contradictions, and rows of another set, are serious above this fraction.
_SERIOUS = 0.01


def digests_of(table_columns: Sequence[TableColumn], n_rows: int) -> Array:
    """uint64 (n,): equal for rows whose cells are equal as 32-bit numbers, or as words."""
    found = np.empty(n_rows, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for block in blocks_of_rows(n_rows, len(table_columns), _BLOCK_VALUES):
            cells = np.empty((len(range(*block.indices(n_rows))), len(table_columns)), dtype=np.float32)
            for place, column in enumerate(table_columns):
                cells[:, place] = (column.codes if column.numbers is None else column.numbers)[block]  # type: ignore[index]
            found[block] = digest_rows(cells)
    return found


def find_equal_rows(rows: Examined, left_out: Collection[str]) -> Iterator[Finding]:
    """Repeated rows, and rows with equal inputs and different labels.

    Args: left_out: columns that name the rows, so that no two rows would be equal.
    """
    inputs = [name for name in rows.inputs if name not in left_out]
    if rows.n_rows < 2 or not inputs:
        return
    digests = digests_of([rows.column_of(name) for name in inputs], rows.n_rows)
    labels = digests_of([rows.column_of(name) for name in rows.labels], rows.n_rows)
    order = np.lexsort((labels, digests))
    same_inputs = digests[order][1:] == digests[order][:-1]
    if not same_inputs.any():
        return
    same_labels = labels[order][1:] == labels[order][:-1]
    yield from _repeated(rows, order, same_inputs & same_labels)
    if rows.labels:
        yield from _contradictions(rows, order, same_inputs, same_labels)


def _repeated(rows: Examined, order: Array, same: Array) -> Iterator[Finding]:
    """same: whether each row in this order, but for the first, equals the one before it."""
    count = int(np.count_nonzero(same))
    if not count:
        return
    later, earlier = _first_pair(order, same)
    message = f"{fraction_of(count, rows.n_rows)} rows equal an earlier one in all columns; this one equals {rows.shown_place(earlier)}"
    advice = "if they are copies, leave them out: a validation set drawn from these rows has copies of training rows"
    yield rows.finding("duplicates", False, message, advice, row=later, count=count)


def _first_pair(order: Array, same: Array) -> tuple[int, int]:
    """The first row that equals an earlier one, and the first row that it equals."""
    group = np.concatenate([[0], np.cumsum(~same)])
    first = np.full(int(group[-1]) + 1, len(order), dtype=np.int64)
    np.minimum.at(first, group, order)
    first_of_row = first[group]
    later = order != first_of_row
    at = int(np.argmin(np.where(later, order, len(order))))
    return int(order[at]), int(first_of_row[at])


def _contradictions(rows: Examined, order: Array, same_inputs: Array, same_labels: Array) -> Iterator[Finding]:
    group = np.concatenate([[0], np.cumsum(~same_inputs)])
    n_groups = int(group[-1]) + 1
    breaks = np.bincount(group[1:][same_inputs & ~same_labels], minlength=n_groups)
    is_split = breaks[group] > 0
    count = int(np.count_nonzero(is_split))
    if not count:
        return
    # Runs of one label inside a group; the longest is what a network can predict at best.
    run = np.concatenate([[0], np.cumsum(~(same_inputs & same_labels))])
    lengths = np.bincount(run)
    longest = np.zeros(n_groups, dtype=np.int64)
    np.maximum.at(longest, group, lengths[run])
    at_best = int(longest.sum())
    row = int(order[is_split].min())
    place = int(np.flatnonzero(order == row)[0])
    others = np.flatnonzero((group == group[place]) & (run != run[place]))
    other = int(order[others].min())
    which = f"this one and {rows.shown_place(other)}{_values(rows, row, other)}"
    message = f"{fraction_of(count, rows.n_rows)} rows have the inputs of another row and another label: {which}"
    advice = "correct the answers, or add a column that tells such rows apart"
    if rows.predicts_classes and rows.n_rows - at_best > 0.0005 * rows.n_rows:
        advice += f"; no network predicts more than {100 * at_best / rows.n_rows:.4g} % of these rows correctly"
    is_serious = rows.predicts_classes and count >= 2 and rows.n_rows - at_best > _SERIOUS * rows.n_rows
    yield rows.finding("contradictions", is_serious, message, advice, row=row, count=count)


def _values(rows: Examined, row: int, other: int) -> str:
    """' (yes, no)': the answers of two rows."""
    if len(rows.labels) != 1:
        return ""
    column = rows.column_of(rows.labels[0])
    shown = []
    for at in (row, other):
        if column.numbers is not None:
            shown.append(f"{float(column.numbers[at]):.6g}")
        else:
            assert column.codes is not None
            code = int(column.codes[at])
            shown.append(quoted(column.words[code]) if code >= 0 else "none")
    return f" ({shown[0]}, {shown[1]})"


def find_shared_rows(sets: Mapping[str, Examined], left_out: Collection[str]) -> Iterator[Finding]:
    """Rows of a later set whose inputs are those of a row of an earlier one; the sets have the same columns."""
    known = list[tuple[Examined, Array]]()
    for rows in sets.values():
        inputs = [name for name in rows.inputs if name not in left_out]
        if not inputs or not rows.n_rows:
            continue
        digests = digests_of([rows.column_of(name) for name in inputs], rows.n_rows)
        for earlier, others in known:
            yield from _shared(rows, digests, earlier, others)
        known.append((rows, digests))


def _shared(rows: Examined, digests: Array, earlier: Examined, others: Array) -> Iterator[Finding]:
    different, first = np.unique(others, return_index=True)
    at = np.minimum(np.searchsorted(different, digests), len(different) - 1)
    is_shared = different[at] == digests
    count = int(np.count_nonzero(is_shared))
    if not count:
        return
    row = int(np.argmax(is_shared))
    twin = earlier.shown_place(int(first[at[row]]))
    message = (
        f"{fraction_of(count, rows.n_rows)} rows have the inputs of a row of {earlier.shown}; this one those of {twin}"
    )
    advice = f"take them out of one of the two: figures on {rows.shown} would be too good"
    is_serious = count > max(_SERIOUS * rows.n_rows, _by_chance(len(others) - len(different), len(others), rows.n_rows))
    yield rows.finding("shared-rows", is_serious, message, advice, row=row, count=count)


def _by_chance(n_repeated: int, n_earlier: int, n_rows: int) -> float:
    """Rows that two random parts of one table share at most, if n_repeated rows of the first part equal one before them.

    A pair of equal rows is divided twice as often as it is in one given half; both counts vary as Poisson's.
    """
    expected = 2 * (n_repeated + n_repeated**0.5 + 1) / n_earlier * n_rows
    return float(expected + 2 * expected**0.5)


def find_shared_groups(sets: Mapping[str, Examined]) -> Iterator[Finding]:
    """Groups of rows that belong together and are in two sets."""
    known = list[tuple[Examined, Array]]()
    for rows in sets.values():
        if rows.group is None or rows.group not in rows.table.by_name:
            continue
        column = rows.table.column(rows.group)
        digests = np.unique(digests_of([column], rows.n_rows)[~column.is_missing])
        for earlier, others in known:
            if count := len(np.intersect1d(digests, others)):
                shared = f"{count_of(count, 'value')} of column {quoted(rows.group)} in {rows.shown}"
                message = f"{shared} {'is' if count == 1 else 'are'} in {earlier.shown} too: their rows belong together"
                yield rows.finding("shared-rows", True, message, "keep them in one file", name=rows.group, count=count)
        known.append((rows, digests))
