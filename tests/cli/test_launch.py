"""`ann` under launchers of several processes: who works, who is silent, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ann_process import Ann, clean_environment
from launchers import launchers, run_ranks

from anncli.cli.launch import command_of, launch_of

HYDRA = {"PMI_SIZE": "4", "PMI_RANK": "2", "PMI_FD": "9", "HYDI_CONTROL_FD": "7", "MPI_LOCALNRANKS": "4"}
OPEN_MPI = {
    "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1", "PMIX_RANK": "1", "PMIX_NAMESPACE": "prterun-n1-1@1",
}  # fmt: skip
SBATCH = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "8", "SLURM_NPROCS": "8", "SLURM_PROCID": "0", "SLURM_LOCALID": "0"}
SRUN = {**SBATCH, "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "5"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        (HYDRA, (2, 4, "mpirun", "MPICH")),
        ({**HYDRA, "PMI_SIZE": "1", "PMI_RANK": "0"}, None),
        (OPEN_MPI, (1, 2, "mpirun", "Open MPI")),
        ({**OPEN_MPI, "OMPI_COMM_WORLD_SIZE": "1", "OMPI_COMM_WORLD_RANK": "0", "PMIX_RANK": "0"}, None),
        # The script of sbatch is one process, and so is a shell of srun --pty.
        (SBATCH, None),
        ({**SRUN, "SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"}, None),
        (SRUN, (5, 8, "srun", "")),
        ({**SRUN, "PMI_SIZE": "8", "PMI_RANK": "5"}, (5, 8, "srun", "")),
        ({**SRUN, "PMIX_RANK": "5", "PMIX_NAMESPACE": "slurm.pmix.7.0"}, (5, 8, "srun", "")),
        # mpirun in a job of two machines: its helpers are a step of srun, one a machine; MPI's own numbers count.
        ({**SRUN, "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1", **OPEN_MPI}, (1, 2, "mpirun", "Open MPI")),
        ({**SRUN, "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1", "PMI_SIZE": "1", "PMI_RANK": "0"}, None),
        # mpirun in a shell that srun --mpi=pmi2 --pty started.
        ({"PMI_SIZE": "1", "PMI_RANK": "0", **OPEN_MPI}, (1, 2, "mpirun", "Open MPI")),
        ({"PMIX_RANK": "3", "PMIX_NAMESPACE": "prterun-n1-1@1"}, (3, 0, "prun", "")),
        ({"PMIX_RANK": "3"}, None),
        ({"PMI_SIZE": "four", "PMI_RANK": "0"}, None),
        ({"PMI_SIZE": "4"}, None),
        ({"PMI_SIZE": "4", "PMI_RANK": "4"}, None),
        ({"MV2_COMM_WORLD_SIZE": "3", "MV2_COMM_WORLD_RANK": "0"}, (0, 3, "mpirun", "")),
        ({"FLUX_JOB_SIZE": "3", "FLUX_TASK_RANK": "2"}, (2, 3, "mpirun", "")),
    ],
)
def test_a_launch_is_found_in_the_environment(environment: dict[str, str], expected: tuple[object, ...] | None) -> None:
    launch = launch_of(environment)
    assert expected == (launch and (launch.rank, launch.size, launch.starter, launch.mpi))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("train a.nn b.csv", "train"), ("-v train a.nn", "train"), ("test a.nn b.csv", "test"), ("t a b c 5", "t"),
        ("", None), ("-h", None), ("--version", None), ("-v --version", None), ("train -h", None), ("help train", None),
        ("test a.nn --help", None), ("completion bash", None), ("predict a.nn -- -h", "predict"),
    ],
)  # fmt: skip
def test_what_only_shows_something_is_no_command(line: str, expected: str | None) -> None:
    assert command_of(line.split()) == expected


def test_a_command_that_does_not_distribute_is_refused_by_rank_0_alone(ann: Ann, small: Path) -> None:
    done = ann("test", "net.nn", "pos.txt", env={"PMI_SIZE": "2", "PMI_RANK": "0"}, check=2)
    assert (done.stdout, done.stderr) == ("", "ann: ann test does not run on 2 ranks; start it without mpirun\n")
    done = ann("test", "net.nn", "pos.txt", env={"PMI_SIZE": "2", "PMI_RANK": "1"}, check=2)
    assert (done.stdout, done.stderr) == ("", "")


def test_an_unknown_command_is_told_by_rank_0_alone(ann: Ann) -> None:
    alone = ann("trian", "net.nn", check=2)
    assert alone.stderr.startswith("ann: unknown command 'trian'")
    done = ann("trian", "net.nn", env={"PMI_SIZE": "2", "PMI_RANK": "0"}, check=2)
    assert (done.stdout, done.stderr) == (alone.stdout, alone.stderr)
    done = ann("trian", "net.nn", env={"PMI_SIZE": "2", "PMI_RANK": "1"}, check=2)
    assert (done.stdout, done.stderr) == ("", "")


def test_the_refusal_is_a_document_with_json(ann: Ann) -> None:
    done = ann("check", "a.csv", "--json", env={**SRUN, "SLURM_PROCID": "0"}, check=2)
    error = json.loads(done.stdout)["error"]
    assert (error["kind"], error["message"]) == ("usage", "ann check does not run on 8 ranks; start it without srun")


def test_help_is_shown_once(ann: Ann) -> None:
    assert ann("test", "-h", env={"PMI_SIZE": "2", "PMI_RANK": "1"}).stdout == ""
    assert ann("test", "-h", env={"PMI_SIZE": "2", "PMI_RANK": "0"}).stdout == ann("test", "-h").stdout


@pytest.mark.parametrize("command", ["train", "search"])
def test_training_on_ranks_without_mpi4py(command: str, small: Path) -> None:
    # A folder that has the package stands before it, and hides it.
    (small / "mpi4py.py").write_text("raise ModuleNotFoundError(name='mpi4py')\n")
    environment = clean_environment(PMI_SIZE="2", PMI_RANK="0")
    environment["PYTHONPATH"] = f"{small}{os.pathsep}{environment['PYTHONPATH']}"
    command = [sys.executable, "-m", "anncli", command, "net.nn", "pos.txt", "neg.txt"]
    done = subprocess.run(command, cwd=small, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr == (
        "ann: training on several ranks needs mpi4py; install it: pip install 'anncli[mpi]' mpich, or load the MPI of the "
        "cluster and pip install 'anncli[mpi]'\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(launchers()))
def test_real_launchers(name: str, small: Path) -> None:
    program = launchers()[name]
    done = run_ranks(program, 3, small, "test", "net.nn", "pos.txt", "neg.txt")
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if line.startswith("ann:")] == [
        "ann: ann test does not run on 3 ranks; start it without mpirun"
    ]
    done = run_ranks(program, 3, small, "--version")
    assert (done.returncode, done.stdout.count("ann ")) == (0, 1)
    done = run_ranks(program, 1, small, "train", "net.nn", "pos.txt", "neg.txt", 3, "-q")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(launchers()))
def test_launchers_of_another_mpi_write_nothing(name: str, small: Path) -> None:
    pytest.importorskip("mpi4py", reason="mpi4py is not installed: pip install '.[mpi]' mpich")
    before = (small / "net.nn").read_bytes()
    done = run_ranks(launchers()[name], 2, small, "train", "net.nn", "pos.txt", "neg.txt", 3)
    told = [line for line in done.stderr.splitlines() if line.startswith("ann:")]
    if done.returncode == 0:
        assert done.stdout.count("written to net.nn") == 1
    else:
        assert done.returncode == 2
        assert len(told) == 1
        assert any(
            text in told[0] for text in ("start ann with the mpirun of", "load an MPI library", "does not run on 2")
        )
        assert (small / "net.nn").read_bytes() == before
