"""A small part of the campaign: on labels that are noise the estimate of a search is chance."""

from __future__ import annotations

import pytest
from search_on_noise import campaign, mean_interval


@pytest.mark.slow
def test_the_estimate_on_noise_is_chance() -> None:
    runs = campaign(2)
    assert all(run.holds for run in runs)
    # Of 60 rows, half right: a standard deviation is 0.065.
    assert abs(sum(run.estimated for run in runs) / 2 - 0.5) < 3 * 0.065 / 2**0.5
    # The figure that selects is the best of ten: at least that of the defaults on the same folds.
    assert mean_interval([run.selected for run in runs])[0] > 0.5
