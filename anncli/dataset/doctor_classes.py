"""Findings about the classes: one class only, classes with few rows."""

from __future__ import annotations

from collections.abc import Iterator

from anncli.dataset.column_view import ColumnView
from anncli.dataset.findings import Examined, Finding, fraction_of
from anncli.errors import quoted

# A class with fewer rows is left out of a validation set; see training/sets.py.
_FEWEST_ROWS = 5
# A class is rare with less than this fraction of an equal share.
_RARE = 0.1


def find_imbalance(rows: Examined) -> Iterator[Finding]:
    """Classes with fewer rows than a validation set needs, and rare ones."""
    for name in rows.labels if rows.predicts_classes else ():
        view = ColumnView(rows.column_of(name))
        if view.n_values < 2:
            continue
        counts = view.counts
        rare = int(counts.argmin())
        count, most = int(counts[rare]), int(counts.max())
        few = counts[counts < _FEWEST_ROWS]
        if count >= _FEWEST_ROWS and count * view.n_values >= _RARE * view.n_present:
            continue
        which = f"class {quoted(view.words[rare])} of the label {quoted(name)}"
        message = f"{which} has {fraction_of(count, view.n_present)} rows"
        if len(few) > 1:
            message += f"; {len(few)} classes have fewer than {_FEWEST_ROWS}"
        always = 100 * most / view.n_present
        advice = f"one answer for all rows is right in {always:.4g} %: look at recall, or say --class-weight balanced"
        if len(few):
            advice = "too few for a validation set: add rows of it, or join classes"
        yield rows.finding(
            "imbalance",
            len(few) > 0,
            message,
            advice,
            name=name,
            row=view.row_of(rare),
            count=max(count, int(few.sum())),
        )
