"""What it costs that ranks tell each other parameters and sums: `mpirun -n 2 python benchmarks/ranks.py`.

Every operation is that of a training: rank 0 broadcasts P float32 parameters, all ranks add 2 P whole numbers of 64 bits, and their
reports are gathered. Beside it, the same by MPI's blocking calls, which burn a processor while they wait. On a machine of several users the
smallest of many times says most.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import time
from collections.abc import Callable

import numpy as np

from anncli.backends.chunks import CHUNKS
from anncli.backends.ranks.world import World, join

SIZES = (1_000, 100_000, 1_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="for each figure")
    asked = parser.parse_args()
    world = join(0, "")
    world.connect(60.0)
    if world.rank == 0:
        library = world.mpi.Get_library_version().replace("\t", " ").split("\n")[0].split(",")[0]
        print(
            f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} processors, {world.size} ranks, {' '.join(library.split())}\n"
        )
        print("| P | ms, smallest / median | blocking calls, smallest / median | times |\n|---|---|---|---|")
    for size in SIZES:
        own = times(world, of_training(world, size), asked.seconds)
        blocking = times(world, of_mpi(world, size), asked.seconds)
        if world.rank == 0:
            shown = [f"{min(each) * 1e3:.3f} / {np.median(each) * 1e3:.3f}" for each in (own, blocking)]
            print(f"| {size:,} | {shown[0]} | {shown[1]} | {len(own)}, {len(blocking)} |", flush=True)
    world.watch.stop()
    world.end()


def of_training(world: World, size: int) -> Callable[[], object]:
    """One operation as trainings make it, without any computing."""
    parameters, report = np.zeros(size, dtype=np.float32), np.zeros(2, dtype=np.int64)
    numbers = np.ones(2 * size + 2 * CHUNKS + 1, dtype=np.int64)

    def operation() -> None:
        world.wire.told(("sums", 1, "gradient"))
        world.wire.spread(parameters)
        world.wire.gathered(report)
        world.wire.added(numbers)

    return operation


def of_mpi(world: World, size: int) -> Callable[[], object]:
    """The same bytes by blocking calls."""
    comm = world.mpi.COMM_WORLD
    parameters, numbers = np.zeros(size, dtype=np.float32), np.ones(2 * size + 2 * CHUNKS + 1, dtype=np.int64)
    total = np.empty_like(numbers) if world.rank == 0 else None

    def operation() -> None:
        comm.Bcast(parameters, 0)
        comm.Reduce(numbers, total, world.mpi.SUM, 0)

    return operation


def times(world: World, operation: Callable[[], object], seconds: float) -> list[float]:
    """Seconds of each operation on rank 0, which says how long it goes on."""
    found, goes_on = list[float](), True
    until = time.perf_counter() + seconds
    while goes_on:
        begin = time.perf_counter()
        operation()
        found.append(time.perf_counter() - begin)
        goes_on = bool(world.mpi.COMM_WORLD.bcast(time.perf_counter() < until or len(found) < 10, 0))
    return found


if __name__ == "__main__":
    main()
