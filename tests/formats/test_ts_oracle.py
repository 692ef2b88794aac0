"""The published sets of the archive, against a reader of a few lines; PUBLIC_DATA names the folder of public data."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from anncli.formats.data.base import TableWant
from anncli.formats.data.table_files import read_table

FOLDER = Path(os.environ.get("PUBLIC_DATA", "")) / "seed" / "ts"
if not (os.environ.get("PUBLIC_DATA") and FOLDER.is_dir()):
    pytest.skip("PUBLIC_DATA has no seed/ts", allow_module_level=True)


@pytest.mark.parametrize(
    ("name", "count", "channels"),
    [
        ("JapaneseVowels_TRAIN", 270, 12), ("JapaneseVowels_TEST", 370, 12), ("GunPoint_TRAIN", 50, 1),
        ("GunPoint_TEST", 150, 1), ("ItalyPowerDemand_TRAIN", 67, 1), ("ArrowHead_TEST", 175, 1),
    ],
)  # fmt: skip
def test_every_value_and_label(name: str, count: int, channels: int) -> None:
    path = FOLDER / f"{name}.ts.gz"
    lines = gzip.decompress(path.read_bytes()).decode().lower().splitlines()
    series = [line.split(":") for line in lines[lines.index("@data") + 1 :] if line]
    table = read_table(path, TableWant(rows=True))
    assert table.samples is not None
    assert len(series) == count == table.samples[-1] + 1
    label = table.column("class")
    assert label.codes is not None
    for number, (*own, answer) in enumerate(series):
        rows = np.flatnonzero(table.samples == number)
        expected = np.array([[float(value) for value in channel.split(",")] for channel in own]).T
        found = np.stack([table.column(str(k + 1)).numbers[rows] for k in range(channels)], axis=1)  # type: ignore[index]
        assert found.tolist() == expected.tolist()
        assert {label.words[code] for code in label.codes[rows]} == {answer}
