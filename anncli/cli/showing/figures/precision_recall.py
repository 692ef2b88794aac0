"""The precision-recall curve: how many of the rows that are predicted positive are so, against how many are found."""

from __future__ import annotations

import numpy as np

from anncli.cli.showing.figures.facts import Event, Facts, Figure, RowSet, events, refuse_not_finite, titled
from anncli.cli.showing.figures.thresholds import MOST_CURVES, chosen_events, point_at
from anncli.cli.showing.plot_area import Axis, Entry, PlotArea, number_text
from anncli.cli.showing.svg import Series
from anncli.evaluation.curves import PrecisionRecallCurve, precision_recall_curve

_Found = list[tuple[Event, PrecisionRecallCurve]]


def draw(facts: Facts, rows: RowSet) -> Figure:
    """One curve for two classes; else one for each class against the others, for the classes of the lowest precision."""
    refuse_not_finite(rows)
    found = [(event, curve) for event in events(facts, rows) if (curve := _curve(event, rows)) is not None]
    means = {event.name: average_precision(curve) for event, curve in found}
    shown = chosen_events(found, lambda event: means[event.name])
    legend = [
        Entry(Series(k), f"{event.name}, AP {number_text(means[event.name])}") for k, (event, _) in enumerate(shown)
    ]
    axes = Axis(0, 1, "recall (sensitivity): positives that are found"), Axis(0, 1, "precision (PPV)")
    plot = PlotArea(titled("Precision and recall", rows), _described(means), axes, legend, square=True)
    for k, (_, curve) in enumerate(shown):
        plot.curve(_steps(curve), Series(k))
    if len(shown) == 1:
        event, curve = shown[0]
        base = _share(event, rows)
        plot.rule((0, base), (1, base))
        if facts.threshold is not None:
            at = point_at(curve.thresholds, facts.threshold)
            plot.marks([(float(curve.recall[at]), float(curve.precision[at]))], Series(1), 5)
    return Figure(
        plot.drawing, _caption(facts, rows, found), ("class", "threshold", "recall", "precision"), _rows(found)
    )


def _curve(event: Event, rows: RowSet) -> PrecisionRecallCurve | None:
    return precision_recall_curve(event.scores, event.is_so, rows.weights)


def average_precision(curve: PrecisionRecallCurve) -> float:
    """The mean of the precision over the steps of the recall."""
    return float(np.diff(curve.recall) @ curve.precision[1:])


def _steps(curve: PrecisionRecallCurve) -> list[tuple[float, float]]:
    """The curve as steps: between two thresholds no recall is reached, so nothing is drawn as if it were."""
    recall, precision = curve.recall.tolist(), curve.precision.tolist()
    points = []
    for k in range(1, len(recall)):
        points += [(recall[k - 1], precision[k]), (recall[k], precision[k])]
    return points


def _share(event: Event, rows: RowSet) -> float:
    """The fraction of the rows that are positive: the precision of guessing."""
    return float(np.average(event.is_so, weights=rows.weights))


def _described(means: dict[str, float]) -> str:
    if not means:
        return "There is no curve: no row is positive."
    parts = [f"{name} {number_text(mean)}" for name, mean in list(means.items())[:20]]
    return "Precision against recall. Average precision: " + ", ".join(parts) + "."


def _caption(facts: Facts, rows: RowSet, found: _Found) -> str:
    if not found:
        return "There is no curve: no row is positive."
    if len(found) == 1:
        event, curve = found[0]
        mark = f" The marker is the threshold {number_text(facts.threshold)}." if facts.threshold is not None else ""
        return (
            f"The average precision is {number_text(average_precision(curve))}; guessing gives "
            f"{number_text(_share(event, rows))} (the dashed line).{mark}"
        )
    text = "Each class against all others."
    return text + (f" Shown are the {MOST_CURVES} classes of the lowest precision." if len(found) > MOST_CURVES else "")


def _rows(found: _Found) -> list[tuple[str, float | None, float, float]]:
    return [
        (event.name, t if np.isfinite(t) else None, x, y)
        for event, curve in found
        for t, x, y in zip(*(values.tolist() for values in curve), strict=True)
    ]
