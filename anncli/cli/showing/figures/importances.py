"""Permutation importance as bars: how much worse the network is when the values of one column change places."""

from __future__ import annotations

from anncli.analysis.importance import Change, Importances, permutation_importance
from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure, RowSet
from anncli.cli.showing.figures.numbers import some
from anncli.cli.showing.plot_area import WIDTH, axis_for, number_text, tick_text
from anncli.cli.showing.svg import Drawing, shortened, text_width
from anncli.errors import UsageError

#: Columns that are drawn; the others are in the table.
MOST_COLUMNS = 20
_STEP, _TOP = 22.0, 8.0
# Rows x columns x weights that are computed for each permutation, and the fewest rows that say something.
_MOST_WORK, _LEAST_ROWS = 10**10, 200


def draw(facts: Facts, rows: RowSet) -> Figure:
    """Of ten permutations of each column, for the metric that ranks them.

    Raises: UsageError for a network that slides over pictures: no single pixel says much, and there are many.
    """
    assert facts.data is not None
    if facts.network.topology.shared_channels is not None:
        message = "a single pixel of a picture says little, and the importance of all of them takes long"
        raise UsageError(message, advice="ann explain measures it")
    chosen = rows.numbers[some(len(rows.numbers), _most_rows(facts))]
    found = permutation_importance(facts.network, facts.data, chosen, seed=facts.seed, threads=facts.threads)
    bars = [
        (entry.column.name, change)
        for entry in found.columns
        if (change := entry.changes[found.metrics[0]]) is not None
    ]
    caption = (
        f"How much worse {_words(found.metrics[0])} becomes, on {_on_rows(chosen, rows)}, when the values of one column change "
        f"places among them: the mean of {found.repeats} permutations, with their standard deviation."
    )
    if len(bars) > MOST_COLUMNS:
        caption += f" The {MOST_COLUMNS} most important of {len(bars)} columns."
    table = [(name, change.mean, change.deviation) for name, change in bars]
    return Figure(_drawing(found, bars), caption, ("column", found.metrics[0], "deviation"), table)


def _most_rows(facts: Facts) -> int:
    """So many rows that a figure takes some seconds at most."""
    assert facts.data is not None
    work = facts.data.n_inputs * facts.network.topology.n_parameters * max(1, len(facts.network.members))
    return max(_LEAST_ROWS, _MOST_WORK // work)


def _on_rows(chosen: Array, rows: RowSet) -> str:
    n = len(rows.numbers)
    if len(chosen) == n:
        return f"the {rows.title}" if rows.title else "the rows of the data"
    return f"{len(chosen)} of the {n} {rows.title or 'rows'}"


def _words(metric: str) -> str:
    return "the " + {"log_loss": "log loss", "rmse": "RMSE"}.get(metric, metric.replace("_", " "))


def _drawing(found: Importances, bars: list[tuple[str, Change]]) -> Drawing:
    shown = bars[:MOST_COLUMNS]
    left = 14 + min(max((text_width(name) for name, _ in shown), default=0), 170)
    ends = [0.0, *(c.mean + c.deviation for _, c in shown), *(c.mean - c.deviation for _, c in shown)]
    axis = axis_for(ends, f"increase of {_words(found.metrics[0])}")
    bottom = _TOP + _STEP * max(len(shown), 1)
    parts = [f"{name} {number_text(change.mean)}" for name, change in bars[:12]]
    described = f"What {_words(found.metrics[0])} loses without each column: {', '.join(parts)}."
    drawing = Drawing(WIDTH, bottom + 46, "Permutation importance", described)

    def across(value: float) -> float:
        return left + (WIDTH - 16 - left) * axis.fraction(value)

    for tick in axis.ticks(5):
        drawing.line([(across(tick), _TOP), (across(tick), bottom)], "line grid thin")
        drawing.text((across(tick), bottom + 16), tick_text(tick), "middle", "soft", 12)
    for number, (name, change) in enumerate(shown):
        down = _TOP + _STEP * number
        start, end = sorted((across(0), across(change.mean)))
        drawing.box((start, down + 4), max(end - start, 0.5), _STEP - 8, "f0", 0.6)
        spread = [(across(change.mean + d * change.deviation), down + _STEP / 2) for d in (-1, 1)]
        drawing.line(spread, "line ink")
        drawing.text((left - 8, down + _STEP / 2 + 4), shortened(name, 170), "end")
    drawing.line([(across(0), _TOP), (across(0), bottom)], "line soft thin")
    drawing.text(((left + WIDTH) / 2, bottom + 36), axis.label, "middle")
    return drawing
