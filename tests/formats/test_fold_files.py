"""Files of folds: what is written is read again, and every fault is told with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from anncli.errors import DataError
from anncli.formats.data.fold_files import read_folds, write_folds

ALL = np.ones(3, dtype=bool)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    folds = np.array([[1, 2, 0, -1], [2, 1, 1, -1]], dtype=np.int32)
    write_folds(tmp_path / "f.csv", folds)
    assert (tmp_path / "f.csv").read_text() == "row,repeat,fold\n1,1,1\n2,1,2\n3,1,0\n1,2,2\n2,2,1\n3,2,1\n"
    np.testing.assert_array_equal(read_folds(tmp_path / "f.csv", np.array([True, True, True, False])), folds)


def test_columns_may_stand_in_any_order_and_repeat_may_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text(" fold , row\r\n2, 1\r\n\r\n1,3\r\n 1,2")
    np.testing.assert_array_equal(read_folds(tmp_path / "f.csv", ALL), [[2, 1, 1]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.csv:1: is no file of folds: the first line must be row,repeat,fold; name another file with --folds-file"),
        ("row,fold,x\n1,1,1\n", "f.csv:1: is no file of folds: the first line must be row,repeat,fold; name another file with --folds-file"),
        ("row,fold,fold\n1,1,1\n", "f.csv:1: is no file of folds: the first line must be row,repeat,fold; name another file with --folds-file"),
        ("row,fold\n", "f.csv: holds no folds; write a line for each row of the data"),
        ("row,fold\n1,1\n2\n", "f.csv:3: 1 value, and the first line names 2; write one value for each column"),
        ("row,fold\n1,1\n2, x\n", "f.csv:3:4: 'x' is no whole number; count from 1"),
        ("row,fold\n1,1\n2,-1\n", "f.csv:3:3: '-1' is no whole number; count from 1"),
        ("row,fold\n1,1.5\n", "f.csv:2:3: '1.5' is no whole number; count from 1"),
        ("row,fold\n1,111111111111111111111\n", "f.csv:2:3: '111111111111111111111' is no whole number; count from 1"),
        ("row,fold\n0,1\n", "f.csv:2:1: row 0; count rows from 1"),
        ("row,repeat,fold\n1,0,1\n", "f.csv:2:3: repeat 0; count repeats from 1"),
        ("row,repeat,fold\n1,1,1\n2,1000000,1\n", "f.csv:3:3: repeat 1000000 of 2 lines; count repeats from 1"),
        ("row,repeat,fold\n1,1,1\n2,1,2\n3,1,2\n1,2,1\n2,3,1\n3,4,1\n", "f.csv:7:3: repeat 4 of 6 lines; count repeats from 1"),
        ("row,fold\n1,1\n4,1\n", "f.csv:3:1: row 4, and the data have 3 rows; give the data that the folds were made for"),
        ("row,fold\n1,1\n2,4\n", "f.csv:3:3: fold 4 for 3 rows; count folds from 1"),
        ("row,fold\n1,1\n2,2\n1,2\n", "f.csv:4:1: row 1 has a fold in repeat 1 already; remove one of its lines"),
        ("row,fold\n1,1\n", "f.csv: row 2 has no fold in repeat 1 (of 2 such rows); write a line for each row of the data"),
        ("row,fold\n1,1\n2,2\n", "f.csv: row 3 has no fold in repeat 1; write a line for each row of the data"),
        ("row,fold\n1,1\n2,3\n3,1\n", "f.csv: repeat 1 has no row in fold 2; count the folds of every repeat from 1, without gaps"),
        ("row,fold\n1,0\n2,0\n3,0\n", "f.csv: repeat 1 has no row in fold 1; count the folds of every repeat from 1, without gaps"),
        ("row,fold\n1,1\x00\n", "f.csv: is a binary file, not text; check that this is the right file"),
    ],
)  # fmt: skip
def test_faults_have_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.csv").write_text(text)
    with pytest.raises(DataError) as fault:
        read_folds("f.csv", ALL)
    assert str(fault.value) == message
