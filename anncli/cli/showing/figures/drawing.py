"""Drawing a figure by its name."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from importlib import import_module

from anncli.cli.showing.figures.facts import Facts, Figure, RowSet
from anncli.cli.showing.figures.names import FIGURE_NAMES
from anncli.errors import UsageError


def why_not(name: str, task: str) -> str | None:
    """Why networks for this task have no such figure; None where they have it."""
    tasks = FIGURE_NAMES[name].tasks
    return None if task in tasks else f"'{name}' is for {' and '.join(tasks)}, and the network is for {task}"


def refuse_task(name: str, task: str) -> None:
    """Raises UsageError for a figure that networks for this task do not have."""
    if reason := why_not(name, task):
        known = ", ".join(other for other in FIGURE_NAMES if why_not(other, task) is None)
        raise UsageError(reason, advice=f"draw one of {known}")


def draw(name: str, facts: Facts) -> list[Figure]:
    """The figure; one for each set of rows where it is about rows.

    Raises: UsageError where it cannot be drawn, in words.
    """
    refuse_task(name, facts.task)
    info = FIGURE_NAMES[name]
    module = import_module(f"anncli.cli.showing.figures.{info.module}")
    if not info.needs_data or name == "forecast":
        return [module.draw(facts)]
    return [module.draw(facts, rows) for rows in (facts.sets if info.by_set else facts.sets[-1:])]


def csv_of(figures: Sequence[Figure], sets: Sequence[RowSet]) -> str:
    """The numbers of figures as a table; with several sets of rows the first column says which."""
    several = len(figures) > 1
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*(("set",) if several else ()), *figures[0].header))
    for figure, rows in zip(figures, sets if several else [None], strict=True):
        for row in figure.rows:
            writer.writerow((*((rows.title,) if rows is not None else ()), *("" if x is None else x for x in row)))
    return text.getvalue()
