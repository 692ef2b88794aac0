"""Forecasts in network files: what is written is read back, and what does not fit is refused with its place."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.api import start_training
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.errors import AnnError, UsageError
from anncli.forecasts import ForecastBaseline
from anncli.formats.data.forecast_sets import read_forecast_sets
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_sets import TableReader
from anncli.formats.networks.storage import load, parse, render, save

HEAD = b"""anncli: 1
inputs: {table: {label: v, order: day, window: 3, horizon: 2}}
layers: [3 tanh, 3 linear]
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A trained network in a file."""
    folder = tmp_path_factory.mktemp("forecast")
    table, path = folder / "t.csv", folder / "n.nn"
    days = sorted(f"2024-{1 + k % 12:02}-{1 + k // 12:02}" for k in range(120))
    table.write_text("day,v,kind,w\n" + "".join(f"{day},{k % 5},{'ab'[k % 2]},{k % 7}\n" for k, day in enumerate(days)))
    network = parse(HEAD.replace(b"3 linear", b"2 linear"), "head.nn")
    reader = TableReader(TableRequest(), ReadRequest(), Remarks())
    data, _ = read_forecast_sets({"training": [table]}, reader, network)
    run = start_training(network, data, test=0.2)
    for _ in run.epochs(3):
        pass
    save(run.finish().network, path)
    run.close()
    return path


def test_what_is_written_is_read_back(trained):
    network = load(trained)
    again = parse(render(network), "again.nn")
    forecast, other = network.encoder.forecast, again.encoder.forecast
    assert other._replace(baseline=None) == forecast._replace(baseline=None)
    assert (forecast.window, forecast.horizon, forecast.labels, forecast.order) == (3, 2, ("v",), "day")
    assert forecast.inputs == ("v", "kind", "w")
    assert forecast.columns == ("day", "v", "kind", "w")
    for name in ("coefficients", "low", "high"):
        assert np.array_equal(getattr(forecast.baseline, name), getattr(other.baseline, name))
    assert (other.baseline.of, other.baseline.n) == ("test", forecast.baseline.n)
    # A constant, and for each of three rows v, kind=a, kind=b and w.
    assert forecast.baseline.coefficients.shape == (1 + 3 * 4, 2)
    assert render(again) == render(network)


def test_the_baseline_predicts_what_its_numbers_say():
    baseline = ForecastBaseline(np.array([[1.0], [2.0], [3.0]], dtype=np.float32), np.empty(0), np.empty(0))
    assert baseline.predict(np.array([[1.0, 1.0], [0.0, -1.0]], dtype=np.float32)).tolist() == [[6], [-2]]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("      window: 3\n", "      window: 0\n", "`window` must be a whole number, 1 or more"),
        ("      window: 3\n", "      window: 4\n", "`forecast` does not fit the inputs among `columns`"),
        ("      horizon: 2\n", "      horizon: 3\n", "`forecast` does not fit the labels among `columns`"),
        ("      labels: [v]\n", "      labels: [w]\n", "`forecast` does not fit the labels among `columns`"),
        ("      labels: [v]\n", "      labels: v\n", "`labels` must be a list of names"),
        ("      columns: [day, v, kind, w]\n", "      columns: [day, v, kind]\n", "`columns` lacks 'w'"),
        ("        of: test\n", "        of: 3\n", "`of` must be the name of a set"),
        ("      order: day\n", "      odrer: day\n", "unknown key 'odrer'"),
        ("        autoregression: |\n", "        autoregression: 3\n        more: |\n", "unknown key 'more'"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(trained, old, new, message):
    text = trained.read_text()
    assert old in text
    with pytest.raises(AnnError) as caught:
        parse(text.replace(old, new).encode(), "n.nn")
    assert message in str(caught.value)
    assert caught.value.line is not None


def test_a_head_with_a_horizon_needs_a_window():
    text = "anncli: 1\ninputs: {table: {label: v, horizon: 2}}\nlayers: [2 linear]\n"
    with pytest.raises(AnnError, match="`horizon` needs `window`"):
        parse(text.encode(), "n.nn")


def test_a_definition_with_another_number_of_outputs_is_refused(trained):
    reader = TableReader(TableRequest(), ReadRequest(), Remarks())
    with pytest.raises(UsageError) as caught:
        read_forecast_sets({"training": [trained.with_name("t.csv")]}, reader, parse(HEAD, "head.nn"))
    assert (
        str(caught.value)
        == "the network has 3 outputs, and 2 steps of 1 label are 2 targets; end its layers with `2 linear`"
    )
