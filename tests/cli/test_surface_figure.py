"""The drawing of an error surface: colours, contours and markers at places worked out by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest
from figure_cases import SVG, numbers, parsed, two_classes

from anncli.analysis.slices import Slice
from anncli.analysis.surface import SurfaceRequest
from anncli.analysis.surface_cut import Cut
from anncli.cli.showing.figures.drawing import draw
from anncli.cli.showing.figures.facts import Figure
from anncli.cli.showing.figures.heat_map import Scale, described_range, draw_bar, draw_heat, opacity_of
from anncli.cli.showing.figures.surface import mark, sets_of
from anncli.cli.showing.figures.surface_words import words_of
from anncli.cli.showing.plot_area import Axis, PlotArea
from anncli.errors import UsageError

# Four cells, the lowest row first: 1 and 10 below, 100 and 1000 above.
VALUES = np.array([[1.0, 10.0], [100.0, 1000.0]])


def area() -> PlotArea:
    return PlotArea("title", "words", (Axis(0.0, 2.0, "x"), Axis(0.0, 2.0, "y")), square=True)


def paths(plot: PlotArea, style: str) -> list[tuple[str, str | None]]:
    root = parsed([Figure(plot.drawing, "words", (), [])])
    return [(e.get("d", ""), e.get("fill-opacity")) for e in root.iter(f"{SVG}path") if e.get("class") == style]


def test_colours_stand_in_their_cells() -> None:
    plot, scale = area(), Scale(VALUES)
    draw_heat(plot, VALUES, scale)
    left, middle, top, half = plot.left, (plot.left + plot.right) / 2, plot.top, (plot.top + plot.bottom) / 2
    found = {opacity: tuple(map(float, re.findall(r"[\d.]+", path)[:2])) for path, opacity in paths(plot, "cells f0")}
    # Thirds of the logarithm, in 32 shades: 0, 10, 21 and 31 of 31.
    corners = {0: (left, half), 10: (middle, half), 21: (left, top), 31: (middle, top)}
    assert {float(opacity or 0): corner for opacity, corner in found.items()} == {
        round(opacity_of(shade / 31), 2): pytest.approx(corner, abs=0.01) for shade, corner in corners.items()
    }


def test_contours_stand_between_the_middles_of_cells() -> None:
    plot, scale = area(), Scale(VALUES)
    assert scale.levels == [2, 5, 10, 20, 50, 100, 200, 500]
    scale.levels = [10**0.5]
    draw_heat(plot, VALUES, scale)
    ((path, _),) = paths(plot, "line ink hair")
    ends = np.array(re.findall(r"[\d.]+", path), dtype=float).reshape(-1, 2)
    # Half of a decade right of the lowest cell, and a quarter of two decades above it.
    side, bottom = plot.right - plot.left, plot.bottom
    wanted = [
        (plot.left + side * (0.25 + 0.25), bottom - side / 4),
        (plot.left + side / 4, bottom - side * (0.25 + 0.125)),
    ]
    assert sorted(ends.tolist()) == pytest.approx(np.array(sorted(wanted)), abs=0.01)


def test_scales() -> None:
    assert not Scale(np.array([[1.0, 1.2]])).logarithmic
    assert Scale(np.array([[0.0, 10.0]])).levels == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert not Scale(np.array([[-5.0, 100.0]])).logarithmic
    assert Scale(np.array([[2.0, 2.0]])).levels == []
    assert Scale(np.array([[2.0, 2.0]])).fractions(np.array([2.0])).tolist() == [0.0]
    # Twelve levels of equal ratio: 13 steps from 1 to 4.
    assert Scale(np.array([[1.0, 4.0]])).levels == [1.1, 1.2, 1.4, 1.5, 1.7, 1.9, 2.1, 2.3, 2.6, 2.9, 3.2, 3.6]


def test_places_that_overflow_are_left_white() -> None:
    values = np.array([[1.0, np.inf], [np.nan, 4.0]])
    plot, scale = area(), Scale(values)
    assert (scale.low, scale.high) == (1.0, 4.0)
    draw_heat(plot, values, scale)
    assert len(paths(plot, "cells f0")) == 2
    assert described_range(values, scale) == ["from 1 to 4", "2 of 4 places overflow and are left white"]


def test_the_bar_has_the_numbers_of_contours_and_makes_the_drawing_taller() -> None:
    plot, scale = area(), Scale(VALUES)
    height = plot.drawing.height
    draw_bar(plot, scale, "loss")
    assert plot.drawing.height == height + 58
    root = parsed([Figure(plot.drawing, "words", (), [])])
    texts = {e.text: float(e.get("x", 0)) for e in root.iter(f"{SVG}text")}
    assert texts["10"] == pytest.approx(plot.left + (plot.right - plot.left) / 3, abs=0.01)
    assert "500" in texts


def test_the_path_and_the_network_stand_at_their_places() -> None:
    plot = area()
    path = np.array([[0.5, 1.5], [1.0, 1.0]])
    mark(
        plot, Cut(Slice(np.zeros(1), np.ones((2, 1))), ((0, 2),) * 2, ("x", "y"), np.array([1.75, 0.5]), path, (0, 10))
    )
    square = paths(plot, "f1")[0][0]
    x, y = plot.at(1.75, 0.5)
    assert [float(value) for value in re.findall(r"[\d.]+", square)[:2]] == pytest.approx([x - 4.5, y - 4.5], abs=0.01)
    root = parsed([Figure(plot.drawing, "words", (), [])])
    line = next(e.get("points", "") for e in root.iter(f"{SVG}polyline") if e.get("class") == "line l4")
    found = [tuple(map(float, point.split(","))) for point in line.split()]
    assert found == [pytest.approx(plot.at(*point), abs=0.01) for point in path.tolist()]


def test_which_rows_a_surface_is_about() -> None:
    facts = two_classes([0.9, 0.7, 0.6, 0.2], [0, 1, 0, 1])
    everything = facts.sets[0]
    request = SurfaceRequest()
    assert [(name, rows.tolist()) for name, rows in sets_of(facts, request)] == [("new rows", [0, 1, 2, 3])]
    assert sets_of(facts._replace(n_seen=None), request)[0][0] == "all rows"
    new = everything._replace(numbers=np.array([1, 3]))
    some = facts._replace(n_seen=2, sets=(everything, new))
    assert [(name, rows.tolist()) for name, rows in sets_of(some, request)] == [
        ("training rows", [0, 2]),
        ("new rows", [1, 3]),
    ]
    assert [name for name, _ in sets_of(facts._replace(n_seen=4), request)] == ["training rows"]
    assert len(sets_of(facts, SurfaceRequest(rows=3))[0][1]) == 3


def test_a_report_leaves_out_what_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = numbers([[1.0]], [[1.0]])
    monkeypatch.setattr("anncli.cli.showing.figures.surface._MOST_PRODUCTS", 1e5)
    with pytest.raises(UsageError, match=r"^it would take long; draw it with ann plot surface$"):
        draw("surface", facts)
    assert draw("surface", facts._replace(surface=SurfaceRequest(points=3)))


def test_what_is_said_of_directions() -> None:
    told = {"fractions": [0.9, 0.05], "distance": 1.25, "cosine": -0.0001, "cosines_with_weights": [0.5, -0.25]}
    assert words_of(told) == (
        "Of the path from the last checkpoint 90.0 % and 5.0 % lie along the directions. The network lies 1.25 away from this slice. "
        "Cosine of the two directions 0.000, of each with the weights 0.500 and -0.250."
    )
    assert words_of({"fractions": [1.0], "distance": 0.0}).endswith(" The network lies on this slice.")
    assert words_of({"eigenvalues": [2.5]}) == "Eigenvalue 2.5."
