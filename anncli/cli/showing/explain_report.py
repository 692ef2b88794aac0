"""The report of `ann explain`: importances as a table with bars, and partial dependences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from anncli.analysis.importance import Importances
from anncli.analysis.partial_dependence import Dependence
from anncli.arrays import Array
from anncli.cli.showing.console import table
from anncli.cli.showing.metric_words import metric_words
from anncli.cli.showing.report import plain
from anncli.tables import Table, TableColumn

# Columns that the terminal shows; files and JSON have all.
MOST_COLUMNS = 25
_CELLS = 20


class Explanation:
    """What is known of the columns over some rows: importances; gradients: of each column of numbers by its name."""

    def __init__(self, importances: Importances, gradients: Mapping[str, float]) -> None:
        self.importances, self.gradients = importances, gradients

    def text(self, title: str) -> str:
        """A table, the most important column first, with a bar for the first metric."""
        found = self.importances
        metrics = [metric_words(name) for name in found.metrics]
        header = [title, *(word for metric in metrics for word in (metric.heading, "+/-")), "gradient", ""]
        shown, first = found.columns[:MOST_COLUMNS], found.metrics[0]
        largest = max((change.mean for one in shown if (change := one.changes[first]) is not None), default=0.0)
        rows = []
        for one in shown:
            cells = [one.column.name]
            for name, metric in zip(found.metrics, metrics, strict=True):
                change = one.changes[name]
                cells += ["undefined", ""] if change is None else [metric.shown(x) for x in change[:2]]
            change = one.changes[first]
            cells += [plain(self.gradients[one.column.name]) if one.column.name in self.gradients else "-"]
            rows.append([*cells, _bar(0.0 if change is None else change.mean, largest)])
        lines = [table(header, [[*row[:-1], row[-1].ljust(_CELLS)] for row in rows])]
        if len(found.columns) > len(shown):
            lines.append(f"{len(found.columns) - len(shown)} more columns: --json, or -o FILE")
        base = ", ".join(
            f"{m.title} {m.with_unit(found.base[name])}" for name, m in zip(found.metrics, metrics, strict=True)
        )
        lines.append(f"with all columns as they are: {base} ({found.n_rows} rows, {found.repeats} permutations each)")
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        found = self.importances
        return {
            "n": found.n_rows,
            "permutations": found.repeats,
            "metrics": dict(found.base),
            "columns": [
                {
                    "column": one.column.name,
                    "kind": one.column.kind,
                    "gradient": self.gradients.get(one.column.name),
                    "importance": {
                        name: None
                        if change is None
                        else {"mean": change.mean, "deviation": change.deviation, "values": list(change.values)}
                        for name, change in one.changes.items()
                    },
                }
                for one in found.columns
            ],
        }

    def table(self) -> Table:
        """The same as a table for a file."""
        found = self.importances
        columns = [_words("column", [one.column.name for one in found.columns])]
        for name in found.metrics:
            changes = [one.changes[name] for one in found.columns]
            columns.append(_numbers(name, [np.nan if change is None else change.mean for change in changes]))
            columns.append(
                _numbers(f"{name}_deviation", [np.nan if change is None else change.deviation for change in changes])
            )
        columns.append(_numbers("gradient", [self.gradients.get(one.column.name, np.nan) for one in found.columns]))
        return Table(tuple(columns), len(found.columns))


def _bar(value: float, largest: float) -> str:
    return "#" * round(_CELLS * max(value, 0.0) / largest) if largest > 0 else ""


def _words(name: str, words: Sequence[str]) -> TableColumn:
    different = tuple(dict.fromkeys(words))
    places = {word: k for k, word in enumerate(different)}
    return TableColumn(name, codes=np.array([places[word] for word in words], dtype=np.int32), words=different)


def _numbers(name: str, values: Sequence[float]) -> TableColumn:
    return TableColumn(name, numbers=np.array(values, dtype=np.float64))


def dependence_text(found: Dependence, outputs: Sequence[str]) -> str:
    """A line for each value of the column, with the mean outputs; a bar where there is one output."""
    rows, single = [], found.outputs.shape[1] == 1
    low, high = float(found.outputs.min()), float(found.outputs.max())
    for value, fraction, means in zip(found.values, found.fractions, found.outputs, strict=True):
        cells = [value if isinstance(value, str) else plain(value, 6), f"{100 * fraction:.1f}", *_cells(means)]
        rows.append([*cells, *([_bar(float(means[0]) - low, high - low).ljust(_CELLS)] if single else [])])
    header = [found.column.name, "rows %", *(f"mean {name}" for name in outputs), *([""] if single else [])]
    return table(header, rows)


def _cells(means: Array) -> list[str]:
    return [plain(float(mean)) for mean in means]


def dependence_document(found: Dependence, outputs: Sequence[str]) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "column": found.column.name,
        "outputs": list(outputs),
        "points": [
            {"value": value, "fraction": fraction, "means": means.tolist()}
            for value, fraction, means in zip(found.values, found.fractions, found.outputs, strict=True)
        ],
    }
