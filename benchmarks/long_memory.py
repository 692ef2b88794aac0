"""Tasks that need a long memory, after Hochreiter & Schmidhuber 1997 (Neural Computation 9, 1735-1780): LSTM against Elman units.

    python benchmarks/long_memory.py [--tasks reber,order,adding] [--kinds elman,lstm,memory,gru] [--seeds 10] [--jobs 1] [--write]

Sequences are generated here, by a seed, and networks are trained by the Python door of ann. The budget is in presentations: samples of the training
set times epochs. --write puts the table into benchmarks/long_memory.md.

reber: strings of the embedded Reber grammar; after each symbol the network says which one is next. A string is right if at all of its
    places the symbols that may follow have the highest outputs. Solved: all of 256 new strings are right.
order: temporal order, experiment 6a: 100 to 110 symbols, of which two matter (X or Y), at 10 to 20 and at 50 to 60; four classes.
    Solved: at least 99.9 % of 2,560 new sequences are right.
adding: experiment 4, T = 100: 100 to 110 pairs of a number in -1..1 and a mark; the target is 0.5 + (X1 + X2) / 4 of the two
    marked numbers; wrong where it is missed by more than 0.04. Solved: at most 1 % of 2,560 new sequences are wrong.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import re
import time
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from multiprocessing import Pool
from typing import Any, NamedTuple

import numpy as np
from pages import processor, put

import anncli
from anncli.api import start_training
from anncli.arrays import Rows, Tokens
from anncli.training.diagnosis import diagnose

Array = Any

# No validation set: the budget is fixed, and the weights of the last epoch are those that count.
FIXED = {"validation": 0.0, "keep": "last", "patience": 0, "refit": "no", "l2": 0.0, "scaling": "none"}


class Task(NamedTuple):
    """inputs, above: what the network reads, and its layers above the first; make(n, rng): samples; wrong(network, data): the
    number of wrong answers, which in a solved task is at most most_wrong; options: of the training."""

    inputs: str
    above: list[str]
    make: Callable[[int, Any], anncli.Dataset]
    wrong: Callable[[anncli.Network, anncli.Dataset], int]
    n_training: int
    n_test: int
    epochs: int
    units: int
    most_wrong: int
    options: dict[str, Any]

    @property
    def presentations(self) -> int:
        return self.n_training * self.epochs


# Embedded Reber grammar: for each state the symbols that may follow, and where they lead.
SYMBOLS = "BTPSXVE"
INNER = {
    0: {"T": 1, "P": 2}, 1: {"S": 1, "X": 3}, 2: {"T": 2, "V": 4}, 3: {"X": 2, "S": 5}, 4: {"P": 3, "V": 5}, 5: {"E": 6},
}  # fmt: skip


def reber(rng: Any) -> list[int]:
    """A string: B, T or P, an inner string from B to E, the same T or P again, E."""
    frame, state = "TP"[rng.integers(2)], 0
    text = ["B", frame, "B"]
    while state != 6:
        words = sorted(INNER[state])
        text.append(words[rng.integers(len(words))])
        state = INNER[state][text[-1]]
    return [SYMBOLS.index(symbol) for symbol in [*text, frame, "E"]]


def reber_data(n: int, rng: Any) -> anncli.Dataset:
    strings = [reber(rng) for _ in range(n)]
    starts = np.r_[0, np.cumsum([len(one) - 1 for one in strings])]
    read, next_ones = (np.concatenate([one[part] for one in strings]) for part in (slice(-1), slice(1, None)))
    tokens = Tokens(read, np.ones(len(read), np.float32), starts, len(SYMBOLS))
    return anncli.Dataset(tokens, next_ones, tuple(SYMBOLS), by_row=True)


def wrong_strings(network: anncli.Network, data: anncli.Dataset) -> int:
    """Strings at one of whose places a symbol that may not follow has a higher output than one that may."""
    outputs, starts, wrong = network.predict(data.inputs), data.inputs.starts, 0
    for first, end in pairwise(starts):
        text = [*data.inputs.indices[first:end].tolist(), SYMBOLS.index("E")]
        legal = np.zeros((end - first, len(SYMBOLS)), dtype=bool)
        for place, symbols in enumerate(following(text)):
            legal[place, list(symbols)] = True
        own = outputs[first:end]
        worst = np.where(legal, own, np.inf).min(axis=1)
        wrong += bool((worst <= np.where(legal, -np.inf, own).max(axis=1)).any())
    return wrong


def following(text: list[int]) -> list[set[int]]:
    """The symbols that may follow each symbol of a whole string but the last."""
    words = [SYMBOLS[k] for k in text]
    found, state = [{"T", "P"}, {"B"}, {"T", "P"}], 0
    for symbol in words[3:-2]:
        state = INNER[state][symbol]
        found.append(set(INNER[state]) if state != 6 else {words[1]})
    return [{SYMBOLS.index(s) for s in each} for each in [*found, {"E"}]]


def order_data(n: int, rng: Any) -> anncli.Dataset:
    """Symbols a b c d X Y and those of the two ends."""
    lengths = rng.integers(100, 111, n)
    starts = np.r_[0, np.cumsum(lengths)]
    symbols = rng.integers(0, 4, starts[-1])
    which, places = rng.integers(0, 2, (n, 2)), np.c_[rng.integers(10, 21, n), rng.integers(50, 61, n)]
    for k in range(2):
        symbols[starts[:-1] + places[:, k]] = 4 + which[:, k]
    symbols[starts[:-1]], symbols[starts[1:] - 1] = 6, 7
    tokens = Tokens(symbols, np.ones(len(symbols), np.float32), starts, 8)
    return anncli.Dataset(tokens, which @ [2, 1], ("XX", "XY", "YX", "YY"))


def adding_data(n: int, rng: Any) -> anncli.Dataset:
    lengths = rng.integers(100, 111, n)
    starts = np.r_[0, np.cumsum(lengths)]
    values = np.zeros((starts[-1], 2), np.float32)
    values[:, 0] = rng.uniform(-1, 1, starts[-1])
    # One of the first ten pairs, then another one of the first 49.
    one = rng.integers(0, 10, n)
    other = rng.integers(0, 48, n)
    other += other >= one
    first = starts[:-1]
    # The first and the last pair have the mark -1 where they are not marked; a number marked there counts as 0.
    values[first, 1] = values[starts[1:] - 1, 1] = -1
    marked = np.zeros(n)
    for place in (one, other):
        values[first + place, 1] = 1
        marked += np.where(place > 0, values[first + place, 0], 0)
    return anncli.Dataset(Rows(values, starts), targets=(0.5 + marked / 4).astype(np.float32)[:, None])


def wrong_classes(network: anncli.Network, data: anncli.Dataset) -> int:
    return int((network.predict(data.inputs).argmax(axis=1) != data.labels).sum())


def wrong_sums(network: anncli.Network, data: anncli.Dataset) -> int:
    assert data.targets is not None
    return int((np.abs(network.predict(data.inputs) - data.targets) > 0.04).sum())


ADAM = {"trainer": "adam", "learning_rate": 0.01, "schedule": "cosine"}
TASKS = {
    "reber": Task("7 tokens", ["7 softmax"], reber_data, wrong_strings, 4_000, 256, 10, 12, 0, {**ADAM, "batch_size": 4}),
    "order": Task("8 tokens", ["last", "4 softmax"], order_data, wrong_classes, 10_000, 2560, 5, 16, 2, {**ADAM, "batch_size": 20, "clip": 1}),
    "adding": Task("any x 2", ["last", "1 linear"], adding_data, wrong_sums, 20_000, 2560, 5, 24, 25, {**ADAM, "batch_size": 10, "clip": 1}),
}  # fmt: skip
KINDS = {"elman": "tanh recurrent", "lstm": "lstm", "memory": "lstm memory 100", "gru": "gru memory 100"}


class Result(NamedTuple):
    """wrong: answers for new samples; seconds: of CPU, of the training alone; reach: after how many rows the gradient through time
    has vanished, as ann says it, None where it says nothing."""

    wrong: int
    seconds: float
    reach: int | None


def trained(task_name: str, kind: str, seed: int) -> Result:
    """Train one network and count its wrong answers on new samples."""
    task = TASKS[task_name]
    data, test = (task.make(n, np.random.default_rng((seed, k))) for k, n in enumerate((task.n_training, task.n_test)))
    network = anncli.Network.create(task.inputs, [f"{task.units} {KINDS[kind]}", *task.above])
    options = {**FIXED, **task.options, "seed": seed}
    if data.targets is not None:
        options["target_scaling"] = "none"
    begin = time.process_time()
    with closing(start_training(network, data, **options)) as run:
        for _ in run.epochs(task.epochs):
            pass
        seconds, result = time.process_time() - begin, run.finish()
        said = re.search(r"falls to 1 % after (\d+) rows?", " ".join(diagnose(run, result)))
    return Result(task.wrong(result.network, test), seconds, int(said[1]) if said else None)


def row(task_name: str, kind: str, found: list[Result]) -> str:
    """A line of the table."""
    task, wrong = TASKS[task_name], sorted(each.wrong for each in found)
    solved = sum(each <= task.most_wrong for each in wrong)
    reaches = sorted(each.reach for each in found if each.reach is not None)
    said = f"vanishes after {reaches[0]} to {reaches[-1]} rows ({len(reaches)} networks)" if reaches else "-"
    return (
        f"| {task_name} | `{task.units} {KINDS[kind]}` | {task.presentations:,} | {solved} of {len(found)} "
        f"| {wrong[len(wrong) // 2]}, {wrong[-1]} of {task.n_test:,} | {sum(each.seconds for each in found) / len(found):.1f} | {said} |"
    )


def table(tasks: list[str], kinds: list[str], seeds: int, jobs: int) -> list[str]:
    lines = [
        "| task | layer | presentations | solved | wrong: median, most | seconds of CPU | the gradient, in the words of `ann` |",
        "|---|---|---|---|---|---|---|",
    ]
    with Pool(jobs) as pool:
        for task_name in tasks:
            for kind in kinds:
                if task_name == "reber" and kind in ("memory", "gru"):
                    continue
                calls = [(task_name, kind, seed) for seed in range(1, seeds + 1)]
                lines.append(row(task_name, kind, pool.starmap(trained, calls)))
                print(lines[-1], flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    words = parser.parse_args()
    lines = table(words.tasks.split(","), words.kinds.split(","), words.seeds, words.jobs)
    lines += ["", f"{words.seeds} seeds each; {datetime.date.today()}, {processor()}, one thread, Python {platform.python_version()}."]  # fmt: skip
    if words.write:
        put(__file__, "table", "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
