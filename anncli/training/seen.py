"""Rows seen before: which rows of a dataset trained the weights that a run begins with."""

from __future__ import annotations

from collections.abc import Mapping

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.dataset.digests import digest_samples
from anncli.network.row_digests import RowDigests


class SeenRows:
    """The digests of all rows of a dataset, beside those of the rows that trained the weights of earlier runs.

    earlier: the rows of earlier runs, none of them for new weights; None where they are not known.
    """

    def __init__(self, data: Dataset, earlier: RowDigests | None) -> None:
        #: uint64 (n_samples,), of the inputs before they are scaled.
        self.digests = digest_samples(data.inputs)
        self.earlier = earlier

    def mask(self) -> Array | None:
        """bool (n_samples,): whether an earlier run trained on the row; None where no row is known to be such a one."""
        return self.earlier.contains(self.digests) if self.earlier is not None and self.earlier.n_rows else None

    def new_of(self, rows: Array) -> Array:
        """Those of the `rows` (n,) that are not known to have trained an earlier run."""
        mask = self.mask()
        return rows if mask is None else rows[~mask[rows]]

    def after(self, rows: Array) -> RowDigests | None:
        """The rows of earlier runs and `rows` (n,) together; None where the earlier ones are not known."""
        return None if self.earlier is None else self.earlier.including(self.digests[rows])


def unknown_rows(seen: SeenRows, rows: Mapping[str, Array]) -> list[str]:
    """A warning where a set is held out from a network that was trained before, its file does not say on which rows."""
    held_out = [name for name in ("validation", "test") if len(rows[name])]
    if seen.earlier is not None or not held_out:
        return []
    return [
        "the network was trained before, and its file does not say on which rows: the figures of the "
        f"{' and '.join(held_out)} set may be those of rows that it has seen"
    ]
