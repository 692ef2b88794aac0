"""Checkpoints give back what was put in, are the same bytes for the same content, and damage is told."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.files.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

STATE = {
    "weights": np.array([1.5, -0.1, np.float32(1e-42)], dtype=np.float32),
    "order": np.arange(5, dtype=np.int64),
    "deep": [{"matrix": np.eye(3)}, None, True, "word", 2**127 + 1, 0.1],
    "lowest": float("inf"),
    "scalar": np.float64(0.25),
}


def written(path: Path) -> Path:
    save_checkpoint(Checkpoint(b"3\n2 2 1\xe4\n", {"seed": 1}, STATE), path)
    return path


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    found = load_checkpoint(written(tmp_path / "c"))
    assert found.network == b"3\n2 2 1\xe4\n"
    assert found.settings == {"seed": 1}
    assert found.state["weights"].tobytes() == STATE["weights"].tobytes()  # type: ignore[attr-defined]
    assert found.state["weights"].dtype == np.float32
    assert found.state["order"].dtype == np.int64
    assert (found.state["deep"][0]["matrix"] == np.eye(3)).all()
    assert found.state["deep"][1:] == [None, True, "word", 2**127 + 1, 0.1]
    assert found.state["lowest"] == float("inf")
    assert found.state["scalar"] == 0.25


def test_same_content_same_bytes(tmp_path: Path) -> None:
    assert written(tmp_path / "a").read_bytes() == written(tmp_path / "b").read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_told(share: float, tmp_path: Path) -> None:
    path = written(tmp_path / "c")
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(NetworkError) as error:
        load_checkpoint(path)
    assert str(error.value) == f"{path}: is no checkpoint, or a damaged one; leave --resume out to begin anew"


def test_every_changed_byte_of_an_array_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "c")
    data = path.read_bytes()
    place = data.index(STATE["weights"].tobytes())  # type: ignore[attr-defined]
    path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    with pytest.raises(NetworkError, match="a damaged one"):
        load_checkpoint(path)


def test_another_zip_and_a_newer_format_are_told(tmp_path: Path) -> None:
    path = tmp_path / "c"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("something", "else")
    with pytest.raises(NetworkError, match="is no checkpoint"):
        load_checkpoint(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("checkpoint.json", json.dumps({"format": 3}))
    with pytest.raises(NetworkError, match="is a checkpoint of format 3, this ann reads format 2"):
        load_checkpoint(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="no such file; check the name, or leave --resume out"):
        load_checkpoint(tmp_path / "c")
