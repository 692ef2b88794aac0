"""Whether mpirun, srun or another launcher started this process as one of several, and what becomes of it.

Every `ann` asks this before it loads anything, so this module imports nothing that Python has not loaded already.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

# How launchers tell a process the number of processes and its own: Open MPI, MPICH and its kin (Intel MPI, MS-MPI, srun
# --mpi=pmi2), MVAPICH, Flux.
_OF_MPI = (
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("PMI_SIZE", "PMI_RANK"),
    ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),
    ("FLUX_JOB_SIZE", "FLUX_TASK_RANK"),
)
# srun names the tasks of its step. The script of sbatch is no step: it has SLURM_NTASKS and SLURM_PROCID alone, and is one process.
_OF_SLURM = ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID")
# Seconds that another rank waits before it leaves with an error: a launcher that ends all ranks at the first such exit
# would otherwise end rank 0 before it has said why.
LEAVING = 1.0


class Launch:
    """rank: the number of this process, from 0; size: how many there are, 0 where the launcher does not say; starter: what a
    user calls the launcher; mpi: the only MPI that can work with it, or '' where several can."""

    __slots__ = ("mpi", "rank", "size", "starter")

    def __init__(self, rank: int, size: int, starter: str, mpi: str = "") -> None:
        self.rank, self.size, self.starter, self.mpi = rank, size, starter, mpi

    @property
    def ranks(self) -> str:
        """'4 ranks', for messages."""
        return f"{self.size} ranks" if self.size else "several ranks"


def launch_of(environment: Mapping[str, str]) -> Launch | None:
    """The launch that `environment` tells of, or None for a process that is alone."""
    found = [pair for size, rank in _OF_MPI if (pair := _numbers(environment, size, rank)) is not None]
    starter = "mpirun"
    if _numbers(environment, *_OF_SLURM) is not None and not any("COMM_WORLD" in name for name in environment):
        starter = "srun"
    if not found and starter == "srun":
        # Where an MPI has spoken, its own number counts: mpirun starts its helpers on other machines by srun, one a machine.
        found = [pair for pair in (_numbers(environment, *_OF_SLURM),) if pair is not None]
    if not found:
        # PMIx alone names the rank and not the size; only a launcher sets both variables.
        rank = _number(environment, "PMIX_RANK")
        return None if rank is None or "PMIX_NAMESPACE" not in environment else Launch(rank, 0, "prun")
    # Launchers inside each other leave the variables of both; the larger launch is the one with several processes.
    size, rank = max(found)
    mpi = "MPICH" if "HYDI_CONTROL_FD" in environment else ""
    if "OMPI_COMM_WORLD_SIZE" in environment:
        mpi = "" if mpi else "Open MPI"
    return Launch(rank, size, starter, mpi) if size > 1 else None


def _numbers(environment: Mapping[str, str], *names: str) -> tuple[int, int] | None:
    size, rank = (_number(environment, name) for name in names)
    return None if size is None or rank is None or rank >= size else (size, rank)


def _number(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None


def command_of(arguments: Sequence[str]) -> str | None:
    """The command of a command line; None for one that only shows something: help, the version, a completion script."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    words = [word for word in options if not word.startswith("-")]
    if not words or words[0] in ("help", "completion") or "-h" in options or "--help" in options:
        return None
    return None if "--version" in options else words[0]


def refusal(launch: Launch, command: str) -> str:
    """What is said of a command that does not distribute its work."""
    return f"ann {command} does not run on {launch.ranks}; start it without {launch.starter}"


def leave(code: int) -> NoReturn:
    """End this process, which is not rank 0, without a word."""
    if code:
        import time

        time.sleep(LEAVING)
    os._exit(code)
