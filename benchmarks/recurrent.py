"""Training steps of recurrent layers beside the same networks in torch, in one run: CPU time with one thread, Adam.

    python benchmarks/recurrent.py [--write]      # needs torch; puts the table into benchmarks/recurrent.md

Both programs train on the same samples in turn, several rounds each; the best round of each counts. Samples of unequal length are
packed for torch, as its manual says. ANN_KERNEL_VARIANT restricts the instruction sets of ann to one; else every one of this machine
is measured. torch uses the best it has. With --threads the wall time of one and two threads of ann is measured instead, which needs
a machine without other work.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from layers import least_times, measured_variants, options, seconds, show, sweep_of_ann
from torch import nn

from anncli.arrays import Rows
from anncli.backends.base import Samples
from anncli.network.layers.shape import Shape
from anncli.network.topology import Topology

_CLASSES = 9


class Task(NamedTuple):
    """A recurrent layer of H units on n samples of T rows of D numbers, or of T/2 to T rows; its last row decides the class."""

    layer: str
    rows: int
    columns: int
    units: int
    batch: int
    n: int
    is_ragged: bool = False

    @property
    def name(self) -> str:
        rows = f"{self.rows // 2}..{self.rows}" if self.is_ragged else str(self.rows)
        return f"{self.layers[0]}, T {rows}, D {self.columns}, H {self.units}"

    @property
    def layers(self) -> list[str]:
        return [self.layer.format(H=self.units), "last", f"{_CLASSES} softmax"]


TASKS = [
    Task("{H} lstm", 20, 7, 8, 1, 512),
    Task("{H} lstm", 20, 7, 8, 32, 1024),
    Task("{H} lstm", 100, 12, 64, 1, 32),
    Task("{H} lstm", 100, 12, 32, 32, 128),
    Task("{H} lstm", 100, 12, 64, 32, 128),
    Task("{H} lstm", 100, 64, 128, 32, 64),
    Task("{H} lstm", 100, 128, 256, 32, 64),
    Task("{H} lstm", 100, 12, 64, 32, 128, True),
    Task("{H} lstm bidirectional", 100, 12, 64, 32, 128),
    Task("{H} gru", 20, 7, 8, 1, 512),
    Task("{H} gru", 100, 12, 64, 32, 128),
    Task("{H} gru", 100, 128, 256, 32, 64),
    Task("{H} tanh recurrent", 20, 7, 8, 1, 512),
    Task("{H} tanh recurrent", 100, 12, 64, 32, 128),
    Task("{H} tanh recurrent", 100, 128, 256, 32, 64),
    Task("{H} tanh recurrent", 100, 12, 64, 32, 128, True),
]


class Classifier(nn.Module):
    """The network of a task in torch: the last row of each sample, in a dense layer."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        both = "bidirectional" in task.layer
        kind = {"lstm": nn.LSTM, "gru": nn.GRU, "recurrent": nn.RNN}[task.layer.split()[-1 - both]]
        self.cells: Any = kind(task.columns, task.units, batch_first=True, bidirectional=both)
        self.outputs = nn.Linear(task.units * (1 + both), _CLASSES)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        if lengths is None:
            return self.outputs(self.cells(x)[0][:, -1])
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        last = self.cells(packed)[1]
        return self.outputs((last[0] if isinstance(last, tuple) else last)[-1])


class Data(NamedTuple):
    samples: Samples
    n_rows: int
    padded: torch.Tensor
    lengths: torch.Tensor | None
    classes: torch.Tensor


def data_of(task: Task) -> Data:
    """Random samples for ann, and the same for torch, with zeros behind the shorter ones."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(task.rows // 2, task.rows + 1, task.n) if task.is_ragged else np.full(task.n, task.rows)
    starts, classes = np.r_[0, np.cumsum(lengths)], rng.integers(0, _CLASSES, task.n)
    values = rng.normal(size=(int(starts[-1]), task.columns)).astype(np.float32)
    padded = np.zeros((task.n, task.rows, task.columns), dtype=np.float32)
    for own, start, length in zip(padded, starts[:-1], lengths, strict=True):
        own[:length] = values[start : start + length]
    samples = Samples(Rows(values, starts), np.eye(_CLASSES, dtype=np.float32)[classes])
    return Data(
        samples,
        int(starts[-1]),
        torch.tensor(padded),
        torch.tensor(lengths) if task.is_ragged else None,
        torch.tensor(classes),
    )


def step_of_ann(task: Task, samples: Samples, variant: str, threads: int = 1) -> Callable[[], None]:
    """One pass over the samples."""
    topology = Topology(Shape(task.columns, None), task.layers)
    return sweep_of_ann(topology, 0.1, samples, task.n, task.batch, variant, threads)


def step_of_torch(task: Task, data: Data) -> Callable[[], None]:
    model = Classifier(task)
    optimizer, loss = torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss()

    def run() -> None:
        for start in range(0, task.n, task.batch):
            here = slice(start, start + task.batch)
            optimizer.zero_grad()
            lengths = None if data.lengths is None else data.lengths[here]
            loss(model(data.padded[here], lengths), data.classes[here]).backward()
            optimizer.step()

    return run


def rates(task: Task, rounds: int, variants: list[str]) -> dict[str, float]:
    """Rows a second of CPU time, by program."""
    data = data_of(task)
    runs = {variant: step_of_ann(task, data.samples, variant) for variant in variants}
    runs["torch"] = step_of_torch(task, data)
    return {name: data.n_rows / spent for name, spent in least_times(runs, rounds).items()}


def rows(tasks: list[Task], rounds: int, variants: list[str]) -> Iterator[str]:
    yield "| layer | batch | " + " | ".join(f"ann {name} | of torch" for name in variants) + " | torch |\n"
    yield "|---|---:|" + "---:|---:|" * len(variants) + "---:|\n"
    for task in tasks:
        found = rates(task, rounds, variants)
        ours = " | ".join(f"{found[name]:,.0f} | {found[name] / found['torch']:.2f}" for name in variants)
        yield f"| {task.name} | {task.batch} | {ours} | {found['torch']:,.0f} |\n"


def thread_rows(tasks: list[Task], rounds: int, variant: str) -> Iterator[str]:
    yield "| layer | batch | one thread, rows/s | two threads, rows/s | gain |\n|---|---:|---:|---:|---:|\n"
    for task in (task for task in tasks if task.batch > 1 and task.units > 32):
        data = data_of(task)
        runs = [step_of_ann(task, data.samples, variant, threads) for threads in (1, 2)]
        times = [[seconds(run, time.perf_counter) for run in runs] for _ in range(rounds)]
        alone, both = (data.n_rows / min(column) for column in zip(*times, strict=True))
        yield f"| {task.name} | {task.batch} | {alone:,.0f} | {both:,.0f} | {both / alone:.2f} |\n"


def main() -> None:
    parser = options()
    parser.add_argument("--only", help="of the layers, those with this in their name")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    variants = measured_variants()
    tasks = [task for task in TASKS if (arguments.only or "") in task.name]
    made = (
        thread_rows(tasks, arguments.rounds, variants[0])
        if arguments.threads
        else rows(tasks, arguments.rounds, variants)
    )
    show(__file__, made, arguments.write)


if __name__ == "__main__":
    main()
