"""A small part of the campaign: intervals of leads hold the true lead about as often as they say."""

from __future__ import annotations

import pytest
from forecast_coverage import SETTINGS, campaign

from anncli.evaluation import forecast_errors


@pytest.mark.slow
@pytest.mark.parametrize("place", [1, 4])
def test_intervals_hold_the_true_lead(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast_errors, "DRAWS", 200)
    ((_, found),) = campaign(60, (SETTINGS[place],))
    assert len(found.shares) == 4
    # Of 60 intervals of 95 %, fewer than 51 hold it with a probability of 0.1 %.
    assert {name: share for name, share in found.shares.items() if share < 51 / 60} == {}
