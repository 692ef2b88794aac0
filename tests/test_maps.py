"""Arrays on the disk, and the order in which training reads them."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

import numpy as np
import pytest

import anncli.arrays
from anncli import maps
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
    before = len(maps._watched)
    found = disk_array((3, 1), np.float32, [np.ones((3, 1))])
    # No other process sees the file, and nobody has to delete it.
    assert os.listdir(tmp_path) == []
    assert len(maps._watched) == before + 1
    del found
    gc.collect()
    assert len(maps._watched) == before


def test_one_thread_watches_all_maps_and_ends_with_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "_watched", type(maps._watched)())
    monkeypatch.setattr(maps, "_watcher", None)
    arrays = [disk_array((3, 1), np.float32, [np.ones((3, 1))]) for _ in range(5)]
    watcher = maps._watcher
    assert watcher is not None
    assert sum(thread is watcher for thread in threading.enumerate()) == 1
    arrays.clear()
    gc.collect()
    watcher.join(timeout=60)
    assert not watcher.is_alive()
    assert maps._watcher is None


def test_the_watcher_releases_maps_that_take_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(maps, "_release", lambda base: released.set())
    array = disk_array((3, 1), np.float32, [np.ones((3, 1))])
    assert not released.wait(0.2) or maps._resident() is None
    monkeypatch.setattr(maps, "_MOST_RESIDENT", 0)
    assert released.wait(60)
    assert array.sum() == 3


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps"), reason="measures with /proc/self/smaps")
def test_what_is_released_takes_no_memory() -> None:
    array = disk_array((1 << 20, 8), np.float32, [np.ones((1 << 20, 8))])
    total, first = array.sum(), f"{array.ctypes.data:x}-"

    def resident() -> int:
        lines = Path("/proc/self/smaps").read_text().splitlines()
        start = next(k for k, line in enumerate(lines) if line.startswith(first))
        return int(next(line for line in lines[start:] if line.startswith("Rss:")).split()[1])

    before = resident()
    release(array)
    assert (before, resident()) == (32 << 10, 0)
    assert array.sum() == total == 8 << 20


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full stands for a disk without room")
@pytest.mark.parametrize("sizes", [[1 << 20], [100], [500] * 200], ids=["one part", "few rows", "many parts"])
def test_a_disk_without_room(monkeypatch: pytest.MonkeyPatch, sizes: list[int]) -> None:
    monkeypatch.setattr("anncli.maps._scratch_folder", lambda: "/somewhere")
    monkeypatch.setattr("tempfile.TemporaryFile", lambda dir, buffering: open("/dev/full", "wb", buffering))  # noqa: SIM115
    with pytest.raises(AnnError) as fault:
        disk_array((1 << 20, 4), np.float32, (np.ones((n, 4)) for n in sizes))
    message = "no room for 16 MB of rows in /somewhere (No space left on device)"
    assert str(fault.value) == f"{message}; name a folder with more room: TMPDIR=FOLDER"


def test_a_folder_that_takes_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anncli.maps._scratch_folder", lambda: "/nowhere")
    with pytest.raises(AnnError, match=r"no room for 0 MB of rows in /nowhere \(No such file or directory\); "):
        disk_array((1, 4), np.float32, [np.ones((1, 4))])


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


def test_rows_taken_from_a_map_are_those_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "x.npy", np.arange(60.0).reshape(20, 3))
    there = np.load(tmp_path / "x.npy", mmap_mode="r")
    monkeypatch.setattr(maps, "_RELIEF_BYTES", 100)
    for rows in (np.arange(0, 20, 3), np.array([5]), np.array([], dtype=np.int64)):
        assert np.array_equal(maps.taken_rows(there, rows), there[rows])
        assert np.array_equal(maps.taken_rows(there[:, 1], rows), there[rows, 1])


def test_a_place_in_a_file_is_found_again_and_another_file_is_not(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(600.0).reshape(200, 3))
    there = np.load(tmp_path / "x.npy", mmap_mode="r").view(np.ndarray)[:, 1:]
    place = maps.place_of(there)
    assert place is not None
    found = place.mapped(10, 20)
    assert found is not None
    assert np.array_equal(found, there[10:20])
    assert found.flags.c_contiguous == there.flags.c_contiguous
    assert maps.place_of(np.zeros((3, 3))) is None
    assert place._replace(sample=b"other").mapped(0, 5) is None
    assert place._replace(changed=0).mapped(0, 5) is None
    assert place._replace(path=str(tmp_path / "none.npy")).mapped(0, 5) is None
