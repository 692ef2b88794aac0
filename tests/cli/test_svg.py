"""SVG drawings and plot areas: places, ticks and texts worked out by hand."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from figure_cases import NASTY, SVG

from anncli.cli.showing.plot_area import Axis, Entry, PlotArea, axis_for, log_ticks, round_ticks, tick_text
from anncli.cli.showing.svg import (
    DARK,
    DASHES,
    LIGHT,
    Drawing,
    Series,
    attribute,
    place,
    safe,
    shortened,
    style_sheet,
    svg_document,
    text_width,
)


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.125, "0.12"), (-0.001, "0"), (10.0, "10"), (1e6, "1000000"), (2.5, "2.5")]
)
def test_coordinates_have_two_decimals_at_most(value: float, text: str) -> None:
    assert place(value) == text


def test_text_of_any_kind_is_well_formed_xml() -> None:
    drawing = Drawing(100, 50, NASTY, NASTY)
    drawing.text((1, 2), NASTY)
    root = ElementTree.fromstring(svg_document([drawing]))
    texts = [e.text for e in root.iter(f"{SVG}text")]
    assert texts[1] == NASTY.replace("\x07", "\ufffd").replace("\ud800", "\ufffd")
    assert ElementTree.fromstring(f"<a b={attribute(NASTY)}/>").get("b") == texts[1]
    assert safe("<&>") == "&lt;&amp;&gt;"


def test_a_text_that_is_too_wide_is_cut() -> None:
    assert shortened("short", 100) == "short"
    cut = shortened("a very long name of a class", 60)
    assert cut.endswith("…")
    assert text_width(cut) <= 60 < text_width("a very long name of a class")


def _luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("colours", "ground"), [(LIGHT, "#ffffff"), (DARK, "#16181d")])
def test_colours_of_series_have_the_contrast_that_shapes_need(colours: tuple[str, ...], ground: str) -> None:
    # WCAG 2.1, 1.4.11: at least 3.
    for colour in colours:
        one, other = sorted((_luminance(colour), _luminance(ground)))
        assert (other + 0.05) / (one + 0.05) >= 3, colour


def test_twelve_series_differ_in_colour_or_dash() -> None:
    looks = {(Series(k).colour, Series(k).dash) for k in range(12)}
    assert len(looks) == 12
    assert all(Series(k).dash in DASHES for k in range(100))


def test_dark_colours_are_for_screens_alone() -> None:
    light, dark = re.split(r"@media screen and \(prefers-color-scheme:dark\)", style_sheet())
    assert LIGHT[0] in light
    assert DARK[0] in dark
    assert DARK[0] not in light


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0, 60, [0, 10, 20, 30, 40, 50, 60]),
        (-3, 8, [-2, 0, 2, 4, 6, 8]),
        (0.1234, 0.1239, [0.1234, 0.1235, 0.1236, 0.1237, 0.1238, 0.1239]),
        (0, 900, [0, 200, 400, 600, 800]),
        (1e300, 9e300, [2e300, 4e300, 6e300, 8e300]),
    ],
)
def test_ticks_are_round(low: float, high: float, wanted: list[float]) -> None:
    assert round_ticks(low, high) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_ticks_of_a_logarithmic_axis() -> None:
    assert log_ticks(1e-3, 10) == [1e-3, 1e-2, 0.1, 1, 10]
    assert log_ticks(0.02, 2) == [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]
    assert len(log_ticks(1e-300, 1e300)) <= 8


@pytest.mark.parametrize(
    ("values", "ends"),
    [([], (0, 1)), ([3], (1.5, 4.5)), ([0], (-0.5, 0.5)), ([math.nan, 1, 2, math.inf], (1, 2)), ([-2, -2], (-3, -1))],
)
def test_axes_hold_their_values(values: list[float], ends: tuple[float, float]) -> None:
    axis = axis_for(values, "x")
    assert (axis.low, axis.high) == ends


@pytest.mark.parametrize(
    ("values", "ends"), [([], (0.1, 1)), ([0.03, 1.3], (0.02, 2)), ([0.5, 0.5], (0.5, 1)), ([0, -1, 5], (5, 10)), ([1e-320], (1e-307, 2e-307))]
)  # fmt: skip
def test_ends_of_logarithmic_axes(values: list[float], ends: tuple[float, float]) -> None:
    axis = axis_for(values, "x", logarithmic=True)
    assert (axis.low, axis.high) == pytest.approx(ends)


def test_places_on_axes() -> None:
    plot = PlotArea("t", "d", (Axis(0, 10, "x"), Axis(0.01, 1, "y", True)))
    assert plot.at(0, 0.01) == (plot.left, plot.bottom)
    assert plot.at(10, 1) == (plot.right, plot.top)
    middle = plot.at(5, 0.1)
    assert middle == pytest.approx(((plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2))
    plot.curve([(0, 0.01), (5, 0), (5, math.inf), (math.nan, 1), (10, 1)], Series(0))
    found = [e for e in ElementTree.fromstring(svg_document([plot.drawing])).iter(f"{SVG}polyline") if e.get("class") == "line l0"]  # fmt: skip
    assert found[0].get("points") == f"{place(plot.left)},{place(plot.bottom)} {place(plot.right)},{place(plot.top)}"


def test_a_line_of_very_many_points_is_thinned_and_keeps_its_ends() -> None:
    plot = PlotArea("t", "d", (Axis(0, 1, "x"), Axis(-1, 1, "y")))
    plot.curve([(k / 1e5, math.sin(k / 300)) for k in range(100_001)], Series(0))
    text = svg_document([plot.drawing])
    assert len(text) < 40_000
    assert f"{place(plot.right)},{place(plot.at(1, math.sin(1e5 / 300))[1])}" in text


def test_a_legend_goes_on_in_the_next_row() -> None:
    axes = Axis(0, 1, "x"), Axis(0, 1, "y")
    one = PlotArea("t", "d", axes, [Entry(Series(0), "a")]).drawing.height
    two = PlotArea("t", "d", axes, [Entry(Series(k), "a name that is rather long") for k in range(3)]).drawing.height
    assert two == one + 2 * 19


def test_ticks_in_words() -> None:
    assert tick_text(-2.0) == "\u22122"
    assert tick_text(0.30000000000000004) == "0.3"
    assert Axis(-5, 5, "rows", two_sided=True).words(-2) == "2"
