"""Networks on a device: single ones with large batches and a thousand small ones at once, beside torch's own modules and the CPU.

    pip install '.[gpu]'; python benchmarks/stacked.py            # torch on the CPU, and a GPU where torch finds one
    python benchmarks/stacked.py --write                         # the tables of stacked.md

Every measurement is a process of its own with one thread: on the CPU its processor time, which other work on the machine does not
change much, on a GPU the time that has passed after it has finished. The lowest of three. Memory: the most that the process held of the
machine's memory beyond what it held before its data were made; on a GPU the most that torch took there.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from workloads import SIZES

from anncli.backends.base import Problem, Samples
from anncli.backends.choice import choose_backend
from anncli.backends.reference import ReferenceBackend
from anncli.network.initialization import initialize
from anncli.network.topology import Topology
from anncli.options.table import TrainingOptions
from anncli.training.attempt import Attempt
from anncli.training.judge import Judge
from anncli.training.measure import Measure
from anncli.training.objective import Objective

ROWS, MANY, MANY_ROWS, REPEATS = 16_384, 1000, 512, 3
#: Name -> layers, batch size (0: all rows), networks, and epochs that are timed.
CASES: dict[str, tuple[tuple[int, ...], int, int, int]] = {
    "d, batches of 1,024": (SIZES["d"], 1024, 1, 3),
    "d, batches of 8,192": (SIZES["d"], 8192, 1, 3),
    "e, batches of 1,024": (SIZES["e"], 1024, 1, 3),
    "e, batches of 8,192": (SIZES["e"], 8192, 1, 3),
    "1,000 networks 9-16-1": ((9, 16, 1), 0, MANY, 20),
}
WAYS = ("CPU", "stacked", "modules")
NOT_MEASURED = "not measured: no GPU was at hand"
PAGE = Path(__file__).parent / "stacked.md"


def samples_of(sizes: tuple[int, ...], n: int) -> Samples:
    """Normal inputs, classes by a random linear rule."""
    rng = np.random.default_rng(7)
    inputs = rng.standard_normal((n, sizes[0]), dtype=np.float32)
    scores = inputs @ rng.standard_normal((sizes[0], sizes[-1])).astype(np.float32)
    targets = scores > 0 if sizes[-1] == 1 else np.eye(sizes[-1])[scores.argmax(axis=1)]
    return Samples(inputs, targets.astype(np.float32))


def attempts(kind: Any, case: str, backend: Any, count: int) -> list[Any]:
    sizes, batch, _, _ = CASES[case]
    topology = Topology(sizes[0], [(n, "tanh") for n in sizes[1:-1]] + [(sizes[-1], "logistic")])
    problem, samples = Problem(topology, "mse"), samples_of(sizes, ROWS if batch else MANY_ROWS)
    own = {"batch_size": batch, "learning_rate": 0.001} if batch else {}
    options = TrainingOptions(trainer_options=own, trainer="adam" if batch else "irprop+", average=None)
    found = []
    for number in range(1, count + 1):
        session, rows = backend.open(problem, samples), np.arange(len(samples.inputs), dtype=np.int32)
        objective = Objective(session, problem, samples, rows, np.zeros(len(rows), np.int32))
        judge = Judge(Measure(objective, None, 0.5, (1.0, 0.0)), rows[:0], "loss")
        parameters = initialize(topology, "glorot", np.random.default_rng(number))
        found.append(kind(objective, options, parameters, np.random.default_rng(number), judge, number=number))
    return found


def on_cpu(case: str, device: str) -> Callable[[int], None]:
    made = attempts(Attempt, case, choose_backend(), CASES[case][2])

    def train(epochs: int) -> None:
        for attempt in made:
            for _ in attempt.epochs(epochs):
                pass

    return train


def stacked(case: str, device: str) -> Callable[[int], None]:
    from anncli.backends.stacked.device import open_device
    from anncli.training.stacked.attempt import StackedAttempt
    from anncli.training.stacked.job import Job
    from anncli.training.stacked.run import run_stacked

    place = open_device(device)

    def train(epochs: int) -> None:
        made = attempts(StackedAttempt, case, ReferenceBackend(), CASES[case][2])
        for _ in run_stacked([Job(one, epochs) for one in made], place):
            pass

    return train


def modules(case: str, device: str) -> Callable[[int], None]:
    """torch.nn and torch.optim; of many networks gradients by vmap over their stacked parameters, and Rprop on those."""
    import torch

    sizes, batch, count, _ = CASES[case]
    place = torch.device("cpu" if device == "torch-cpu" else device)
    samples = samples_of(sizes, ROWS if batch else MANY_ROWS)
    inputs, targets = (torch.from_numpy(values).to(place) for values in (samples.inputs, samples.targets))

    def module() -> Any:
        layers: list[Any] = []
        for below, units in pairwise(sizes):
            layers += [torch.nn.Linear(below, units), torch.nn.Tanh()]
        return torch.nn.Sequential(*layers[:-1], torch.nn.Sigmoid()).to(place)

    def loss_of(outputs: Any, wanted: Any) -> Any:
        return torch.nn.functional.mse_loss(outputs, wanted)

    if batch:
        model = module()
        optimizer: Any = torch.optim.Adam(model.parameters(), 0.001)

        def train(epochs: int) -> None:
            for _ in range(epochs):
                order = torch.randperm(len(inputs), device=place)
                for start in range(0, len(inputs), batch):
                    taken = order[start : start + batch]
                    optimizer.zero_grad()
                    loss_of(model(inputs[taken]), targets[taken]).backward()
                    optimizer.step()

        return train
    from torch.func import functional_call, grad, stack_module_state, vmap

    base, (parameters, _) = module(), stack_module_state([module() for _ in range(count)])
    optimizer = torch.optim.Rprop(parameters.values(), 0.1)
    gradients = vmap(grad(lambda own: loss_of(functional_call(base, own, (inputs,)), targets)))

    def train_all(epochs: int) -> None:
        for _ in range(epochs):
            for name, gradient in gradients({name: own.detach() for name, own in parameters.items()}).items():
                parameters[name].grad = gradient
            optimizer.step()

    return train_all


def most_memory() -> int:
    """The most bytes that this process has held, since it began and not since its parent did."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])


def one(case: str, way: str, device: str) -> dict[str, float]:
    """Rows of all networks a second, and MB."""
    if way != "CPU":
        import torch

        torch.set_num_threads(1)
    on_gpu = way != "CPU" and device != "torch-cpu"
    before = most_memory()
    train = {"CPU": on_cpu, "stacked": stacked, "modules": modules}[way](case, device)
    _, batch, count, epochs = CASES[case]
    train(1)
    best, clock = float("inf"), time.perf_counter if on_gpu else time.process_time
    # The difference of a long and a short run: making the attempts, and moving the rows to the device, is in both.
    for _ in range(REPEATS):
        begin = clock()
        train(1)
        middle = clock()
        train(1 + epochs)
        if on_gpu:
            torch.cuda.synchronize()
        best = min(best, (clock() - middle) - (middle - begin))
    taken = torch.cuda.max_memory_allocated() if on_gpu else most_memory() - before
    return {"rows": count * epochs * (ROWS if batch else MANY_ROWS) / best, "MB": taken / 1e6}


def measured(case: str, way: str, device: str) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--one", case, way, device]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **threads}, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def gpu() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else ""


def table() -> str:
    """Of every case a line: thousands of rows a second, and MB in brackets."""
    device = gpu()
    lines = [
        "| networks | compiled code, 1 core | stacked, torch-cpu | torch's modules, cpu | stacked, GPU | torch's modules, GPU |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for case in CASES:
        cells = [measured(case, way, "torch-cpu") for way in WAYS]
        texts = [f"{cell['rows'] / 1e3:,.0f} ({cell['MB']:,.0f})" for cell in cells]
        for way in WAYS[1:]:
            found = measured(case, way, device) if device else None
            texts.append(f"{found['rows'] / 1e3:,.0f} ({found['MB']:,.0f})" if found else NOT_MEASURED)
        lines.append(f"| {case} | {' | '.join(texts)} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--one", nargs=3, metavar=("CASE", "WAY", "DEVICE"), help="one measurement, as JSON")
    parser.add_argument("--write", action="store_true", help="write the table into stacked.md")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(*given.one)))
        return
    import torch

    found = table()
    name = torch.cuda.get_device_name() if gpu() == "cuda" else gpu() or "no GPU"
    machine = f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} processors, {name}, Python {platform.python_version()}, torch {torch.__version__}."
    if given.write:
        head, _, _ = PAGE.read_text().partition("<!-- table -->")
        PAGE.write_text(f"{head}<!-- table -->\n\n{found}\n\n{machine}\n")


if __name__ == "__main__":
    main()
