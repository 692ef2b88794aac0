"""The reliability diagram: how often a class occurs, against its predicted probability."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure, RowSet, events, refuse_not_finite, titled
from anncli.cli.showing.plot_area import Axis, Entry, PlotArea, number_text
from anncli.cli.showing.svg import Series
from anncli.errors import UsageError
from anncli.evaluation.curves import Reliability, reliability


def draw(facts: Facts, rows: RowSet) -> Figure:
    """For two classes the probability of the positive one; for more the probability of the predicted class; for labels all of
    them together.

    Raises: UsageError where the outputs are no probabilities.
    """
    refuse_not_finite(rows)
    if not facts.gives_probabilities:
        raise UsageError("the outputs of this network are no probabilities", advice="train with a cross-entropy loss")
    words, probabilities, came, weights = _given(facts, rows)
    found = reliability(probabilities, came, weights)
    error = None if found is None else found.error
    axes = Axis(0, 1, words), Axis(0, 1, "fraction of these rows for which it is so")
    legend = [Entry(Series(0), "bins of rows, by rising probability")]
    described = "There are no rows." if found is None else _described(found)
    plot = PlotArea(titled("Calibration", rows), described, axes, legend, square=True)
    plot.rule((0, 0), (1, 1))
    if found is not None:
        places = list(zip(found.predicted.tolist(), found.observed.tolist(), strict=True))
        plot.curve(places, Series(0))
        plot.marks(places, Series(0), 4)
    caption = (
        f"On the dashed line probabilities are right; below it they are too high. The mean distance is {number_text(error)} "
        "(expected calibration error)."
    )
    return Figure(plot.drawing, caption, ("predicted", "observed", "rows"), [] if found is None else _rows(found))


def _given(facts: Facts, rows: RowSet) -> tuple[str, Array, npt.NDArray[np.bool_], Array | None]:
    """What the probability is of, the probabilities (n,), whether it is so (n,), and weights (n,)."""
    if facts.task == "multi-label":
        each = events(facts, rows)
        weights = None if rows.weights is None else np.tile(rows.weights, len(each))
        scores, came = np.concatenate([e.scores for e in each]), np.concatenate([e.is_so for e in each])
        return "probability of a label", scores, came, weights
    if facts.network.n_outputs == 1:
        event = events(facts, rows)[0]
        return f"probability of {event.name}", event.scores, event.is_so, rows.weights
    predicted = np.argmax(rows.outputs, axis=1)
    scores = rows.outputs[np.arange(len(rows.outputs)), predicted]
    return "probability of the predicted class", scores, predicted == facts.labels(rows), rows.weights


def _described(found: Reliability) -> str:
    parts = [f"{number_text(p)}: {number_text(o)}" for p, o, _ in _rows(found)]
    return "Mean probability of each bin of rows, and the fraction for which it is so. " + ", ".join(parts) + "."


def _rows(found: Reliability) -> list[tuple[float, float, float]]:
    return list(zip(found.predicted.tolist(), found.observed.tolist(), found.weight.tolist(), strict=True))
