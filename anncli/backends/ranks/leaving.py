"""Leaving MPI: together where all ranks are well, alone where one is gone; a rank that cannot leave is ended."""

from __future__ import annotations

import faulthandler
import os
import threading
from typing import Any, NoReturn

# Seconds for an Abort, which may wait for a rank that is gone.
_ABORT = 2.0


def leave_together(mpi: Any, seconds: float) -> None:
    """End MPI on this rank, as all others do; where that takes longer than `seconds`, the process ends with 1. MPI holds Python
    meanwhile, so no thread of Python could end it.

    The process must then end as C programs do, not by os._exit: MPICH tells its launcher only then that all is well, and
    the launcher would kill the ranks that are still at work.

    Args: mpi: the module mpi4py.MPI.
    """
    # What it writes about Python's stack is for nobody.
    faulthandler.dump_traceback_later(seconds, exit=True, file=os.pipe()[1])
    mpi.Finalize()


def leave_alone(mpi: Any, code: int) -> NoReturn:
    """End this process with the code, and all others that the launcher reaches. What the program had to say must be said:
    what libraries and launchers say about it is not shown.

    Abort comes first: a process that only ends leaves MPICH's launcher waiting for a host that is cut off.

    Args: mpi: the module mpi4py.MPI.
    """
    os.dup2(os.pipe()[1], 2)
    aborting = threading.Thread(target=mpi.COMM_WORLD.Abort, args=(code,), daemon=True)
    aborting.start()
    aborting.join(_ABORT)
    os._exit(code)
