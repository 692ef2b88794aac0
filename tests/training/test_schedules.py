"""Learning-rate schedules: factors worked by hand, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from anncli.options.readers import schedule as read_schedule
from anncli.options.specs import SCHEDULE_NAMES
from anncli.training.schedules import make_schedule
from anncli.training.trainers import make_trainer


def factors(text: str, total: int) -> list[float]:
    schedule = make_schedule(text)
    return [schedule.factor(epoch, total) for epoch in range(total)]


def test_constant() -> None:
    assert factors("constant", 3) == [1, 1, 1]


def test_step() -> None:
    assert factors("step:2:0.5", 6) == pytest.approx([1, 1, 0.5, 0.5, 0.25, 0.25])


def test_cosine_without_warm_up() -> None:
    half = (1 + math.cos(math.pi / 4)) / 2
    assert factors("cosine:0", 4) == pytest.approx([1, half, 0.5, 1 - half])


def test_cosine_rises_first() -> None:
    # 20 % of 10 epochs rise: 1/3, 2/3; then 8 epochs of cosine from 1
    found = factors("cosine:0.2", 10)
    assert found[:3] == pytest.approx([1 / 3, 2 / 3, 1])
    assert found[6] == pytest.approx(0.5)


def test_one_cycle() -> None:
    found = factors("one-cycle:0.5", 9)
    assert found[0] == pytest.approx(0.04)
    assert found[2] == pytest.approx(0.52)
    assert found[4] == pytest.approx(1)
    assert found[6] == pytest.approx((1 + 1e-4) / 2)
    assert found[8] == pytest.approx(1e-4)


def test_warm_up() -> None:
    assert factors("warm-up:3", 6) == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])


@pytest.mark.parametrize("name", SCHEDULE_NAMES)
@pytest.mark.parametrize("total", [1, 2, 3, 100])
def test_factors_stay_between_0_and_1(name: str, total: int) -> None:
    assert all(0 < factor <= 1 for factor in factors(name, total))
    assert 0 <= make_schedule(name).factor(total + 5, total) <= 1
    assert 0 < make_schedule(name).factor(0, None) <= 1


@pytest.mark.parametrize("name", SCHEDULE_NAMES)
def test_text_and_back(name: str) -> None:
    schedule = make_schedule(name)
    assert make_schedule(read_schedule(name)) == schedule


def test_minibatch_trainer_follows_its_schedule() -> None:
    from trainer_problems import blobs, start

    moves = []
    for schedule in ("constant", "step:1:0.5"):
        objective, rng = blobs(), np.random.default_rng(0)
        parameters = start(objective)
        trainer = make_trainer("sgd", {"batch_size": 40, "momentum": 0.0, "schedule": schedule, "learning_rate": 1e-3})
        trainer.start(objective, parameters)
        trainer.epoch(objective, parameters, rng, 2)
        middle = parameters.copy()
        trainer.epoch(objective, parameters, rng, 2)
        moves.append(parameters - middle)
    assert moves[1] == pytest.approx(moves[0] / 2, rel=1e-2, abs=1e-7)
