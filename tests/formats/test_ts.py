"""The format ts: series of the UCR and UEA archives, as samples of several rows and as rows; faults with their places."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import numpy as np
import pytest

from anncli.errors import AnnError, DataError
from anncli.formats.data.base import TableWant
from anncli.formats.data.registry import data_format, table_format_of
from anncli.formats.data.table_files import read_table
from anncli.formats.files.source import ByteSource
from anncli.tables import Table

ROWS = TableWant(rows=True)
# A set as it is published: comments above, two channels, lengths 3 and 2, a missing value and an unknown class.
SET = """# two channels
@problemName Small
@timeStamps false
@missing true
@univariate false
@dimensions 2
@equalLength false
@classLabel true up down
@data
1,2,3:10,20,30:up
4,?:-1.5e0,50:down
7:8:?
"""
EQUAL = "@problemName e\n@univariate true\n@classLabel true 1 2\n@data\n1,2,3:1\n4,5,6:2\n"


def read(folder: Path, text: str, want: TableWant | None = None) -> Table:
    (folder / "a.ts").write_text(text)
    return read_table(folder / "a.ts", want)


def fault(folder: Path, text: str, want: TableWant = ROWS) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, text, want)
    return str(caught.value).replace(str(folder / "a.ts"), "FILE")


def values(table: Table) -> list[list[float]]:
    return np.stack([column.numbers for column in table.columns if column.numbers is not None], axis=1).tolist()  # type: ignore[no-any-return]


def test_a_row_is_a_point_of_time_and_a_column_a_channel(tmp_path: Path) -> None:
    table = read(tmp_path, SET, ROWS)
    found = values(table)
    assert found[:3] == [[1, 10], [2, 20], [3, 30]]
    assert found[3] == [4, -1.5]
    assert np.isnan(found[4][0])
    assert found[4][1] == 50
    assert found[5] == [7, 8]
    assert table.samples is not None
    assert table.samples.tolist() == [0, 0, 0, 1, 1, 2]
    assert list(table.lines) == [10, 10, 10, 11, 11, 12]
    label = table.column("class")
    assert (label.words, label.codes.tolist(), label.is_declared) == (("up", "down"), [0, 0, 0, 1, 1, -1], True)  # type: ignore[union-attr]
    assert (table.labels, table.task) == (("class",), "classification")


def test_series_of_one_length_are_rows_where_a_sample_is_one(tmp_path: Path) -> None:
    table = read(tmp_path, EQUAL)
    assert values(table) == [[1, 2, 3], [4, 5, 6]]
    assert table.samples is None
    assert table.names == ("1", "2", "3", "class")
    two = "@dimensions 2\n@classLabel true a b\n@data\n1,2:10,20:a\n3,4:30,40:b\n"
    # All channels of a point side by side.
    assert values(read(tmp_path, two)) == [[1, 10, 2, 20], [3, 30, 4, 40]]


def test_targets_are_numbers_and_a_file_may_have_no_answer(tmp_path: Path) -> None:
    table = read(tmp_path, "@univariate true\n@targetLabel true\n@data\n1,2:0.5\n3:NaN\n", ROWS)
    found = table.column("target").numbers
    assert table.task == "regression"
    assert found is not None
    assert found[:2].tolist() == [0.5, 0.5]
    assert np.isnan(found[2])
    bare = read(tmp_path, "@univariate true\n@classLabel false\n@data\n1,2\n3\n", ROWS)
    assert bare.labels == ()
    assert values(bare) == [[1], [2], [3]]


def test_it_is_found_by_its_head_also_packed(tmp_path: Path) -> None:
    (tmp_path / "a.ts.gz").write_bytes(gzip.compress(SET.replace("\n", "\r\n").encode()))
    source = ByteSource(tmp_path / "a.ts.gz")
    assert table_format_of(source) is data_format("ts")  # type: ignore[comparison-overlap]
    assert values(read_table(tmp_path / "a.ts.gz", ROWS))[:3] == [[1, 10], [2, 20], [3, 30]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SET.replace("4,?", "4,x"), "FILE:11:2: expected a number, found 'x'; correct it, or take the row out"),
        (SET.replace("4,?", "4,"), "FILE:11:2: the value is missing; write a number, or take the row out"),
        (SET.replace("-1.5e0", "1e99"), "FILE:11:3: '1e99' is too large for a 32-bit float; scale the values down"),
        (SET.replace("4,?", "1 2,,3").replace("-1.5e0,50", "1,2,3"), "FILE:11:1: expected a number, found '1 2'; separate all values of a file alike"),
        (
            SET.replace("10,20,30", "10,20"),
            "FILE:10: channel 2 has 2 values, channel 1 has 3; give all channels of a series the same number of values",
        ),
        (
            SET.replace(":down", ""),
            "FILE:11: expected 2 channels and a label, apart by `:`, found 2 parts; correct the line, or @dimensions and @classLabel in the head",
        ),
        (SET.replace(":down", ":dwn"), "FILE:11: class 'dwn' is not among those of @classLabel; did you mean 'down'?"),
        (
            SET.replace("@timeStamps false", "@timeStamps true"),
            "FILE:3: the values have time stamps, which are not read; write the values alone, and @timeStamps false",
        ),
        (SET.replace("@dimensions 2", "@dimensions two"), "FILE:6: @dimensions must name the number of channels; write for example @dimensions 12"),
        (SET.replace("@missing true\n", "missing\n"), "FILE:4: expected a line such as @classLabel, or @data, found 'missing'"),
        (SET.replace("false\n@class", "maybe\n@class").replace("@equalLength maybe", "@univariate maybe"), "FILE:7: @univariate must be true or false; write for example @univariate false"),
        (SET[: SET.index("@data")], "FILE:8: has no line @data; write it before the series"),
        ("@univariate true\n@targetLabel true\n@data\n1,2:high\n", "FILE:4: expected a number as the target, found 'high'; correct it"),
    ],
)  # fmt: skip
def test_faults_have_a_place(tmp_path: Path, text: str, message: str) -> None:
    assert fault(tmp_path, text) == message


def test_series_of_several_lengths_need_rows(tmp_path: Path) -> None:
    message = "FILE:11: a series of 2 values, the one in line 10 has 3; series of several lengths need a network of `inputs: any x 2`, and are no rows of a table"
    assert fault(tmp_path, SET, TableWant()) == message


def test_a_head_without_series_gives_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, EQUAL[: EQUAL.index("1,2,3")], ROWS).n_rows == 0


@pytest.mark.slow
def test_damaged_files_are_refused_in_words(tmp_path: Path) -> None:
    rng = random.Random(5)
    n_read, refused = 0, list[str]()
    for _ in range(1000):
        text = list(rng.choice((SET, EQUAL)))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(text))
            what = rng.choice(("drop", "twice", "other"))
            text[at : at + 1] = {"drop": [], "twice": [text[at]] * 2, "other": [rng.choice("0,:?\n@#ex é\t-")]}[what]
        for want in (ROWS, TableWant()):
            try:
                table = read(tmp_path, "".join(text), want)
            except AnnError as found:
                refused.append(str(found))
            else:
                n_read += 1
                assert want.rows == (table.samples is not None) or not table.n_rows
    assert 100 < n_read < 1900
    assert all("a.ts" in message for message in refused)
