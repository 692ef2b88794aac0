"""A thousand damaged files of packed, typed and pictured tables: a right answer or an error in words, little memory, no hang."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from mutated_tables import FILES

NEEDS = {"parquet": "pyarrow", "arrow": "pyarrow", "arrows": "pyarrow", "feather": "pyarrow", "csv.zst": "zstandard"}
NEEDS |= dict.fromkeys(("png", "jpg", "bmp"), "PIL")


@pytest.mark.parametrize("name", FILES)
def test_damaged_files(tmp_path: Path, name: str) -> None:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    program = Path(__file__).with_name("mutated_tables.py")
    command = [sys.executable, str(program), name, "56", "1", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stdout + done.stderr[-3000:]
