"""The campaign of planted faults on the small tables of the project."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from planted_faults import FAULTS, campaign  # type: ignore[import-not-found]

DATA = Path(__file__).parents[2] / "data"


@pytest.mark.slow
@pytest.mark.parametrize("table", ["iris.csv", "cancer.csv"])
def test_every_planted_fault_is_found(table: str) -> None:
    width = (DATA / table).read_text().splitlines()[0].count(",") + 1
    [(_, outcome)] = campaign(DATA, {table: width})
    assert {fault for fault, found in outcome.found.items() if found} == set(FAULTS)
    assert [one["kind"] for one in outcome.clean] == ["duplicates"]
    assert outcome.alarms == 0
