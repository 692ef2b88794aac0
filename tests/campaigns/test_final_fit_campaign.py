"""A small part of the campaign: no written network is behind the one that validation chose."""

from __future__ import annotations

import pytest
from final_fit import campaign, generated_sets, shipped_sets

from anncli.training.names import TRAINER_NAMES


@pytest.mark.slow
def test_no_written_network_is_behind_the_chosen_one() -> None:
    sets = {**generated_sets(), "iris": shipped_sets()["iris"]}
    some = {name: sets[name] for name in ("easy", "constant column", "20 % wrong labels", "wide", "iris")}
    runs = list(campaign(some, list(TRAINER_NAMES), seeds=2, many=4))
    assert [run for run in runs if run.is_behind or run.kind == "refused"] == []
    # The comparison is not empty: final fits are kept, and some are discarded.
    assert {"kept", "discarded"} <= {run.kind for run in runs}


def test_the_comparison_covers_final_fits() -> None:
    some = {name: data for name, data in generated_sets().items() if name in ("easy", "20 % wrong labels")}
    runs = list(campaign(some, ["adam", "lm"], seeds=1, many=3))
    assert len(runs) == 8
    assert not any(run.is_behind or run.one_class for run in runs)
    assert "kept" in {run.kind for run in runs}
