"""Columns of tables matched by name: those that a network, or the first file, has, in whatever order a file has them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.errors import DataError, count_of, nearest, quoted
from anncli.formats.data.remarks import Remarks
from anncli.tables import Roles, Table, TableColumn


class TableMatcher:
    """Gives the columns of every batch the names of `roles`.

    needed: the columns that a file must have; the others may be missing, and a file may have more; remarks: takes what was
    left out or reordered; of: whose columns they are, for messages.
    """

    def __init__(self, roles: Roles, needed: Sequence[str], remarks: Remarks, of: str = "the network") -> None:
        self.roles, self.needed = roles, tuple(needed)
        self.remarks, self._of = remarks, of
        self._said: set[tuple[str, str]] = set()

    def fit(self, table: Table, shown: str) -> Table:
        """The table, renamed where it has no names of its own; raises DataError for a missing column, naming the nearest."""
        if not (table.is_named and self.roles.is_named):
            return self._by_place(table, shown)
        known = set(self.roles.columns)
        table = self._filled(table, shown)
        missing = [name for name in self.needed if name not in table.by_name]
        extra = [name for name in table.names if name not in known]
        if missing:
            close = nearest(missing[0], extra)
            advice = f"is it {quoted(close)}?" if close else f"the columns of {self._of} are {_listed(self.needed)}"
            if table.tokens is not None and missing == [*self.roles.labels]:
                # Lines of pairs have no columns whose names could tell.
                raise DataError(
                    "the lines have no label",
                    path=shown,
                    advice="begin each with its class, or give a file for each class",
                )
            raise DataError(f"no column {_listed(missing)}", path=shown, line=table.header_line or None, advice=advice)
        if extra:
            self._note(shown, f"columns that {self._of} does not have are left out: {_listed(extra)}")
        shared = [name for name in table.names if name in known]
        if shared != [name for name in self.roles.columns if name in table.by_name]:
            self._guess(shown, f"the columns are matched with those of {self._of} by name")
        return table

    def _filled(self, table: Table, shown: str) -> Table:
        """The table with the inputs that its rows leave out, because they are 0."""
        absent = [name for name in self.roles.inputs if table.absent_is_zero and name not in table.by_name]
        if not absent:
            return table
        self._guess(shown, f"columns that are 0 in every row: {_listed(absent)}")
        zeros = np.zeros(table.n_rows)
        return table._replace(columns=(*table.columns, *(TableColumn(name, zeros) for name in absent)))

    def _by_place(self, table: Table, shown: str) -> Table:
        """A file without names, or of a network that knows none: with all columns, without the answers, or only inputs."""
        roles = self.roles
        # Answers that are known by name need no place.
        answers = roles.labels if set(table.labels) == set(roles.labels) else ()
        n, needed = len(table.columns) - len(answers), set(self.needed) - set(answers)
        unlabelled = tuple(name for name in roles.columns if name not in roles.labels)
        every = unlabelled if answers else roles.columns
        options = [names for names in (every, unlabelled, roles.inputs) if len(names) == n]
        names = next((names for names in options if needed <= set(names)), None)
        if names is None:
            expected = " or ".join(dict.fromkeys(str(len(names)) for names in (every, unlabelled, roles.inputs)))
            message = f"{count_of(n, 'column')}, and {self._of} has {expected}"
            if options:
                message = f"{count_of(n, 'column')}: without the answers, {_listed(roles.labels)}"
            raise DataError(message, path=shown, advice="give a file with the columns of the training data")
        if table.is_named or roles.is_named:
            which = "the training data had" if table.is_named else "the file has"
            self._guess(shown, f"{which} no column names; the columns are taken in the order of {self._of}")
        rest = iter(names)
        return table.rename([name if name in answers else next(rest) for name in table.names])

    def _note(self, shown: str, text: str) -> None:
        if (shown, text) not in self._said:
            self._said.add((shown, text))
            self.remarks.note(shown, text)

    def _guess(self, shown: str, text: str) -> None:
        if (shown, text) not in self._said:
            self._said.add((shown, text))
            self.remarks.guess(shown, text)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names[:10])) + (", ..." if len(names) > 10 else "")
