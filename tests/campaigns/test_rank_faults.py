"""A small part of the campaign: each kind of fault that matters most, once."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import rank_faults
from hosts import Hosts, why_not
from rank_faults import Ground, campaign, small_disk

pytest.importorskip("mpi4py")
MPIRUN = Path(sys.executable).parent / "mpirun"


def require_mpich():
    if not MPIRUN.with_name("hydra_pmi_proxy").exists():
        pytest.skip("the mpirun of MPICH is not in this environment")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("over_hosts", [False, True], ids=["one machine", "hosts"])
def test_faults_of_ranks_neither_hang_nor_lose_anything(tmp_path, over_hosts, monkeypatch):
    require_mpich()
    # A busy machine is slow and not wrong.
    monkeypatch.setattr(rank_faults, "MARGIN", 30.0)
    if over_hosts and (reason := why_not()):
        pytest.skip(reason)
    kinds = ["exception on a rank", "a rank stopped", "SIGTERM to the launcher"]
    kinds = ["a host cut off", "a host cut off for a while"] if over_hosts else kinds
    with small_disk(tmp_path) as disk, Hosts(2) if over_hosts else nullcontext() as hosts:
        report = campaign(Ground(disk, hosts, 40, str(MPIRUN)), len(kinds), seed=1, kinds=kinds)
    assert report.failures == []
