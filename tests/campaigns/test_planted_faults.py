"""The campaign of planted faults on the small tables of the project."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted_faults import FAULTS, campaign

DATA = Path(__file__).parents[2] / "data"


@pytest.mark.slow
@pytest.mark.parametrize("table", ["iris.csv", "cancer.csv"])
def test_every_planted_fault_is_found(table: str) -> None:
    width = (DATA / table).read_text().splitlines()[0].count(",") + 1
    [(_, outcome)] = campaign(DATA, {table: width})
    assert {fault for fault, found in outcome.found.items() if found} == set(FAULTS)
    assert [one["kind"] for one in outcome.clean] == ["duplicates"]
    assert outcome.alarms == 0
