"""Trainers with a line search on functions whose minimum and path are known; the line search itself against scipy's."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from trainer_problems import Array, blobs, least_squares, quadratic, start

from anncli.errors import UsageError
from anncli.training.trainers import make_trainer
from anncli.training.trainers.line_search import LineSearch, Point, cubic_minimum

SEARCHING = ["cgf", "cgp", "cgb", "oss", "bfgs", "lbfgs"]


def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line search that goes to the exact minimum of a quadratic."""

    def search(self: LineSearch, begin: Point, first_step: float, evaluate: Callable[[float], Point]) -> Point:
        other = evaluate(1.0)
        return evaluate(-begin.slope / (other.slope - begin.slope))

    monkeypatch.setattr(LineSearch, "search", search)


@pytest.mark.parametrize("name", [*SEARCHING, "scg"])
def test_ends_on_a_quadratic_in_as_many_epochs_as_parameters(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    exact(monkeypatch)
    objective = quadratic()
    solution, minimum = least_squares(objective)
    parameters, rng = start(objective, method="classic"), np.random.default_rng(0)
    trainer = make_trainer(name, {"damping": 0.0} if name == "scg" else None)
    trainer.start(objective, parameters)
    for _ in range(len(parameters)):
        assert objective.value(parameters) > minimum * (1 + 1e-9)
        trainer.epoch(objective, parameters, rng)
    assert parameters == pytest.approx(solution, abs=2e-6)


def test_conjugate_gradients_with_exact_searches_walk_the_same_path(monkeypatch: pytest.MonkeyPatch) -> None:
    exact(monkeypatch)
    paths = []
    for name in ("cgf", "cgp", "cgb", "lbfgs", "bfgs", "oss"):
        objective = quadratic()
        parameters, rng = start(objective, method="classic"), np.random.default_rng(0)
        trainer = make_trainer(name)
        trainer.start(objective, parameters)
        points = []
        for _ in range(5):
            trainer.epoch(objective, parameters, rng)
            points.append(parameters.copy())
        paths.append(np.array(points))
    for path in paths[1:]:
        assert path == pytest.approx(paths[0], abs=1e-6)


@pytest.mark.parametrize("name", SEARCHING)
def test_first_move_is_along_the_gradient(name: str) -> None:
    objective = blobs(dtype=np.float64)
    parameters, rng = start(objective), np.random.default_rng(0)
    first, (_, gradient) = parameters.copy(), objective.loss_and_gradient(parameters)
    trainer = make_trainer(name)
    trainer.start(objective, parameters)
    trainer.epoch(objective, parameters, rng)
    move = parameters - first
    cosine = float(move @ -gradient) / float(np.linalg.norm(move) * np.linalg.norm(gradient))
    assert cosine == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", [*SEARCHING, "scg"])
def test_finds_the_minimum_scipy_finds(name: str) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    objective = blobs(l2=1e-2, dtype=np.float64)
    parameters, rng = start(objective), np.random.default_rng(0)
    wanted = optimize.minimize(
        objective.loss_and_gradient, parameters.copy(), jac=True, method="BFGS", options={"gtol": 1e-9}
    ).fun
    trainer = make_trainer(name)
    trainer.start(objective, parameters)
    for _ in range(400):
        if trainer.epoch(objective, parameters, rng).finished:
            break
    assert objective.value(parameters) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("name", SEARCHING)
def test_no_epoch_raises_the_loss_beyond_rounding(name: str) -> None:
    objective = blobs()
    parameters, rng = start(objective), np.random.default_rng(0)
    trainer = make_trainer(name)
    trainer.start(objective, parameters)
    losses = [trainer.epoch(objective, parameters, rng).loss for _ in range(60)]
    assert max(b - a for a, b in pairwise(losses)) <= 1e-6 * losses[0]


@pytest.mark.parametrize("name", SEARCHING)
def test_at_a_minimum_the_trainer_says_so(name: str) -> None:
    objective = quadratic(np.float32)
    parameters, rng = least_squares(objective)[0].astype(np.float32), np.random.default_rng(0)
    trainer = make_trainer(name)
    trainer.start(objective, parameters)
    for _ in range(20):
        outcome = trainer.epoch(objective, parameters, rng)
        if outcome.finished:
            break
    assert outcome.finished is not None
    assert "this is a minimum" in outcome.finished
    assert parameters == pytest.approx(least_squares(objective)[0], abs=1e-4)


def test_bfgs_refuses_large_networks_with_advice() -> None:
    trainer = make_trainer("bfgs", {"max_parameters": 12})
    with pytest.raises(UsageError) as caught:
        trainer.start(blobs(), start(blobs()))
    assert str(caught.value) == (
        "trainer bfgs keeps a 13 x 13 matrix (0 MiB); its limit is 12 weights and biases; "
        "use --trainer lbfgs or scg, a smaller network, or --option max_parameters=13"
    )


# The line search.

LINES: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "parabola": (lambda a: (a - 3) ** 2, lambda a: 2 * (a - 3)),
    "quartic": (lambda a: a**4 - 3 * a**3 + 2 - a, lambda a: 4 * a**3 - 9 * a**2 - 1),
    "valley": (lambda a: -a / (a * a + 2), lambda a: (a * a - 2) / (a * a + 2) ** 2),
    "steps": (lambda a: (a + 0.05) ** 5 - 2 * (a + 0.05) ** 4, lambda a: 5 * (a + 0.05) ** 4 - 8 * (a + 0.05) ** 3),
    "wavy": (lambda a: 0.1 * math.sin(5 * a) + (a - 2) ** 2, lambda a: 0.5 * math.cos(5 * a) + 2 * (a - 2)),
}


def on_line(name: str) -> tuple[Callable[[float], Point], Point, list[float]]:
    value, slope = LINES[name]
    tried: list[float] = []

    def evaluate(step: float) -> Point:
        tried.append(step)
        return Point(step, value(step), slope(step), np.zeros(1))

    return evaluate, Point(0.0, value(0.0), slope(0.0), np.zeros(1)), tried


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("c2", [0.1, 0.9])
def test_line_search_fulfils_the_strong_wolfe_conditions(name: str, first: float, c2: float) -> None:
    evaluate, begin, tried = on_line(name)
    point = LineSearch(c1=1e-4, c2=c2).search(begin, first, evaluate)
    assert point is not None
    assert point.value <= begin.value + 1e-4 * point.step * begin.slope
    assert abs(point.slope) <= c2 * abs(begin.slope)
    assert len(tried) <= 15


@pytest.mark.parametrize("name", LINES)
def test_line_search_goes_at_least_as_low_as_scipys(name: str) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    value, slope = LINES[name]
    found = optimize.line_search(
        lambda x: value(float(x[0])), lambda x: np.array([slope(float(x[0]))]), np.zeros(1), np.ones(1), c2=0.1
    )
    evaluate, begin, _ = on_line(name)
    point = LineSearch(c2=0.1).search(begin, 1.0, evaluate)
    assert point is not None
    # Both within the same conditions: the loss differs by what those leave open.
    assert point.value == pytest.approx(found[3], rel=0.02, abs=0.02)


def test_line_search_survives_values_that_are_not_finite() -> None:
    def evaluate(step: float) -> Point:
        bad = step > 0.5
        return Point(step, math.nan if bad else (step - 0.4) ** 2, math.inf if bad else 2 * (step - 0.4), np.zeros(1))

    point = LineSearch(c2=0.1).search(evaluate(0.0), 10.0, evaluate)
    assert point is not None
    assert point.step == pytest.approx(0.4, abs=0.05)


def test_line_search_without_any_descent_finds_nothing() -> None:
    point = LineSearch().search(Point(0.0, 1.0, -1.0, np.zeros(1)), 1.0, lambda a: Point(a, 1.0 + a, -1.0, np.zeros(1)))
    assert point is None


def test_line_search_trusts_slopes_where_values_are_rounding() -> None:
    # The true curve falls by 5e-9 to its minimum at 1; the values carry an error of 1e-7.
    def evaluate(step: float) -> Point:
        error = 1e-7 if step else 0.0
        return Point(step, 1 + 5e-9 * ((step - 1) ** 2 - 1) + error, 1e-8 * (step - 1), np.zeros(1))

    assert LineSearch(c2=0.1).search(evaluate(0.0), 0.2, evaluate) is None
    point = LineSearch(c2=0.1, noise=1e-6).search(evaluate(0.0), 0.2, evaluate)
    assert point is not None
    assert point.step == pytest.approx(1, abs=0.1)


def test_cubic_minimum_of_a_known_cubic() -> None:
    # f = x^3 - 3x: minimum at 1
    def at(x: float) -> Point:
        return Point(x, x**3 - 3 * x, 3 * x * x - 3, np.zeros(1))

    assert cubic_minimum(at(0.0), at(3.0)) == pytest.approx(1)
    assert cubic_minimum(at(3.0), at(0.0)) == pytest.approx(1)


def test_memory_of_lbfgs_is_bounded_and_keeps_the_newest() -> None:
    objective = blobs(dtype=np.float64)
    parameters: Array = start(objective)
    trainer, rng = make_trainer("lbfgs", {"memory": 3}), np.random.default_rng(0)
    trainer.start(objective, parameters)
    for _ in range(6):
        before = parameters.copy()
        trainer.epoch(objective, parameters, rng)
    state = trainer.state()
    assert state["moves"].shape == (3, 13)
    assert state["pairs"] == 3
    assert np.array_equal(state["moves"][2], parameters - before)


# Directions from given vectors, against the printed formulas in plain numpy.

G0, G1 = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.4, -0.1])
P0, STEP = np.array([-1.1, 1.8, -0.4]), 0.2


def direction_after(name: str, moves: list[Array], gradients: list[Array]) -> Array:
    """The direction a trainer takes after the given moves between the given gradients."""
    trainer = make_trainer(name)
    trainer.gradient = gradients[0]  # type: ignore[attr-defined]
    trainer.restart()  # type: ignore[attr-defined]
    direction = np.zeros(3)
    for move, (old, new) in zip(moves, pairwise(gradients), strict=True):
        trainer.gradient = new  # type: ignore[attr-defined]
        trainer.since_restart += 1  # type: ignore[attr-defined]
        direction = trainer.next_direction(move / STEP, move, new - old, old)  # type: ignore[attr-defined]
    return direction


def test_fletcher_reeves_and_polak_ribiere_directions() -> None:
    # g1.g1 = .26, g0.g0 = 5.25, g1.(g1 - g0) = .26 - (.3 - .8 - .05) = .81
    assert direction_after("cgf", [STEP * P0], [G0, G1]) == pytest.approx(-G1 + 0.26 / 5.25 * P0)
    assert direction_after("cgp", [STEP * P0], [G0, G1]) == pytest.approx(-G1 + 0.81 / 5.25 * P0)
    # Gradients that hardly change would make beta negative: it becomes 0.
    assert direction_after("cgp", [STEP * P0], [G0, 0.9 * G0]) == pytest.approx(-0.9 * G0)


def test_powell_beale_direction_right_after_a_restart_is_hestenes_and_stiefels() -> None:
    change = G1 - G0
    assert direction_after("cgb", [STEP * P0], [G0, G1]) == pytest.approx(-G1 + (G1 @ change) / (P0 @ change) * P0)


def bfgs_direction(moves: list[Array], gradients: list[Array], scale: float) -> Array:
    inverse = scale * np.eye(3)
    for s, (old, new) in zip(moves, pairwise(gradients), strict=True):
        y = new - old
        left = np.eye(3) - np.outer(s, y) / (s @ y)
        inverse = left @ inverse @ left.T + np.outer(s, s) / (s @ y)
    return -inverse @ gradients[-1]


def test_quasi_newton_directions_equal_the_matrix_formula() -> None:
    s0, s1, g2 = STEP * P0, np.array([0.1, -0.3, 0.2]), np.array([0.35, 0.2, 0.05])
    moves, gradients = [s0, s1], [G0, G1, g2]
    y0, y1 = G1 - G0, g2 - G1
    assert s0 @ y0 > 0
    assert s1 @ y1 > 0
    first, last = (s0 @ y0) / (y0 @ y0), (s1 @ y1) / (y1 @ y1)
    assert direction_after("bfgs", moves, gradients) == pytest.approx(bfgs_direction(moves, gradients, first))
    assert direction_after("lbfgs", moves, gradients) == pytest.approx(bfgs_direction(moves, gradients, last))
    # One-step secant is BFGS from the identity with the last pair alone.
    assert direction_after("oss", moves, gradients) == pytest.approx(bfgs_direction([s1], [G1, g2], 1.0))


@pytest.mark.parametrize("name", ["bfgs", "lbfgs", "oss"])
def test_a_pair_of_negative_curvature_is_left_out(name: str) -> None:
    assert direction_after(name, [-STEP * P0], [G0, G1]) == pytest.approx(-G1)


def test_scg_makes_negative_curvature_positive(monkeypatch: pytest.MonkeyPatch) -> None:
    # H = -3: delta = (-3 + 1) |p|^2 is negative, so lambda = 2 (1 + 2) = 6 and delta = (2 + 1) |p|^2: step 1/3.
    monkeypatch.setattr("anncli.training.trainers.scg.hessian_product", lambda objective, w, p: -3 * p)
    objective = quadratic()
    parameters = start(objective, method="classic")
    first, (_, gradient) = parameters.copy(), objective.loss_and_gradient(parameters)
    trainer = make_trainer("scg", {"damping": 1.0})
    trainer.start(objective, parameters)
    trainer.epoch(objective, parameters, np.random.default_rng(0))
    assert parameters - first == pytest.approx(-gradient / 3, abs=1e-12)
