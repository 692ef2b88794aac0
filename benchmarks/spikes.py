"""Yin-Yang with spiking neurons: test accuracy and time of ten trainings, and an epoch beside norse and snnTorch.

    python benchmarks/spikes.py accuracy FOLDER    # the published .npy files; a row for each seed, then their mean
    python benchmarks/spikes.py accuracy FOLDER --set validation --first 100 --seeds 5 --settings averaged
    python benchmarks/spikes.py speed FOLDER                    # needs torch, norse and snntorch; CPU seconds of one epoch, one thread

The network is 5-200-3 with the settings of Wunderlich & Pehle 2021 (Scientific Reports 11, 12829): Adam, rate 0.005 times 0.95 in
each epoch, batches of 32, 100 epochs, the weights of the last one. FOLDER has the files train_samples.npy, test_labels.npy ... of
github.com/lkriener/yin_yang_data_set (publication_data). norse and snnTorch go in steps of 1 ms, 40 for each sample, with surrogate
gradients, leaky neurons of the same time constants, and an output that never fires; all three train on the same samples in turn,
several rounds each, and the best round of each counts.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

NETWORK = """anncli: 1
inputs: {spikes: 5, code: latency, t_max: 0.03, bias_spike: 0.0}
layers: [200 lif mean 1.5 sd 0.78, 3 first-spike mean 0.93 sd 0.1]
"""
# Name: (epochs, options).
AUTHORS = (
    "--label class --learning-rate 0.005 --schedule step:1:0.95 --batch-size 32 --average none --l2 0 --validation 0"
)
SETTINGS = {
    "authors": (100, AUTHORS),
    "three": (100, f"{AUTHORS} --ensemble 3"),
    "clipped": (100, f"{AUTHORS} --clip 0.5"),
    "averaged": (100, AUTHORS.replace("--average none", "--average ema:0.7")),
    "slower": (100, AUTHORS.replace("0.005 --schedule step:1:0.95", "0.0025 --schedule step:1:0.97")),
}
NAMES = ("yin", "yang", "dot")
BATCH, STEPS, ROUNDS = 32, 40, 3


def read(folder: Path, name: str) -> tuple[Any, Any]:
    return np.load(folder / f"{name}_samples.npy"), np.load(folder / f"{name}_labels.npy")


def write_table(path: Path, samples: Any, labels: Any) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("x", "y", "from_right", "from_top", "class"))
        writer.writerows((*map(float, row), NAMES[label]) for row, label in zip(samples, labels, strict=True))


def ann(*words: object, folder: Path) -> str:
    command = [sys.executable, "-m", "anncli", *map(str, words)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def accuracy(folder: Path, part: str, seeds: range, settings: list[str]) -> None:
    """Prints a table: a row for each seed and settings, and their means."""
    labels = [NAMES[label] for label in read(folder, part)[1]]
    print("| settings | seed | right, % | no output fires | CPU s |\n|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for file, name_of_part in (("train", "train"), ("asked", part)):
            write_table(work / f"{file}.csv", *read(folder, name_of_part))
        (work / "yin-yang.nn").write_text(NETWORK)
        for words in settings:
            found = []
            for seed in seeds:
                found.append(training(work, words, seed, labels))
                print(f"| {words} | {seed} | {found[-1][0]:.1f} | {found[-1][1]} | {found[-1][2]:.1f} |", flush=True)
            right, silent, seconds = np.array(found).T
            mean = f"{right.mean():.2f} ± {right.std():.2f}"
            print(f"| {words} | mean | {mean} | {silent.mean():.1f} | {seconds.mean():.1f} |", flush=True)


def training(work: Path, settings: str, seed: int, labels: list[str]) -> tuple[float, int, float]:
    """The percentage of the asked samples that are right, the number of those in which no output fires, and CPU seconds."""
    before, (epochs, options) = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, SETTINGS[settings]
    ann(
        "train", "yin-yang.nn", "train.csv", epochs, *options.split(), "--seed", seed, "-o", "out.nn", "-q", folder=work
    )
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    # Below the heading; where no output fires, nothing is predicted: that is wrong.
    predicted = ann("predict", "out.nn", "asked.csv", "--classes", folder=work).split()[1:]
    right = sum(word == label for word, label in zip(predicted, labels, strict=True))
    return 100 * right / len(labels), predicted.count("undecided"), seconds


def own_epoch(samples: Any, labels: Any) -> Callable[[], object]:
    from anncli.backends.base import Problem, Samples
    from anncli.backends.native import NativeBackend
    from anncli.backends.rules import UpdateRule, UpdateState
    from anncli.network.initialization import initialize
    from anncli.network.input_shapes import read_inputs
    from anncli.network.topology import Topology

    inputs = read_inputs("{spikes: 5, code: latency, t_max: 0.03, bias_spike: 0.0}")
    topology = Topology(inputs, ["200 lif mean 1.5 sd 0.78", "3 first-spike mean 0.93 sd 0.1"])
    rng = np.random.default_rng(1)
    parameters = initialize(topology, "auto", rng)
    problem = Problem(topology, "first-spike:0.003,12.8")
    session = NativeBackend().open(problem, Samples(samples.astype(np.float32), np.eye(3, dtype=np.float32)[labels]))
    rule = UpdateRule("adam", 0.005)
    state = UpdateState.start(rule, parameters)
    return lambda: session.sweep(parameters, rule, state, rng.permutation(len(labels)).astype(np.int32), BATCH)


def rival_epoch(name: str, samples: Any, labels: Any) -> Callable[[], object]:
    import torch
    from torch import nn

    torch.set_num_threads(1)
    steps = np.zeros((STEPS, len(samples), 5), dtype=np.float32)
    times = np.concatenate([samples * 30, np.zeros((len(samples), 1))], axis=1).astype(int)
    rows, sources = np.indices(times.shape)
    steps[times, rows, sources] = 1
    inputs, targets = torch.tensor(steps), torch.tensor(labels.astype(np.int64))
    first, second = nn.Linear(5, 200, bias=False), nn.Linear(200, 3, bias=False)
    hidden, output = neurons(name)
    optimizer = torch.optim.Adam([*first.parameters(), *second.parameters()], 0.005)
    rng = np.random.default_rng(1)

    def epoch() -> None:
        order = torch.tensor(rng.permutation(len(targets)))
        for taken in order.split(BATCH):
            batch, below, above, voltages = inputs[:, taken], None, None, []
            for step in range(STEPS):
                fired, below = hidden(first(batch[step]), below)
                voltage, above = output(second(fired), above)
                voltages.append(voltage)
            loss = nn.functional.cross_entropy(torch.stack(voltages).amax(0), targets[taken])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def neurons(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A step of the hidden neurons and one of the outputs: (current, state) to (spikes or voltages, state)."""
    import torch

    if name == "norse":
        import norse.torch as norse

        fast, slow = torch.tensor(1 / 0.005), torch.tensor(1 / 0.02)
        return norse.LIFCell(norse.LIFParameters(fast, slow)), norse.LICell(norse.LIParameters(fast, slow))
    import snntorch

    alpha, beta = float(np.exp(-1 / 5)), float(np.exp(-1 / 20))
    hidden = snntorch.Synaptic(alpha, beta, spike_grad=snntorch.surrogate.fast_sigmoid())
    output = snntorch.Synaptic(alpha, beta, reset_mechanism="none")

    def fire(current: Any, state: Any) -> tuple[Any, Any]:
        spikes, *after = hidden(current, *(hidden.init_synaptic() if state is None else state))
        return spikes, after

    def charge(current: Any, state: Any) -> tuple[Any, Any]:
        _, *after = output(current, *(output.init_synaptic() if state is None else state))
        return after[1], after

    return fire, charge


def speed(folder: Path) -> None:
    samples, labels = read(folder, "train")
    epochs = {"ann": own_epoch(samples, labels)}
    epochs |= {name: rival_epoch(name, samples, labels) for name in ("norse", "snntorch")}
    best = dict.fromkeys(epochs, float("inf"))
    for _ in range(ROUNDS):
        for name, epoch in epochs.items():
            start = time.process_time()
            epoch()
            best[name] = min(best[name], time.process_time() - start)
    for name, seconds in best.items():
        print(
            f"{name}: {seconds:.3f} s of CPU for an epoch of {len(labels)} samples, {seconds / best['ann']:.1f} times that of ann"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("accuracy", "speed"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--set", choices=("test", "validation"), default="test")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--settings", action="append", choices=SETTINGS)
    asked = parser.parse_args()
    if asked.what == "speed":
        speed(asked.folder)
    else:
        seeds = range(asked.first, asked.first + asked.seeds)
        accuracy(asked.folder, asked.set, seeds, asked.settings or ["authors", "three"])
