"""A table with the roles of its columns: what a run divides into sets before an encoder makes samples of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from anncli.arrays import Array, Inputs, Rows, Tokens, ragged_places, row_numbers
from anncli.dataset.dataset import Dataset, Source
from anncli.errors import DataError
from anncli.forecasts import Forecast
from anncli.tables import Roles, Table


def first_token(inputs: Array) -> int:
    """The number of the first token in rows (n, 1 or 2) of tokens: 0 where one has this number, else 1."""
    return 0 if len(inputs) and inputs[:, 0].min() == 0 else 1


def first_of(tokens: Tokens) -> int:
    """The same for tokens with the numbers that a file has."""
    return 0 if len(tokens.indices) and tokens.indices.min() == 0 else 1


def token_faults(inputs: Array, n_tokens: int, first: int) -> Array:
    """bool (n,): whether a row is no token out of so many."""
    numbers = inputs[:, 0]
    return np.asarray((numbers < first) | (numbers >= first + n_tokens) | (numbers != np.floor(numbers)))


def token_fault(number: float, n_tokens: int, first: int, are_spikes: bool = False) -> tuple[str, str]:
    """What is wrong with such a row, and what to do."""
    what = "source" if are_spikes else "token"
    message = f"{what} {number:.8g} is beyond {first} to {first + n_tokens - 1}"
    return message, f"the network has `inputs: {n_tokens} {'spikes' if are_spikes else 'tokens'}`"


def tokens_of(inputs: Array, starts: Array, n_tokens: int, first: int) -> Tokens:
    """Rows (n, 1 or 2) without faults as tokens: their numbers, and their values, or 1."""
    values = inputs[:, 1] if inputs.shape[1] > 1 else np.ones(len(inputs), dtype=np.float32)
    return Tokens(inputs[:, 0].astype(np.int32) - first, np.ascontiguousarray(values), starts, n_tokens)


@dataclass(frozen=True, eq=False, repr=False)
class TableData:
    """A table of n rows, the answers of its rows, and what is to become of its columns.

    table: has the columns of `roles`; labels (n,) and classes, or targets (n, n_targets), target_names and task, as in
    Dataset; weights: (n,) or None; kinds: 'number' or 'category' for each input; missing, unknown: how gaps
    and unknown words are encoded (see TableEncoder); sources: as in Dataset; shown: their names for messages; groups,
    times, until, last: as in Dataset; starts: int64 (n_samples + 1,), where the rows of each sample begin, None where every row is a sample;
    by_row: with starts, labels or targets are those of the rows, not of the samples; file_rows: the rows of each source,
    with starts; memory: inputs of more bytes than these lie on the disk, None: all in memory; forecast: what the windows are, where
    rows are windows of another table.
    """

    table: Table
    roles: Roles
    kinds: Mapping[str, str]
    labels: Array
    classes: tuple[str, ...] = ()
    weights: Array | None = None
    missing: str = "error"
    unknown: str = "zeros"
    sources: tuple[Source, ...] = field(default=())
    targets: Array | None = None
    target_names: tuple[str, ...] = ()
    task: str = "classification"
    shown: tuple[str, ...] = ()
    groups: Array | None = None
    times: Array | None = None
    memory: int | None = None
    starts: Array | None = None
    by_row: bool = False
    file_rows: tuple[int, ...] = ()
    until: Array | None = None
    last: Array | None = None
    forecast: Forecast | None = None

    def __repr__(self) -> str:
        what = "rows" if self.starts is None else "samples"
        return f"<TableData of {self.n_samples} {what}, {len(self.roles.inputs)} columns, {self.task}: {', '.join(self.classes or self.target_names)[:60]}>"

    @property
    def row_names(self) -> tuple[str, ...]:
        """The name of each row, where a column has them and a row is a sample; '' for an empty cell."""
        column = self.table.by_name.get(self.roles.row_names or "")
        if column is None or self.has_several_rows:
            return ()
        named = column.as_words()
        words = (*named.words, "")
        assert named.codes is not None
        return tuple([words[code] for code in named.codes.tolist()])

    @property
    def n_samples(self) -> int:
        return self.table.n_rows if self.starts is None else len(self.starts) - 1

    @property
    def has_several_rows(self) -> bool:
        """Whether a sample is several rows, or tokens."""
        return self.starts is not None or self.table.tokens is not None

    @property
    def n_classes(self) -> int:
        return len(self.classes)

    @property
    def n_targets(self) -> int:
        """0 for classification."""
        return 0 if self.targets is None else int(self.targets.shape[1])

    def bare(self) -> Dataset:
        """The samples without their inputs: what dividing them into sets depends on."""
        return self.with_inputs(np.empty((self.table.n_rows, 0), dtype=np.float32), ())

    def rows_of(self, samples: Array) -> Array:
        """The numbers of the rows of samples in the table."""
        if self.starts is None:
            return samples
        return row_numbers(ragged_places(self.starts, samples)[0], self.table.n_rows)

    def with_tokens(self, inputs: Array, n_tokens: int, first: int, are_spikes: bool = False) -> Dataset:
        """The samples of tokens out of so many: those of the table, or its rows (n_rows, 1 or 2), the number of a token each, and
        its value, or 1.

        first: the number of the first token; are_spikes: whether messages call tokens sources. Raises: DataError with the place of a number that is no token.
        """
        if (held := self.table.tokens) is not None:
            wrong = (held.indices < first) | (held.indices >= first + n_tokens)
            if wrong.any():
                row = int(np.searchsorted(held.starts, place := int(np.argmax(wrong)), side="right")) - 1
                raise self._fault_of(row, token_fault(held.indices[place], n_tokens, first, are_spikes))
            return self._dataset(Tokens(held.indices - first, held.values, held.starts, n_tokens), ())
        wrong = token_faults(inputs, n_tokens, first)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise self._fault_of(row, token_fault(inputs[row, 0], n_tokens, first))
        assert self.starts is not None
        return self._dataset(tokens_of(inputs, self.starts, n_tokens, first), ())

    def _fault_of(self, row: int, fault: tuple[str, str]) -> DataError:
        path, line = self.place_of(row)
        return DataError(fault[0], path=path, line=line, advice=fault[1])

    def with_inputs(self, inputs: Array, columns: tuple[str, ...]) -> Dataset:
        """The samples with the inputs (n_rows, d), whose names are `columns`; they are the targets too where `roles` say so."""
        return self._dataset(inputs if self.starts is None else Rows(inputs, self.starts), columns)

    def _dataset(self, inputs: Inputs, columns: tuple[str, ...]) -> Dataset:
        answers: dict[str, Any] = {"labels": self.labels, "classes": self.classes}
        if self.targets is not None:
            own = self.roles.reconstructs and isinstance(inputs, np.ndarray) and inputs.shape[1]
            targets = inputs.copy() if own else self.targets
            answers = {"targets": targets, "target_names": self.target_names, "task": self.task}
        rest: dict[str, Any] = {"sources": self.sources, "groups": self.groups, "times": self.times}
        rest |= {"until": self.until, "last": self.last, "names": self.row_names}
        return Dataset(inputs, columns=columns, weights=self.weights, by_row=self.by_row, **rest, **answers)

    def place_of(self, row: int | None) -> tuple[str | None, int | None]:
        """The file of a row and its line in it, None where it is not known."""
        if row is None:
            return (self.shown[0], None) if len(self.shown) == 1 else (None, None)
        first = 0
        counts = self.file_rows or tuple(source.n_samples for source in self.sources)
        for n_rows, shown in zip(counts, self.shown, strict=True):
            if row < first + n_rows:
                return shown, self.table.line_of(row)
            first += n_rows
        return None, self.table.line_of(row)
