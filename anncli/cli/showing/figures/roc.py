"""The ROC curve: true positives against false positives for every threshold."""

from __future__ import annotations

from anncli.cli.showing.figures.facts import Event, Facts, Figure, RowSet, events, refuse_not_finite, titled
from anncli.cli.showing.figures.thresholds import MOST_CURVES, chosen_events, curve_rows, point_at
from anncli.cli.showing.plot_area import Axis, Entry, PlotArea, number_text
from anncli.cli.showing.svg import Series
from anncli.evaluation.curves import RocCurve, roc_curve
from anncli.evaluation.ranking import area_under_curve


def draw(facts: Facts, rows: RowSet) -> Figure:
    """One curve for two classes; else one for each class against the others, for the classes with the smallest areas."""
    refuse_not_finite(rows)
    found = [(event, curve) for event in events(facts, rows) if (curve := _curve(event, rows)) is not None]
    areas = {event.name: _area(event, rows) for event, _ in found}
    shown = chosen_events(found, lambda event: areas[event.name])
    legend = [
        Entry(Series(k), f"{event.name}, AUC {number_text(areas[event.name])}") for k, (event, _) in enumerate(shown)
    ]
    axes = Axis(0, 1, "false positives, as a fraction of the negatives"), Axis(0, 1, "true positives (sensitivity)")
    plot = PlotArea(titled("ROC curve", rows), _described(found, areas), axes, legend, square=True)
    plot.rule((0, 0), (1, 1))
    for k, (_, curve) in enumerate(shown):
        places = zip(curve.false_positive_rate.tolist(), curve.true_positive_rate.tolist(), strict=True)
        plot.curve(places, Series(k))
    if facts.threshold is not None and len(shown) == 1:
        at = point_at(shown[0][1].thresholds, facts.threshold)
        plot.marks(
            [(float(shown[0][1].false_positive_rate[at]), float(shown[0][1].true_positive_rate[at]))], Series(1), 5
        )
    return Figure(
        plot.drawing,
        _caption(facts, rows, found),
        ("class", "threshold", "false_positive_rate", "true_positive_rate"),
        curve_rows(found),
    )


def _curve(event: Event, rows: RowSet) -> RocCurve | None:
    return roc_curve(event.scores, event.is_so, rows.weights)


def _area(event: Event, rows: RowSet) -> float:
    area = area_under_curve(event.scores, event.is_so, rows.weights)
    assert area is not None
    return area


def _described(found: list[tuple[Event, RocCurve]], areas: dict[str, float]) -> str:
    if not found:
        return "There is no curve: it needs rows of both kinds."
    parts = [f"{name} {number_text(area)}" for name, area in list(areas.items())[:20]]
    return "True positives against false positives. Area under the curve: " + ", ".join(parts) + "."


def _caption(facts: Facts, rows: RowSet, found: list[tuple[Event, RocCurve]]) -> str:
    if not found:
        return "There is no curve: it needs rows of both kinds."
    if len(found) == 1:
        interval = getattr(rows.evaluation, "intervals", {}).get("auc")
        area = f"The area under the curve is {number_text(rows.evaluation.auc)}" if facts.network.n_outputs == 1 else ""
        if area and interval is not None:
            area += f" (interval {number_text(interval.low)} to {number_text(interval.high)})"
        mark = f" The marker is the threshold {number_text(facts.threshold)}." if facts.threshold is not None else ""
        return f"{area or 'One curve'}. 1 is perfect, 0.5 is chance (the dashed line).{mark}"
    text = "Each class against all others. 1 is perfect, 0.5 is chance (the dashed line)."
    return text + (f" Shown are the {MOST_CURVES} classes with the smallest areas." if len(found) > MOST_CURVES else "")
