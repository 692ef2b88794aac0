"""Arrays on the disk, and the order in which training reads them."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

import numpy as np
import pytest

import anncli.arrays
from anncli.arrays import shuffled_windows
from anncli.errors import AnnError
from anncli.maps import disk_array, map_of, release
from anncli.training.trainers.base import shuffled


def test_a_disk_array_holds_its_rows_and_can_be_changed() -> None:
    rows = np.arange(12, dtype=np.float64).reshape(6, 2)
    found = disk_array((6, 2), np.float32, iter([rows[:4], rows[4:]]))
    assert (found.dtype, found.flags.c_contiguous, found.flags.writeable) == (np.float32, True, True)
    found += 1
    release(found)
    assert found.tolist() == (rows + 1).tolist()
    assert map_of(found[2:, 1]) is map_of(found) is not None


def test_the_file_ends_with_the_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = threading.active_count()
    found = disk_array((3, 1), np.float32, [np.ones((3, 1))])
    assert threading.active_count() == before + 1
    # No other process sees the file, and nobody has to delete it.
    assert os.listdir(tmp_path) == []
    watcher = next(thread for thread in threading.enumerate() if thread.name == "maps")
    del found
    gc.collect()
    watcher.join(timeout=20)
    assert not watcher.is_alive()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full stands for a disk without room")
def test_a_disk_without_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anncli.maps._scratch_folder", lambda: "/somewhere")
    monkeypatch.setattr("tempfile.TemporaryFile", lambda dir: open("/dev/full", "wb"))  # noqa: SIM115
    with pytest.raises(AnnError) as fault:
        disk_array((1 << 20, 4), np.float32, [np.ones((1 << 20, 4))])
    message = "no room for 16 MB of rows in /somewhere (No space left on device)"
    assert str(fault.value) == f"{message}; name a folder with more room: TMPDIR=FOLDER"


def test_the_scratch_folder_is_the_one_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from anncli.maps import _scratch_folder

    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert _scratch_folder() == str(tmp_path)


def test_windows_hold_every_row_once_and_pieces_of_many_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anncli.arrays, "WINDOW_BYTES", 800)
    monkeypatch.setattr(anncli.arrays, "_PIECE_BYTES", 80)
    rows = np.arange(0, 5_003, 2, dtype=np.int32)
    order = shuffled_windows(rows, np.random.default_rng(3), 8)
    assert order.dtype == np.int32
    assert sorted(order.tolist()) == rows.tolist()
    assert order.tolist() == shuffled_windows(rows, np.random.default_rng(3), 8).tolist()
    # A window: ten pieces of ten consecutive rows, in no order; the last piece of all has two rows.
    for start in range(0, len(order) - 100, 100):
        window = order[start : start + 100]
        assert len(set((window // 2 // 10).tolist())) <= 20
        assert (np.diff(window) < 0).any()
        assert window.max() - window.min() > 1_000


def test_the_order_of_few_rows_is_the_same_as_ever() -> None:
    rows = np.arange(50, dtype=np.int32)
    plain, sized = (shuffled(rows, np.random.default_rng(0), row_bytes) for row_bytes in (0, 4_000))
    assert plain.tolist() == sized.tolist() == np.random.default_rng(0).permutation(50).tolist()
    # 50 rows of 4 MB are more than a window.
    assert shuffled(rows, np.random.default_rng(0), 1 << 22).tolist() != plain.tolist()
