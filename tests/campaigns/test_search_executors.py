"""A part of the campaign: a search by two threads and two processes, to its end and killed, leaves what one in this process leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
import search_executors
from search_executors import campaign, different


@pytest.mark.slow
def test_a_search_is_the_same_whoever_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_executors, "find_spec", lambda name: None)
    runs = campaign(tmp_path, 12, 1, (2,))
    assert different(runs) == []
    assert [run.executor for run in runs[::2]] == ["in this process", "threads", "processes"]
    assert all(run.before is None or 4 <= run.before < run.left.trainings for run in runs)


@pytest.mark.slow
def test_a_search_is_the_same_by_workers_of_dask(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    pytest.importorskip("optuna")
    runs = campaign(tmp_path, 12, 1, (2,))
    assert different(runs) == []
    assert runs[-1].executor == "Dask"
