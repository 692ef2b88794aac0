"""Specs of a network of 2-3-1 units on two small clouds, and work for executors that children can import."""

from __future__ import annotations

import gc
import os
import signal
import struct
import subprocess
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError
from anncli.experiments.executors.base import IsStopped, Stopped
from anncli.experiments.inputs import register
from anncli.experiments.spec import DataRef, Result, Spec
from anncli.options.layers import Given, read_layer, training_options

NETWORK = b"anncli: 1\ninputs: 2\nlayers: [3 tanh, 1 logistic]\n"
NOWHERE = DataRef("no such contents")


def clouds(n: int = 40, seed: int = 1) -> Dataset:
    """Two overlapping clouds of n rows each."""
    rng = np.random.default_rng(seed)
    return Dataset.from_classes(rng.normal(0.7, 1, (n, 2)), rng.normal(-0.7, 1, (n, 2)))


def options(**given: Any) -> dict[str, Any]:
    """Every training option, as a spec holds them."""
    layer = read_layer({name: Given(value, name) for name, value in given.items()})
    return training_options([layer], "ann").by_name()


def spec(data: Dataset | DataRef, epochs: int = 5, mode: str = "train", **given: Any) -> Spec:
    ref = data if isinstance(data, DataRef) else register(data)
    return Spec(NETWORK, ref, None, options(**given), epochs, mode, labels=given)


def numbered(n: int, **given: Any) -> list[Spec]:
    """Specs without data, for work that only looks at their labels."""
    return [Spec(NETWORK, NOWHERE, None, {"number": k}, 1, labels={"number": k, **given}) for k in range(n)]


# Work for executors of processes: a child imports it by name.


def echo(spec: Spec, is_stopped: IsStopped) -> Result:
    """The number of the spec; the later ones are ready first."""
    time.sleep(0.02 * (4 - spec.labels["number"] % 5))
    return Result(spec.digest(), evaluations={"number": spec.labels["number"]})


def process_number(spec: Spec, is_stopped: IsStopped) -> Result:
    return Result(spec.digest(), evaluations={"process": os.getpid()})


def dies_once(spec: Spec, is_stopped: IsStopped) -> Result:
    """Kills its process the first time; the file `mark` says that it was here before."""
    mark = Path(spec.labels["folder"]) / str(spec.labels["number"])
    if spec.labels["number"] == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return echo(spec, is_stopped)


def dies_always(spec: Spec, is_stopped: IsStopped) -> Result:
    if spec.labels["number"] == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return echo(spec, is_stopped)


def dies_in_a_result(spec: Spec, is_stopped: IsStopped) -> Result:
    """As dies_once(), after the beginning of a result has been sent."""
    mark = Path(spec.labels["folder"]) / str(spec.labels["number"])
    if not mark.exists():
        mark.touch()
        found = [one for one in gc.get_objects() if isinstance(one, Connection) and one.writable and one.readable]
        os.write(found[0].fileno(), struct.pack("!i", 1000) + b"0123456789")
        os.kill(os.getpid(), signal.SIGKILL)
    return echo(spec, is_stopped)


def large(spec: Spec, is_stopped: IsStopped) -> Result:
    """As much as it got, 50 MB."""
    return Result(spec.digest(), network=spec.network[::-1], evaluations={"process": os.getpid()})


def sleeps(spec: Spec, is_stopped: IsStopped) -> Result:
    """Writes its process number to a file and takes longer than any test waits, unless it is stopped."""
    (Path(spec.labels["folder"]) / f"{spec.labels['number']}.pid").write_text(str(os.getpid()))
    for _ in range(12_000):
        time.sleep(0.01)
        if is_stopped():
            raise Stopped
    return Result(spec.digest())


def asks_environment(spec: Spec, is_stopped: IsStopped) -> Result:
    """What a C library of the child finds, and what the child does with signals of a terminal."""
    found = subprocess.run(["printenv", "OPENBLAS_NUM_THREADS"], capture_output=True, text=True)
    ignored = [signal.getsignal(number) is signal.SIG_IGN for number in (signal.SIGINT, signal.SIGTERM)]
    blocked = bool(signal.pthread_sigmask(signal.SIG_BLOCK, []))
    return Result(spec.digest(), evaluations={"blas": found.stdout.strip(), "ignored": ignored, "blocked": blocked})


def refuses(spec: Spec, is_stopped: IsStopped) -> Result:
    raise UsageError("work must not raise")
