"""The report of `ann bench`: a table of trainers, a JSON entry for each, and a chart of their loss curves."""

from __future__ import annotations

import statistics
from typing import Any

from anncli.cli.showing.console import table
from anncli.cli.showing.plot_area import Entry, PlotArea, axis_for, number_text
from anncli.cli.showing.svg import Series, svg_document
from anncli.experiments.bench import Curves, LossCurve


def report(curves: Curves) -> str:
    """A table, lowest median loss first, and a line for each trainer that could not run."""
    ran = {name: found for name, found in curves.items() if not isinstance(found, str)}
    order = sorted(ran, key=lambda name: _median([c.losses[-1] for c in ran[name]]))
    rows: list[tuple[str, ...]] = []
    for name in order:
        found = ran[name]
        losses = [c.losses[-1] for c in found]
        validation = [c.validation for c in found if c.validation is not None]
        diverged = sum(c.ended == "diverged" for c in found)
        rows.append((
            name, f"{_median(losses):.4g}", f"{min(losses):.4g}", f"{max(losses):.4g}",
            f"{_median(validation):.4g}" if validation else "-",
            f"{_median([len(c.losses) - 1 for c in found]):g}", f"{_median([c.seconds[-1] for c in found]):.3f}",
            f"{diverged}" if diverged else "",
        ))  # fmt: skip
    header: tuple[str, ...] = ("trainer", "loss", "best", "worst", "lowest validation", "epochs", "seconds", "diverged")
    if not any(row[-1] for row in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    lines = [table(header, rows)]
    lines += [f"{name}: left out: {found}" for name, found in curves.items() if isinstance(found, str)]
    return "\n".join(lines)


def document(name: str, found: list[LossCurve] | str) -> dict[str, Any]:
    """A trainer with the loss curves of all its starts, or why it was left out."""
    if isinstance(found, str):
        return {"trainer": name, "left_out": found}
    starts = [
        {"losses": c.losses, "seconds": c.seconds, "lowest_validation_loss": c.validation, "ended": c.ended or None}
        for c in found
    ]
    return {"trainer": name, "starts": starts}


def chart(curves: Curves, title: str, over: str) -> str:
    """The loss curves of the first start of every trainer as SVG; over: 'seconds' or 'epochs', the x axis."""
    lines = {}
    for name, found in curves.items():
        if not isinstance(found, str):
            curve = found[0]
            xs = curve.seconds if over == "seconds" else [float(k) for k in range(len(curve.losses))]
            lines[name] = list(zip(xs, curve.losses, strict=True))
    losses = [y for points in lines.values() for _, y in points]
    axes = (
        axis_for([0, *(x for points in lines.values() for x, _ in points)], over),
        axis_for(losses, "loss", logarithmic=True),
    )
    parts = [f"{name} {number_text(points[-1][1])}" for name, points in lines.items() if points]
    described = f"The training loss of each trainer after its last epoch: {', '.join(parts)}."
    legend = [Entry(Series(k), name) for k, name in enumerate(lines)]
    plot = PlotArea(f"Training loss, {title}", described, axes, legend)
    for k, points in enumerate(lines.values()):
        plot.curve(points, Series(k))
    return svg_document([plot.drawing])


def _median(values: list[Any]) -> float:
    return float(statistics.median(values))
