"""What every backend must do: first steps worked by hand, gradients against central differences, and the promises of a
session about rows, batches, weights, dropout and tolerance.

test_agreement.py compares the other backends with the reference over many networks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from cases import HIDDEN, OUTPUTS, REFERENCE, RULES, Array, Case, assert_close, gradient_of, random_case, run_sweeps

from anncli.backends.base import PLAIN, Backend, Problem, Samples, Session, Shown
from anncli.backends.presentation import dropout_mask, numbered_rows
from anncli.backends.rules import RpropRule, RpropState, UpdateRule, UpdateState
from anncli.backends.updates import clip_norm
from anncli.network.topology import Layer, Topology

PRECISIONS = [np.float32, np.float64]
SMALL = random_case((3, 4, 2), "tanh", "softmax", "cross-entropy", n=9)


def close(found: Any, wanted: Any, dtype: Any) -> bool:
    tolerance = 1e-12 if dtype == np.float64 else 3e-6
    return bool(np.asarray(found) == pytest.approx(np.asarray(wanted), rel=tolerance, abs=tolerance / 10))


def linear(backend: Backend, targets: Array, inputs: Array | None = None, n_outputs: int = 1) -> Session:
    """A session on a linear network with one input and loss mse."""
    inputs = np.ones((len(targets), 1), dtype=targets.dtype) if inputs is None else inputs
    return backend.open(Problem(Topology(1, (Layer(n_outputs, "linear"),)), "mse"), Samples(inputs, targets))


# Steps worked by hand.


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_worked_example_of_one_step_with_penalty(backend: Backend, dtype: Any) -> None:
    """The 3-2-1 network of scikit-learn's test_mlp.py: x = (.6, .8, .7), target 0, alpha 0.1, rate 0.1.

    Hidden: z1 = .06 + .24 + .35 + .1 = .75, z2 = .12 + .08 + 0 + .1 = .3; output z = .1 h1 + .2 h2 + 1.
    Output delta = o; hidden delta = o w h (1 - h); each weight moves by -0.1 (delta * input + 0.1 * weight).
    """
    topology = Topology(3, (Layer(2, "logistic"), Layer(1, "logistic")))
    moved = np.array([0.1, 0.1, 0.1, 0.2, 0.3, 0.1, 0.5, 0.0, 1.0, 0.1, 0.2], dtype=dtype)
    samples = Samples(np.array([[0.6, 0.8, 0.7]], dtype=dtype), np.array([[0.0]], dtype=dtype))
    hidden = [1 / (1 + math.exp(-z)) for z in (0.75, 0.3)]
    output = 1 / (1 + math.exp(-(0.1 * hidden[0] + 0.2 * hidden[1] + 1)))
    assert hidden == [pytest.approx(0.679178699175393), pytest.approx(0.574442516811659)]
    assert output == pytest.approx(0.7654, abs=1e-4)
    session = backend.open(Problem(topology, "binary-cross-entropy"), samples)
    rule = UpdateRule("sgd", 0.1, l2=0.1)
    loss = session.sweep(moved, rule, UpdateState.start(rule, moved), np.array([0]), 1)
    delta = [output * w * h * (1 - h) for w, h in zip((0.1, 0.2), hidden, strict=True)]
    expected = [
        *(0.1 - 0.1 * d for d in delta),
        *(
            w - 0.1 * (d * value + 0.1 * w)
            for value, row in zip((0.6, 0.8, 0.7), ((0.1, 0.2), (0.3, 0.1), (0.5, 0.0)), strict=True)
            for w, d in zip(row, delta, strict=True)
        ),
        1 - 0.1 * output,
        *(w - 0.1 * (output * h + 0.1 * w) for w, h in zip((0.1, 0.2), hidden, strict=True)),
    ]
    assert close(moved, expected, dtype)
    # As published, to the places given there.
    published = [
        0.098333, 0.09626, 0.098, 0.195756, 0.2956664, 0.096008, 0.4939998, -0.002244, 0.9235, 0.04706, 0.154089,
    ]  # fmt: skip
    np.testing.assert_allclose(moved, published, atol=6e-4)
    assert close(loss, -math.log(1 - output), dtype)
    assert session.outputs(moved)[0, 0] == pytest.approx(0.739, abs=5e-4)


def follow(
    backend: Backend, rule: UpdateRule, gradients: list[float], dtype: Any = np.float64
) -> tuple[list[float], list[float]]:
    """Bias and weight of a linear 1-1 network, 2 and 3 at first, after each update with the gradients given.

    With input 1 and target y - g/2 the gradient of (y - t)^2 is g in bias and weight alike, wherever they are.
    """
    parameters = np.array([2.0, 3.0], dtype=dtype)
    state, seen = UpdateState.start(rule, parameters), []
    for g in gradients:
        session = linear(backend, np.array([[parameters.sum() - dtype(g / 2)]], dtype=dtype))
        session.sweep(parameters, rule, state, np.array([0]), 1)
        seen.append(parameters.tolist())
    assert state.step == len(gradients)
    return [b for b, _ in seen], [w for _, w in seen]


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_sgd_momentum_by_hand(backend: Backend, dtype: Any) -> None:
    # v = .9 v - .1 g: -0.1, -0.19, -0.271; the parameter moves by v.
    biases, weights = follow(backend, UpdateRule("sgd", 0.1, momentum=0.9), [1, 1, 1], dtype)
    assert close(biases, [1.9, 1.71, 1.439], dtype)
    assert close(weights, [2.9, 2.71, 2.439], dtype)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_nesterov_by_hand(backend: Backend, dtype: Any) -> None:
    # v as above; the parameter moves by .9 v - .1 g: -0.19, -0.271, -0.3439.
    biases, _ = follow(backend, UpdateRule("nesterov", 0.1, momentum=0.9), [1, 1, 1], dtype)
    assert close(biases, [1.81, 1.539, 1.1951], dtype)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_penalties_pull_weights_and_leave_biases(backend: Backend, dtype: Any) -> None:
    # Gradient 0: l2 moves the weight by -rate * l2 * w = -.1 * .5 * 3, l1 by -rate * l1 = -.1 * .5; the bias stays.
    for rule, weight in ((UpdateRule("sgd", 0.1, l2=0.5), 2.85), (UpdateRule("sgd", 0.1, l1=0.5), 2.95)):
        biases, weights = follow(backend, rule, [0], dtype)
        assert biases == [2.0]
        assert close(weights, [weight], dtype)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_clipping_by_hand(backend: Backend, dtype: Any) -> None:
    # The gradient (4, 4) has norm sqrt(32); clipped to 1 both parts are sqrt(1/2). (.4, .4) is short enough.
    biases, _ = follow(backend, UpdateRule("sgd", 0.5, clip=1.0), [4, 0.4], dtype)
    assert close(biases, [2 - 0.5 * 0.5**0.5, 2 - 0.5 * 0.5**0.5 - 0.2], dtype)


GRADIENTS = [1.0, -0.5, 2.0, 0.25]


def adam_by_the_paper(w: float, rule: UpdateRule, decay: float) -> list[float]:
    """Algorithm 1 of Kingma & Ba 2015, with the decay of Loshchilov & Hutter 2019, one number at a time."""
    m = s = 0.0
    seen = []
    for t, g in enumerate(GRADIENTS, 1):
        w_before = w
        m = rule.beta1 * m + (1 - rule.beta1) * g
        s = rule.beta2 * s + (1 - rule.beta2) * g * g
        m_hat, s_hat = m / (1 - rule.beta1**t), s / (1 - rule.beta2**t)
        w = w_before - rule.learning_rate * (m_hat / (math.sqrt(s_hat) + rule.epsilon) + decay * w_before)
        seen.append(w)
    return seen


# The large epsilon shows where it stands: beside the corrected root.
@pytest.mark.parametrize("settings", [{}, {"beta1": 0.8, "beta2": 0.9, "epsilon": 0.3}])
@pytest.mark.parametrize("dtype", PRECISIONS)
def test_adam_follows_the_paper(backend: Backend, settings: dict[str, float], dtype: Any) -> None:
    rule = UpdateRule("adam", 0.1, **settings)
    biases, weights = follow(backend, rule, GRADIENTS, dtype)
    assert close(biases, adam_by_the_paper(2.0, rule, 0.0), dtype)
    assert close(weights, adam_by_the_paper(3.0, rule, 0.0), dtype)


def test_first_step_of_adam_is_the_learning_rate_whatever_the_gradient(backend: Backend) -> None:
    for g in (1e-2, 1.0, -50.0):
        for dtype in PRECISIONS:
            biases, _ = follow(backend, UpdateRule("adam", 0.1), [g], dtype)
            assert biases[0] == pytest.approx(2.0 - math.copysign(0.1, g), rel=1e-5)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_adamw_shrinks_weights_by_the_value_before_the_update_and_leaves_biases(backend: Backend, dtype: Any) -> None:
    rule = UpdateRule("adamw", 0.1, weight_decay=0.5, epsilon=0.1)
    biases, weights = follow(backend, rule, GRADIENTS, dtype)
    assert close(biases, adam_by_the_paper(2.0, rule, 0.0), dtype)
    assert close(weights, adam_by_the_paper(3.0, rule, 0.5), dtype)


def update(backend: Backend, rule: UpdateRule, gradients: list[float], dtype: Any) -> list[float]:
    """The bias, 2 at first, after each call of Session.update()."""
    session = linear(backend, np.zeros((1, 1), dtype=dtype))
    parameters, seen = np.array([2.0, 0.0], dtype=dtype), []
    state = UpdateState.start(rule, parameters)
    for g in gradients:
        session.update(rule, state, parameters, np.array([g, g], dtype=dtype))
        seen.append(float(parameters[0]))
    return seen


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize(
    ("rule", "gradients", "moves"),
    [
        (UpdateRule("sgd", 0.1, 0.9), [1.0, 1.0], [-0.1, -0.19]),
        (UpdateRule("nesterov", 0.1, 0.9), [1.0, 1.0], [-0.19, -0.271]),
        # The signs are those of the mean gradient: m-hat = g, s-hat = g^2 at first.
        (UpdateRule("adam", 0.1, epsilon=1e-12), [4.0, 4.0], [-0.1, -0.1]),
        # 3 / sqrt(9), 4 / sqrt(25), 12 / sqrt(169) times the rate.
        (UpdateRule("adagrad", 0.1, epsilon=0.0), [3.0, 4.0, 12.0], [-0.1, -0.08, -12 / 13 / 10]),
        # s = .1 * 4 = .4;  s = .36 + .1 = .46.
        (UpdateRule("rmsprop", 0.1, beta2=0.9, epsilon=0.0), [2.0, 1.0], [-0.2 / 0.4**0.5, -0.1 / 0.46**0.5]),
        # m = .1, s = .001: (.9/.19 * .1 + 1) / 1;  g = 0: m = .09, s = .000999: .9/.271 * .09 / sqrt(.000999/.001999).
        (
            UpdateRule("nadam", 0.1, epsilon=0.0),
            [1.0, 0.0],
            [-0.1 * (1 + 0.09 / 0.19), -0.1 * 0.9 / 0.271 * 0.09 / (0.000999 / 0.001999) ** 0.5],
        ),
        # z = 1.9, 1.8; c = 1, 1/2: w = 1.9, 1.85.
        (UpdateRule("schedule-free", 0.1, epsilon=0.0), [1.0, 1.0], [-0.1, -0.05]),
        # Rates .1/4 and .2/4: z = 1.975, 1.925; c = 1, (1/4) / (1/4 + 1/16) = 4/5: w = 1.975, 1.935.
        (UpdateRule("schedule-free", 0.1, epsilon=0.0, warm_up=3), [1.0, 1.0], [-0.025, -0.04]),
    ],
    ids=lambda value: value.name if isinstance(value, UpdateRule) else "",
)
def test_updates_by_hand(
    backend: Backend, rule: UpdateRule, gradients: list[float], moves: list[float], dtype: Any
) -> None:
    assert close(update(backend, rule, gradients, dtype), 2 + np.cumsum(moves), dtype)


@pytest.mark.parametrize("name", ["sgd", "nesterov", "adam", "adamw"])
def test_an_update_with_the_gradient_is_a_sweep(backend: Backend, name: str) -> None:
    rule = UpdateRule(name, 0.05, 0.9, epsilon=1e-2, weight_decay=0.1, l2=0.1, l1=0.01, clip=0.5)
    session, gradient = SMALL.open(backend), np.empty_like(SMALL.parameters)
    swept, stepped = SMALL.parameters.copy(), SMALL.parameters.copy()
    states = [UpdateState.start(rule, swept) for _ in range(2)]
    for _ in range(3):
        session.sweep(swept, rule, states[0], SMALL.rows, 100)
        session.gradient(stepped, gradient, SMALL.rows)
        session.update(rule, states[1], stepped, gradient)
    assert_close(swept, stepped)
    assert states[0].step == states[1].step == 3


# Gradients.


def slopes(case: Case, l2: float, shown: Shown) -> Array:
    """(E(w + h) - E(w - h)) / 2h for each parameter, by the reference in float64."""
    session, point = case.as_type(np.float64).open(REFERENCE), case.parameters.astype(np.float64)
    ignored, result = np.empty_like(point), np.empty_like(point)
    for place in range(len(point)):
        values = []
        for h in (1e-5, -1e-5):
            moved = point.copy()
            moved[place] += h
            values.append(session.gradient(moved, ignored, case.rows, shown, l2=l2))
        result[place] = (values[0] - values[1]) / 2e-5
    return result


@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
def test_gradients_are_slopes_with_every_output(backend: Backend, output: str, loss: str) -> None:
    case = random_case((3, 4, 3), "tanh", output, loss, seed=5)
    value, gradient = gradient_of(backend, case, 0.1)
    assert_close(gradient, slopes(case, 0.1, PLAIN), 1e-5)
    assert value == pytest.approx(gradient_of(REFERENCE, case.as_type(np.float64), 0.1)[0], rel=1e-6)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("shown", [PLAIN, Shown(0.4, 0.2, seed=11, rows_seen=17)], ids=["plain", "dropout"])
def test_gradients_are_slopes_with_every_hidden_activation(backend: Backend, hidden: str, shown: Shown) -> None:
    case = random_case((3, 5, 4, 2), hidden, "softmax", "cross-entropy", seed=3)
    assert_close(gradient_of(backend, case, 0.1, shown)[1], slopes(case, 0.1, shown), 1e-5)


def test_another_position_in_the_stream_of_masks_is_another_loss(backend: Backend) -> None:
    first, again, later = (gradient_of(backend, SMALL, 0.0, Shown(0.4, 0.2, 11, seen))[0] for seen in (17, 17, 18))
    assert first == again != later


def test_penalty_is_half_l2_times_the_squares_of_weights(backend: Backend) -> None:
    plain, gradient = gradient_of(backend, SMALL)
    value, with_penalty = gradient_of(backend, SMALL, 0.3)
    weights = SMALL.topology.weights_mask()
    assert value - plain == pytest.approx(0.15 * (SMALL.parameters[weights] ** 2).sum(), rel=1e-5)
    np.testing.assert_allclose(with_penalty - gradient, np.where(weights, 0.3 * SMALL.parameters, 0), atol=1e-6)


def test_loss_alone_is_the_loss_with_the_gradient(backend: Backend) -> None:
    case = random_case((3, 4, 2), "tanh", "softmax", "cross-entropy", n=700)
    session, gradient = case.open(backend), np.empty_like(case.parameters)
    assert session.loss(case.parameters, l2=0.1) == session.gradient(case.parameters, gradient, l2=0.1)


def test_another_loss_than_that_of_the_problem(backend: Backend) -> None:
    other = SMALL._replace(loss="mse").open(backend).loss(SMALL.parameters, SMALL.rows)
    assert SMALL.open(backend).loss(SMALL.parameters, SMALL.rows, loss="mse") == other
    assert SMALL.open(backend).loss(SMALL.parameters, SMALL.rows) != other


# Rows, batches and weights.


def test_rows_choose_and_order_samples_in_every_call(backend: Backend) -> None:
    rows = np.array([7, 2, 2, 0])
    case = SMALL._replace(rows=rows)
    assert case.weights is not None
    taken = case._replace(
        inputs=case.inputs[rows], targets=case.targets[rows], weights=case.weights[rows], rows=np.arange(4)
    )
    outputs = case.open(backend).outputs(case.parameters, rows)
    assert_close(outputs, taken.open(backend).outputs(case.parameters))
    assert_close(gradient_of(backend, case)[1], gradient_of(backend, taken)[1])
    assert gradient_of(backend, case)[0] == pytest.approx(gradient_of(backend, taken)[0], rel=1e-6)
    rule = UpdateRule("adam", 0.1, epsilon=1e-2)
    found, wanted = run_sweeps(backend, case, rule, 3), run_sweeps(backend, taken, rule, 3)
    assert_close(found["parameters"], wanted["parameters"])
    assert_close(found["losses"], wanted["losses"])


@pytest.mark.parametrize(
    "rows",
    [
        np.array([1, 2, 5], dtype=np.int32), np.array([1, 2, 5], dtype=np.uint8), np.array([1, 2, 5])[::1],
        np.isin(np.arange(9), [1, 2, 5]), np.array([1, 0, 2, 0, 5, 0])[::2],
    ],
    ids=["int32", "uint8", "int64", "mask", "gaps"],
)  # fmt: skip
def test_rows_of_any_kind(backend: Backend, rows: Array) -> None:
    session, gradients = SMALL.open(backend), np.empty((2, len(SMALL.parameters)), dtype=np.float32)
    plain = np.array([1, 2, 5])
    assert session.outputs(SMALL.parameters, rows).tolist() == session.outputs(SMALL.parameters, plain).tolist()
    assert session.loss(SMALL.parameters, rows) == session.loss(SMALL.parameters, plain)
    for shown in (PLAIN, Shown(0.5)):
        for gradient, chosen in zip(gradients, (rows, plain), strict=True):
            session.gradient(SMALL.parameters, gradient, chosen, shown)
        assert gradients[0].tolist() == gradients[1].tolist()
    rule, moved = UpdateRule("sgd", 0.1), [SMALL.parameters.copy() for _ in range(2)]
    for parameters, chosen in zip(moved, (rows, plain), strict=True):
        session.sweep(parameters, rule, UpdateState.start(rule, parameters), chosen, 2)
    assert moved[0].tolist() == moved[1].tolist()


def test_rows_of_a_slice_and_no_rows_named(backend: Backend) -> None:
    session = SMALL.open(backend)
    everything = session.outputs(SMALL.parameters)
    assert session.outputs(SMALL.parameters, slice(2, 6)).tolist() == everything[2:6].tolist()
    assert session.outputs(SMALL.parameters, np.arange(9)).tolist() == everything.tolist()
    gradients = np.empty((2, len(SMALL.parameters)), dtype=np.float32)
    for shown in (PLAIN, Shown(0.5)):
        session.gradient(SMALL.parameters, gradients[0], None, shown)
        session.gradient(SMALL.parameters, gradients[1], np.arange(9), shown)
        assert gradients[0].tolist() == gradients[1].tolist()


def test_impossible_rows_are_refused(backend: Backend) -> None:
    session, rule = SMALL.open(backend), UpdateRule("sgd", 0.1)
    parameters = SMALL.parameters.copy()
    gradient, state = np.empty_like(parameters), UpdateState.start(rule, parameters)
    # The last two would be rows 1 and 0 in 32 bits.
    for number in (-1, 9, 2**32 + 1, -(2**32)):
        rows = np.array([0, number])
        for call in (
            lambda rows=rows: session.outputs(parameters, rows),
            lambda rows=rows: session.loss(parameters, rows),
            lambda rows=rows: session.gradient(parameters, gradient, rows),
            lambda rows=rows: session.gradient(parameters, gradient, rows, Shown(0.5)),
            lambda rows=rows: session.sweep(parameters, rule, state, rows, 2),
        ):
            with pytest.raises(IndexError):
                call()
    with pytest.raises(IndexError, match=r"a mask of shape \(2,\) for 9 rows"):
        session.outputs(parameters, np.array([True, False]))
    assert parameters.tolist() == SMALL.parameters.tolist()


@pytest.mark.parametrize("sizes", [(3, 2), (3, 4, 1), (3, 4, 2)], ids=str)
@pytest.mark.parametrize("batch_size", [1, 5])
def test_a_mean_over_no_rows_is_refused_and_changes_nothing(
    backend: Backend, sizes: tuple[int, ...], batch_size: int
) -> None:
    case = random_case(sizes, "tanh", "logistic", "mse")
    rule, parameters, rows = RULES["momentum"][0], case.parameters.copy(), np.zeros(0, dtype=np.int32)
    state, session = UpdateState.start(rule, parameters), case.open(backend)
    with pytest.raises(ZeroDivisionError):
        session.sweep(parameters, rule, state, rows, batch_size)
    with pytest.raises(ZeroDivisionError):
        session.loss(parameters, rows)
    with pytest.raises(ZeroDivisionError):
        session.gradient(parameters, np.empty_like(parameters), rows)
    assert session.outputs(parameters, rows).shape == (0, sizes[-1])
    assert np.array_equal(parameters, case.parameters)
    assert state.step == 0


def test_impossible_sweeps_are_refused(backend: Backend) -> None:
    session, parameters = SMALL.open(backend), SMALL.parameters.copy()
    for rule, batch_size, shown, message in (
        (UpdateRule("sgd", 0.1), 2, Shown(tolerance=0.1), "a tolerance needs batch size 1"),
        (UpdateRule("sgd", 0.1), 0, PLAIN, "batch of 0 rows"),
        (UpdateRule("nadam", 0.1), 2, PLAIN, "a sweep needs one of the rules sgd, nesterov, adam, adamw"),
    ):
        with pytest.raises(ValueError, match=f"^{message}$"):
            session.sweep(parameters, rule, UpdateState.start(rule, parameters), SMALL.rows, batch_size, shown)
    assert parameters.tolist() == SMALL.parameters.tolist()


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_last_batch_is_what_remains(backend: Backend, dtype: Any) -> None:
    case = SMALL._replace(rows=np.arange(5), weights=None).as_type(dtype)
    rule = UpdateRule("sgd", 0.1, momentum=0.9, l2=0.01)
    swept = run_sweeps(backend, case, rule, 2, sweeps=1)
    assert swept["step"] == [3]
    # The same by three calls, and by the gradient: v = .9 v - .1 g, w += v.
    session = case.open(backend)
    stepped, own = case.parameters.copy(), UpdateState.start(rule, case.parameters)
    by_gradient, velocity, losses = case.parameters.astype(np.float64), np.zeros(len(case.parameters)), []
    for rows in (np.array([0, 1]), np.array([2, 3]), np.array([4])):
        assert close(swept["outputs"][rows], session.outputs(stepped, rows), dtype)
        losses += [session.loss(stepped, np.array([row])) for row in rows]
        session.sweep(stepped, rule, own, rows, 2)
        gradient = np.empty_like(case.parameters)
        session.gradient(by_gradient.astype(dtype), gradient, rows, l2=0.01)
        velocity = 0.9 * velocity - 0.1 * gradient
        by_gradient += velocity
    np.testing.assert_array_equal(swept["parameters"], stepped)
    np.testing.assert_array_equal(swept["first"], own.first)
    assert close(swept["parameters"], by_gradient, dtype)
    assert close(swept["losses"], [np.mean(losses)], dtype)


def test_batch_larger_than_the_data_is_one_batch(backend: Backend) -> None:
    rule = UpdateRule("sgd", 0.1)
    whole, exact = (run_sweeps(backend, SMALL, rule, size, sweeps=1) for size in (100, len(SMALL.rows)))
    np.testing.assert_array_equal(whole["parameters"], exact["parameters"])
    assert whole["step"] == [1]


def test_weight_two_is_a_row_shown_twice_and_weight_zero_a_row_left_out(backend: Backend) -> None:
    weights = np.ones(9, dtype=np.float32)
    weights[:4] = [2, 0, 1, 1]
    case = SMALL._replace(weights=weights, rows=np.arange(4))
    twice = SMALL._replace(weights=None, rows=np.array([0, 0, 2, 3]))
    value, gradient = gradient_of(backend, case)
    assert value == pytest.approx(gradient_of(backend, twice)[0], rel=1e-6)
    assert_close(gradient, gradient_of(backend, twice)[1])
    rule = UpdateRule("sgd", 0.1, momentum=0.5, l2=0.01)
    found, wanted = run_sweeps(backend, case, rule, 4), run_sweeps(backend, twice, rule, 4)
    assert_close(found["parameters"], wanted["parameters"])
    assert_close(found["losses"], wanted["losses"])


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("rule", ["sgd", "l1-clip"])
def test_what_a_row_of_weight_zero_holds_does_not_matter(backend: Backend, batch_size: int, rule: str) -> None:
    for sizes in ((3, 4, 1), (3, 4, 2)):
        case = random_case(sizes, "tanh", "logistic", "mse")
        assert case.weights is not None
        case.weights[[1, 4, 5]] = 0
        other = case._replace(inputs=case.inputs.copy(), targets=case.targets.copy())
        other.inputs[[1, 4, 5]] += 3
        other.targets[[1, 4, 5]] = 1 - other.targets[[1, 4, 5]]
        chosen, shown = RULES[rule]
        found, wanted = (run_sweeps(backend, one, chosen, batch_size, shown) for one in (case, other))
        for name in ("parameters", "first", "losses", "step"):
            assert found[name].tolist() == wanted[name].tolist(), name
        for shown in (PLAIN, Shown(0.4, 0.2, 5)):
            (value, gradient), (same, equal) = (gradient_of(backend, one, 0.1, shown) for one in (case, other))
            assert (value, gradient.tolist()) == (same, equal.tolist())
        # A row alone with weight 0: no loss, no gradient, and the rows of a mean are counted with it.
        session, zeros = case.open(backend), np.full_like(case.parameters, np.nan)
        assert session.gradient(case.parameters, zeros, np.array([4])) == 0
        assert not zeros.any()
        pair = session.loss(case.parameters, np.array([0, 4]))
        assert pair == pytest.approx(session.loss(case.parameters, np.array([0])) / 2, rel=1e-6)


# Tolerance and dropout in sweeps.


@pytest.mark.parametrize("name", ["sgd", "nesterov", "adam", "adamw"])
@pytest.mark.parametrize("clip", [0.0, 100.0])
def test_row_within_tolerance_changes_nothing(backend: Backend, name: str, clip: float) -> None:
    rule = UpdateRule(name, 0.1, momentum=0.9, l2=0.1, weight_decay=0.1, clip=clip)
    parameters = np.array([0.5, 1.0, 0.0, 0.0], dtype=np.float32)  # outputs 0.5 and 1 for every input
    near, edge, far = [0.5, 1.125], [0.75, 0.75], [0.5, 1.375]
    state, shown = UpdateState.start(rule, parameters), Shown(tolerance=0.25)
    assert state.first is not None
    state.first[:], state.step = 1, 5
    moved = parameters.copy()
    session = linear(backend, np.array([near, edge, near], dtype=np.float32), n_outputs=2)
    loss = session.sweep(moved, rule, state, np.arange(3), 1, shown)
    assert moved.tolist() == parameters.tolist()
    assert state.first.tolist() == [1, 1, 1, 1]
    assert state.step == 5
    # Skipped rows still count in the loss: (.125^2 / 2 + .125 / 2 + .125^2 / 2) / 3.
    assert loss == pytest.approx((0.125**2 + 0.0625) / 3, rel=1e-6)
    # One output beyond the tolerance is enough.
    session = linear(backend, np.array([far] * 3, dtype=np.float32), n_outputs=2)
    session.sweep(moved, rule, state, np.arange(3), 1, shown)
    assert moved.tolist() != parameters.tolist()
    assert state.step > 5


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("rule", [UpdateRule("sgd", 0.0), UpdateRule("sgd", 0.0, clip=1.0)], ids=["sgd", "clip"])
def test_each_layer_has_masks_of_its_own_numbered_by_row_and_unit(
    backend: Backend, rule: UpdateRule, dtype: Any
) -> None:
    case = random_case((3, 5, 4, 2), "tanh", "softmax", "cross-entropy").as_type(dtype)
    shown, outputs = Shown(0.4, 0.2, seed=11, rows_seen=17), np.empty((6, 2), dtype=dtype)
    state, parameters = UpdateState.start(rule, case.parameters), case.parameters.copy()
    case.open(backend).sweep(parameters, rule, state, np.arange(6), 4, shown, outputs)
    # Units are counted through the network, inputs first: 3 + 5 + 4 = 12 a row, starting at row 17.
    masks = [
        dropout_mask(11, fraction, numbered_rows(17, 6, None), 12, *place)
        for fraction, place in ((0.2, (0, 3)), (0.4, (3, 5)), (0.4, (8, 4)))
    ]
    a = case.inputs[:6].astype(np.float64)
    for mask, weights, biases in zip(
        masks, case.topology.weights(case.parameters), case.topology.biases(case.parameters), strict=True
    ):
        z = (a * mask) @ weights + biases
        a = np.tanh(z)
    e = np.exp(z)
    assert close(outputs, e / e.sum(axis=1, keepdims=True), dtype)


# Precision, memory and the life of a session.


@pytest.mark.parametrize("name", RULES)
def test_samples_stay_as_they_are_and_the_precision_too(backend: Backend, name: str) -> None:
    rule, shown = RULES[name]
    for dtype in PRECISIONS:
        case = SMALL.as_type(dtype)
        kept = [array.copy() for array in (case.parameters, case.inputs, case.targets, case.weights, case.rows)]  # type: ignore[union-attr]
        found = run_sweeps(backend, case, rule, 4, shown)
        gradient_of(backend, case, 0.1, shown)
        assert found["parameters"].dtype == found["first"].dtype == dtype
        assert np.isfinite(found["parameters"]).all()
        assert case.open(backend).outputs(case.parameters).dtype == dtype
        arrays = (case.parameters, case.inputs, case.targets, case.weights, case.rows)
        for array, before in zip(arrays, kept, strict=True):
            np.testing.assert_array_equal(array, before)  # type: ignore[arg-type]


def test_float64_is_computed_in_float64(backend: Backend) -> None:
    wide = SMALL.as_type(np.float64)
    value, gradient = gradient_of(backend, wide)
    wanted, expected = gradient_of(REFERENCE, wide)
    assert (value, gradient.tolist()) == (wanted, expected.tolist())
    # Also where only the parameters are float64.
    session, mixed = SMALL.open(backend), np.empty(len(wide.parameters))
    assert session.gradient(wide.parameters, mixed, SMALL.rows) == pytest.approx(wanted, rel=1e-14)
    np.testing.assert_allclose(mixed, expected, rtol=1e-12, atol=1e-16)


def test_arrays_with_gaps(backend: Backend) -> None:
    gaps = SMALL._replace(inputs=np.repeat(SMALL.inputs, 2, axis=1)[:, ::2])
    assert not gaps.inputs.flags.c_contiguous
    assert_close(gradient_of(backend, gaps)[1], gradient_of(backend, SMALL)[1])


@pytest.mark.parametrize("n", [1, 239, 240, 241, 511, 512, 513, 1025])
def test_blocks_do_not_show(backend: Backend, n: int) -> None:
    case = random_case((3, 4, 2), "tanh", "softmax", "cross-entropy", n=n)
    case = case._replace(rows=np.random.default_rng(2).permutation(n))
    value, gradient = gradient_of(backend, case, 0.1)
    session, parts, total = case.open(backend), np.zeros(len(case.parameters)), 0.0
    one = np.empty_like(case.parameters)
    for row in case.rows:
        total += session.gradient(case.parameters, one, np.array([row]), l2=0.1)
        parts += one
    assert value == pytest.approx(total / n, rel=1e-5)
    assert_close(gradient, parts / n)
    wanted = [session.outputs(case.parameters, np.array([row]))[0] for row in case.rows]
    assert_close(session.outputs(case.parameters, case.rows), wanted)


def test_large_values_stay_finite_and_nan_stays_nan(backend: Backend) -> None:
    z = np.array([[-1e4], [-90], [-20], [-1e-20], [0], [1e-3], [20], [90], [1e4]], dtype=np.float32)
    for name in HIDDEN:
        problem, identity = Problem(Topology(1, (Layer(1, name),))), np.array([0, 1], dtype=np.float32)
        session, wanted = backend.open(problem, Samples(z)), REFERENCE.open(problem, Samples(z.astype(np.float64)))
        assert_close(session.outputs(identity), wanted.outputs(identity.astype(np.float64)), 3e-7)
        assert np.isnan(session.outputs(np.array([0, np.nan], np.float32), slice(3))).all(), name


@pytest.mark.parametrize("loss", ["cross-entropy", "focal", "mse"])
@pytest.mark.parametrize("n_outputs", [3, 40])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_outputs_that_are_no_numbers_have_no_loss(backend: Backend, loss: str, n_outputs: int, value: float) -> None:
    case = random_case((4, n_outputs), "tanh", "softmax", loss)
    for unit in (0, n_outputs - 1):
        case.parameters[unit] = value  # a bias of the only layer
        assert np.isnan(gradient_of(backend, case)[0])


def test_samples_without_targets_have_outputs_only(backend: Backend) -> None:
    session, rule = backend.open(Problem(SMALL.topology, SMALL.loss), Samples(SMALL.inputs)), UpdateRule("sgd", 0.1)
    parameters = SMALL.parameters.copy()
    assert session.outputs(parameters).tolist() == SMALL.open(backend).outputs(parameters).tolist()
    for call in (
        lambda: session.loss(parameters),
        lambda: session.gradient(parameters, np.empty_like(parameters)),
        lambda: session.gradient(parameters, np.empty_like(parameters), None, Shown(0.5)),
        lambda: session.sweep(parameters, rule, UpdateState.start(rule, parameters), np.arange(9), 1),
    ):
        with pytest.raises(ValueError, match=r"^these samples have no targets$"):
            call()


def test_a_closed_session_refuses_to_compute(backend: Backend) -> None:
    session, rule, parameters = SMALL.open(backend), UpdateRule("sgd", 0.1), SMALL.parameters.copy()
    state, other = UpdateState.start(rule, parameters), session.over(Samples(SMALL.inputs[:2]))
    session.close()
    session.close()
    for call in (
        lambda: session.outputs(parameters),
        lambda: session.loss(parameters),
        lambda: session.gradient(parameters, np.empty_like(parameters)),
        lambda: session.sweep(parameters, rule, state, np.arange(9), 1),
        lambda: session.outputs(parameters.astype(np.float64)),
    ):
        with pytest.raises(ValueError, match=r"^the session is closed$"):
            call()
    assert other.outputs(parameters).shape == (2, 2)


def test_a_session_over_other_samples(backend: Backend) -> None:
    other = random_case((3, 4, 2), "tanh", "softmax", "cross-entropy", n=5, seed=8)
    session = SMALL.open(backend).over(Samples(other.inputs, other.targets))
    assert session.loss(other.parameters) == other._replace(weights=None).open(backend).loss(other.parameters)


def test_same_call_same_bits(backend: Backend) -> None:
    for name, (rule, shown) in RULES.items():
        one, two = (run_sweeps(backend, SMALL, rule, 4, shown) for _ in range(2))
        assert all(one[key].tobytes() == two[key].tobytes() for key in one), name


# Rprop.


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_rprop_limits_and_nan(backend: Backend, dtype: Any) -> None:
    rule = RpropRule(1.2, 0.5, 0.08, 0.11, "back")
    w, g = np.zeros(4, dtype), np.array([2, -2, np.nan, 0], dtype)
    state = RpropState(np.array([1, 1, 1, 1], dtype), np.full(4, 0.1, dtype), np.full(4, 9, dtype))
    SMALL.open(backend).update(rule, state, w, g)
    # Grown to the upper limit, shrunk to the lower one and taken back, not a number, unchanged.
    assert state.step[[0, 1, 3]].tolist() == pytest.approx([0.11, 0.08, 0.1])
    assert state.move[[0, 1, 3]].tolist() == pytest.approx([-0.11, -9, 0])
    assert np.isnan(w[2])
    assert w[[0, 1, 3]].tolist() == pytest.approx([-0.11, -9, 0])
    assert state.previous_gradient[[0, 1, 3]].tolist() == [2, 0, 0]


@pytest.mark.parametrize("turn", ["on", "back", "stay"])
@pytest.mark.parametrize("size", [1, 7, 16, 1001])
def test_rprop_steps_are_the_same_bits_in_every_backend(backend: Backend, turn: str, size: int) -> None:
    rule, first = RpropRule(1.2, 0.5, 1e-6, 50.0, turn), np.random.default_rng(size).normal(size=size)

    def path(one: Backend) -> list[bytes]:
        draw, parameters = np.random.default_rng(3), first.astype(np.float32)
        state = RpropState(np.zeros(size, np.float32), np.full(size, 0.1, np.float32), np.zeros(size, np.float32))
        session, seen = SMALL.open(one), []
        for number in range(40):
            gradient = draw.normal(size=size).astype(np.float32) + np.float32(0.5)
            gradient[draw.random(size) < 0.1] = 0
            gradient *= np.float32(1e-30) if number % 3 else np.float32(1)
            session.update(rule, state, parameters, gradient)
            seen += [a.tobytes() for a in (parameters, state.previous_gradient, state.step, state.move)]
        return seen

    assert path(backend) == path(REFERENCE)


def test_clip_norm_shortens_only_long_vectors() -> None:
    g = np.array([3.0, 4.0])
    clip_norm(g, 10.0)
    assert g.tolist() == [3, 4]
    clip_norm(g, 1.0)
    assert g == pytest.approx([0.6, 0.8])
