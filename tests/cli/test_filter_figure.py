"""The figure of the windows of a convolution."""

from __future__ import annotations

import numpy as np
import pytest
from figure_cases import SVG, parsed, two_classes

from anncli.cli.showing.figures.drawing import draw
from anncli.errors import UsageError
from anncli.network.network import Network


def cells(network: Network) -> tuple[list[tuple[str | None, str | None]], list[tuple[object, ...]], str]:
    """Class and opacity of each cell, the rows of the figure and its caption."""
    (figure,) = draw("weights", two_classes([0.9, 0.1], [0, 1])._replace(network=network))
    boxes = [e for e in parsed([figure]).iter(f"{SVG}rect") if (e.get("class") or "").startswith("f")]
    return [(e.get("class"), e.get("fill-opacity")) for e in boxes], figure.rows, figure.caption


def test_the_windows_of_a_picture_by_hand() -> None:
    network = Network.create("4x4x2", ["1 tanh convolution 1x2", "1 logistic"], classes=("yes", "no"))
    parameters = np.zeros(network.topology.n_parameters)
    # The bias, then the channels of the left place, then those of the right one.
    parameters[:5] = 9, 2, -1, 0, 0.5
    network.set_parameters(parameters)
    drawn, rows, caption = cells(network)
    assert rows == [(1, 1, 1, 1, 2.0), (1, 1, 1, 2, 0.0), (1, 2, 1, 1, -1.0), (1, 2, 1, 2, 0.5)]
    assert drawn[:3] == [("f0", "1"), ("f1", "0.5"), ("f0", "0.25")]
    assert caption == (
        "What each unit of layer 1 looks for: the stronger the colour of a cell, the larger its weight; "
        "the channels stand side by side."
    )


def test_the_windows_of_rows_and_of_many_units() -> None:
    network = Network.create("any x 3", ["900 relu convolution 4", "mean", "1 logistic"], classes=("yes", "no"))
    network.set_parameters(np.linspace(-1, 1, network.topology.n_parameters))
    drawn, rows, caption = cells(network)
    assert len(rows) == 900 * 3 * 4
    # Column 2 of the second row of the window of unit 1 is row 1 + 3 + 2 of the block.
    assert next(row[4] for row in rows if row[:4] == (1, 1, 2, 2)) == float(
        network.topology.blocks(network.all_parameters)[0][0][5, 0]
    )
    assert len(drawn) <= 3000
    assert "time goes from left to right" in caption
    assert caption.endswith("Shown are the 250 of 900 units with the largest weights.")


def test_the_importance_of_pixels_is_not_drawn() -> None:
    network = Network.create("1x2", ["1 tanh convolution 1x2", "1 logistic"], classes=("yes", "no"))
    network.set_parameters(np.ones(network.topology.n_parameters))
    with pytest.raises(UsageError, match=r"^a single pixel of a picture says little"):
        draw("importance", two_classes([0.9, 0.1], [0, 1])._replace(network=network))
