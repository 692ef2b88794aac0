"""Rows seen before, in tables and JSON: figures of all rows of a set, marked, and those of the rows that are new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array

NOT_KNOWN = "not known: the network file holds no digests of the rows that trained it"


class SetReport(NamedTuple):
    """One set of rows: the evaluation of all; n_seen: how many of them trained the network before, None where that is not
    known or was not asked; unseen: the evaluation of the others, None where all or none were seen; is_exact: whether
    no other row was taken for one of them; n_rows: how many count, which with weights is not the evaluation's sum of them;
    unit: what is counted, 'rows' or 'samples'."""

    evaluation: Any
    n_seen: int | None = None
    unseen: Any = None
    is_exact: bool = True
    n_rows: int = 0
    unit: str = "rows"


def set_report(
    evaluate: Callable[[Array | None], Any], labelled: Array, seen: Array | None, is_exact: bool, unit: str = "rows"
) -> SetReport:
    """Args: evaluate: the evaluation of the rows where a mask (n,) is true, None for all; labelled, seen: bool (n,), rows
    that count and rows that trained the network before; seen None: not known; is_exact: see RowDigests."""
    if seen is None:
        return SetReport(evaluate(None))
    n_seen, n_rows = (int(np.count_nonzero(mask)) for mask in (seen & labelled, labelled))
    unseen = evaluate(labelled & ~seen) if 0 < n_seen < n_rows else None
    return SetReport(evaluate(None), n_seen, unseen, is_exact, n_rows, unit)


def table_rows(reports: Mapping[str, SetReport]) -> dict[str, Any]:
    """Title -> evaluation, for the table: a marked line for sets with rows that were seen, and one without these rows."""
    rows = {}
    for name, report in reports.items():
        rows[f"{name}*" if report.n_seen else name] = report.evaluation
        if report.unseen is not None:
            rows[new_rows(name)] = report.unseen
    return rows


def new_rows(name: str) -> str:
    """How a table names the rows of a set that have not trained the network."""
    return f"{name}, new rows"


def marks(reports: Mapping[str, SetReport]) -> list[str]:
    """What the star in the table means, a line for each set that has one."""
    lines = []
    for name, report in reports.items():
        if report.n_seen:
            trained = f"{report.n_seen} of these {report.n_rows} {report.unit} trained the network"
            if not report.is_exact:
                trained = f"about {trained} (of 10,000 others one is taken for such a row)"
            if report.unseen is not None:
                advice = f"trust the line '{new_rows(name)}'"
            else:
                advice = f"they say nothing about new {report.unit}"
            lines.append(f"* {name}: {trained}, so the figures of that line are optimistic; {advice}")
    return lines


def seen_document(reports: Mapping[str, SetReport], counted: tuple[str, ...]) -> dict[str, Any]:
    """The keys `rows_seen` (of the sets in `counted`) and `unseen` of a JSON document."""
    return {
        "rows_seen": {name: report.n_seen for name, report in reports.items() if name in counted},
        "unseen": {
            name: None if report.unseen is None else report.unseen.as_dict()
            for name, report in reports.items()
            if report.n_seen
        },
    }
