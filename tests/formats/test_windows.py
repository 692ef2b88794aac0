"""Windows of a long table: which rows they are, which targets they have, and what is left out."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.errors import DataError
from anncli.forecasts import Forecast
from anncli.formats.data.forecast_plan import are_changes
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.windows import series_of_files, times_of_files, windows_of
from anncli.tables import make_table

nan = np.nan


def made(columns, forecast, by_rows=False, is_known=True):
    remarks = Remarks()
    (file,) = series_of_files([(make_table(columns), "t.csv")], forecast, remarks)
    return windows_of(file, forecast, by_rows, remarks, is_known), remarks


def numbers(table, names):
    return np.column_stack([table.column(name).numbers for name in names]).tolist()


def test_windows_of_a_series_by_hand():
    forecast = Forecast(2, 2, ("y",), ("x", "y"))
    found, remarks = made({"x": [1, 2, 3, 4, 5], "y": [10, 20, 30, 40, 50]}, forecast)
    assert forecast.input_names == ("x(t-1)", "y(t-1)", "x(t)", "y(t)")
    assert forecast.target_names == ("y(t+1)", "y(t+2)")
    assert numbers(found.table, forecast.input_names) == [[1, 10, 2, 20], [2, 20, 3, 30]]
    assert numbers(found.table, forecast.target_names) == [[30, 40], [40, 50]]
    assert found.latest.tolist() == [[20, 20], [30, 30]]
    # Without a column of the time it is the number of the row: of the first row that is predicted, and of the last one.
    assert (found.times.tolist(), found.until.tolist()) == ([2, 3], [3, 4])
    assert "as they stand" in remarks.notes[0]


def test_changes_are_from_the_last_value():
    forecast = Forecast(2, 2, ("y",), ("y",), changes=True)
    found, _ = made({"y": [10, 20, 35, 40]}, forecast)
    assert forecast.target_names == ("y(t+1)-y(t)", "y(t+2)-y(t)")
    assert numbers(found.table, forecast.target_names) == [[15, 20]]


def test_several_labels_have_all_their_steps_side_by_side():
    forecast = Forecast(1, 2, ("b", "a"), ("a", "b"))
    found, _ = made({"a": [1, 2, 3], "b": [4, 5, 6]}, forecast)
    assert forecast.target_names == ("b(t+1)", "b(t+2)", "a(t+1)", "a(t+2)")
    assert numbers(found.table, forecast.target_names) == [[5, 6, 2, 3]]


def test_rows_are_sorted_by_time_and_no_window_crosses_two_series():
    forecast = Forecast(2, 1, ("y",), ("y",), order="t", sequence="s")
    columns = {"t": [3, 1, 2, 1, 2, 3], "s": ["a", "a", "a", "b", "b", "b"], "y": [30, 10, 20, 1, 2, 3]}
    found, remarks = made(columns, forecast)
    assert numbers(found.table, forecast.input_names) == [[10, 20], [1, 2]]
    assert numbers(found.table, forecast.target_names) == [[30], [3]]
    assert found.times.tolist() == [3, 3]
    assert remarks.notes == []


def test_windows_that_miss_a_label_are_left_out_and_counted():
    forecast = Forecast(2, 1, ("y",), ("y",))
    found, remarks = made({"y": [1, 2, nan, 4, 5, 6]}, forecast)
    # Targets: row 2 is missing; the window (2, nan) predicts 4, from 2 as the last known value.
    assert numbers(found.table, forecast.target_names) == [[4], [5], [6]]
    assert found.latest.tolist() == [[2], [4], [5]]
    assert remarks.notes[-1] == "t.csv: 1 window of 4 left out, because labels are missing in them or after them"


def test_all_windows_are_there_where_nothing_has_to_be_known_behind_them():
    forecast = Forecast(2, 2, ("y",), ("y",))
    found, _ = made({"y": [1, 2, 3, 4]}, forecast, is_known=False)
    assert numbers(found.table, forecast.input_names) == [[1, 2], [2, 3], [3, 4]]
    assert found.latest[-1].tolist() == [4, 4]


def test_rows_stay_rows_for_a_network_that_reads_them():
    forecast = Forecast(2, 1, ("y",), ("x", "y"))
    found, _ = made({"x": ["a", "b", "a", "b"], "y": [1, 2, 3, 4]}, forecast, by_rows=True)
    assert found.table.names == ("x", "y", "y(t+1)")
    assert found.table.samples.tolist() == [0, 0, 1, 1]
    assert found.table.column("y").numbers.tolist() == [1, 2, 2, 3]
    assert found.table.column("x").codes.tolist() == [0, 1, 1, 0]
    assert found.table.column("y(t+1)").numbers.tolist() == [3, 3, 4, 4]


def test_categories_become_a_column_for_each_row_of_a_window():
    forecast = Forecast(2, 1, ("y",), ("x", "y"))
    found, _ = made({"x": ["a", "b", "a"], "y": [1, 2, 3]}, forecast)
    assert [found.table.column(name).codes.tolist() for name in ("x(t-1)", "x(t)")] == [[0], [1]]


def test_equal_times_and_gaps_are_said():
    forecast = Forecast(1, 1, ("y",), ("y",), order="t")
    days = ["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-03"]
    _, remarks = made({"t": days, "y": [1, 2, 3, 4]}, forecast)
    assert remarks.warnings() == ["t.csv: 1 row with the time of the row before; each counts as a step"]
    days = [f"2024-01-{day:02}" for day in range(1, 29) if day != 13]
    _, remarks = made({"t": days, "y": list(range(27))}, forecast)
    assert remarks.notes == ["t.csv: the steps in time are regular except for 1; every row still counts as one step"]


@pytest.mark.parametrize(
    ("columns", "forecast", "message"),
    [
        ({"y": [1, 2, 3]}, Forecast(3, 2, ("y",), ("y",)), "t.csv: 3 rows, and a window of 3 and a horizon of 2 need 5; give more rows, or a shorter --window"),
        ({"y": [1, 2, 3, 4], "s": ["a", "a", "b", "b"]}, Forecast(2, 1, ("y",), ("y",), sequence="s"), "t.csv: the longest of 2 series has 2 rows, and a window of 2 and a horizon of 1 need 3; give more rows, or a shorter --window"),
        ({"y": ["a", "b", "c"]}, Forecast(1, 1, ("y",), ("y",)), "t.csv: the label 'y' holds words ('a', 'b', 'c'), and a forecast is of numbers; name another column with --label, or gaps with --na"),
        ({"y": [1, nan, nan, 4]}, Forecast(1, 1, ("y",), ("y",)), "t.csv: every window misses labels; give longer series, or a shorter --window or --horizon"),
    ],
)  # fmt: skip
def test_what_cannot_be_windowed_is_refused(columns, forecast, message):
    with pytest.raises(DataError) as caught:
        made(columns, forecast)
    assert str(caught.value) == message


def test_times_are_compared_between_files():
    tables = [(make_table({"t": ["2024-03", "2024-04"]}), "a"), (make_table({"t": ["2024-01", "2024-02"]}), "b")]
    assert [times.tolist() for times in times_of_files(tables, "t")] == [[2, 3], [0, 1]]


def test_a_slow_series_is_predicted_as_changes_and_noise_is_not():
    rng = np.random.default_rng(1)
    noise, forecast = rng.normal(size=(400, 1)), Forecast(4, 2, ("y",), ("y",))
    assert are_changes(np.cumsum(noise, axis=0), np.zeros(400), forecast)
    assert not are_changes(noise, np.zeros(400), forecast)
