"""Tables from a memory map: the same cells, and little memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typed_tables import content, numbers, read, table, words

from anncli.formats.data.registry import writer_of
from anncli.maps import map_of, release


def test_the_cells_are_those_of_the_table(tmp_path: Path) -> None:
    made = table(numbers("a", [1, None, 3]), numbers("b", [0.1, 2, -1e30]), words("c", ["x", None, "y"]), labels=("c",))
    writer_of("npy")(str(tmp_path / "a.npy"), [made])
    found = read(tmp_path / "a.npy")
    assert content(found) == content(made)
    assert (found.names, found.labels) == (("a", "b", "c"), ("c",))
    assert found.matrix is not None
    assert (found.matrix.shape, found.matrix.flags.writeable) == ((3, 2), False)
    assert map_of(found.matrix) is not None
    release(found.matrix)
    assert content(found) == content(made)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures with /proc")
def test_memory_is_that_of_blocks(tmp_path: Path) -> None:
    """A file of 128 MB, one column of which holds categories: opened and summed in blocks within 60 MB."""
    rng = np.random.default_rng(1)
    batches = (
        table(*(numbers(f"x{k}", rng.normal(size=50_000).tolist()) for k in range(3)), words("c", ["u", "v"] * 25_000))
        for _ in range(8)
    )
    tall = list(batches) * 10
    writer_of("npy")(str(tmp_path / "a.npy"), tall)
    assert (tmp_path / "a.npy").stat().st_size > 120 << 20
    code = f"""
import resource
from anncli.arrays import blocks
from anncli.formats.data.table_files import read_table
from anncli.maps import release
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = read_table({str(tmp_path / "a.npy")!r})
total = 0.0
for block in blocks(found.n_rows):
    total += float(found.matrix[block].sum())
    release(found.matrix)
print(found.n_rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    n_rows, grown = map(int, done.stdout.split())
    assert n_rows == 4_000_000
    assert grown < 60
