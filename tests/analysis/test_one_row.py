"""One sample through a network: its numbers are those of the reference backend, and what is said of samples of rows and tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.analysis.one_row import pass_row
from anncli.arrays import Rows, Tokens
from anncli.backends.base import Problem, Samples
from anncli.backends.reference import ReferenceBackend
from anncli.cli.showing.row_report import RowReport, RowWords
from anncli.network.input_shapes import read_inputs
from anncli.network.topology import Topology

STARTS = np.array([0, 3])
ROWS = Rows(np.array([[1.0, -1], [0.5, 2], [0, 0.25]]), STARTS)
TOKENS = Tokens(np.array([6, 0, 6]), np.array([1.0, 2, -0.5]), STARTS, 9)


def one(
    inputs: str, layers: list[str], sample: Any, targets: Any, weights: Any = None, rate: float | None = None
) -> Any:
    topology = Topology(read_inputs(inputs), layers)
    parameters = np.linspace(-0.5, 0.75, topology.n_parameters)
    found = pass_row(topology, "mse", parameters, sample, targets, weights)
    words = RowWords("a sample", sample, ["u", "v"], [[f"unit {k + 1}" for k in range(n)] for n in topology.sizes[1:]])
    return found, RowReport(found, words, None if rate is None else found.after_step(rate), rate)


@pytest.mark.parametrize(
    ("inputs", "layers", "sample", "n"),
    [
        ("2", ["3 tanh", "2 linear"], ROWS.values[:1], 1),
        ("any x 2", ["3 tanh", "2 linear"], ROWS, 3),
        ("9 tokens", ["3 tanh", "2 logistic"], TOKENS, 1),
    ],
)
def test_loss_and_gradient_are_those_of_the_reference_backend(
    inputs: str, layers: list[str], sample: Any, n: int
) -> None:
    rng = np.random.default_rng(1)
    targets, weights = rng.uniform(size=(n, 2)), np.array([1.0, 0, 1])[:n]
    found, _ = one(inputs, layers, sample, targets, weights)
    given: Any = (targets, weights)
    if n > 1:
        given = Rows(targets, STARTS), Rows(weights[:, None], STARTS)
    session = ReferenceBackend().open(Problem(found.topology, "mse"), Samples(sample, *given))
    gradient = np.empty_like(found.parameters)
    assert found.loss == pytest.approx(session.gradient(found.parameters, gradient), rel=1e-14)
    assert found.gradient == pytest.approx(gradient, rel=1e-13)
    # The bias of a dense layer has the sum of the deltas of its units as its derivative.
    for layer in found.layers:
        assert layer.delta.sum(axis=0) == pytest.approx(layer.bias_slopes[0], rel=1e-13)
    after = found.after_step(0.25)
    assert after.parameters == pytest.approx(found.parameters - 0.25 * gradient, rel=1e-15)
    assert after.loss == pytest.approx(session.loss(after.parameters), rel=1e-14)


def test_a_sample_of_rows_is_shown_row_by_row() -> None:
    found, report = one("any x 2", ["1 tanh", "1 linear"], ROWS, np.array([[1.0], [0], [0.5]]), rate=1.0)
    text = report.text()
    assert "inputs\n  x of row 1     1    -1\n  x of row 2   0.5     2\n  x of row 3     0  0.25\n" in text
    z = [-0.5 - 0.1875 * row[0] + 0.125 * row[1] for row in ROWS.values]
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[lines.index("layer 1: 1 tanh") + 1 :][:3] == [
        f"z of row {k} {value:.6g}" for k, value in enumerate(z, 1)
    ]
    assert "  target of row 3  0.5\n  E = mse, mean over the rows = " in text
    first = float(found.gradient[0])
    deltas = found.layers[0].delta[:, 0]
    assert (
        f"unit 1, bias dE/dw = {deltas[0]:.6g} + {deltas[1]:.6g} + {deltas[2]:.6g} = {first:.6g}".replace("+ -", "- ")
        in lines
    )
    products = " ".join(f"{'+' if d > 0 else '-'} {abs(d):.6g}*{f'({x:g})' if x < 0 else f'{x:g}'}" for d, x in zip(deltas, (-1, 2, 0.25), strict=True))  # fmt: skip
    name = "unit 1, weight from input 2 dE/dw ="
    assert f"{name} {products.replace('- ', '-', 1)} = {found.gradient[2]:.6g}" in lines
    assert f"unit 1 z at the first place = -0.5 - 0.1875*1 + 0.125*(-1) = {z[0]:g}" in lines
    assert f"unit 1, bias = -0.5 - 1*({first:.6g}) = {-0.5 - first:.6g}" in lines
    document = report.document()
    assert document["inputs"] == ROWS.values.tolist()
    assert [len(layer["z"]) for layer in document["layers"]] == [3, 3]
    assert document["targets"] == [[1.0], [0.0], [0.5]]


def test_tokens_are_shown_with_the_weights_that_they_meet() -> None:
    found, report = one("9 tokens", ["1 linear"], TOKENS, np.array([[1.0]]), rate=0.5)
    text, w = report.text(), found.parameters
    assert "inputs\n  token 7  1\n  token 1  2\n  token 7  -0.5\n" in text
    # Token 7 is there twice.
    products = f"{w[7]:.6g}*0.5 - {-w[1]:.6g}*2"
    assert f"  unit 1  z = -0.5 + {products} = {-0.5 + w[7] + 2 * w[1] - 0.5 * w[7]:.6g}\n" in text
    delta = found.layers[0].delta[0, 0]
    assert f"dE/dw from token 7 = ({delta:.6g})*0.5    = {found.gradient[7]:.6g}\n" in text
    assert "token 9" not in text
    document = report.document()
    assert document["inputs"] == [[7, 1.0], [1, 2.0], [7, -0.5]]
    assert len(document["layers"][0]["weights"]) == 10


def test_a_picture_is_shown_row_by_row_and_the_weights_of_a_convolution_unit_by_unit() -> None:
    # A difference of diagonals in each 2 x 2 window of [[1, 2, 4], [3, 5, -1]], the larger of the two, times 3, minus 1.
    topology = Topology(read_inputs("2x3"), ["1 linear convolution 2x2 valid", "max-pool 1x2", "1 linear"])
    parameters, picture = np.array([0.5, 1, 0, 0, -1, -1, 3]), np.array([[1.0, 2, 4, 3, 5, -1]])
    found = pass_row(topology, "mse", parameters, picture, np.array([[2.0]]))
    # 0.5 + 1 - 5 = -3.5 and 0.5 + 2 + 1 = 3.5: a = 9.5, delta 15, and 45 for the second window.
    assert found.loss == 7.5**2
    assert found.gradient.tolist() == [45, 45 * 2, 45 * 4, 45 * 5, 45 * -1, 15, 15 * 3.5]
    text = RowReport(found, RowWords("a picture", picture, [], [[], ["unit 1"], ["o"]]), None, None).text()
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[2:5] == ["inputs", "x of row 1 1 2 4", "x of row 2 3 5 -1"]
    assert (
        "layer 1: 1 linear convolution 2x2 valid\n  z = a  -3.5   3.5\n  unit 1  z at the first place = 0.5 + 1*1 + 0*2 + 0*3 - 1*5 = -3.5\nlayer 2: max-pool 1x2\n  a  3.5\n"
        in text
    )
    assert "layer 2: max-pool 1x2\n  delta  45\nlayer 1: 1 linear convolution 2x2 valid\n  delta   0  45\n" in text
    slopes = [line for line in lines if line.startswith("unit 1, ")]
    assert slopes == ["unit 1, bias dE/dw = 45"] + [
        f"unit 1, weight from row {row} and column {column} of the window dE/dw = 45*{factor} = {slope}"
        for row, column, factor, slope in ((1, 1, 2, 90), (1, 2, 4, 180), (2, 1, 5, 225), (2, 2, "(-1)", -45))
    ]


def test_of_an_embedding_the_vectors_of_the_tokens_in_the_sample_come_first() -> None:
    found, report = one("9 tokens", ["2 embedding", "max", "1 linear"], TOKENS, np.array([[1.0]]))
    lines = [" ".join(line.split()) for line in report.text().splitlines()]
    first = lines.index("layer 1: 2 embedding", lines.index("layer 1: 2 embedding") + 1)
    assert lines[first + 1 :][:3] == [
        f"delta of row {k} {x[0]:.6g} {x[1]:.6g}" for k, x in enumerate(found.layers[0].delta, 1)
    ]
    # The largest values of both columns are those of the first row, with the value 1.
    slopes = [f"unit {k + 1}, weight from token 7 dE/dw = {found.layers[1].delta[0, k]:.6g}" for k in range(2)]
    assert lines[first + 4 :] == [*slopes, "... 16 more weights (--json has all)"]
