"""A table with the roles of its columns: what a run divides into sets before an encoder makes samples of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset, Source
from anncli.tables import Roles, Table


@dataclass(frozen=True, eq=False, repr=False)
class TableData:
    """A table of n rows, the answers of its rows, and what is to become of its columns.

    table: has the columns of `roles`; labels (n,) and classes, or targets (n, n_targets), target_names and task, as in
    Dataset; weights: (n,) or None; kinds: 'number' or 'category' for each input; missing, unknown: how gaps
    and unknown words are encoded (see TableEncoder); sources: as in Dataset; shown: their names for messages; groups,
    times: as in Dataset; memory: inputs of more bytes than these lie on the disk, None: all in memory.
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

    def __repr__(self) -> str:
        return f"<TableData of {self.n_samples} rows, {len(self.roles.inputs)} columns, {self.task}: {', '.join(self.classes or self.target_names)[:60]}>"

    @property
    def n_samples(self) -> int:
        return self.table.n_rows

    @property
    def n_classes(self) -> int:
        return len(self.classes)

    @property
    def n_targets(self) -> int:
        """0 for classification."""
        return 0 if self.targets is None else int(self.targets.shape[1])

    def bare(self) -> Dataset:
        """The samples without their inputs: what dividing them into sets depends on."""
        return self.with_inputs(np.empty((self.n_samples, 0), dtype=np.float32), ())

    def with_inputs(self, inputs: Array, columns: tuple[str, ...]) -> Dataset:
        """The samples with inputs (n, d), whose names are `columns`; they are the targets too where `roles` say so."""
        answers: dict[str, Any] = {"labels": self.labels, "classes": self.classes}
        if self.targets is not None:
            targets = inputs.copy() if self.roles.reconstructs and inputs.shape[1] else self.targets
            answers = {"targets": targets, "target_names": self.target_names, "task": self.task}
        rest: dict[str, Any] = {"sources": self.sources, "groups": self.groups, "times": self.times}
        return Dataset(inputs, columns=columns, weights=self.weights, **rest, **answers)

    def place_of(self, row: int | None) -> tuple[str | None, int | None]:
        """The file of a row and its line in it, None where it is not known."""
        if row is None:
            return (self.shown[0], None) if len(self.shown) == 1 else (None, None)
        first = 0
        for source, shown in zip(self.sources, self.shown, strict=True):
            if row < first + source.n_samples:
                return shown, self.table.line_of(row)
            first += source.n_samples
        return None, self.table.line_of(row)
