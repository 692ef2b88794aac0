"""A start of ranks that does not come together ends, also where C holds Python meanwhile, as MPI does."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")
PROGRAM = """
import ctypes, sys
from anncli.cli import starting
starting._LONGER = 0.25
with starting.Starting({rank}, 0.25):
    # PyDLL keeps the lock of Python, so that no thread of Python runs.
    ctypes.PyDLL(None).usleep({microseconds})
print("started")
"""


def start(rank: int, microseconds: int) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", PROGRAM.format(rank=rank, microseconds=microseconds)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def test_rank_0_says_that_not_all_have_started():
    ended = start(0, 20_000_000)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "ann: not all ranks have started within 0 s (--worker-timeout)\n"


def test_other_ranks_end_without_a_word():
    ended = start(1, 20_000_000)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "")


def test_a_start_in_time_leaves_nothing_behind():
    ended = start(0, 1000)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "started\n", "")


INTERRUPTED = """
import os, signal
from anncli.backends.ranks import world
from anncli.cli import interrupt, launched
from anncli.cli.launch import Launch

class World:
    class mpi:
        class COMM_WORLD:
            Abort = staticmethod(lambda code: os.write(1, f"all ranks end with {code}\\n".encode()))

def join(size, kind, most):
    os.kill(os.getpid(), signal.SIGINT)
    os.write(1, b"MPI has started\\n")
    return World

world.join = join
signal.signal(signal.SIGINT, signal.default_int_handler)
interrupt.end_at_ctrl_c()
launched.run_launched(Launch(0, 2, "mpirun"), ["train", "x.csv"])
"""


def test_ctrl_c_before_mpi_has_started_ends_all_ranks_and_leaves_none_waiting():
    run = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stdout) == (130, "MPI has started\nall ranks end with 130\n")
    assert run.stderr == "ann: interrupted\n"
