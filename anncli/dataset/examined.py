"""Samples that were read for a training, or for their examination alone, as the examination takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from anncli.arrays import Array
from anncli.dataset.dataset import UNLABELLED, Dataset
from anncli.dataset.findings import Examined, Part
from anncli.dataset.table_data import TableData
from anncli.tables import Table, TableColumn


def examined(data: Dataset | TableData, sets: Mapping[str, Array]) -> dict[str, Examined]:
    """The samples of each set; sets: the numbers of their rows, which are consecutive. Nothing is copied unless rows have
    the weight 0, which are left out."""
    found = _of_table(data, sets) if isinstance(data, TableData) else _of_samples(data, sets)
    if data.weights is None or np.all(data.weights):
        return found
    start, weighted = 0, dict[str, Examined]()
    for name, rows in found.items():
        weighted[name] = _with_weight(rows, data.weights[start : start + rows.n_rows])
        start += rows.n_rows
    return weighted


def _of_table(data: TableData, sets: Mapping[str, Array]) -> dict[str, Examined]:
    roles = data.roles
    files = [Part(name, source.n_samples) for source, name in zip(data.sources, data.shown, strict=True)]
    positions = {name: k for k, name in enumerate(roles.columns, 1)}
    categories = frozenset(name for name, kind in data.kinds.items() if kind == "category")
    rows = Examined(data.table, roles.inputs, roles.labels, data.task, (), positions, categories, roles.group)
    return _divided(rows, files, sets)


def _of_samples(data: Dataset, sets: Mapping[str, Array]) -> dict[str, Examined]:
    names = data.columns or tuple(str(k) for k in range(1, data.n_inputs + 1))
    columns = [TableColumn(name, data.vectors[:, k]) for k, name in enumerate(names)]
    labels = tuple(_free(name, names) for name in (data.names_of_targets if data.targets is not None else ("class",)))
    if data.targets is not None:
        columns += [TableColumn(name, data.targets[:, k]) for k, name in enumerate(labels)]
    elif (data.labels != UNLABELLED).any():
        columns.append(TableColumn(labels[0], codes=data.labels.astype(np.int32), words=data.classes, is_declared=True))
    else:
        labels = ()
    table = Table(tuple(columns), data.n_samples, bool(data.columns))
    files = [Part(source.name, source.n_samples) for source in data.sources]
    like = Examined(
        table, tuple(names), labels, data.task if labels else "", positions={n: k for k, n in enumerate(names, 1)}
    )
    return _divided(like, files, sets)


def _divided(rows: Examined, files: Sequence[Part], sets: Mapping[str, Array]) -> dict[str, Examined]:
    """The sets of consecutive rows, each with its files."""
    found, files, start = dict[str, Examined](), [part for part in files if part.n_rows], 0
    rows = rows.with_words()
    counts = {name: len(numbers) for name, numbers in sets.items()} or {"training": rows.n_rows}
    for name, count in counts.items():
        stop, own = start + count, list[Part]()
        while files and sum(part.n_rows for part in own) < stop - start:
            own.append(files.pop(0))
        part = rows.table if len(sets) < 2 else rows.table.part(slice(start, stop))
        found[name] = rows._replace(table=part, parts=tuple(own), title="" if not found else name)
        start = stop
    return found


def _with_weight(rows: Examined, weights: Array) -> Examined:
    """The rows whose weight is not 0."""
    parts, start = list[Part](), 0
    for part in rows.parts:
        parts.append(Part(part.shown, int(np.count_nonzero(weights[start : start + part.n_rows]))))
        start += part.n_rows
    return rows._replace(table=rows.table.take(np.flatnonzero(weights)), parts=tuple(parts))


def _free(name: str, taken: Sequence[str]) -> str:
    """A name that no column has."""
    while name in taken:
        name = f"{name} (answer)"
    return name
