"""`curve` of a network file: which points are kept, read back as written, covered by the checksum, faults with their place."""

from __future__ import annotations

import re

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.networks.ann import parse_network, render_network
from anncli.network.loss_curve import MOST_POINTS, CurvePoint, LossCurves, thinned
from anncli.network.network import Network


def network(curve: LossCurves | None) -> Network:
    made = Network.create(2, [(1, "logistic")], parameters=np.ones(3, np.float32))
    made.curve = curve
    return made


CURVE = LossCurves((CurvePoint(1, 0.7, 0.8), CurvePoint(2, 0.5)), (CurvePoint(1, 1e-12), CurvePoint(9, 1e300)))


def test_what_is_written_is_read_back() -> None:
    text = render_network(network(CURVE))
    block = "  curve:\n    training: |\n      1 0.7 0.8\n      2 0.5 -\n    retraining: |\n      1 1e-12\n      9 1e+300\n  checksum:"
    assert block in text
    assert parse_network(text, "x.nn").curve == CURVE
    assert render_network(parse_network(text, "x.nn")) == text


def test_a_file_without_a_curve_has_none() -> None:
    text = render_network(network(None))
    assert "curve" not in text
    assert parse_network(text, "x.nn").curve is None


def test_definition_of_a_trained_network_has_no_curve() -> None:
    assert network(CURVE).definition().curve is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("1 0.7", "1 0.71"), "the checksum does not fit"),
        (("2 0.5 -", "1 0.5 -"), "`training` must be lines of a rising epoch, a loss and perhaps another loss"),
        (("2 0.5 -", "0 0.5 -"), "`training` must be lines of a rising epoch"),
        (("2 0.5 -", "2 - 0.5"), "`training` must be lines of a rising epoch"),
        (("2 0.5 -", "2 nan"), "`training` must be lines of a rising epoch"),
        (("2 0.5 -", "2"), "`training` must be lines of a rising epoch"),
        (("2 0.5 -", "2 0.5 0.5 0.5"), "`training` must be lines of a rising epoch"),
        (("9 1e+300", f"{10**40} 1.0"), "`retraining` must be lines of a rising epoch"),
        (("training: |\n      1 0.7 0.8\n      2 0.5 -", "training: [1]"), "`training` must be a block of epochs and losses"),
        (("    training:", "    trianing:"), "unknown key 'trianing'"),
    ],
)  # fmt: skip
def test_faults_are_told_with_their_place(change: tuple[str, str], message: str) -> None:
    text = render_network(network(CURVE))
    assert change[0] in text
    with pytest.raises(NetworkError, match=re.escape(message)):
        parse_network(text.replace(*change, 1), "x.nn")


def test_too_many_points_are_refused() -> None:
    many = LossCurves(tuple(CurvePoint(k, 1.0) for k in range(1, MOST_POINTS + 2)))
    with pytest.raises(NetworkError, match="`training` has 201 lines, at most 200 are kept"):
        parse_network(render_network(network(many)), "x.nn")


@pytest.mark.parametrize(("n", "expected"), [(0, 0), (1, 1), (200, 200), (201, 200), (5000, 200)])
def test_number_of_points(n: int, expected: int) -> None:
    kept = thinned([CurvePoint(k, 1 / k) for k in range(1, n + 1)], keep=(n // 3 + 1,) if n else ())
    assert expected - 1 <= len(kept) <= expected
    if n:
        epochs = [point.epoch for point in kept]
        assert epochs == sorted(set(epochs))
        assert {1, n, n // 3 + 1} <= set(epochs)
        # No gap is much wider than the mean one.
        assert max(np.diff(epochs), default=0) <= -(-n // (MOST_POINTS - 2)) + 1


def test_losses_have_six_digits() -> None:
    assert thinned([CurvePoint(1, 0.12345678, 1.23456789e-7)]) == (CurvePoint(1, 0.123457, 1.23457e-7),)
