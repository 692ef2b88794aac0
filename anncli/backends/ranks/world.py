"""The processes of one launch, as MPI connects them."""

from __future__ import annotations

import platform
import warnings
from functools import partial
from typing import Any

from anncli.backends.ranks.leaving import leave_alone, leave_together
from anncli.backends.ranks.patience import wait
from anncli.backends.ranks.watch import Watch
from anncli.backends.ranks.wire import Wire
from anncli.errors import UsageError

MOST_RANKS = 64
# Seconds that MPI may take to end, where ranks may be silent for longer.
_LONGEST_END = 10.0
_INSTALL = "install it: pip install 'anncli[mpi]' mpich, or load the MPI of the cluster and pip install 'anncli[mpi]'"


class World:
    """mpi: the module mpi4py.MPI; rank: of this process; size: how many there are; watch: over the other ranks; wire: to them."""

    def __init__(self, mpi: Any) -> None:
        self.mpi, world = mpi, mpi.COMM_WORLD
        self.rank, self.size = int(world.Get_rank()), int(world.Get_size())
        self._is_threaded = mpi.Query_thread() == mpi.THREAD_MULTIPLE

    def connect(self, silence: float) -> None:
        """Make `watch` and `wire`; all ranks must. silence: seconds after which a rank that says nothing is lost."""
        give_up = partial(leave_alone, self.mpi)
        self.watch = Watch(self._duplicate(), platform.node(), silence, give_up, self._is_threaded)
        self.wire = Wire(self.mpi, self._duplicate(), self.watch)

    def _duplicate(self) -> Any:
        """A communicator of all ranks."""
        copy, request = self.mpi.COMM_WORLD.Idup()
        wait(request, lambda: None)
        return copy

    def end(self, code: int = 0) -> None:
        """Leave MPI; all ranks must do so, and none may use it afterwards. code: of a process that cannot."""
        if not self.watch.has_parted:
            leave_alone(self.mpi, code)
        leave_together(self.mpi, min(_LONGEST_END, self.watch.limit))


def join(size: int, kind: str, most: int = MOST_RANKS) -> World:
    """Connect this process with the others.

    Args: size, how many processes the launcher says that there are, 0 where it does not; kind, the only MPI that works
        with the launcher, '' where several do; most, how many there may be.
    Raises: UsageError without mpi4py or an MPI library, where library and launcher belong to different MPIs, and for more
        than `most` ranks.
    """
    if size > most:
        raise _too_many(size)
    mpi = _library()
    found = "Open MPI" if "Open MPI" in mpi.Get_library_version() else "MPICH"
    if kind and found != kind:
        # Before MPI is initialised: with the launcher of another MPI, some libraries end the process, others write pages.
        raise _different(f"the launcher is that of {kind}, but mpi4py has loaded {found}", found)
    with warnings.catch_warnings():
        # mpi4py warns of foreign launchers by showing lines of source; the sizes say the same.
        warnings.simplefilter("ignore")
        mpi.Init_thread(mpi.THREAD_MULTIPLE)
    world = World(mpi)
    if size and world.size != size:
        raise _different(f"the launcher has started {size} processes, but the MPI of mpi4py sees {world.size}", found)
    if world.size > most:
        raise _too_many(world.size)
    return world


def _library() -> Any:
    """mpi4py.MPI, not yet initialised."""
    try:
        import mpi4py

        mpi4py.rc.initialize = False
        mpi4py.rc.finalize = False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from mpi4py import MPI
    except ModuleNotFoundError:
        raise UsageError("training on several ranks needs mpi4py", advice=_INSTALL) from None
    except (ImportError, RuntimeError, OSError) as fault:
        message = f"mpi4py does not load an MPI library: {' '.join(str(fault).split())[:200]}"
        raise UsageError(message, advice="pip install mpich, or load the MPI of the cluster") from None
    return MPI


def _different(message: str, found: str) -> UsageError:
    advice = f"start ann with the mpirun of {found}, or install the MPI of the launcher beside mpi4py"
    return UsageError(message, advice=advice)


def _too_many(size: int) -> UsageError:
    return UsageError(
        f"at most {MOST_RANKS} ranks can share a training, found {size}", advice=f"start {MOST_RANKS} or fewer"
    )
