"""A small part of the campaign: intervals hold the true value about as often as they say."""

from __future__ import annotations

import pytest
from interval_coverage import SETTINGS, campaign

from anncli.evaluation import resampling


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 4, 7])
def test_intervals_hold_the_true_value(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Enough for a part of the campaign, and quick where other programs share the processor.
    monkeypatch.setattr(resampling, "DRAWS", 300)
    (found,) = [shares for _, shares in campaign(60, (SETTINGS[place],))]
    assert len(found) >= 8
    # Of 60 intervals of 95 %, fewer than 51 hold it with a probability of 0.1 %.
    assert {name: share for name, share in found.items() if share < 51 / 60} == {}
