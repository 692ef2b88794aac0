"""The mpiruns of this machine, for tests that start several processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Open MPI starts more processes than there are cores, and as root, only when told so.
OPEN_MPI = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe", "OMPI_MCA_rmaps_base_oversubscribe": "1"}  # fmt: skip


@cache
def launchers() -> dict[str, str]:
    """Name -> program of every mpirun: that of this environment, and those of the system."""
    own = Path(sys.executable).parent / "mpirun"
    found = {"own": str(own) if own.exists() else None}
    found |= {name: shutil.which(name) for name in ("mpiexec.mpich", "mpirun.openmpi")}
    return {name: program for name, program in found.items() if program}


@cache
def connected() -> str:
    """The program that starts processes which the mpi4py of this environment connects; skips the test where none does."""
    pytest.importorskip("mpi4py", reason="mpi4py is not installed: pip install '.[mpi]' mpich")
    script = (
        "import os; from mpi4py import MPI; size = MPI.COMM_WORLD.size; MPI.Finalize(); os._exit(0 if size == 2 else 1)"
    )
    for program in launchers().values():
        command = [program, "-n", "2", sys.executable, "-c", script]
        if subprocess.run(command, env=environment(), capture_output=True, timeout=60).returncode == 0:
            return program
    pytest.skip("no mpirun belongs to the MPI library that mpi4py loads")


def environment(**extra: str) -> dict[str, str]:
    """The environment of a launcher, without ANN_ settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ANN_") or k == "ANN_KERNELS"}
    return {**kept, **OPEN_MPI, "PYTHONPATH": str(ROOT), **extra}


def run_ranks(
    program: str, ranks: int, folder: Path, *arguments: object, env: dict[str, str] | None = None, seconds: int = 120
) -> subprocess.CompletedProcess[str]:
    """`ann` with `arguments` as so many ranks; the launcher and its ranks are ended after `seconds`."""
    command = ["timeout", "-k", "5", str(seconds), program, "-n", str(ranks), sys.executable, "-m", "anncli"]
    return subprocess.run(
        [*command, *map(str, arguments)], cwd=folder, env=environment(**(env or {})), capture_output=True, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
