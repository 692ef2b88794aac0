"""The report of `ann check`: what was examined, and the findings, with their places and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from anncli.dataset.findings import Examined, Finding
from anncli.errors import AnnError, count_of, printable, quoted
from anncli.tables import MISSING

_MOST_CLASSES = 5
# Missing cells of more columns than these are one line, with so many names.
_MOST_LINES, _MOST_NAMES = 3, 5


def text_of(finding: Finding) -> str:
    """`FILE:LINE:COLUMN: what; what to do`."""
    place = {"path": finding.path, "line": finding.line, "column": finding.column}
    return printable(str(AnnError(finding.message, advice=finding.advice or None, **place)))  # type: ignore[arg-type]


def report(sets: Mapping[str, Examined], found: Sequence[Finding], most: int | None) -> str:
    """The text of the command; most: findings of one kind that are shown, None for all."""
    return findings_text([_about(name, rows) for name, rows in sets.items()], found, most)


def findings_text(heads: Sequence[str], found: Sequence[Finding], most: int | None) -> str:
    """The same below lines that say what was examined."""
    lines = [*map(printable, heads), ""]
    for (kind, is_serious), own in groupby(found, key=lambda one: (one.kind, one.is_serious)):
        of_kind = list(own)
        if kind == "missing" and len(of_kind) > _MOST_LINES and most is not None:
            lines.append(f"{_level(of_kind[0])}: {_together(of_kind)}")
            continue
        shown = of_kind if most is None or len(of_kind) <= most + 1 else of_kind[:most]
        lines += [f"{_level(one)}: {text_of(one)}" for one in shown]
        if len(shown) < len(of_kind):
            more = f"{len(of_kind) - len(shown)} more findings of the kind {kind} (-v shows all)"
            lines.append(f"{'warning' if is_serious else 'note'}: {more}")
    n_serious = sum(one.is_serious for one in found)
    if found:
        lines += ["", f"{count_of(n_serious, 'warning')}, {count_of(len(found) - n_serious, 'note')}"]
    else:
        lines.append("nothing found")
    return "\n".join(lines)


def _together(found: Sequence[Finding]) -> str:
    """Missing cells of many columns in one line, the columns with most of them first."""
    columns = sorted(found, key=lambda one: -one.affected)
    shown = ", ".join(f"{quoted(one.name)} {one.affected}" for one in columns[:_MOST_NAMES])
    more = f", {len(columns) - _MOST_NAMES} more" if len(columns) > _MOST_NAMES else ""
    text = (
        f"{found[0].path}: cells are missing in {len(found)} columns: {shown}{more} (-v shows all); {found[0].advice}"
    )
    return printable(text)


def _level(finding: Finding) -> str:
    return "warning" if finding.is_serious else "note"


def _about(name: str, rows: Examined) -> str:
    """'cancer.csv: 699 rows, 9 inputs, label diagnosis: benign 458, malignant 241'."""
    title = "" if name == "training" else f" ({name})"
    parts = [f"{rows.shown}{title}: {count_of(rows.n_rows, 'row')}, {count_of(len(rows.inputs), 'input')}"]
    if len(rows.labels) == 1:
        parts.append(f"label {quoted(rows.labels[0])}{_classes(rows)}")
    elif rows.labels:
        parts.append(f"{len(rows.labels)} labels")
    else:
        parts.append("no label")
    return ", ".join(parts)


def _classes(rows: Examined) -> str:
    """': benign 458, malignant 241' or ' of numbers'."""
    if not rows.predicts_classes:
        return " of numbers"
    column = rows.column_of(rows.labels[0])
    assert column.codes is not None
    counts = np.bincount(column.codes[column.codes != MISSING], minlength=len(column.words))
    known = sorted(zip(column.words, counts.tolist(), strict=True), key=lambda pair: -pair[1])
    known = [(word, count) for word, count in known if count]
    more = f", {len(known) - _MOST_CLASSES} more" if len(known) > _MOST_CLASSES else ""
    return ": " + ", ".join(f"{word} {count}" for word, count in known[:_MOST_CLASSES]) + more


def document(sets: Mapping[str, Examined], found: Sequence[Finding]) -> dict[str, Any]:
    """The same as JSON values."""
    training = next(iter(sets.values()))
    return {
        "data": [
            {"set": name, "files": [printable(part.shown) for part in rows.parts], "rows": rows.n_rows}
            for name, rows in sets.items()
        ],
        "inputs": list(training.inputs),
        "labels": list(training.labels),
        "task": training.task or None,
        "findings": [_entry(one) for one in found],
        "serious": sum(one.is_serious for one in found),
    }


def _entry(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "level": _level(finding),
        "set": finding.rows or "training",
        "path": None if finding.path is None else printable(finding.path),
        "line": finding.line,
        "column": finding.column,
        "name": finding.name or None,
        "count": finding.affected,
        "message": finding.message,
        "advice": finding.advice,
    }
