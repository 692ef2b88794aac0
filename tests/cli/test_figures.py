"""The figures: numbers in drawings against values worked out by hand, and every figure on sets that are hardly sets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from figure_cases import NASTY, SVG, labelled, lines, many_classes, numbers, parsed, two_classes

from anncli.cli.showing.figures.confusion import MOST_CLASSES
from anncli.cli.showing.figures.contours import contour, joined, regions
from anncli.cli.showing.figures.drawing import csv_of, draw, why_not
from anncli.cli.showing.figures.facts import Facts
from anncli.cli.showing.figures.names import FIGURE_NAMES
from anncli.errors import UsageError
from anncli.network.network import Network

# Square plots: from 50.16 px (0.2 is 20.16 px wide) to 406 px, and as far down from 10 px on.
LEFT, SIDE, TOP = 50.16, 406 - 50.16, 10.0


def spot(x: float, y: float) -> tuple[float, float]:
    return LEFT + SIDE * x, TOP + SIDE * (1 - y)


def near(found: list[tuple[float, float]], wanted: list[tuple[float, float]]) -> None:
    assert np.asarray(found) == pytest.approx(np.asarray(wanted), abs=0.011)


def test_roc_curve_of_four_rows() -> None:
    # By falling score: yes, no, yes, no: up to (0, 1/2), right to (1/2, 1/2), up to (1/2, 1), right to (1, 1); area 3/4.
    (figure,) = draw("roc", two_classes([0.9, 0.7, 0.6, 0.2], [0, 1, 0, 1]))
    root = parsed([figure])
    corners = [(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1)]
    near(lines(root, "line l0")[-1], [spot(*corner) for corner in corners])
    assert [row[2:] for row in figure.rows] == corners
    assert [row[1] for row in figure.rows] == pytest.approx([None, 0.9, 0.7, 0.6, 0.2])
    assert "0.75" in figure.caption
    # Above 0.5 are three rows, of which one is negative: the marker, a square around (1/2, 1).
    marker = next(e for e in root.iter(f"{SVG}path") if e.get("class") == "f1")
    x, y = spot(0.5, 1)
    assert marker.get("d", "").startswith(f"M{x - 4.5:.2f}".rstrip("0"))
    assert f" {y - 4.5:.2f}".rstrip("0").rstrip(".") in marker.get("d", "")


def test_precision_and_recall_of_four_rows() -> None:
    # Precision 1, 1/2, 2/3, 1/2 at recall 1/2, 1/2, 1, 1; average precision 1/2 + 1/2 * 2/3 = 5/6.
    (figure,) = draw("pr", two_classes([0.9, 0.7, 0.6, 0.2], [0, 1, 0, 1]))
    assert "0.8333" in figure.caption
    points = np.array([(row[2], row[3]) for row in figure.rows[1:]])
    assert points == pytest.approx(np.array([(0.5, 1), (0.5, 0.5), (1, 2 / 3), (1, 0.5)]))
    wanted = [(0, 1), (0.5, 1), (0.5, 0.5), (0.5, 2 / 3), (1, 2 / 3), (1, 0.5)]
    found = lines(parsed([figure]), "line l0")[-1]
    # What lies between two others on an upright line may be left out.
    near([found[0], found[1], *found[-2:]], [spot(*wanted[k]) for k in (0, 1, 4, 5)])


def test_calibration_of_two_bins() -> None:
    (figure,) = draw("calibration", two_classes([0.25] * 4 + [0.75] * 4, [0, 1, 1, 1, 0, 0, 1, 1]))
    assert figure.rows == [(0.25, 0.25, 4.0), (0.75, 0.5, 4.0)]
    near(lines(parsed([figure]), "line l0")[-1], [spot(0.25, 0.25), spot(0.75, 0.5)])
    # (0 + 1/4) / 2.
    assert "0.125" in figure.caption


def test_outputs_that_are_no_probabilities_are_refused() -> None:
    with pytest.raises(UsageError, match="no probabilities"):
        draw("calibration", two_classes([2.0, -1.0], [0, 1]))


def test_confusion_counts_stand_in_their_cells() -> None:
    outputs = np.eye(3)[[0, 0, 1, 2, 2, 2]]
    (figure,) = draw("confusion", many_classes(3, outputs, [0, 1, 1, 2, 2, 0]))
    assert figure.rows[:3] == [("class 0", "class 0", 1.0), ("class 0", "class 1", 0.0), ("class 0", "class 2", 1.0)]
    texts = [e.text for e in parsed([figure]).iter(f"{SVG}text")]
    assert texts[1:8] == ["class 0", "1", "50.0 %", "0", "0.0 %", "1", "50.0 %"]
    assert "4 of 6 rows are predicted correctly" in figure.drawing.description


def test_of_very_many_classes_those_with_mistakes_are_shown() -> None:
    n = MOST_CLASSES + 10
    labels = np.arange(n)
    outputs = np.eye(n)[np.r_[np.arange(n - 1), 0]]
    (figure,) = draw("confusion", many_classes(n, outputs, labels.tolist()))
    texts = {e.text for e in parsed([figure]).iter(f"{SVG}text")}
    assert f"class {n - 1}" in texts
    assert len(figure.rows) == n * n
    assert "40 of 50 classes" in figure.caption


def test_weights_count_rows() -> None:
    facts = two_classes([0.9, 0.1], [0, 0], weights=[3.0, 1.0])
    (figure,) = draw("confusion", facts)
    assert [row[2] for row in figure.rows] == [3.0, 1.0, 0.0, 0.0]


def test_histogram_of_scores() -> None:
    (figure,) = draw("scores", two_classes([0.97, 0.96, 0.01, 0.51], [0, 0, 1, 1]))
    assert figure.rows[0] == pytest.approx((0, 0.05, 0, 1))
    assert figure.rows[10] == pytest.approx((0.5, 0.55, 0, 1))
    assert figure.rows[19] == pytest.approx((0.95, 1.0, 2, 0))


def test_loss_curves_are_those_of_the_file() -> None:
    (figure,) = draw("loss", two_classes([0.9, 0.1], [0, 1]))
    assert figure.rows == [
        ("training", 1, 0.7), ("training", 3, 0.5), ("validation", 1, 0.8), ("validation", 3, 0.6),
        ("retraining on all rows", 1, 0.4),
    ]  # fmt: skip
    # Epochs from 0 to 3 and losses from 0 to 0.8, on 415.84 x 284 px.
    left, bottom, width, height = 50.16, 294, 466 - 50.16, 284
    root = parsed([figure])
    near(
        lines(root, "line l0")[-1], [(left + width * e / 3, bottom - height * y / 0.8) for e, y in ((1, 0.7), (3, 0.5))]
    )
    near(
        lines(root, "line l1")[-1], [(left + width * e / 3, bottom - height * y / 0.8) for e, y in ((1, 0.8), (3, 0.6))]
    )


def test_predicted_numbers_and_residuals() -> None:
    facts = numbers([1, 2, 3, 4], [1, 2, 4, 4])
    (figure,) = draw("predicted", facts)
    assert figure.rows[2] == ("price", 3, 3.0, 4.0)
    (figure,) = draw("residuals", facts)
    assert figure.rows[0] == pytest.approx(("price", -1, -0.96, 1))
    assert figure.rows[-1] == pytest.approx(("price", -0.04, 0, 3))


def test_single_rows_are_left_out_on_demand() -> None:
    facts = numbers([1, 2, 3, 4], [1, 2, 4, 4])
    for name in ("predicted", "boundary"):
        shown, hidden = (parsed(draw(name, facts._replace(single_rows=single))) for single in (True, False))
        marks = [
            sum(e.get("class") in ("f0", "f1") and e.tag == f"{SVG}path" for e in root.iter())
            for root in (shown, hidden)
        ]
        assert marks[0] - marks[1] == 4


def test_the_largest_weight_is_the_thickest_line() -> None:
    network = Network.create(2, [(1, "logistic")], classes=("yes", "no"), columns=("a", "b"))
    network.set_parameters(np.array([0.0, 2.0, -1.0]))
    facts = two_classes([0.9, 0.1], [0, 1])._replace(network=network)
    (figure,) = draw("weights", facts)
    assert figure.rows == [(1, 1, 1, 2.0), (1, 2, 1, -1.0)]
    drawn = {e.get("class"): e for e in parsed([figure]).iter(f"{SVG}path") if (e.get("class") or "").startswith("w")}
    # 0.4 + 3.2 share: 3.6 for the largest one, 2 for half of it, which is below 0 and dashed.
    assert drawn["w0"].get("stroke-width") == "3.6"
    assert drawn["w1"].get("stroke-width") == "2"
    assert drawn["w0"].get("stroke-dasharray") is None
    assert drawn["w1"].get("stroke-dasharray") == "7 3"


def test_units_of_a_large_layer_are_counted() -> None:
    network = Network.create(3, [(40, "tanh"), (1, "logistic")], classes=("yes", "no"))
    network.set_parameters(np.linspace(-1, 1, network.topology.n_parameters))
    (figure,) = draw("weights", two_classes([0.9, 0.1], [0, 1])._replace(network=network))
    assert "+ 24 more" in [e.text for e in parsed([figure]).iter(f"{SVG}text")]


def test_boundary_is_where_the_score_is_the_threshold() -> None:
    # logistic(4 (x - 2)): the line is x = 2, in the middle of the rows from 0 to 4.
    network = Network.create(2, [(1, "logistic")], classes=("yes", "no"), columns=("x", "y"))
    network.set_parameters(np.array([-8.0, 4.0, 0.0]))
    facts = two_classes([0.1, 0.9], [1, 0])._replace(network=network)
    assert facts.data is not None
    facts.data.inputs[...] = [[0, 0], [4, 4]]
    (figure,) = draw("boundary", facts)
    segments = lines(parsed([figure]), "line ink")
    across = np.array([x for segment in segments for x, _ in segment])
    # The ticks 0 to 4 are 7.68 px wide.
    left = 37.68
    assert across == pytest.approx(left + (406 - left) / 2, abs=0.02)
    assert len(segments) == 59


def test_contours_of_a_slope_and_of_a_saddle() -> None:
    slope = np.tile(np.arange(3.0), (3, 1))
    assert contour(slope, 0.25) == [((0.25, 0), (0.25, 1)), ((0.25, 1), (0.25, 2))]
    assert contour(slope, 5) == []
    saddle = np.array([[1.0, 0.0], [0.0, 1.0]])
    # The middle, 0.5, is above 0.4: the two corners above hang together, and the others are cut off.
    assert _rounded(contour(saddle, 0.4)) == {((0.6, 0.0), (1.0, 0.4)), ((0.0, 0.6), (0.4, 1.0))}
    # Below 0.6: the two corners above are cut off.
    assert _rounded(contour(saddle, 0.6)) == {((0.0, 0.4), (0.4, 0.0)), ((0.6, 1.0), (1.0, 0.6))}
    assert _rounded(contour(1 - saddle, 0.6)) == {((0.6, 0.0), (1.0, 0.4)), ((0.0, 0.6), (0.4, 1.0))}


def _rounded(segments: Any) -> set[Any]:
    return {tuple(sorted((round(float(x), 9), round(float(y), 9)) for x, y in segment)) for segment in segments}


def test_segments_that_meet_are_one_line() -> None:
    third, nearly = 1 / 3, 1 / 3 + 1e-12
    open_line = [((1, 0), (third, 1)), ((2, 2), (1, 0)), ((nearly, 1), (0, 3))]
    ring = [((5, 5), (6, 5)), ((6, 6), (6, 5)), ((6, 6), (5, 5))]
    found = joined([ring[0], *open_line, *ring[1:]])
    assert found == [[(2, 2), (1, 0), (third, 1), (0, 3)], [(5, 5), (6, 5), (6, 6), (5, 5)]]


def test_regions_are_runs_of_equal_cells() -> None:
    assert regions(np.array([[1, 1, 2], [2, 2, 2]]), (10, 20), (5, 4)) == {
        1: "M10 20H20V24H10z", 2: "M20 20H25V24H20zM10 24H25V28H10z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((), "the network has 3 inputs, and a boundary is over two of them"),
        (("a",), "--column names 1, not two"),
        (("a", "a"), "--column names 'a' twice"),
        (("a", "kind"), "--column: no input is called 'kind'"),
    ],
)
def test_columns_of_a_boundary_are_checked(columns: tuple[str, ...], message: str) -> None:
    network = Network.create(3, [(1, "logistic")], classes=("yes", "no"), columns=("a", "b", "c"))
    network.set_parameters(np.zeros(4))
    facts = two_classes([0.9, 0.1], [0, 1])
    assert facts.data is not None
    facts = facts._replace(network=network, data=replace(facts.data, inputs=np.eye(3)[:2]), columns=columns)
    with pytest.raises(UsageError, match=message):
        draw("boundary", facts)


HARD: dict[str, Facts] = {
    "names": two_classes([0.9, 0.2, 0.6], [0, 1, 1], (NASTY, "<script>alert(1)</script>")),
    "one class": two_classes([0.9, 0.2], [0, 0]),
    "other class": two_classes([0.9, 0.2], [1, 1]),
    "one row": two_classes([0.4], [0]),
    "equal scores": two_classes([0.5] * 6, [0, 1] * 3),
    "perfect": two_classes([1.0, 0.0], [0, 1]),
    "three classes": many_classes(3, [[0.2, 0.3, 0.5]], [1], [NASTY, "b", "c"]),
    "one of three": many_classes(3, [[0.2, 0.3, 0.5], [1, 0, 0]], [2, 2]),
    "many classes": many_classes(60, np.full((60, 60), 1 / 60), list(range(60)), [f"{NASTY} {k}" for k in range(60)]),
    "one number": numbers([3.0], [3.0], (NASTY,)),
    "equal numbers": numbers([2.0, 2.0], [2.0, 2.0]),
    "huge numbers": numbers([1e38, -1e38], [3e38, -3e38]),
    "two numbers": numbers([[1, 2], [3, 4]], [[1, 2], [3, 5]], ("a", "b")),
    "labels": labelled([[0.9, 0.1], [0.2, 0.3]], [[1, 0], [0, 0]], (NASTY, "b")),
}


@pytest.mark.parametrize("case", HARD)
# tests/cli/test_spike_figures.py draws those of spiking networks, test_words_figure.py those of words.
@pytest.mark.parametrize("name", [name for name, info in FIGURE_NAMES.items() if not (info.spikes or info.takes_words)])
def test_every_figure_of_every_set_is_drawn_or_refused_in_words(name: str, case: str) -> None:
    facts = HARD[case]
    if why_not(name, facts.task):
        with pytest.raises(UsageError, match=r"is for .*, and the network is for"):
            draw(name, facts)
        return
    # tests/cli/test_forecast_command.py draws forecasts: these networks make none.
    is_lost = (name, case) == ("surface", "huge numbers") or name == "forecast"
    if (name == "loss" and facts.network.curve is None) or (name, facts.task) == ("boundary", "multi-label") or is_lost:
        with pytest.raises(UsageError):
            draw(name, facts)
        return
    figures = draw(name, facts)
    root = parsed(figures)
    assert "nan" not in "".join(value for e in root.iter() for key, value in e.attrib.items() if key != "class")
    assert figures[0].caption
    assert csv_of(figures, facts.sets).count("\n") >= 1 + len(figures[0].rows)
    again = draw(name, facts)
    assert [figure.drawing.element("x") for figure in figures] == [figure.drawing.element("x") for figure in again]


def test_rows_that_are_new_are_drawn_by_themselves() -> None:
    facts = two_classes([0.9, 0.7, 0.6, 0.2], [0, 1, 0, 1])
    rows = facts.sets[0]
    facts = facts._replace(
        sets=(rows._replace(title="all rows, of which 2 trained it"), rows._replace(title="rows that are new to it"))
    )
    figures = draw("roc", facts)
    assert [figure.drawing.title for figure in figures] == [
        "ROC curve, all rows, of which 2 trained it",
        "ROC curve, rows that are new to it",
    ]
    parsed(figures)
    text: Any = csv_of(figures, facts.sets)
    assert text.splitlines()[0] == "set,class,threshold,false_positive_rate,true_positive_rate"
    assert text.splitlines()[1].startswith('"all rows, of which 2 trained it",yes,,0.0,0.0')
    assert len(draw("weights", facts)) == len(draw("importance", facts)) == 1


def test_a_rare_class_is_as_tall_as_the_other_one() -> None:
    (figure,) = draw("scores", two_classes([0.97] + [0.01] * 99, [0] + [1] * 99))
    boxes = [e for e in parsed([figure]).iter(f"{SVG}rect") if e.get("class") in ("f0", "f1")]
    # After the two of the legend.
    heights = [float(e.get("height", "0")) for e in boxes[2:]]
    assert len(heights) == 2
    assert heights[0] == pytest.approx(heights[1], abs=0.02)
