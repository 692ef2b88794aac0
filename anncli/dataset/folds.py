"""Splits of rows: by chance, stratified by class or by the size of a target; of whole groups; and in the order of time."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, row_mask, take_rows


def stratified_split(labels: Array, rows: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Take `fraction` of the rows of every class at random.

    Args: labels (n_samples,); rows (n,), the rows to divide; fraction, 0 to 1, of each class, rounded to the nearest
        count; of a class with two or more rows at least one is left and one is taken; a single row is left.
    Returns: (left, taken), both ascending and together the given rows, in their type.
    """
    # Copies and masks, not np.unique and np.setdiff1d, which sort everything: there may be many millions of rows. Each
    # array is deleted before the next one is made, because together they need more memory than the rest of a run.
    taken, own = [], take_rows(labels, rows)
    for label in range(int(own.min(initial=0)), int(own.max(initial=-1)) + 1):
        members = rows[own == label]
        if not len(members):
            continue
        count = int(np.floor(fraction * len(members) + 0.5))
        if 0 < fraction < 1:
            count = min(max(count, 1), len(members) - 1)
        rng.shuffle(members)
        taken.append(members[:count].copy())
        del members
    del own
    chosen = np.concatenate(taken) if taken else rows[:0].copy()
    chosen.sort()
    is_left = take_rows(~row_mask(chosen, len(labels)), rows)
    return rows[is_left], chosen


def spread_split(targets: Array, rows: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Take `fraction` of the rows at random so that small and large values of the first target are equally frequent in both.

    The rows in the order of that target are cut into as many blocks of neighbours as rows are to be taken, and one row of
    each block is taken: every row with the same probability. Equal values stand in random order.
    Args: targets (n_samples, n_targets); rows (n,), the rows to divide; fraction, 0 to 1, rounded to the nearest count; of
        two or more rows at least one is left and one is taken.
    Returns: (left, taken), both ascending and together the given rows, in their type.
    """
    mixed = rows.copy()
    rng.shuffle(mixed)
    mixed = mixed[np.argsort(take_rows(targets[:, 0], mixed), kind="stable")]
    count = int(np.floor(fraction * len(rows) + 0.5))
    if 0 < fraction < 1:
        count = max(min(max(count, 1), len(rows) - 1), 0)
    limits = np.arange(count + 1) * len(rows) // max(count, 1)
    chosen = mixed[rng.integers(limits[:-1], limits[1:])] if count else rows[:0].copy()
    chosen.sort()
    return rows[take_rows(~row_mask(chosen, len(targets)), rows)], chosen


def grouped_split(groups: Array, rows: Array, fraction: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Take whole groups at random, so many that the number of their rows is nearest to `fraction` of all rows.

    Args: groups (n_samples,), a number for each group; rows, fraction as stratified_split(); of two or more groups at least
        one is left and one is taken.
    Returns: (left, taken), both ascending.
    """
    own = take_rows(groups, rows)
    names, counts = np.unique(own, return_counts=True)
    order = rng.permutation(len(names))
    sums = np.concatenate([[0], np.cumsum(counts[order])])
    count = int(np.argmin(np.abs(sums - fraction * len(rows))))
    if 0 < fraction < 1:
        count = max(min(max(count, 1), len(names) - 1), 0)
    is_taken = np.isin(own, names[order[:count]])
    return rows[~is_taken], rows[is_taken]


def ordered_split(times: Array, rows: Array, fraction: float) -> tuple[Array, Array]:
    """Take the latest `fraction` of the rows. Rows of the same time are not divided: they are left, unless they are the latest
    ones: of two or more times the latest is taken.

    Args: times (n_samples,), numbers that grow with time; rows, fraction as stratified_split().
    Returns: (left, taken), both ascending.
    """
    own = take_rows(times, rows)
    count = int(np.floor(fraction * len(rows) + 0.5))
    if 0 < fraction < 1:
        count = max(min(max(count, 1), len(rows) - 1), 0)
    if not count:
        return rows, rows[:0]
    # The latest row that is left, and with it all of its time.
    ordered = np.sort(own)
    limit = ordered[len(rows) - count - 1] if count < len(rows) else -np.inf
    if limit == ordered[-1] and ordered[0] < limit:
        limit = ordered[np.searchsorted(ordered, limit) - 1]
    return rows[own <= limit], rows[own > limit]


def without_groups_of(rows: Array, others: Array, groups: Array | None) -> Array:
    """The rows (n,) of groups that none of the other rows belongs to; all without groups (n_samples,)."""
    if groups is None:
        return rows
    return rows[~np.isin(take_rows(groups, rows), take_rows(groups, others))]


def ending_before(rows: Array, later: Array, times: Array, until: Array | None) -> Array:
    """The rows (n,) with no target from the time at which those of the `later` rows begin; times, until (n_samples,): when the
    targets of a row begin and end, see Dataset. All without `until`."""
    if until is None or not len(later):
        return rows
    return rows[take_rows(until, rows) < take_rows(times, later).min()]


def stratified_folds(labels: Array, rows: Array, count: int, rng: np.random.Generator) -> list[Array]:
    """Cut the rows into `count` folds with nearly equal numbers of rows of every class, at random.

    Args: labels (n_samples,); rows (n,); count, 2 to n. Returns: the rows of each fold, ascending.
    """
    fold, offset = np.empty(len(rows), dtype=np.int64), 0
    own = take_rows(labels, rows)
    for label in np.unique(own):
        members = rng.permutation(np.flatnonzero(own == label))
        # The next class begins where this one ended, so that folds differ by one row in all.
        fold[members] = (np.arange(len(members)) + offset) % count
        offset += len(members)
    return [rows[fold == k] for k in range(count)]


def spread_folds(targets: Array, rows: Array, count: int, rng: np.random.Generator) -> list[Array]:
    """The same for numbers: of `count` neighbours in the order of the first target (n_samples, n_targets) each fold has one."""
    mixed = rng.permutation(rows)
    mixed = mixed[np.argsort(take_rows(targets[:, 0], mixed), kind="stable")]
    fold = np.empty(len(mixed), dtype=np.int64)
    for begin in range(0, len(mixed), count):
        fold[begin : begin + count] = rng.permutation(count)[: len(mixed) - begin]
    return [np.sort(mixed[fold == k]) for k in range(count)]


def grouped_folds(groups: Array, rows: Array, count: int, rng: np.random.Generator) -> list[Array]:
    """Whole groups in each of `count` folds, the largest groups first, each into the fold with the fewest rows so far.

    Raises: ValueError for fewer groups than folds.
    """
    own = take_rows(groups, rows)
    names, sizes = np.unique(own, return_counts=True)
    if len(names) < count:
        raise ValueError(f"{len(names)} groups cannot fill {count} folds")
    order = rng.permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled, chosen = np.zeros(count, dtype=np.int64), np.empty(len(names), dtype=np.int64)
    for k in order:
        chosen[k] = np.argmin(filled)
        filled[chosen[k]] += sizes[k]
    fold = chosen[np.searchsorted(names, own)]
    return [rows[fold == k] for k in range(count)]


def ordered_folds(times: Array, rows: Array, count: int) -> list[tuple[Array, Array]]:
    """(training, test) rows of `count` folds in the order of time: the rows are cut into count + 1 blocks; each but the first is
    tested on once, by what was learnt from all blocks before it. Rows of the same time are not divided.

    Raises: ValueError for fewer times than blocks.
    """
    own = take_rows(times, rows)
    distinct, sizes = np.unique(own, return_counts=True)
    if len(distinct) < count + 1:
        raise ValueError(f"{len(distinct)} times cannot fill {count + 1} blocks")
    # The block of each time, by the number of rows before it; every block has at least one time.
    ends = np.searchsorted(np.cumsum(sizes), np.arange(1, count + 1) * len(rows) / (count + 1), side="left") + 1
    for k in range(count):
        ends[k] = min(max(ends[k], ends[k - 1] + 1 if k else 1), len(distinct) - (count - k))
    block = np.searchsorted(ends, np.searchsorted(distinct, own), side="right")
    return [(rows[block < k], rows[block == k]) for k in range(1, count + 1)]
