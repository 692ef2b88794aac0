"""Recorded rows of other programs: what agrees, what does not, and which of several matrices is meant."""

from __future__ import annotations

import numpy as np

from anncli.analysis.recorded import compare_recorded, self_test_rows
from anncli.inference.predict import predict
from anncli.network.calibration import Calibration
from anncli.network.network import Network, NetworkSource, Recorded, SelfTest
from anncli.network.scaling import Scaling

ROWS = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)


def network(*recorded: Recorded, n_outputs: int = 2) -> Network:
    """Outputs softmax(2 x), or logistic(x1 - x2)."""
    made = Network.create(2, [(n_outputs, "softmax" if n_outputs > 1 else "logistic")])
    made.set_parameters([0, 0, 2, 0, 0, 2] if n_outputs > 1 else [0, 1, -1])
    made.source = NetworkSource(origin="x", recorded=recorded)
    return made


def test_outputs_within_the_tolerance_and_beyond() -> None:
    p = 1 / (1 + np.exp(-2.0))
    outputs = np.array([[p, 1 - p], [np.nan, p + 0.001]])
    for tolerance, passes in ((0.01, True), (0.0005, False)):
        (found,) = compare_recorded(network(Recorded("r", ROWS, outputs, np.array([0, 1]), tolerance)))
        assert (found.rows, found.decided, found.passed) == (2, 2, passes)
        assert found.difference is not None
        assert abs(found.difference - 0.001) < 1e-6
    (found,) = compare_recorded(network(Recorded("r", ROWS, None, np.array([0, 0]))))
    assert (found.difference, found.decided, found.passed) == (None, 1, False)


def test_of_rows_that_may_be_meant_the_best_ones_are_told() -> None:
    one = Recorded("X", -ROWS, None, np.array([0, 1]), is_certain=False)
    other = Recorded("S", ROWS, None, np.array([0, 1]), is_certain=False)
    (found,) = compare_recorded(network(one, other))
    assert (found.name, found.decided) == ("S", 2)


def test_a_self_test_is_of_outputs_before_the_calibration() -> None:
    made = network(n_outputs=1)
    made.self_test = SelfTest(ROWS, predict(made, ROWS))
    made.calibration = Calibration("platt", np.array([-3.0, 1.0]))
    (found,) = compare_recorded(made)
    assert (found.name, found.difference, found.passed) == ("self-test", 0.0, True)


def test_rows_for_a_self_test_lie_in_the_range_of_the_scaling() -> None:
    made = network()
    made.scaling = Scaling("zscore", np.array([-100, 5], np.float32), np.array([0.1, 0], np.float32))
    rows = self_test_rows(made)
    assert np.isfinite(rows).all()
    assert (np.abs(rows[:, 0] - 100) < 50).all()
