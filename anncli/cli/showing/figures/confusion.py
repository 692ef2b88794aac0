"""The confusion matrix as a heat map: which class was predicted for which."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts, Figure, RowSet, predicted_classes, titled
from anncli.cli.showing.plot_area import number_text
from anncli.cli.showing.svg import Drawing, shortened, text_width

#: With more classes the cells hold no numbers, and with more than the second number only the classes with the most
#: mistakes are shown.
MOST_NUMBERS, MOST_CLASSES = 12, 40
_SIDE, _NAMES = 480.0, 120.0


def draw(facts: Facts, rows: RowSet) -> Figure:
    """A row for each true class, a column for each predicted one; the stronger the colour, the more of the class."""
    classes, matrix = facts.classes, confusion_matrix(facts, rows)
    shown = _shown(matrix)
    drawing = _drawing(
        matrix[np.ix_(shown, shown)], [classes[k] for k in shown], matrix[shown].sum(axis=1), titled("Confusion", rows)
    )
    drawing.description = _described(matrix, classes)
    return Figure(drawing, _caption(len(shown), len(classes)), ("class", "predicted", "rows"), _rows(matrix, classes))


def confusion_matrix(facts: Facts, rows: RowSet) -> Array:
    """(K, K) float64: decided rows, or their weights, by true and predicted class."""
    n = len(facts.classes)
    predicted = predicted_classes(facts, rows)
    decided = predicted >= 0
    places = (facts.labels(rows) * n + predicted)[decided]
    weights = None if rows.weights is None else rows.weights[decided]
    return np.bincount(places, weights, minlength=n * n).reshape(n, n).astype(np.float64)


def top_confusions(matrix: Array, most: int = 12) -> list[tuple[int, int]]:
    """(true, predicted) of the largest numbers beside the diagonal, falling."""
    off = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-off, axis=None, kind="stable")[:most]
    return [divmod(int(k), len(matrix)) for k in order if off.flat[k] > 0]


def _shown(matrix: Array) -> Array:
    """The classes to show, in their order."""
    if len(matrix) <= MOST_CLASSES:
        return np.arange(len(matrix))
    mistakes = matrix.sum(axis=0) + matrix.sum(axis=1) - 2 * np.diag(matrix)
    return np.sort(np.argsort(-mistakes, kind="stable")[:MOST_CLASSES])


def _drawing(matrix: Array, names: list[str], totals: Array, title: str) -> Drawing:
    """totals: rows of each class, also those predicted as classes that are not shown."""
    n = len(matrix)
    size = 13.0 if n <= MOST_NUMBERS else max(6.0, min(12.0, 300 / n))
    left = min(max((text_width(name, size) for name in names), default=0), _NAMES) + 34
    cell = (_SIDE - left - 8) / n
    cell_height = min(cell, 56.0) if n <= MOST_NUMBERS else cell
    below = min(max((text_width(name, size) for name in names), default=0), _NAMES)
    turned = any(text_width(name, size) > cell - 4 for name in names)
    height = 12 + cell_height * n + (below + 14 if turned else 22) + 24
    drawing = Drawing(_SIDE, height, title, "")
    for i in range(n):
        down = 12 + cell_height * i
        drawing.text((left - 8, down + cell_height / 2 + size / 3), shortened(names[i], _NAMES, size), "end", size=size)
        for j in range(n):
            _cell(drawing, (left + cell * j, down, cell, cell_height), float(matrix[i, j]), float(totals[i]), n)
    bottom = 12 + cell_height * n
    for j in range(n):
        across = left + cell * (j + 0.5)
        words = shortened(names[j], _NAMES, size)
        if turned:
            drawing.text((across + size / 3, bottom + 8), words, "end", size=size, turned=True)
        else:
            drawing.text((across, bottom + 17), words, "middle", size=size)
    drawing.text(((left + _SIDE) / 2, height - 8), "predicted class", "middle", "soft")
    drawing.text((13, 12 + cell_height * n / 2), "true class", "middle", "soft", turned=True)
    return drawing


def _cell(drawing: Drawing, place: tuple[float, float, float, float], count: float, total: float, n: int) -> None:
    left, top, width, height = place
    share = count / total if total else 0.0
    drawing.box((left, top), width, height, "line grid thin")
    if share:
        # At most so dark that text of the ground's colour can be read on it.
        drawing.box((left, top), width, height, "f0", 0.1 + 0.46 * share)
    if n > MOST_NUMBERS:
        return
    middle, down = left + width / 2, top + height / 2
    two_lines = height >= 34 and total > 0
    drawing.text((middle, down + (0 if two_lines else 4)), number_text(count), "middle", size=min(13.0, width / 3.2))
    if two_lines:
        drawing.text((middle, down + 15), f"{100 * share:.1f} %", "middle", "soft", min(11.0, width / 4.2))


def _caption(n_shown: int, n: int) -> str:
    text = "Rows are true classes, columns predicted ones; the stronger the colour of a cell, the larger its fraction of the row."
    if n_shown < n:
        return f"{text} Shown are the {n_shown} of {n} classes with the most mistakes."
    return text


def _described(matrix: Array, classes: tuple[str, ...]) -> str:
    right, total = float(np.trace(matrix)), float(matrix.sum())
    text = f"{number_text(right)} of {number_text(total)} rows are predicted correctly."
    parts = [
        f"{number_text(float(matrix[i, j]))} of {classes[i]} as {classes[j]}" for i, j in top_confusions(matrix, 5)
    ]
    return text + (f" Most mistakes: {', '.join(parts)}." if parts else "")


def _rows(matrix: Array, classes: tuple[str, ...]) -> list[tuple[str, str, float]]:
    return [(classes[i], classes[j], float(matrix[i, j])) for i in range(len(matrix)) for j in range(len(matrix))]
