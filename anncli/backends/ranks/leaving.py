"""Leaving MPI: together where all ranks are well, alone where one is gone; a rank that cannot leave is ended."""

from __future__ import annotations

import os
import threading
import time
from typing import Any, NoReturn

# Seconds for an Abort, which may wait for a rank that is gone.
_ABORT = 2.0


def leave_together(mpi: Any, code: int, seconds: float) -> None:
    """End MPI on this rank, as all others do; where that takes longer than `seconds`, the process ends with the code.

    The process must then end as C programs do, not by os._exit: MPICH tells its launcher only then that all is well, and
    the launcher would kill the ranks that are still at work.

    Args: mpi: the module mpi4py.MPI.
    """
    threading.Thread(target=_end_later, args=(code, seconds), daemon=True).start()
    mpi.Finalize()


def leave_alone(mpi: Any, code: int, seconds: float = _ABORT) -> NoReturn:
    """End this process with the code, and all others that the launcher reaches. What the program had to say must be said:
    what libraries and launchers say about it is not shown.

    Abort comes first: a process that only ends leaves MPICH's launcher waiting for a host that is cut off.

    Args: mpi: the module mpi4py.MPI.
    """
    os.dup2(os.pipe()[1], 2)
    aborting = threading.Thread(target=mpi.COMM_WORLD.Abort, args=(code,), daemon=True)
    aborting.start()
    aborting.join(seconds)
    os._exit(code)


def _end_later(code: int, seconds: float) -> None:
    time.sleep(seconds)
    os._exit(code)
