"""First steps of the trainers against tables worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trainer_problems import Scripted

from anncli.network.topology import Layer, Topology
from anncli.training.trainers import make_trainer


def path(name: str, gradients: list[float], losses: list[float] | None = None, **options: Any) -> list[float]:
    """The moves of the first of two parameters, a bias and a weight, under scripted gradients alike for both."""
    objective, parameters = Scripted([[g, g] for g in gradients], losses), np.zeros(2, dtype=np.float64)
    rng = np.random.default_rng(0)
    trainer = make_trainer(name, options)
    trainer.start(objective, parameters)  # type: ignore[arg-type]
    moves = []
    while objective.calls < len(gradients):
        before = float(parameters[0])
        trainer.epoch(objective, parameters, rng)  # type: ignore[arg-type]
        moves.append(float(parameters[0]) - before)
    return moves


SIGNS = [1.0, 1.0, 1.0, -1.0, 1.0]


@pytest.mark.parametrize(
    ("name", "losses", "moves"),
    [
        ("irprop-", [5.0, 4, 3, 2, 1], [-0.1, -0.12, -0.144, 0, -0.072]),
        ("rprop-", [5.0, 4, 3, 2, 1], [-0.1, -0.12, -0.144, 0.072, -0.036]),
        ("rprop+", [5.0, 4, 3, 2, 1], [-0.1, -0.12, -0.144, 0.144, -0.072]),
        ("irprop+", [5.0, 4, 3, 2, 1], [-0.1, -0.12, -0.144, 0, -0.072]),
        ("irprop+", [5.0, 4, 3, 9, 1], [-0.1, -0.12, -0.144, 0.144, -0.072]),
    ],
)
def test_rprop_moves(name: str, losses: list[float], moves: list[float]) -> None:
    assert path(name, SIGNS, losses) == pytest.approx(moves, abs=1e-12)


@pytest.mark.parametrize("name", ["rprop+", "rprop-", "irprop+", "irprop-"])
def test_rprop_step_stays_within_its_limits(name: str) -> None:
    assert path(name, [1.0] * 5, step_max=0.13) == pytest.approx([-0.1, -0.12, -0.13, -0.13, -0.13])
    # rprop- turns every time; the others every second time: 0.1, 0.05 and then the floor.
    moves = path(name, [1.0, -1.0] * 8, step_min=0.04)
    assert min(abs(m) for m in moves if m) == pytest.approx(0.04)


def test_rprop_zero_gradient_keeps_step_and_weight() -> None:
    assert path("irprop-", [1.0, 0.0, 1.0, 1.0]) == pytest.approx([-0.1, 0, -0.1, -0.12])


def test_rprop_tiny_gradients_keep_their_sign() -> None:
    # The product of two gradients of 1e-30 is 0 in float32; their signs still agree.
    assert path("irprop-", [1e-30, 1e-30]) == pytest.approx([-0.1, -0.12])


def test_rprop_spread_draws_each_first_step() -> None:
    objective, parameters = Scripted([[1.0] * 50]), np.zeros(50)
    trainer = make_trainer("rprop+", {"step_init": 0.05, "step_spread": 0.15})
    trainer.start(objective, parameters)  # type: ignore[arg-type]
    trainer.epoch(objective, parameters, np.random.default_rng(0))  # type: ignore[arg-type]
    assert 0.05 <= -parameters.max() < 0.07
    assert 0.18 < -parameters.min() <= 0.2
    assert len(set(parameters)) == 50


def test_gradient_descent() -> None:
    assert path("gd", [1.0, 2.0], learning_rate=0.1) == pytest.approx([-0.1, -0.2])


def test_gradient_descent_follows_its_schedule() -> None:
    moves = path("gd", [1.0] * 4, learning_rate=0.1, schedule="step:2:0.5")
    assert moves == pytest.approx([-0.1, -0.1, -0.05, -0.05])


def test_momentum() -> None:
    # v = 0.9 v - 0.1 * 0.1: -0.01, -0.009 - 0.01, -0.0171 - 0.01
    assert path("gdm", [1.0] * 3, learning_rate=0.1) == pytest.approx([-0.01, -0.019, -0.0271])


def test_adaptive_rate_grows_after_gains_and_shrinks_after_a_refusal() -> None:
    # Calls: start, then one per epoch. Loss 10 -> 9 (accept, rate .01 -> .0105) -> 9.5 (> 1.04 * 9: refuse, rate
    # .00735) -> 9.2 (within 4 %: accept, no growth) -> 8
    moves = path("gda", [1.0, 2.0, 7.0, 3.0, 1.0], [10.0, 9.0, 9.5, 9.2, 8.0])
    assert moves == pytest.approx([-0.01, 0, -2 * 0.00735, -3 * 0.00735])


def test_adaptive_rate_with_momentum() -> None:
    # d1 = -.001 (accept, rate .0105); d2 = .9 d1 - .00105 * 2 = -.003, refused, rate .00735, memory = -.0147;
    # d3 = .9 * -.0147 - .000735 * 2 = -.0147: a plain gradient step
    moves = path("gdx", [1.0, 2.0, 7.0, 3.0], [10.0, 9.0, 9.5, 9.0])
    assert moves == pytest.approx([-0.001, 0, -0.0147])


def test_quickprop() -> None:
    # shrink = 1.75 / 2.75 = .636.
    # 1: -.1 * 1. 2: S = .5 is below .636: parabola -.1 * .5 / (1 - .5) = -.1, and -.1 * .5 as S keeps its sign.
    # 3: S = -.1, the minimum was passed: -.15 * -.1 / (.5 + .1) = .025, without the gradient term.
    # 4: the last move is positive, S' = -.1: S = -.09 is beyond -.0636, so 1.75 * .025, and .1 * .09.
    assert path("quickprop", [1.0, 0.5, -0.1, -0.09]) == pytest.approx([-0.1, -0.15, 0.025, 0.05275], rel=1e-5)


def test_quickprop_grows_by_at_most_its_factor_where_the_slope_gets_steeper() -> None:
    # S = 2 after 1 is steeper than .636: 1.75 * -.1 - .1 * 2 = -.375
    assert path("quickprop", [1.0, 2.0]) == pytest.approx([-0.1, -0.375])


def test_quickprop_stops_where_weights_explode() -> None:
    objective, parameters = Scripted([2e5]), np.zeros(1)
    trainer = make_trainer("quickprop")
    trainer.start(objective, parameters)  # type: ignore[arg-type]
    outcome = trainer.epoch(objective, parameters, np.random.default_rng(0))  # type: ignore[arg-type]
    assert outcome.finished == "a weight grew beyond 10000 in size; lower learning_rate or growth"


def test_delta_bar_delta() -> None:
    # average after each: .3, .51, .657, .1599; rate .1 (average 0: unchanged), .11, .12, sign differs: .108
    moves = path("delta-bar-delta", [1.0, 1.0, 1.0, -1.0])
    assert moves == pytest.approx([-0.1, -0.11, -0.12, 0.108])


def test_adagrad() -> None:
    # 3/sqrt(9), 4/sqrt(25), 12/sqrt(169) times the rate
    moves = path("adagrad", [3.0, 4.0, 12.0], learning_rate=0.1)
    assert moves == pytest.approx([-0.1, -0.08, -12 / 13 / 10])


def test_rmsprop() -> None:
    # G = .1 * 4 = .4;  G = .36 + .1 = .46
    moves = path("rmsprop", [2.0, 1.0], learning_rate=0.1)
    assert moves == pytest.approx([-0.2 / 0.4**0.5, -0.1 / 0.46**0.5])


def test_nadam() -> None:
    # t=1: m = .1, s = .001: (.9/.19 * .1 + .1/.1 * 1) / sqrt(.001/.001) = 1.4736842
    # t=2: g = 0: m = .09, s = .000999: .9/.271 * .09 / sqrt(.000999/.001999)
    moves = path("nadam", [1.0, 0.0], learning_rate=0.1)
    assert moves == pytest.approx([-0.1 * (1 + 0.09 / 0.19), -0.1 * 0.9 / 0.271 * 0.09 / (0.000999 / 0.001999) ** 0.5])


def test_schedule_free_averages_its_iterates() -> None:
    # Both gradients 1: s-hat = 1, z = -.1, -.2; c = 1, 1/2: x = -.1, -.15. Biases alone here: no decay.
    moves = path("schedule-free", [1.0, 1.0], learning_rate=0.1)
    assert moves == pytest.approx([-0.1, -0.05])


def test_schedule_free_takes_the_gradient_between_average_and_iterate() -> None:
    seen = []

    class Watching(Scripted):
        def batch_gradient(self, parameters: Any, rows: Any, gradient: Any, *_: Any) -> float:
            seen.append(float(parameters[0]))
            return super().batch_gradient(parameters, rows, gradient)

    objective, parameters = Watching([[1.0, 1.0]] * 3), np.zeros(2)
    trainer = make_trainer("schedule-free", {"learning_rate": 0.1})
    trainer.start(objective, parameters)  # type: ignore[arg-type]
    for _ in range(3):
        trainer.epoch(objective, parameters, np.random.default_rng(0))  # type: ignore[arg-type]
    # y = .1 z + .9 x: 0; then z = x = -.1; then z = -.2, x = -.15
    assert seen == pytest.approx([0, -0.1, -0.155])


def test_schedule_free_warms_up_and_decays_weights_but_not_biases() -> None:
    objective = Scripted([[0.0, 0.0]] * 4, topology=Topology(1, (Layer(1, "linear"),)))
    parameters = np.ones(2)
    trainer = make_trainer("schedule-free", {"learning_rate": 0.1, "weight_decay": 0.5, "warm_up": 0.75})
    trainer.start(objective, parameters)  # type: ignore[arg-type]
    trainer.epoch(objective, parameters, np.random.default_rng(0), 4)  # type: ignore[arg-type]
    # rate .1 * 1/(3 + 1); bias stays, weight 1 - .025 * .5
    assert parameters == pytest.approx([1, 0.9875])


def test_chaotic_rates_by_layer() -> None:
    topology = Topology(1, (Layer(1, "tanh"), Layer(1, "linear")))
    objective, parameters = Scripted([[1.0] * 4] * 2, topology=topology), np.zeros(4)
    trainer = make_trainer("bpvl", {"rate_low": 0.0, "rate_high": 1.0, "momentum": 0.5})
    trainer.start(objective, parameters)  # type: ignore[arg-type]
    trainer.epoch(objective, parameters, np.random.default_rng(0))  # type: ignore[arg-type]
    # logistic from .3: 4 * .3 * .7 = .84 in layer 1; another series in layer 2
    assert parameters[:2] == pytest.approx([-0.84, -0.84])
    assert parameters[2] == parameters[3]
    assert 0 <= -parameters[2] <= 1
    trainer.epoch(objective, parameters, np.random.default_rng(0))  # type: ignore[arg-type]
    # 4 * .84 * .16 = .5376, and half the first move
    assert parameters[0] == pytest.approx(-0.84 - 0.42 - 0.5376)


def test_mackey_glass_series_from_its_equation() -> None:
    from anncli.training.trainers.chaotic import mackey_glass_step

    history = np.full(18, 1.2)
    first = 1.2 + 0.2 * 1.2 / (1 + 1.2**10) - 0.12
    assert mackey_glass_step(history) == pytest.approx(first)
    assert mackey_glass_step(history) == pytest.approx(first + 0.2 * 1.2 / (1 + 1.2**10) - 0.1 * first)
    for _ in range(16):
        last = mackey_glass_step(history)
    # The 18 first steps read the constant past; the next reads the first value made.
    assert mackey_glass_step(history) == pytest.approx(last + 0.2 * first / (1 + first**10) - 0.1 * last)


def test_evolution_estimates_the_gradient_direction() -> None:
    class Plane(Scripted):
        def value(self, parameters: Any) -> float:
            return float(parameters @ np.array([3.0, -4.0]))

    objective, parameters = Plane([]), np.zeros(2)
    trainer = make_trainer("es", {"population": 4000})
    trainer.start(objective, parameters)  # type: ignore[arg-type]
    trainer.epoch(objective, parameters, np.random.default_rng(0))  # type: ignore[arg-type]
    direction = trainer.state()["mean"]
    assert direction @ np.array([0.6, -0.8]) / np.linalg.norm(direction) > 0.99
