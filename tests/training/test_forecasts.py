"""What forecasts are measured by: the autoregression against numpy's least squares, the last value, errors on held-out windows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from anncli.api import start_training
from anncli.arrays import Rows
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.forecasts import ForecastBaseline
from anncli.formats.data.forecast_sets import read_forecast_sets
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_sets import TableReader
from anncli.network.encoders.table import TableInputs
from anncli.network.network import Network
from anncli.training.forecasts import errors_of_set, fit_autoregression, side_by_side

NONE = np.empty(0, dtype=np.float32)


def test_an_autoregression_is_least_squares_with_a_constant():
    rng = np.random.default_rng(1)
    inputs, rows = rng.normal(3, 2, size=(10_000, 5)).astype(np.float32), np.arange(0, 10_000, 3)
    targets = (inputs @ rng.normal(size=(5, 2)) + 7 + rng.normal(size=(10_000, 2))).astype(np.float32)
    with_constant = np.concatenate([np.ones((len(rows), 1)), inputs[rows].astype(np.float64)], axis=1)
    wanted = np.linalg.lstsq(with_constant, targets[rows].astype(np.float64), rcond=None)[0]
    assert fit_autoregression(inputs, targets, rows) == pytest.approx(wanted, rel=1e-5, abs=1e-5)


def test_inputs_that_depend_on_each_other_do_no_harm():
    rng = np.random.default_rng(2)
    one = rng.normal(size=(500, 1)).astype(np.float32)
    inputs = np.concatenate([one, one, np.ones_like(one)], axis=1)
    targets = 2 * one + 1
    fitted = ForecastBaseline(fit_autoregression(inputs, targets, np.arange(500)), NONE, NONE)
    assert fitted.predict(inputs) == pytest.approx(targets, abs=1e-4)


def test_windows_of_rows_lie_side_by_side():
    rows = Rows(np.arange(8, dtype=np.float32).reshape(4, 2), np.array([0, 2, 4]))
    assert side_by_side(rows).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


@pytest.mark.parametrize("slow", [True, False])
def test_the_last_value_and_the_range_of_errors_are_those_of_the_series(tmp_path: Path, slow: bool) -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(size=300)
    values = np.round(np.cumsum(noise) if slow else noise, 3)
    path = tmp_path / "t.csv"
    path.write_text("v\n" + "".join(f"{value}\n" for value in values))
    network = Network.create(1, [(2, "linear")], table=TableInputs(("v",), window=3, horizon=2), task="regression")
    data, _ = read_forecast_sets({"training": [path]}, TableReader(TableRequest(), ReadRequest(), Remarks()), network)
    assert data.forecast.changes == slow
    run = start_training(network, data, test=0.2, validation=0.2)
    for _ in run.epochs(3):
        pass
    result = run.finish()
    setup = run.setup
    test, training = setup.rows["test"], setup.rows["training"]
    # The window k ends with the row k + 2.
    first = np.abs(values[test + 3] - values[test + 2]).mean()
    second = np.abs(values[test + 4] - values[test + 2]).mean()
    found = errors_of_set(setup, "test", training, run.outputs(result, "test")).labels[0]
    assert found.predictors[1].by_step["mae"] == pytest.approx((first, second), rel=1e-5)
    past = np.stack([values[test + k] for k in range(3)], axis=1).astype(np.float32)
    outputs = result.network.predict(past)
    targets = np.stack([values[test + 3], values[test + 4]], axis=1) - (values[test + 2, None] if slow else 0)
    baseline = result.network.encoder.forecast.baseline
    assert baseline.low == pytest.approx(np.quantile(targets - outputs, 0.1, axis=0), abs=1e-4)
    assert baseline.high == pytest.approx(np.quantile(targets - outputs, 0.9, axis=0), abs=1e-4)
    assert (baseline.of, baseline.n) == ("test", len(test))
    # No target of a training window is one of a validation window, and of that none of a test window.
    assert training.max() + 4 < setup.rows["validation"].min() + 3
    assert setup.rows["validation"].max() + 4 < test.min() + 3
    assert training.max() + 5 == setup.rows["validation"].min() + 3
    run.close()
