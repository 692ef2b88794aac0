"""Which held-out rows of a finished run trained the network that is evaluated on them."""

from __future__ import annotations

from collections.abc import Collection

from anncli.arrays import Array
from anncli.training.setup import Setup


def seen_before(setup: Setup, is_refit: bool, files: Collection[str]) -> dict[str, Array | None]:
    """Of the validation and the test set, where they have rows: a mask (n,) of the rows that trained the network that is
    evaluated on them; None where that is not known.

    Rows that were drawn from the training data count only if an earlier run trained on them: tables have natural
    duplicates. Rows of files of their own count also if this run trained on equal ones.
    Args: is_refit: a final fit trained the network of the test set; files: the sets that come from files of their own.
    """
    found: dict[str, Array | None] = {}
    for name in ("validation", "test"):
        rows = setup.rows[name]
        if not len(rows):
            continue
        trained = setup.seen.earlier
        if name in files:
            trained = setup.seen.after(setup.rows_behind(name, is_refit))
        found[name] = None if trained is None else trained.contains(setup.seen.digests[rows])
    return found
