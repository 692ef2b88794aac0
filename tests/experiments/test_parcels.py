"""Data on their way to a worker: the same numbers, and where compiled code can read them."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

from anncli.experiments.executors.dask_work import Parcel


def _received(parcel: Parcel, offset: int) -> Any:
    """The content as Dask gives it, with every array so many bytes behind a multiple of 16."""
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(parcel, 5, buffer_callback=buffers.append)
    laid = []
    for buffer in buffers:
        data = bytes(buffer.raw())
        room = np.empty(len(data) + 32, dtype=np.uint8)
        start = -room.ctypes.data % 16 + offset
        room[start : start + len(data)] = np.frombuffer(data, dtype=np.uint8)
        laid.append(memoryview(room[start : start + len(data)]).toreadonly())
    return pickle.loads(body, buffers=laid).content


def test_arrays_are_aligned_wherever_they_lay() -> None:
    sent = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.arange(3.0),
        "empty": np.empty((0, 2)),
        "word": "x",
    }
    for offset in (0, 1, 4, 15):
        found = _received(Parcel(sent), offset)
        assert found["word"] == "x"
        for name in ("a", "b", "empty"):
            assert found[name].flags.aligned
            assert found[name].dtype == sent[name].dtype  # type: ignore[attr-defined]
            np.testing.assert_array_equal(found[name], sent[name])  # type: ignore[arg-type]


def test_an_aligned_array_is_not_copied() -> None:
    sent = np.arange(4, dtype=np.float32)
    assert not _received(Parcel(sent), 0).flags.owndata
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(Parcel([sent]), 5)).content[0], sent)
