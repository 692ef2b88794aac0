"""Forecasts from the shell: windows of a table in train, test, cv, predict, info and plot, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from inside import Done, ann

import anncli

__all__ = ["ann"]
Run = Callable[..., Done]

N = 200
WORDS = ("--window", 6, "--horizon", 3, "--order", "month")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A wave with a period of 12 months, its rows in disorder, and a second series."""
    rng = np.random.default_rng(2)
    months = [f"{1990 + k // 12}-{1 + k % 12:02}" for k in range(N)]
    rows = [f"{month},{10 + 3 * math.sin(k / 6 * math.pi) + rng.normal(0, 0.3):.4f}" for k, month in enumerate(months)]
    (tmp_path / "ordered.csv").write_text("month,v\n" + "\n".join(rows) + "\n")
    mixed = [rows[k] for k in rng.permutation(N)]
    (tmp_path / "wave.csv").write_text("month,v\n" + "\n".join(mixed) + "\n")
    both = [f"{row},{name}" for name in "ab" for row in rows]
    (tmp_path / "two.csv").write_text("month,v,who\n" + "\n".join(both) + "\n")
    return tmp_path


def trained(ann: Run, *more: object) -> Done:
    return ann("train", "wave.csv", 40, *WORDS, "--test", 0.2, "-o", "n.nn", *more)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_training_prints_the_last_value_and_an_autoregression_beside_the_network(folder: Path, ann: Run) -> None:
    done = trained(ann)
    assert "the label is column 'v': the only one of numbers" in done.stderr
    assert "forecast of v, 3 steps ahead, on the test set (38 windows):" in done.stdout
    assert "the network is better than the last value by" in done.stdout
    assert "step  RMSE, network" not in done.stdout
    assert "step  RMSE, network" in trained(ann, "-v", "-o", "m.nn").stdout


def test_no_set_shares_a_row_that_is_predicted_with_another(folder: Path, ann: Run) -> None:
    sets = json.loads(trained(ann, "--json").stdout)["samples"]
    # 200 rows make 192 windows. Between two sets stand the two windows with targets in both.
    assert sum(sets.values()) == 192 - 2 * 2
    assert sets["test"] == 38


def test_rows_are_taken_in_the_order_of_time(folder: Path, ann: Run) -> None:
    trained(ann)
    first = ann("predict", "n.nn", "wave.csv").stdout
    assert first == ann("predict", "n.nn", "ordered.csv").stdout
    rows = table(first)
    assert [row["month"] for row in rows] == ["2006-09", "2006-10", "2006-11"]
    assert all(float(row["v low"]) < float(row["v"]) < float(row["v high"]) for row in rows)


def test_a_prediction_is_the_output_plus_the_last_value_where_targets_are_changes(folder: Path, ann: Run) -> None:
    rows = "".join(f"{k},{k + k % 3}\n" for k in range(120))
    (folder / "line.csv").write_text("k,v\n" + rows)
    ann(
        "train",
        "line.csv",
        30,
        "--window",
        3,
        "--horizon",
        2,
        "--order",
        "k",
        "--label",
        "v",
        "--validation",
        0,
        "-o",
        "l.nn",
        "-q",
    )
    network = anncli.load("l.nn")
    assert network.encoder is not None
    assert network.encoder.forecast is not None
    assert network.encoder.forecast.changes
    outputs = network.predict(np.array([[117.0, 119, 121]], dtype=np.float32))[0]
    found = table(ann("predict", "l.nn", "line.csv").stdout)
    assert [float(row["v"]) for row in found] == pytest.approx([121 + value for value in outputs.tolist()], abs=1e-4)
    assert [row["k"] for row in found] == ["120", "121"]


def test_every_window_is_predicted_where_that_is_asked_for(folder: Path, ann: Run) -> None:
    trained(ann)
    rows = table(ann("predict", "n.nn", "wave.csv", "--all-windows").stdout)
    assert len(rows) == N - 6 + 1
    assert list(rows[0]) == ["month", "v(t+1)", "v(t+2)", "v(t+3)"]
    last = table(ann("predict", "n.nn", "wave.csv").stdout)
    assert [rows[-1][f"v(t+{k})"] for k in (1, 2, 3)] == [row["v"] for row in last]
    found = json.loads(ann("predict", "n.nn", "wave.csv", "--json").stdout)["predictions"]
    assert [row["v"] for row in found] == [float(row["v"]) for row in last]


def test_the_network_remembers_what_it_forecasts(folder: Path, ann: Run) -> None:
    trained(ann, "-q")
    said = json.loads(ann("info", "n.nn", "--json").stdout)
    assert (said["table"]["window"], said["table"]["horizon"], said["table"]["order"]) == (6, 3, "month")
    assert said["encoder"]["columns"] == [{"name": "month", "kind": "order"}, {"name": "v", "kind": "label"}]
    assert "--window 6 --horizon 3" in said["repeat"]
    tested = ann("test", "n.nn", "wave.csv").stdout
    # Those of the test set, and those between the sets.
    assert "on the windows that did not train the network (42 windows):" in tested
    # Trained anew from its definition.
    ann("train", "n.nn", "wave.csv", 3, "-q", "--no-backup")
    assert anncli.load("n.nn").encoder.forecast.window == 6


def test_several_series_have_a_forecast_each(folder: Path, ann: Run) -> None:
    ann("train", "two.csv", 20, *WORDS, "--sequence", "who", "--test", 0.2, "-o", "n.nn", "-q")
    rows = table(ann("predict", "n.nn", "two.csv").stdout)
    assert [(row["who"], row["month"]) for row in rows] == [
        (who, month) for who in "ab" for month in ("2006-09", "2006-10", "2006-11")
    ]
    assert [row["v"] for row in rows[:3]] == [row["v"] for row in rows[3:]]


@pytest.mark.parametrize(
    "layers", ["4 tanh convolution 3, last, 3 linear", "3 recurrent, last, 3 linear", "3 lstm, mean, 3 linear"]
)
def test_networks_of_rows_read_a_window_row_by_row(folder: Path, ann: Run, layers: str) -> None:
    (folder / "rows.def").write_text(
        f"anncli: 1\ninputs: any x 1\nlayers: [{layers.replace('3 recurrent', '3 tanh recurrent')}]\n"
    )
    done = ann("train", "rows.def", "wave.csv", 30, *WORDS, "--label", "v", "--test", 0.2, "-o", "r.nn")
    assert "linear autoregression" in done.stdout
    every = table(ann("predict", "r.nn", "wave.csv", "--all-windows").stdout)
    assert len(every) == N - 6 + 1
    assert next(row["month"] for row in table(ann("predict", "r.nn", "wave.csv").stdout)) == "2006-09"
    assert "forecast of v" in ann("test", "r.nn", "wave.csv").stdout


def test_folds_follow_time(folder: Path, ann: Run) -> None:
    found = json.loads(ann("cv", "wave.csv", 5, *WORDS, "--folds", 3, "--json").stdout)["forecast"]
    assert found["of"] == "the test rows of all folds"
    assert [one["name"] for one in found["labels"][0]["predictors"]] == [
        "network",
        "last value",
        "linear autoregression",
    ]


def test_each_fold_is_compared_alone_in_json(folder: Path, ann: Run) -> None:
    found = json.loads(ann("cv", "wave.csv", 5, *WORDS, "--folds", 3, "--json").stdout)["forecast"]
    folds = found["folds"]
    assert sum(fold["windows"] for fold in folds) == found["windows"]
    for k in range(3):  # mean absolute errors of all windows are means of those of the folds
        mae = [fold["labels"][0]["predictors"][k]["mae"] * fold["windows"] for fold in folds]
        assert found["labels"][0]["predictors"][k]["mae"] == pytest.approx(sum(mae) / found["windows"], rel=1e-6)
    # The last of four blocks of 48 windows, and the autoregression of windows whose targets all stand before it.
    values = np.array([float(row["v"]) for row in table((folder / "ordered.csv").read_text())])
    windows = np.lib.stride_tricks.sliding_window_view(values, 6 + 3)
    inputs, learnt = np.column_stack([np.ones(192), windows[:, :6]]), slice(0, 144 - 2)
    slopes = np.linalg.lstsq(inputs[learnt], windows[learnt, 6:], rcond=None)[0]
    mae = np.abs(inputs[144:] @ slopes - windows[144:, 6:]).mean()
    assert folds[2]["labels"][0]["predictors"][2]["mae"] == pytest.approx(mae, rel=1e-4)


def test_a_straight_line_is_nothing_to_learn(folder: Path, ann: Run) -> None:
    (folder / "line.csv").write_text("month,v\n" + "".join(f"{k},{7 + 3 * k}\n" for k in range(60)))
    done = ann("train", "line.csv", 5, *WORDS, "-o", "n.nn", check=3)
    assert done.stderr.splitlines()[-1] == (
        "ann: 'v(t+1)-v(t)' is 3 in every training row: the series is a straight line there, and there is nothing to learn; "
        "continue the line by hand, or name another --label"
    )


def test_the_figure_shows_the_end_of_the_series_and_the_forecast(folder: Path, ann: Run) -> None:
    trained(ann, "-q")
    assert (
        ann("plot", "forecast", "n.nn", "wave.csv", "--csv", "f.csv").stdout == "forecast written to n-forecast.svg\n"
    )
    drawing = (folder / "n-forecast.svg").read_text()
    for words in ("Forecast of v", "rows after 2006-08 (month)", "last value", "80 % of the errors"):
        assert words in drawing
    rows = table((folder / "f.csv").read_text())
    ahead = [row for row in rows if row["predicted"]]
    told = table(ann("predict", "n.nn", "wave.csv").stdout)
    assert [float(row["predicted"]) for row in ahead] == pytest.approx([float(row["v"]) for row in told])
    assert [float(row["low"]) for row in ahead] == pytest.approx([float(row["v low"]) for row in told], rel=1e-5)
    assert [row["step"] for row in rows][-4:] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("train missing.csv --horizon 3", 2, "--horizon needs --window; say how many rows a window has: --window 24"),
        ("train missing.csv --window 3 --task classification", 2, "--window makes forecasts, and these are numbers; leave --task out"),
        ("train missing.csv --window 3 --group who", 2, "--group and --window exclude each other: windows are cut in time order; several series in one table: --sequence who"),
        ("train missing.csv --window 3 --label inputs", 2, "--window and --label inputs exclude each other; name the column to forecast: --label NAME"),
        ("train missing.csv --window 3 --weight w", 2, "--weight and --window exclude each other; leave it out"),
        ("train missing.csv --window 0", 2, "--window: must be a whole number, at least 1, found '0'; write for example 24"),
        ("train wave.csv --window 200 --horizon 3 --order month", 3, "wave.csv: 200 rows, and a window of 200 and a horizon of 3 need 203; give more rows, or a shorter --window"),
        ("train two.csv --window 3 --order month --label who", 2, "two.csv: the label 'who' holds words ('a', 'b'), and a forecast is of numbers; name another column with --label"),
        ("train gap.csv --window 3 --order month --label v", 3, "gap.csv:4: the label 'v' holds 'abc' among its numbers; correct it, or say that it is a missing value: --na abc"),
        ("train flat.csv --window 3 --label v", 3, "target 'v(t+1)' has the same value in every training row; give rows with other values, or name another --label"),
        ("train gap.csv --window 59 --label v --na abc --missing mean --order month", 3, "target 'v(t+1)' has one training row; give more rows"),
        ("train wave.csv --window 3 --order nosuch", 2, "wave.csv: --order: no column 'nosuch'; use one of month, v"),
        ("train wave.csv --window 3 --order month --ignore 3", 2, "wave.csv: --ignore: no column '3'; there are 2 columns, counted from 1"),
        ("cv wave.csv 1 --window 3 --horizon 3 --order month --folds 190", 2, "fold 1 of repeat 1 leaves no rows to learn from; give fewer folds, or more rows"),
        ("predict other.nn wave.csv --all-windows", 2, "--all-windows is for networks of forecasts; leave it out"),
        ("plot forecast other.nn wave.csv", 2, "plot forecast is for networks of forecasts; train one: ann train table.csv --window 24 --horizon 6 --order NAME"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(folder: Path, ann: Run, words: str, code: int, message: str) -> None:
    if "other.nn" in words:
        (folder / "xy.csv").write_text("x,y\n" + "".join(f"{k % 5},{k % 7}.5\n" for k in range(30)))
        ann("train", "xy.csv", 1, "--label", "y", "-o", "other.nn", "-q")
    months = [f"{1990 + k // 12}-{1 + k % 12:02}" for k in range(60)]
    cells = ["1.5", "2.5", "abc", *(str(k % 9 + 0.5) for k in range(57))]
    (folder / "gap.csv").write_text("month,v\n" + "".join(map("{},{}\n".format, months, cells)))
    (folder / "flat.csv").write_text("k,v\n" + "".join(f"{k * k % 7}.5,3.5\n" for k in range(40)))
    assert ann(*words.split(), check=code).stderr.splitlines()[-1] == f"ann: {message}"


def test_a_trained_network_refuses_another_window_and_options_without_meaning(folder: Path, ann: Run) -> None:
    trained(ann, "-q")
    done = ann("train", "n.nn", "wave.csv", 2, "--continue", "--window", 7, "-q", check=2)
    assert done.stderr == "ann: --window 7: the network was trained with 6; leave it out\n"
    done = ann("predict", "n.nn", "wave.csv", "--classes", check=2)
    assert done.stderr.startswith("ann: --classes is not for networks of forecasts")
    done = ann("test", "n.nn", "wave.csv", "--confidence", 0.9, check=2)
    assert done.stderr.startswith("ann: intervals are for independent samples, and windows of a forecast overlap")
    assert "95 % from" not in ann("test", "n.nn", "wave.csv").stdout
    (folder / "short.csv").write_text("month,v\n2001-01,3\n")
    done = ann("predict", "n.nn", "short.csv", check=3)
    assert (
        done.stderr == "ann: short.csv: 1 row, and a window of 6 needs as many; give more rows, or a shorter --window\n"
    )
    (folder / "late.csv").write_text((folder / "ordered.csv").read_text() + "2006-09,abc\n")
    told = "the label 'v' holds 'abc' among its numbers; correct it, or say that it is a missing value: --na abc"
    assert ann("predict", "n.nn", "late.csv", check=3).stderr == f"ann: late.csv:{N + 2}: {told}\n"


def test_a_window_that_is_asked_for_is_stronger_than_that_of_the_definition(folder: Path, ann: Run) -> None:
    head = "anncli: 1\ninputs: {table: {label: v, order: month, window: 6, horizon: 2}}\nlayers: [3 tanh, 2 linear]\n"
    (folder / "head.nn").write_text(head)
    ann("train", "head.nn", "wave.csv", 2, "--window", 4, "-q")
    # The head still says 6, and the trained network reads 4 rows.
    assert len(table(ann("predict", "head.nn", "wave.csv", "--all-windows").stdout)) == N - 4 + 1
    assert "forecast of v, 2 steps ahead" in ann("test", "head.nn", "wave.csv").stdout
    ann("train", "head.nn", "wave.csv", 2, "--continue", "-q")


def test_too_few_windows_for_a_range_are_said_once(folder: Path, ann: Run) -> None:
    trained(ann, "-q")
    rows = (folder / "ordered.csv").read_text().splitlines()
    (folder / "ten.csv").write_text("\n".join(rows[:11]) + "\n")
    *_, last, linear, note = ann("test", "n.nn", "ten.csv").stdout.splitlines()
    assert re.fullmatch(r"the network is better than the last value by [0-9.]+ RMSE and [0-9.]+ MAE", last)
    assert " than the linear autoregression by " in linear
    assert "(" not in linear
    assert note == "(2 windows are too few for a range: these differences prove nothing)"


def test_the_last_column_and_numbers_of_columns_are_those_of_the_file(folder: Path, ann: Run) -> None:
    ann("train", "two.csv", 2, *WORDS, "--label", 2, "--ignore", "last", "-o", "l.nn", "-q")
    network = anncli.load("l.nn")
    assert network.encoder is not None
    assert network.encoder.forecast is not None
    assert network.encoder.forecast.inputs == ("v",)
    ann("train", "ordered.csv", 2, *WORDS, "--label", "last", "-o", "m.nn", "-q")
    assert "v(t+1)" in ann("predict", "m.nn", "ordered.csv", "--all-windows").stdout.splitlines()[0]
