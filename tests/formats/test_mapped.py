"""Tables from a memory map: the same cells, little memory, and what cannot be mapped."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typed_tables import content, numbers, read, table, words

from anncli.arrays import map_of, release
from anncli.errors import DataError
from anncli.formats.data.mapped import map_table
from anncli.formats.data.registry import writer_of


def test_the_cells_are_those_of_the_table(tmp_path: Path) -> None:
    made = table(numbers("a", [1, None, 3]), numbers("b", [0.1, 2, -1e30]), words("c", ["x", None, "y"]), labels=("c",))
    writer_of("npy")(str(tmp_path / "a.npy"), [made])
    found = map_table(tmp_path / "a.npy")
    assert content(found) == content(made)
    assert (found.names, found.labels) == (("a", "b", "c"), ("c",))
    assert found.matrix is not None
    assert (found.matrix.shape, found.matrix.flags.writeable) == ((3, 2), False)
    assert map_of(found.matrix) is not None
    release(found.matrix)
    assert content(found) == content(made)


def test_what_cannot_be_mapped(tmp_path: Path) -> None:
    np.save(tmp_path / "i.npy", np.arange(6).reshape(2, 3))
    np.save(tmp_path / "f.npy", np.asfortranarray(np.ones((2, 3))))
    (tmp_path / "z.npy").write_bytes(gzip.compress((tmp_path / "i.npy").read_bytes()))
    for name in ("i", "f", "z"):
        with pytest.raises(DataError, match=r"cannot be used from the disk; make one: ann convert IN OUT\.npy"):
            map_table(tmp_path / f"{name}.npy")
        assert read(tmp_path / f"{name}.npy").n_rows == 2
    release(np.ones(3))


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
from anncli.arrays import blocks, release
from anncli.formats.data.mapped import map_table
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = map_table({str(tmp_path / "a.npy")!r})
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
