"""Columns matched by name: the columns of a file in the order that the network, or the first file, wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, listed, nearest
from anncli.formats.data.base import RowBatch
from anncli.formats.data.remarks import Remarks


class ColumnMatcher:
    """Brings the columns of every batch into one order.

    wanted: the names in that order, or () where the first file with names decides; of: whose they are, for messages.
    A file without names is taken as it is. Of a file with more columns than a network wants the others are left out.
    """

    def __init__(self, wanted: Sequence[str], remarks: Remarks) -> None:
        self.wanted = tuple(wanted)
        self._remarks, self._of = remarks, "the network" if wanted else ""
        self.found: tuple[str, ...] = ()  # the names that a file has given, in the wanted order
        self._said: set[tuple[str, str]] = set()
        self._fitted: tuple[str, tuple[str, ...], list[int]] = "", (), []  # the last file, its names, their order

    def fit(self, batch: RowBatch, shown: str) -> RowBatch:
        """The batch with its columns in the wanted order; raises DataError for a missing column, naming it."""
        names = tuple(column.name for column in batch.columns)
        words = [column.name for column in batch.columns if column.kind != "number"]
        if words:
            advice = "leave these columns out of the file"
            raise DataError(f"columns with words: {', '.join(words)}", path=shown, advice=advice)
        if not names:
            if self.wanted:
                self._say(shown, f"no column names; the columns are taken in the order of {self._of}", is_guess=True)
            return batch
        if not self.wanted:
            self.wanted, self._of = names, shown
        self.found = self.wanted
        if names == self.wanted:
            return batch
        if self._fitted[:2] != (shown, names):
            self._fitted = shown, names, self._order(names, shown, batch.header_line or None)
        order = self._fitted[2]
        inputs: Array = np.ascontiguousarray(batch.inputs[:, order])
        return batch._replace(inputs=inputs, columns=tuple(batch.columns[k] for k in order))

    def _order(self, names: tuple[str, ...], shown: str, line: int | None) -> list[int]:
        """The place of each wanted column in the file."""
        places, wanted = {name: place for place, name in enumerate(names)}, set(self.wanted)
        missing = [name for name in self.wanted if name not in places]
        extra = [name for name in names if name not in wanted]
        if missing:
            close = nearest(missing[0], extra)
            advice = f"is it '{close}'?" if close else f"the columns of {self._of} are {listed(self.wanted)}"
            raise DataError(f"no column {listed(_quoted(missing))}", path=shown, line=line, advice=advice)
        double = [name for name, count in Counter(names).items() if count > 1 and name in wanted]
        if double:
            raise DataError(
                f"two columns are called {listed(_quoted(double))}",
                path=shown,
                line=line,
                advice="rename one",
            )
        if extra and self._of != "the network":
            message = f"columns that {self._of} does not have: {listed(extra)}"
            raise DataError(message, path=shown, line=line, advice="give files with the same columns")
        if extra:
            self._say(shown, f"columns that the network does not have are left out: {listed(extra)}", is_guess=False)
        self._say(shown, f"the columns are matched with those of {self._of} by name", is_guess=True)
        return [places[name] for name in self.wanted]

    def _say(self, shown: str, text: str, *, is_guess: bool) -> None:
        """Once for each file."""
        if (shown, text) not in self._said:
            self._said.add((shown, text))
            (self._remarks.guess if is_guess else self._remarks.note)(shown, text)


def _quoted(names: Sequence[str]) -> list[str]:
    return [f"'{name}'" for name in names]
