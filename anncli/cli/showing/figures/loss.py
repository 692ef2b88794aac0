"""Loss curves: how the losses fell from epoch to epoch, as the network file keeps them."""

from __future__ import annotations

from collections.abc import Sequence

from anncli.cli.showing.figures.facts import Facts, Figure
from anncli.cli.showing.plot_area import Entry, PlotArea, axis_for, number_text
from anncli.cli.showing.svg import Series
from anncli.errors import UsageError
from anncli.network.loss_curve import CurvePoint

# A loss that falls by more than this factor is drawn with a logarithmic axis.
_FALL = 10.0


def draw(facts: Facts) -> Figure:
    """Raises UsageError for a network whose file keeps no losses."""
    curve, record = facts.network.curve, facts.network.record
    if curve is None or not curve.training:
        raise UsageError("the network file keeps no loss curve", advice="train it with this version of ann")
    lines = _lines(curve.training, curve.retraining)
    losses = [loss for points in lines.values() for _, loss in points]
    logarithmic = min(losses) > 0 and max(losses) > _FALL * min(losses)
    epochs = [epoch for points in lines.values() for epoch, _ in points]
    axes = (
        axis_for([0, *epochs], "epoch"),
        axis_for([*losses, *([] if logarithmic else [0])], "loss", logarithmic=logarithmic),
    )
    legend = [Entry(Series(k), name) for k, name in enumerate(lines)]
    plot = PlotArea("Loss curves", _described(lines), axes, legend)
    for k, points in enumerate(lines.values()):
        plot.curve(points, Series(k))
    kept = record.get("kept_epoch")
    if "validation" in lines and isinstance(kept, int) and 0 < kept <= max(epochs):
        plot.rule((kept, axes[1].low), (kept, axes[1].high))
    caption = _caption(lines, kept)
    if facts.network.members:
        caption = f"Of the {len(facts.network.members)} networks of this ensemble, the first one. {caption}"
    return Figure(plot.drawing, caption, ("curve", "epoch", "loss"), _rows(lines))


def _lines(training: Sequence[CurvePoint], retraining: Sequence[CurvePoint]) -> dict[str, list[tuple[float, float]]]:
    """The points of each curve that there is."""
    lines = {
        "training": [(p.epoch, p.training) for p in training],
        "validation": [(p.epoch, p.validation) for p in training if p.validation is not None],
        "retraining on all rows": [(p.epoch, p.training) for p in retraining],
    }
    return {name: [(float(x), y) for x, y in points] for name, points in lines.items() if points}


def _described(lines: dict[str, list[tuple[float, float]]]) -> str:
    parts = [
        f"{name}: from {number_text(p[0][1])} to {number_text(p[-1][1])} in epoch {p[-1][0]:g}"
        for name, p in lines.items()
    ]
    return "The loss after each epoch. " + "; ".join(parts) + "."


def _caption(lines: dict[str, list[tuple[float, float]]], kept: object) -> str:
    if "validation" not in lines:
        return "The loss on the training rows, as each epoch met them."
    text = f"The dashed upright line is epoch {kept}, whose weights were best on the validation set."
    if "retraining on all rows" in lines:
        text += " The network was then retrained on training and validation rows together."
    return text


def _rows(lines: dict[str, list[tuple[float, float]]]) -> list[tuple[str, int, float]]:
    return [(name, int(epoch), loss) for name, points in lines.items() for epoch, loss in points]
