"""The precision-recall curve: how many of the rows that are predicted positive are so, against how many are found."""

from __future__ import annotations

import numpy as np

from anncli.cli.showing.figures.facts import Event, Facts, Figure, RowSet, events, refuse_not_finite, titled
from anncli.cli.showing.figures.thresholds import MOST_CURVES, chosen_events, curve_rows, point_at
from anncli.cli.showing.plot_area import Axis, Entry, PlotArea, number_text
from anncli.cli.showing.svg import Series
from anncli.evaluation.curves import PrecisionRecallCurve, precision_recall_curve
from anncli.evaluation.ranking import average_precision

_Found = list[tuple[Event, PrecisionRecallCurve]]


def draw(facts: Facts, rows: RowSet) -> Figure:
    """One curve for two classes; else one for each class against the others, for the classes of the lowest precision."""
    refuse_not_finite(rows)
    found = [(event, curve) for event in events(facts, rows) if (curve := _curve(event, rows)) is not None]
    areas = {event.name: _area(event, rows) for event, _ in found}
    shown = chosen_events(found, lambda event: areas[event.name])
    legend = [
        Entry(Series(k), f"{event.name}, PR-AUC {number_text(areas[event.name])}") for k, (event, _) in enumerate(shown)
    ]
    axes = Axis(0, 1, "recall (sensitivity): positives that are found"), Axis(0, 1, "precision (PPV)")
    plot = PlotArea(titled("Precision and recall", rows), _described(areas), axes, legend, square=True)
    for k, (_, curve) in enumerate(shown):
        plot.curve(_steps(curve), Series(k))
    if len(shown) == 1:
        event, curve = shown[0]
        base = _positives(event, rows)
        plot.rule((0, base), (1, base))
        if facts.threshold is not None:
            at = point_at(curve.thresholds, facts.threshold)
            plot.marks([(float(curve.recall[at]), float(curve.precision[at]))], Series(1), 5)
    return Figure(
        plot.drawing, _caption(facts, rows, found), ("class", "threshold", "recall", "precision"), curve_rows(found)
    )


def _curve(event: Event, rows: RowSet) -> PrecisionRecallCurve | None:
    return precision_recall_curve(event.scores, event.is_so, rows.weights)


def _area(event: Event, rows: RowSet) -> float:
    area = average_precision(event.scores, event.is_so, rows.weights)
    assert area is not None
    return area


def _steps(curve: PrecisionRecallCurve) -> list[tuple[float, float]]:
    """The curve as steps: between two thresholds no recall is reached, so nothing is drawn as if it were."""
    recall, precision = curve.recall.tolist(), curve.precision.tolist()
    points = []
    for k in range(1, len(recall)):
        points += [(recall[k - 1], precision[k]), (recall[k], precision[k])]
    return points


def _positives(event: Event, rows: RowSet) -> float:
    """The fraction of the rows that are positive: the precision of guessing."""
    return float(np.average(event.is_so, weights=rows.weights))


def _described(areas: dict[str, float]) -> str:
    if not areas:
        return "There is no curve: no row is positive."
    parts = [f"{name} {number_text(area)}" for name, area in list(areas.items())[:20]]
    return "Precision against recall. PR-AUC: " + ", ".join(parts) + "."


def _caption(facts: Facts, rows: RowSet, found: _Found) -> str:
    if not found:
        return "There is no curve: no row is positive."
    if len(found) == 1:
        event, _ = found[0]
        mark = f" The marker is the threshold {number_text(facts.threshold)}." if facts.threshold is not None else ""
        return (
            f"The area under the curve (PR-AUC) is {number_text(_area(event, rows))}; guessing gives "
            f"{number_text(_positives(event, rows))} (the dashed line).{mark}"
        )
    text = "Each class against all others."
    return text + (f" Shown are the {MOST_CURVES} classes of the lowest precision." if len(found) > MOST_CURVES else "")
