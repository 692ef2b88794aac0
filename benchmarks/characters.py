"""Predicting the next character of a text, beside the same network in torch: the same initial numbers, the same order of pieces.

    python benchmarks/characters.py TEXT [--epochs 10] [--units 128] [--write]      # needs torch

TEXT is a text file, which may be packed. Its first 90 % train one LSTM layer, in 32 streams and pieces of 50 characters, whose states
go on; both programs train an epoch in turn and then measure the last 10 %, one character after the other. Both use one thread;
times are processor times. ANN_KERNEL_VARIANT restricts the instruction sets of ann to one. --write puts the tables into
benchmarks/characters.md.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from pages import processor, put
from torch import nn

from anncli.dataset.text_data import TextData
from anncli.formats.data.text_files import read_text_file
from anncli.inference.generate import Draw, generate
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.run import TrainingRun
from anncli.training.setup import Setup, prepare

BATCH, PIECE, RATE, HELD_OUT = 32, 50, 0.002, 0.1
# What torch measures at a time of the text that is held out, with the state carried on.
_MEASURED = 1000


class Cut(NamedTuple):
    """The two parts of a text. The first has as many characters as its streams need to be of equal length, in whole pieces."""

    training: str
    held_out: str

    @classmethod
    def of(cls, text: str) -> Cut:
        end = len(text) - round(HELD_OUT * len(text))
        rows = (end - 1) // (BATCH * PIECE) * BATCH * PIECE
        return cls(text[: rows + 1], text[end:])


class Epoch(NamedTuple):
    """Losses in bits a character, and processor seconds, of one epoch."""

    training: float
    held_out: float
    seconds: float
    measuring: float


class Twin(nn.Module):
    """The same network; the characters are vectors with a 1 at their place, as for the LSTM of ann."""

    def __init__(self, width: int, units: int, n_symbols: int) -> None:
        super().__init__()
        self.width = width
        self.lstm = nn.LSTM(width, units, batch_first=True)
        self.output = nn.Linear(units, n_symbols)
        # ann has one bias for each gate.
        self.lstm.bias_hh_l0.requires_grad_(False)

    def take(self, setup: Setup, parameters: np.ndarray[Any, Any]) -> None:
        """The numbers of a network of ann."""
        (block,), (output,) = setup.network.topology.blocks(parameters)
        with torch.no_grad():
            self.lstm.bias_ih_l0.copy_(torch.from_numpy(block[0].copy()))
            self.lstm.bias_hh_l0.zero_()
            self.lstm.weight_ih_l0.copy_(torch.from_numpy(block[1 : self.width + 1].T.copy()))
            self.lstm.weight_hh_l0.copy_(torch.from_numpy(block[self.width + 1 :].T.copy()))
            self.output.bias.copy_(torch.from_numpy(output[0].copy()))
            self.output.weight.copy_(torch.from_numpy(output[1:].T.copy()))

    def forward(self, tokens: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        inputs = nn.functional.one_hot(tokens, self.width).float()
        hidden, state = self.lstm(inputs, state)
        return self.output(hidden), state


def epochs_of_ann(run: TrainingRun, count: int) -> Iterator[Epoch]:
    """The epochs of ann, each when it is asked for."""
    attempt, rows = run.attempt, run.setup.rows["validation"]
    for _ in range(count):
        begin = time.process_time()
        outcome = attempt.trainer.epoch(attempt.objective, attempt.parameters, attempt.rng, count)
        trained = time.process_time()
        loss = attempt.objective.value(attempt.parameters, rows, penalty=False)
        ended = time.process_time()
        yield Epoch(_bits(outcome.loss), _bits(loss), trained - begin, ended - trained)


def epochs_of_torch(twin: Twin, setup: Setup, count: int) -> Iterator[Epoch]:
    """The same of torch: a step of Adam for every piece, whose state is detached."""
    tokens, labels = (torch.from_numpy(own) for own in _streams(setup, "training"))
    held_out, answers = (torch.from_numpy(own) for own in _streams(setup, "validation"))
    optimizer = torch.optim.Adam([own for own in twin.parameters() if own.requires_grad], lr=RATE)
    measure, measure_sum = nn.CrossEntropyLoss(), nn.CrossEntropyLoss(reduction="sum")
    for _ in range(count):
        begin, total, state = time.process_time(), 0.0, None
        for start in range(0, tokens.shape[1], PIECE):
            outputs, state = twin(tokens[:, start : start + PIECE], state)
            loss = measure(outputs.flatten(0, 1), labels[:, start : start + PIECE].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            state = tuple(own.detach() for own in state)
            total += float(loss.detach())
        trained, state, found = time.process_time(), None, 0.0
        with torch.no_grad():
            for start in range(0, held_out.shape[1], _MEASURED):
                outputs, state = twin(held_out[:, start : start + _MEASURED], state)
                found += float(measure_sum(outputs.flatten(0, 1), answers[:, start : start + _MEASURED].flatten()))
        ended = time.process_time()
        n_pieces = tokens.shape[1] // PIECE
        yield Epoch(_bits(total / n_pieces), _bits(found / held_out.shape[1]), trained - begin, ended - trained)


def _streams(setup: Setup, name: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Tokens and answers (n_streams, length) of a set, int64."""
    rows, data = setup.rows[name], setup.data
    inputs: Any = data.inputs[rows]
    shape = (len(rows), -1)
    labels = data.labels_of(rows).astype(np.int64)
    # torch leaves these out.
    labels[labels < 0] = -100
    return inputs.indices.astype(np.int64).reshape(shape), labels.reshape(shape)


def _bits(loss: float) -> float:
    return loss / math.log(2)


def begin(text: str, units: int) -> Setup:
    """The run of ann on both parts of a text, without a penalty and without averages of weights."""
    cut = Cut.of(text)
    values = {
        "trainer": "adam",
        "learning_rate": RATE,
        "batch_size": BATCH,
        "truncate": PIECE,
        "l2": 0.0,
        "average": None,
    }
    options = TrainingOptions.from_names(values)
    network = Network.create("characters", [f"{units} lstm", "softmax"])
    sets = {"training": np.array([0]), "validation": np.array([1]), "test": np.array([], dtype=int)}
    return prepare(network, TextData(tuple(cut)), options, sets=sets)


def generating(network: Network, write: Callable[[str], None]) -> None:
    """How many characters ann generate writes in a second of processor time."""
    count = 5000
    start = time.process_time()
    for _ in generate(network, network.classes[0], count, Draw(1.0, 1)):
        pass
    write(f"`ann generate`, in numpy and float64: {count / (time.process_time() - start):,.0f} characters a second.")


def compare(text: str, epochs: int, units: int) -> list[str]:
    """The lines of the page."""
    setup, lines = begin(text, units), list[str]()
    counts = {name: len(setup.data.answer_rows(rows)) for name, rows in setup.rows.items()}

    def write(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    with closing(TrainingRun(setup)) as run:
        topology = setup.network.topology
        twin = Twin(topology.n_inputs, units, topology.n_outputs)
        twin.take(setup, run.attempt.parameters)
        write(
            f"{date.today()}, torch {torch.__version__}, {processor()}, ann {setup.backend.name}; {counts['training']:,} characters train {topology}, {topology.n_parameters:,} parameters, and {counts['validation']:,} are held out"
        )
        write("")
        write(
            "| epoch | ann, bits held out | torch, bits held out | ann, bits in training | torch, bits in training | ann, s | torch, s | torch / ann |"
        )
        write("|---:|---:|---:|---:|---:|---:|---:|---:|")
        seconds = np.zeros(4)
        both = zip(epochs_of_ann(run, epochs), epochs_of_torch(twin, setup, epochs), strict=True)
        for number, (own, other) in enumerate(both, 1):
            seconds += (own.seconds, other.seconds, own.measuring, other.measuring)
            bits = f"{own.held_out:.4f} | {other.held_out:.4f} | {own.training:.4f} | {other.training:.4f}"
            write(
                f"| {number} | {bits} | {own.seconds:.1f} | {other.seconds:.1f} | {other.seconds / own.seconds:.2f} |"
            )
        write("")
        write(f"Training: ann {epochs * counts['training'] / seconds[0]:,.0f} characters a second, torch {epochs * counts['training'] / seconds[1]:,.0f}, torch / ann {seconds[1] / seconds[0]:.2f}. "
              f"Measuring what is held out, one character at a time: ann {seconds[2]:.1f} s in all, torch {seconds[3]:.1f} s, torch / ann {seconds[3] / seconds[2]:.2f}.")  # fmt: skip
        network = setup.network
        network.set_parameters(run.attempt.parameters)
        generating(network, write)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--units", type=int, default=128)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    lines = compare(read_text_file(asked.text).text, asked.epochs, asked.units)
    if asked.write:
        put(__file__, "table", "\n" + "\n".join(lines) + "\n\n")


if __name__ == "__main__":
    main()
