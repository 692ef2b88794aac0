"""Numbers that float32 does not tell apart: the column, an example and the difference are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.compiled import native_module
from anncli.formats.data import precision, vectors
from anncli.formats.data.assemble import read_dataset, stream_rows
from anncli.formats.data.precision import Precision
from anncli.formats.data.remarks import Remarks

NATIVE = native_module()
PARSERS = [None, pytest.param(NATIVE, marks=pytest.mark.skipif(NATIVE is None, reason="no compiled parser"))]


@pytest.fixture(params=PARSERS, ids=["numpy", "native"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(vectors, "_native", lambda: request.param)


def warnings(path: Path, *texts: str) -> list[str]:
    """What is warned of files with these texts, each one class."""
    paths = [path / f"{k}.csv" for k in range(len(texts))]
    for name, text in zip(paths, texts, strict=True):
        name.write_text(text)
    remarks = Remarks()
    read_dataset(paths, labelled=False, remarks=remarks)
    return remarks.warnings()


WAY_OUT = "subtract a constant from the column, or leave it out"


def test_whole_numbers_above_24_bits(tmp_path: Path) -> None:
    # float32 holds every second whole number from 2^24 = 16777216 on.
    text = "16777216 becomes"
    found = warnings(tmp_path, "id,x\n16777216,1\n16777217,2\n16777218,3\n")
    assert found == [
        f"column 1 ('id'): 16777216 and 16777217 differ by 1 and become the same 32-bit number 16777216; "
        f"3 different values become 2; {WAY_OUT}"
    ], text
    assert warnings(tmp_path, "1 16777215\n2 16777214\n") == []
    assert warnings(tmp_path, "1 -16777217\n2 -16777216\n")[0].startswith(
        "column 2: -16777217 and -16777216 differ by 1"
    )


def test_values_of_two_files_that_meet(tmp_path: Path) -> None:
    assert warnings(tmp_path, "1600000000\n", "1600000031\n")[0].startswith(
        "column 1: 1600000000 and 1600000031 differ by 31"
    )


def test_files_with_their_columns_in_another_order_are_not_mixed(tmp_path: Path) -> None:
    # Each column loses nothing. By their places alone 16777216 and 16777217 would be values of one column.
    assert warnings(tmp_path, "a,b\n16777216,1\n", "b,a\n16777217,16777216\n") == []
    found = warnings(tmp_path, "a,b\n16777216,1\n16777217,1\n", "b,a\n2,3\n")
    assert [text.split(":")[0] for text in found] == ["column 1 ('a')"]


def test_a_column_that_the_network_leaves_out_is_not_told(tmp_path: Path) -> None:
    path, remarks = tmp_path / "a.csv", Remarks()
    path.write_text("id,x\n16777216,1\n16777217,2\n")
    list(stream_rows(path, 1, columns=("x",), remarks=remarks))
    assert remarks.warnings() == []
    list(stream_rows(path, 2, columns=("x", "id"), remarks=remarks))
    assert remarks.warnings()[0].startswith("column 1 ('id')")


def test_a_bounded_number_of_values_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "_MOST_VALUES", 100)
    watched, rows = Precision(), np.full((1000, 10), 2.0**24, np.float32)
    for is_first in (True, False):
        watched.watch(rows, lambda n, columns: np.arange(n * len(columns)).reshape(n, -1), is_first=is_first)
    assert sum(map(len, watched._exact.values())) == 100


def test_small_differences_of_small_numbers(tmp_path: Path) -> None:
    found = warnings(tmp_path, "5 1.00000001\n6 1.00000002\n7 1.00000003\n")
    assert found[0].startswith(
        "column 2: 1.00000001 and 1.00000002 differ by 1e-08 and become the same 32-bit number 1; 3"
    )
    # A constant, two values that stay apart, and many digits over a wide range lose nothing.
    assert warnings(tmp_path, "14.62 1 0.123456789\n14.62 1.000001 0.987654321\n14.62 1 0.555555555\n") == []


def test_many_values_of_which_few_meet_are_no_loss(tmp_path: Path) -> None:
    assert warnings(tmp_path, "".join(f"{20_000_000 + 2 * k}\n" for k in range(500)) + "20000001\n") == []


@pytest.mark.parametrize("missing", ["0", "-999", "1e30"])
def test_a_value_far_away_does_not_hide_a_narrow_column(tmp_path: Path, missing: str) -> None:
    # Julian dates: a float32 of this size holds every quarter of a day.
    rows = [f"{2460000 + k * 0.003_71:.5f} {k % 7}\n" for k in range(400)]
    for place in (0, 200, 399):
        text = "".join([*rows[:place], f"{missing} 3\n", *rows[place:]])
        (found,) = warnings(tmp_path, text)
        assert found.startswith("column 1: 2460000 and 2460000.00371 differ by 0.00371")
        assert "; 401 different values become " in found
        assert found.endswith(WAY_OUT)


def test_values_that_become_0(tmp_path: Path) -> None:
    text = "".join(f"{k}e-48 {k}e-40 {k}\n" for k in range(40))
    (found,) = warnings(tmp_path, text)
    assert found == (
        "column 1: 0 and 1e-48 differ by 1e-48 and become the same 32-bit number 0; 40 different values become 1; "
        "multiply the column by a constant, or leave it out"
    )
    assert warnings(tmp_path, "".join(f"p{k}\n{k}e-48 1\n" for k in range(1, 40)))[0].startswith(
        "column 1: 1e-48 and 2e-48"
    )


def test_ordinary_columns_lose_nothing(tmp_path: Path) -> None:
    def rows(*values: object) -> str:
        return "".join(f"{value}\n" for value in values)

    ordinary = [
        rows(*(k / 10 for k in range(100))),
        # Sums of decimals, with the rounding errors of float64.
        rows(*(repr(a / 10 + b / 10) for a in range(8) for b in range(8))),
        rows(*["0.3", "0.30000000000000004"] * 20, "0", "7"),
        rows(*(repr(1 / (3 + k)) for k in range(500)), 0),
        # A few of the values are far too small: p values.
        rows(*(f"{k / 1000}" for k in range(1, 250)), "1e-50", "3e-60"),
        rows(*[0, 1] * 50), rows(*[1] * 90, 0.5), rows(*[100.25] * 80, *range(20)), rows("1e-50", "1e-50", "1"),
    ]  # fmt: skip
    for text in ordinary:
        assert warnings(tmp_path, text) == []


def test_a_fault_below_is_still_the_fault(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("16777216\n16777217\nx\n")
    with pytest.raises(Exception, match=r"a\.txt:3:1: expected a number, found 'x'"):
        read_dataset(tmp_path / "a.txt", labelled=False)


def test_lists_and_streams_are_watched_too(tmp_path: Path) -> None:
    path, remarks = tmp_path / "a.txt", Remarks()
    path.write_text("p 1\n1600000000 1\nq 2\n1600000001 2\n")
    list(stream_rows(path, 2, remarks=remarks))
    assert remarks.warnings()[0].startswith("column 1: 1600000000 and 1600000001 differ by 1")


def test_python_is_warned(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("16777216 1\n16777217 2\n")
    with pytest.warns(UserWarning, match="column 1: 16777216 and 16777217 differ by 1"):
        read_dataset(tmp_path / "a.txt", labelled=False)
