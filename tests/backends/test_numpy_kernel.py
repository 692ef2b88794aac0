"""The numpy kernel: first steps worked by hand, and what an epoch promises about rows, batches, weights and dropout."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from anncli.backends import reference as numpy_kernel
from anncli.backends.reference import NumpyKernel
from anncli.backends.rules import UpdateRule, UpdateState, dropout_mask, splitmix64
from anncli.network.topology import Layer, Topology

KERNEL = NumpyKernel()
SMALL = Topology(3, (Layer(4, "tanh"), Layer(2, "softmax")))


def problem(n: int, topology: Topology = SMALL, dtype: type = np.float64, seed: int = 0) -> tuple[Any, Any, Any]:
    """(parameters, inputs, one-hot targets)."""
    rng = np.random.default_rng(seed)
    parameters = (rng.normal(size=topology.n_parameters) * 0.7).astype(dtype)
    inputs = rng.normal(size=(n, topology.n_inputs)).astype(dtype)
    targets = np.eye(max(topology.n_outputs, 2), dtype=dtype)[rng.integers(0, topology.n_outputs, n)]
    return parameters, inputs, targets[:, : topology.n_outputs]


def run(
    rule: UpdateRule,
    parameters: Any,
    inputs: Any,
    targets: Any,
    *,
    rows: Any = None,
    batch_size: int = 1,
    weights: Any = None,
    topology: Topology = SMALL,
    loss: str = "cross-entropy",
    state: UpdateState | None = None,
    outputs: Any = None,
) -> tuple[Any, float, UpdateState]:
    """One epoch on a copy: (parameters after it, mean loss, state)."""
    moved = parameters.copy()
    state = state or UpdateState.zeros(rule, parameters)
    rows = np.arange(len(inputs)) if rows is None else np.array(rows)
    mean = KERNEL.epoch(topology, moved, loss, rule, state, inputs, targets, weights, rows, batch_size, outputs)
    return moved, mean, state


def test_worked_example_of_one_step_with_penalty() -> None:
    """The 3-2-1 network of scikit-learn's test_mlp.py: x = (.6, .8, .7), target 0, alpha 0.1, rate 0.1.

    Hidden: z1 = .06 + .24 + .35 + .1 = .75, z2 = .12 + .08 + 0 + .1 = .3; output z = .1 h1 + .2 h2 + 1.
    Output delta = o; hidden delta = o w h (1 - h); each weight moves by -0.1 (delta * input + 0.1 * weight).
    """
    topology = Topology(3, (Layer(2, "logistic"), Layer(1, "logistic")))
    parameters = np.array([0.1, 0.1, 0.1, 0.2, 0.3, 0.1, 0.5, 0.0, 1.0, 0.1, 0.2])
    x, target = np.array([[0.6, 0.8, 0.7]]), np.array([[0.0]])
    hidden = [1 / (1 + math.exp(-z)) for z in (0.75, 0.3)]
    output = 1 / (1 + math.exp(-(0.1 * hidden[0] + 0.2 * hidden[1] + 1)))
    assert hidden == [pytest.approx(0.679178699175393), pytest.approx(0.574442516811659)]
    assert output == pytest.approx(0.7654, abs=1e-4)
    moved, loss, _ = run(
        UpdateRule("sgd", 0.1, l2=0.1), parameters, x, target, topology=topology, loss="binary-cross-entropy"
    )
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
    np.testing.assert_allclose(moved, expected, rtol=1e-14, atol=1e-16)
    # As published, to the places given there.
    published = [
        0.098333,
        0.09626,
        0.098,
        0.195756,
        0.2956664,
        0.096008,
        0.4939998,
        -0.002244,
        0.9235,
        0.04706,
        0.154089,
    ]
    np.testing.assert_allclose(moved, published, atol=6e-4)
    assert loss == pytest.approx(-math.log(1 - output), rel=1e-14)
    assert KERNEL.forward(topology, moved, x)[0, 0] == pytest.approx(0.739, abs=5e-4)


def follow(rule: UpdateRule, gradients: list[float], start: tuple[float, float] = (2.0, 3.0)) -> list[list[float]]:
    """(bias, weight) of a linear 1-1 network after each update, the gradient of both being as given.

    With input 1 and target y - g/2 the gradient of (y - t)^2 is g in bias and weight alike, wherever they are.
    """
    topology = Topology(1, (Layer(1, "linear"),))
    parameters = np.array(start)
    state = UpdateState.zeros(rule, parameters)
    seen = []
    for g in gradients:
        target = np.array([[parameters.sum() - g / 2]])
        parameters, _, state = run(
            rule, parameters, np.ones((1, 1)), target, topology=topology, loss="mse", state=state
        )
        seen.append(parameters.tolist())
    assert state.step == len(gradients)
    assert state.rows_seen == len(gradients)
    return seen


def test_sgd_momentum_by_hand() -> None:
    # v = .9 v - .1 g: -0.1, -0.19, -0.271; the parameter moves by v.
    seen = follow(UpdateRule("sgd", 0.1, momentum=0.9), [1, 1, 1])
    assert [b for b, _ in seen] == pytest.approx([1.9, 1.71, 1.439], rel=1e-13)
    assert [w for _, w in seen] == pytest.approx([2.9, 2.71, 2.439], rel=1e-13)


def test_nesterov_by_hand() -> None:
    # v as above; the parameter moves by .9 v - .1 g: -0.19, -0.271, -0.3439.
    seen = follow(UpdateRule("nesterov", 0.1, momentum=0.9), [1, 1, 1])
    assert [b for b, _ in seen] == pytest.approx([1.81, 1.539, 1.1951], rel=1e-13)


def test_penalty_pulls_weights_and_leaves_biases() -> None:
    # Gradient 0: the weight moves by -rate * l2 * w = -.1 * .5 * 3, the bias stays.
    assert follow(UpdateRule("sgd", 0.1, l2=0.5), [0])[0] == [2.0, pytest.approx(2.85, rel=1e-14)]


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
def test_adam_follows_the_paper(settings: dict[str, float]) -> None:
    rule = UpdateRule("adam", 0.1, **settings)
    seen = follow(rule, GRADIENTS)
    assert [b for b, _ in seen] == pytest.approx(adam_by_the_paper(2.0, rule, 0.0), rel=1e-12)
    assert [w for _, w in seen] == pytest.approx(adam_by_the_paper(3.0, rule, 0.0), rel=1e-12)


def test_first_step_of_adam_is_the_learning_rate_whatever_the_gradient() -> None:
    for g in (1e-3, 1.0, -50.0):
        bias, _ = follow(UpdateRule("adam", 0.1), [g])[0]
        assert bias == pytest.approx(2.0 - math.copysign(0.1, g), rel=1e-5)


def test_adamw_shrinks_weights_by_the_value_before_the_update_and_leaves_biases() -> None:
    rule = UpdateRule("adamw", 0.1, weight_decay=0.5, epsilon=0.1)
    seen = follow(rule, GRADIENTS)
    assert [b for b, _ in seen] == pytest.approx(adam_by_the_paper(2.0, rule, 0.0), rel=1e-12)
    assert [w for _, w in seen] == pytest.approx(adam_by_the_paper(3.0, rule, 0.5), rel=1e-12)


@pytest.mark.parametrize("name", ["sgd", "nesterov", "adam", "adamw"])
def test_row_within_tolerance_changes_nothing(name: str) -> None:
    rule = UpdateRule(name, 0.1, momentum=0.9, l2=0.1, weight_decay=0.1, tolerance=0.25)
    topology = Topology(1, (Layer(2, "linear"),))
    parameters = np.array([0.5, 1.0, 0.0, 0.0])  # outputs 0.5 and 1 for every input
    near, edge, far = [0.5, 1.2], [0.75, 0.75], [0.5, 1.3]
    inputs = np.ones((3, 1))
    state = UpdateState(np.ones(4), np.ones(4) if rule.n_vectors == 2 else None, step=5)
    targets = np.array([near, edge, near])
    moved, loss, state = run(rule, parameters, inputs, targets, topology=topology, loss="mse", state=state)
    assert moved.tolist() == parameters.tolist()
    assert state.first.tolist() == [1, 1, 1, 1]
    assert (state.step, state.rows_seen) == (5, 3)
    # Skipped rows still count in the loss: (.04/2 + .125/2 + .04/2) / 3.
    assert loss == pytest.approx((0.02 + 0.0625 + 0.02) / 3, rel=1e-12)
    # One output beyond the tolerance is enough.
    moved, _, state = run(rule, parameters, inputs, np.array([far] * 3), topology=topology, loss="mse", state=state)
    assert moved.tolist() != parameters.tolist()
    assert state.step > 5


def test_tolerance_needs_single_rows() -> None:
    parameters, inputs, targets = problem(4)
    with pytest.raises(ValueError, match=r"^a tolerance needs batch size 1$"):
        run(UpdateRule("sgd", 0.1, tolerance=0.1), parameters, inputs, targets, batch_size=2)


def loss_and_gradient(topology: Topology, parameters: Any, inputs: Any, targets: Any, **rest: Any) -> tuple[float, Any]:
    gradient = np.full_like(parameters, np.nan)
    given = {"weights": None, "rows": None, "l2": 0.0, **rest}
    value = KERNEL.loss_and_gradient(
        topology, parameters, "cross-entropy", inputs, targets, given["weights"], given["rows"], gradient, given["l2"]
    )
    return value, gradient


def test_penalty_is_half_l2_times_the_squares_of_weights() -> None:
    parameters, inputs, targets = problem(5)
    plain, gradient = loss_and_gradient(SMALL, parameters, inputs, targets)
    value, with_penalty = loss_and_gradient(SMALL, parameters, inputs, targets, l2=0.3)
    weights = SMALL.weights_mask()
    assert value - plain == pytest.approx(0.15 * (parameters[weights] ** 2).sum(), rel=1e-12)
    np.testing.assert_allclose(with_penalty - gradient, np.where(weights, 0.3 * parameters, 0), atol=1e-14)


def test_sample_weight_two_is_a_row_shown_twice() -> None:
    parameters, inputs, targets = problem(4)
    weights, repeated = np.array([2.0, 0.0, 1.0, 1.0]), np.array([0, 0, 2, 3])
    value, gradient = loss_and_gradient(SMALL, parameters, inputs, targets, weights=weights)
    twice, gradient_twice = loss_and_gradient(SMALL, parameters, inputs, targets, rows=repeated)
    assert value == pytest.approx(twice, rel=1e-14)
    np.testing.assert_allclose(gradient, gradient_twice, rtol=1e-12, atol=1e-16)
    rule = UpdateRule("sgd", 0.1, momentum=0.5, l2=0.01)
    moved, mean, _ = run(rule, parameters, inputs, targets, batch_size=4, weights=weights)
    moved_twice, mean_twice, _ = run(rule, parameters, inputs, targets, batch_size=4, rows=repeated)
    assert mean == pytest.approx(mean_twice, rel=1e-14)
    np.testing.assert_allclose(moved, moved_twice, rtol=1e-13)


def test_rows_choose_and_order_samples_in_every_call() -> None:
    parameters, inputs, targets = problem(9)
    rows = np.array([7, 2, 2, 0])
    outputs = KERNEL.forward(SMALL, parameters, inputs, rows)
    np.testing.assert_array_equal(outputs, KERNEL.forward(SMALL, parameters, inputs[rows]))
    weights = np.linspace(0.5, 1.5, 9)
    value, gradient = loss_and_gradient(SMALL, parameters, inputs, targets, weights=weights, rows=rows)
    alone, gradient_alone = loss_and_gradient(SMALL, parameters, inputs[rows], targets[rows], weights=weights[rows])
    assert value == alone
    np.testing.assert_array_equal(gradient, gradient_alone)
    rule = UpdateRule("adam", 0.1)
    moved, mean, _ = run(rule, parameters, inputs, targets, rows=rows, weights=weights, batch_size=3)
    expected, mean_alone, _ = run(rule, parameters, inputs[rows], targets[rows], weights=weights[rows], batch_size=3)
    np.testing.assert_array_equal(moved, expected)
    assert mean == mean_alone


def test_last_batch_is_what_remains() -> None:
    parameters, inputs, targets = problem(5)
    rule = UpdateRule("sgd", 0.1, momentum=0.9, l2=0.01)
    shown = np.full((5, 2), np.nan)
    moved, mean, state = run(rule, parameters, inputs, targets, batch_size=2, outputs=shown)
    assert (state.step, state.rows_seen) == (3, 5)
    # The same by three calls, and by the gradient: v = .9 v - .1 g, w += v.
    stepped, own, velocity = parameters, UpdateState.zeros(rule, parameters), np.zeros_like(parameters)
    by_gradient, losses = parameters.copy(), []
    for rows in (np.array([0, 1]), np.array([2, 3]), np.array([4])):
        np.testing.assert_array_equal(shown[rows], KERNEL.forward(SMALL, stepped, inputs, rows))
        losses += [loss_and_gradient(SMALL, stepped, inputs, targets, rows=np.array([row]))[0] for row in rows]
        stepped, _, own = run(rule, stepped, inputs, targets, rows=rows, batch_size=2, state=own)
        velocity = 0.9 * velocity - 0.1 * loss_and_gradient(SMALL, by_gradient, inputs, targets, rows=rows, l2=0.01)[1]
        by_gradient += velocity
    np.testing.assert_array_equal(moved, stepped)
    np.testing.assert_allclose(moved, by_gradient, rtol=1e-12)
    np.testing.assert_array_equal(state.first, own.first)
    assert mean == pytest.approx(np.mean(losses), rel=1e-14)


def test_batch_larger_than_the_data_is_one_batch() -> None:
    parameters, inputs, targets = problem(5)
    rule = UpdateRule("sgd", 0.1)
    all_at_once, _, state = run(rule, parameters, inputs, targets, batch_size=100)
    np.testing.assert_array_equal(all_at_once, run(rule, parameters, inputs, targets, batch_size=5)[0])
    assert state.step == 1


@pytest.mark.parametrize("n", [1, 511, 512, 513, 1025])
def test_blocks_do_not_show(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters, inputs, targets = problem(n)
    weights = np.random.default_rng(1).uniform(0.5, 1.5, n)
    rows = np.random.default_rng(2).permutation(n)
    assert numpy_kernel.BLOCK_ROWS == 512
    given = {"weights": weights, "rows": rows, "l2": 0.1}
    value, gradient = loss_and_gradient(SMALL, parameters, inputs, targets, **given)
    outputs = KERNEL.forward(SMALL, parameters, inputs, rows)
    monkeypatch.setattr(numpy_kernel, "BLOCK_ROWS", 10_000)
    whole, gradient_whole = loss_and_gradient(SMALL, parameters, inputs, targets, **given)
    assert value == pytest.approx(whole, rel=1e-13)
    np.testing.assert_allclose(gradient, gradient_whole, rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(outputs, KERNEL.forward(SMALL, parameters, inputs, rows), rtol=1e-13)


def test_loss_alone_is_the_loss_with_the_gradient() -> None:
    parameters, inputs, targets = problem(700)
    value, _ = loss_and_gradient(SMALL, parameters, inputs, targets, l2=0.1)
    alone = KERNEL.loss_and_gradient(SMALL, parameters, "cross-entropy", inputs, targets, None, None, None, 0.1)
    assert alone == value


def test_inputs_stay_as_they_are_and_float32_stays_float32() -> None:
    parameters, inputs, targets = problem(6, dtype=np.float32)
    kept = [a.copy() for a in (inputs, targets)]
    for name in ("sgd", "nesterov", "adam", "adamw"):
        rule = UpdateRule(name, 0.1, momentum=0.9, l2=0.1, dropout=0.5, input_dropout=0.1, weight_decay=0.1)
        moved, _, state = run(rule, parameters, inputs, targets, batch_size=4)
        assert moved.dtype == state.first.dtype == np.float32
        assert np.isfinite(moved).all()
    assert KERNEL.forward(SMALL, parameters, inputs).dtype == np.float32
    np.testing.assert_array_equal(inputs, kept[0])
    np.testing.assert_array_equal(targets, kept[1])


def test_splitmix64_gives_the_published_sequence() -> None:
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert splitmix64(1234567, np.arange(5, dtype=np.uint64)).tolist() == expected


def test_dropout_masks_depend_on_seed_row_and_unit_alone() -> None:
    whole = dropout_mask(7, 0.3, 0, 100, 12, 3, 9)
    np.testing.assert_array_equal(whole[40:60], dropout_mask(7, 0.3, 40, 20, 12, 3, 9))
    np.testing.assert_array_equal(whole[:, 4:], dropout_mask(7, 0.3, 0, 100, 12, 7, 5))
    assert (whole != dropout_mask(8, 0.3, 0, 100, 12, 3, 9)).any()
    assert whole.dtype == np.float32


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_dropout_drops_about_its_share_and_keeps_the_mean(share: float) -> None:
    mask = dropout_mask(1, share, 0, 1000, 100, 0, 100)
    assert set(np.unique(mask)) == {np.float32(0), np.float32(1 / (1 - share))}
    # Five standard deviations of a share of 100,000 draws.
    assert abs((mask == 0).mean() - share) < 5 * math.sqrt(share * (1 - share) / 100_000)
    assert (mask == 0).mean(axis=0) == pytest.approx(np.full(100, share), abs=0.1)


def test_gradient_under_dropout_is_the_slope_of_the_loss_under_the_same_masks() -> None:
    topology = Topology(3, (Layer(5, "tanh"), Layer(4, "logistic"), Layer(2, "softmax")))
    parameters, inputs, targets = problem(6, topology)
    rule = UpdateRule("sgd", 1.0, dropout=0.4, input_dropout=0.2, dropout_seed=11)

    def epoch(p: Any) -> tuple[Any, float]:
        state = UpdateState(np.zeros_like(p), rows_seen=17)
        moved, loss, _ = run(rule, p, inputs, targets, batch_size=6, topology=topology, state=state)
        return moved, loss

    gradient = parameters - epoch(parameters)[0]
    numeric = np.empty_like(parameters)
    for place in range(len(parameters)):
        above, below = parameters.copy(), parameters.copy()
        above[place] += 1e-5
        below[place] -= 1e-5
        numeric[place] = (epoch(above)[1] - epoch(below)[1]) / 2e-5
    assert np.linalg.norm(gradient - numeric) < 1e-6 * np.linalg.norm(numeric)
    # Another position in the stream of masks is another loss.
    other = run(rule, parameters, inputs, targets, batch_size=6, topology=topology)[1]
    assert other != epoch(parameters)[1]


def test_each_layer_has_masks_of_its_own_numbered_by_row_and_unit() -> None:
    topology = Topology(3, (Layer(5, "tanh"), Layer(4, "logistic"), Layer(2, "softmax")))
    parameters, inputs, targets = problem(6, topology)
    rule = UpdateRule("sgd", 0.0, dropout=0.4, input_dropout=0.2, dropout_seed=11)
    outputs = np.empty((6, 2))
    state = UpdateState(np.zeros_like(parameters), rows_seen=17)
    run(rule, parameters, inputs, targets, batch_size=4, topology=topology, state=state, outputs=outputs)
    # Units are counted through the network, inputs first: 3 + 5 + 4 = 12 a row, starting at row 17.
    masks = [
        dropout_mask(11, share, 17, 6, 12, *place) for share, place in ((0.2, (0, 3)), (0.4, (3, 5)), (0.4, (8, 4)))
    ]
    (first,), (second,), (third,) = topology.blocks(parameters)
    a = np.tanh((inputs * masks[0]) @ first[1:] + first[0]) * masks[1]
    a = 1 / (1 + np.exp(-(a @ second[1:] + second[0]))) * masks[2]
    e = np.exp(a @ third[1:] + third[0])
    np.testing.assert_allclose(outputs, e / e.sum(axis=1, keepdims=True), rtol=1e-12)
