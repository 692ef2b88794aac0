"""How many epochs the trainers need on the classic small problems, against published counts.

One sine period, 41 points, 1-5-1, mse 0.002, and parity of three bits, 3-10-10-1, mse 0.001: the medians of thirty
starts of an independent implementation. Three times as many would mean that something is wrong.
"""

from __future__ import annotations

import numpy as np
import pytest
from trainer_problems import Objective, parity3, sine, start, xor

from anncli.training.names import TRAINER_NAMES
from anncli.training.trainers import make_trainer

SINE = {
    "lm": 5, "lbfgs": 15, "bfgs": 15, "scg": 19, "cgf": 19, "cgp": 17, "cgb": 17, "oss": 19, "quickprop": 44,
    "irprop-": 48, "irprop+": 54, "rprop-": 72, "rprop+": 73, "gdx": 124, "delta-bar-delta": 126,
}  # fmt: skip
PARITY = {
    "lm": 5, "cgf": 8, "cgp": 8, "cgb": 8, "oss": 8, "irprop-": 11, "irprop+": 11, "rprop-": 11, "rprop+": 12,
    "lbfgs": 12, "bfgs": 12, "quickprop": 15, "scg": 18, "delta-bar-delta": 94, "gdx": 99,
}  # fmt: skip


def epochs_needed(objective: Objective, name: str, goal: float, limit: int, seed: int) -> int:
    parameters, rng = start(objective, seed), np.random.default_rng(seed)
    trainer = make_trainer(name)
    trainer.start(objective, parameters)
    for epoch in range(limit):
        if objective.value(parameters) <= goal:
            return epoch
        if trainer.epoch(objective, parameters, rng).finished:
            return epoch + 1 if objective.value(parameters) <= goal else limit
    return limit


@pytest.mark.parametrize("name", SINE)
def test_sine(name: str) -> None:
    counts = [epochs_needed(sine(), name, 0.002, 4 * SINE[name], seed) for seed in range(7)]
    assert SINE[name] / 3 <= np.median(counts) <= 3 * SINE[name]


@pytest.mark.parametrize("name", PARITY)
def test_parity(name: str) -> None:
    counts = [epochs_needed(parity3(), name, 0.001, 4 * PARITY[name], seed) for seed in range(7)]
    assert PARITY[name] / 3 <= np.median(counts) <= 3 * PARITY[name]
    assert max(counts) < 4 * PARITY[name]


@pytest.mark.parametrize("name", sorted(PARITY.keys() - {"gdx"}))
def test_xor_is_solved_from_most_starts(name: str) -> None:
    # One logistic output makes a plateau that some starts do not leave.
    counts = [epochs_needed(xor(), name, 0.01, 300, seed) for seed in range(7)]
    assert sum(count < 300 for count in counts) >= 5


def test_the_tables_name_known_trainers() -> None:
    assert SINE.keys() == PARITY.keys() <= TRAINER_NAMES.keys()
