"""Pieces of long samples in the reference backend: gradients that end where a piece begins, states that go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from anncli.arrays import Array, Rows, Tokens
from anncli.backends import reference
from anncli.backends.base import Problem, Samples, Session, Shown
from anncli.backends.choice import choose_backend
from anncli.backends.pieces import pieces
from anncli.backends.reference import ReferenceBackend
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.backends.updates import apply_rule, gradient_point
from anncli.network.input_shapes import read_inputs
from anncli.network.losses import LOSSES
from anncli.network.propagation import backward, forward
from anncli.network.topology import Topology

LENGTHS = (7, 1, 4, 9, 2)
CHAINS = {
    "recurrent": ("any x 3", "4 tanh recurrent, 2 softmax"),
    "lstm": ("any x 3", "4 lstm, 3 tanh, 2 softmax"),
    "stacked": ("any x 3", "4 lstm, 3 gru, 3 tanh recurrent, 2 softmax"),
    "tokens": ("6 tokens", "4 lstm, 2 softmax"),
    "embedding": ("6 tokens", "3 embedding, 4 gru, 2 softmax"),
    "no state": ("any x 3", "4 tanh, 2 softmax"),
}


class Case:
    """A network with random weights, ragged samples with soft targets and unequal weights, in float64."""

    def __init__(self, name: str) -> None:
        text, layers = CHAINS[name]
        self.topology = Topology(read_inputs(text), layers.split(", "))
        rng, n = np.random.default_rng(3), sum(LENGTHS)
        starts = np.r_[0, np.cumsum(LENGTHS)]
        self.inputs: Any = Rows(rng.normal(size=(n, 3)), starts)
        if self.topology.inputs.tokens:
            self.inputs = Tokens(rng.integers(0, 6, n), rng.normal(size=n), starts, 6)
        targets, weights = rng.uniform(0.1, 1, (n, 2)), rng.uniform(0.5, 1.5, (n, 1))
        self.samples = Samples(self.inputs, Rows(targets, starts), Rows(weights, starts))
        self.parameters = rng.normal(size=self.topology.n_parameters) * 0.7

    def session(self, truncate: int) -> Session:
        return ReferenceBackend().open(Problem(self.topology, "cross-entropy", truncate), self.samples)

    def part(self, number: int, first: int, last: int) -> tuple[Any, Array, Array]:
        """Rows first .. last - 1 of a sample, as a sample, with targets and weights."""
        start, end = self.inputs.starts[number : number + 2].tolist()
        here = slice(start + first, min(end, start + last))
        starts = np.array([0, here.stop - here.start])
        if isinstance(self.inputs, Tokens):
            rows: Any = Tokens(self.inputs.indices[here], self.inputs.values[here], starts, 6)
        else:
            rows = Rows(self.inputs.values[here], starts)
        targets, weights = self.samples.targets, self.samples.weights
        assert isinstance(targets, Rows)
        assert isinstance(weights, Rows)
        return rows, targets.values[here], weights.values[here, 0]


@pytest.fixture(params=CHAINS)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def _loss(case: Case, passed: Any, targets: Array, weights: Array) -> float:
    values = LOSSES["cross-entropy"].value("softmax", passed.pre_activations[-1], passed.activations[-1], targets)
    return float((values * weights).sum())


def _states_of_pieces(case: Case, length: int) -> dict[tuple[int, int], Any]:
    """The state before each piece of each sample, at the weights of the case."""
    states: dict[tuple[int, int], Any] = {}
    for number, n_rows in enumerate(LENGTHS):
        state = None
        for first in range(0, n_rows, length):
            states[number, first] = state
            rows, _, _ = case.part(number, first, first + length)
            state = forward(case.topology, case.parameters, rows, states=state).states()
    return states


@pytest.mark.parametrize("length", [1, 3])
def test_the_gradient_is_that_of_the_loss_whose_carried_states_are_constant(case: Case, length: int) -> None:
    states = _states_of_pieces(case, length)

    def loss(parameters: Array) -> float:
        total = 0.0
        for (number, first), state in states.items():
            rows, targets, weights = case.part(number, first, first + length)
            total += _loss(case, forward(case.topology, parameters, rows, states=state), targets, weights)
        return total / sum(LENGTHS)

    found = np.empty_like(case.parameters)
    value = case.session(length).gradient(case.parameters, found)
    assert value == pytest.approx(loss(case.parameters), rel=1e-12)
    rng = np.random.default_rng(0)
    assert np.abs(found).max() > 1e-3
    for index in rng.choice(len(found), 10, replace=False):
        step = np.zeros_like(found)
        step[index] = 1e-5
        difference = (loss(case.parameters + step) - loss(case.parameters - step)) / 2e-5
        assert found[index] == pytest.approx(difference, rel=1e-5, abs=1e-8)


def test_a_state_is_carried_and_its_gradient_is_cut() -> None:
    case, cut, whole = Case("lstm"), *(np.empty(Case("lstm").topology.n_parameters) for _ in range(2))
    assert case.session(3).gradient(case.parameters, cut) == pytest.approx(case.session(0).loss(case.parameters))
    case.session(0).gradient(case.parameters, whole)
    assert np.abs(cut - whole).max() > 1e-3


@pytest.mark.parametrize("length", [9, 50])
def test_pieces_as_long_as_the_samples_change_no_bit(case: Case, length: int) -> None:
    found, whole = np.empty_like(case.parameters), np.empty_like(case.parameters)
    shown = Shown(0.3, 0.2, seed=5, rows_seen=3)
    for how in ({}, {"shown": shown}):
        case.session(length).gradient(case.parameters, found, **how)
        case.session(0).gradient(case.parameters, whole, **how)
        assert np.array_equal(found, whole)


def test_without_a_state_pieces_change_nothing_but_the_order_of_sums() -> None:
    case = Case("no state")
    found, whole = np.empty_like(case.parameters), np.empty_like(case.parameters)
    # The masks of dropout are those of the rows in their samples.
    for how in ({}, {"shown": Shown(0.3, 0.2, seed=5, rows_seen=3)}):
        case.session(2).gradient(case.parameters, found, l2=0.1, **how)
        case.session(0).gradient(case.parameters, whole, l2=0.1, **how)
        np.testing.assert_allclose(found, whole, rtol=0, atol=1e-14)


RULES = {
    "sgd": UpdateRule("sgd", 0.1, 0.9, l2=0.01),
    "adam": UpdateRule("adam", 0.01, clip=0.5),
    "schedule-free": UpdateRule("schedule-free", 0.02),
    "rmsprop": UpdateRule("rmsprop", 0.01),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_sweep_updates_after_each_piece_of_a_batch(case: Case, rule: UpdateRule) -> None:
    length, order = 3, np.array([3, 0, 4, 1, 2])
    found, wanted = case.parameters.copy(), case.parameters.copy()
    states = UpdateState.start(rule, found), UpdateState.start(rule, wanted)
    given = np.zeros((sum(LENGTHS), 2))
    value = case.session(length).sweep(found, rule, states[0], order, 2, outputs=given)
    total, answers = 0.0, {}
    for batch in ([3, 0], [4, 1], [2]):
        carried: dict[int, Any] = dict.fromkeys(batch)
        for first in range(0, max(LENGTHS[k] for k in batch), length):
            alive = [k for k in batch if LENGTHS[k] > first]
            n = sum(min(length, LENGTHS[k] - first) for k in alive)
            gradient, own = np.zeros_like(wanted), np.empty_like(wanted)
            point = gradient_point(rule, states[1], wanted).copy()
            for k in alive:
                rows, targets, weights = case.part(k, first, first + length)
                passed = forward(case.topology, point, rows, states=carried[k])
                carried[k] = passed.states()
                answers[k, first] = passed.activations[-1]
                total += _loss(case, passed, targets, weights)
                delta = LOSSES["cross-entropy"].delta("softmax", passed.pre_activations[-1], answers[k, first], targets)
                backward(case.topology, point, passed, delta * (weights / n)[:, None], own)
                gradient += own
            apply_rule(case.topology, rule, states[1], wanted, gradient)
    assert value == pytest.approx(total / sum(LENGTHS), rel=1e-12)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-11)
    assert states[0].step == states[1].step == 3 + 1 + 2
    in_order = [answers[k, first] for k in order.tolist() for first in range(0, LENGTHS[k], length)]
    np.testing.assert_allclose(given, np.concatenate(in_order), rtol=0, atol=1e-11)


def test_a_tolerance_leaves_out_the_update_of_a_piece() -> None:
    case, rule = Case("lstm"), RULES["sgd"]
    outputs = case.session(0).outputs(case.parameters, np.array([0]))
    targets = np.array(case.samples.targets.values)  # type: ignore[union-attr]
    # The first four rows are right within the tolerance: of the pieces of rows 0-3 and 4-6 only the second one counts.
    targets[:4] = outputs[:4] + 0.01
    case.samples = case.samples._replace(targets=Rows(targets, case.inputs.starts))
    found, state = case.parameters.copy(), UpdateState.start(rule, case.parameters)
    case.session(4).sweep(found, rule, state, np.array([0]), 1, Shown(tolerance=0.02))
    assert state.step == 1


def test_rules_of_no_sweep_are_refused_without_pieces() -> None:
    case, rule = Case("lstm"), RULES["rmsprop"]
    state = UpdateState.start(rule, case.parameters)
    with pytest.raises(ValueError, match="a sweep needs one of the rules"):
        case.session(0).sweep(case.parameters, rule, state, np.array([0]), 1)


def test_outputs_and_losses_of_samples_of_any_length_take_the_memory_of_a_piece(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = case.session(0).outputs(case.parameters), case.session(0).loss(case.parameters)
    seen: list[int] = []

    def watched(*given: Any, real: Callable[..., Any] = forward) -> Any:
        seen.append(int(given[2].starts[-1]))
        return real(*given)

    monkeypatch.setattr(reference, "_RAGGED_ROWS", 3)
    monkeypatch.setattr(reference, "forward", watched)
    np.testing.assert_allclose(case.session(0).outputs(case.parameters), wanted[0], rtol=0, atol=1e-14)
    assert case.session(0).loss(case.parameters) == pytest.approx(wanted[1], rel=1e-13)
    assert max(seen) == 3


def test_networks_of_whole_samples_are_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    topology = Topology(read_inputs("any x 3"), ["4 lstm bidirectional", "2 softmax"])
    case = Case("lstm")
    session = ReferenceBackend().open(Problem(topology, "cross-entropy"), case.samples)
    parameters = np.random.default_rng(0).normal(size=topology.n_parameters)
    wanted = session.outputs(parameters)
    monkeypatch.setattr(reference, "_RAGGED_ROWS", 3)
    session = ReferenceBackend().open(Problem(topology, "cross-entropy"), case.samples)
    np.testing.assert_allclose(session.outputs(parameters), wanted, rtol=0, atol=1e-14)


def test_the_rows_of_pieces_by_hand() -> None:
    values = np.arange(9.0)[:, None]
    samples = Samples(Rows(values, np.array([0, 3, 3, 8, 9])), Rows(values * 10, np.array([0, 3, 3, 8, 9])))
    found = list(pieces(samples, np.array([2, 1, 3]), 2))
    assert [piece.inputs.values[:, 0].tolist() for piece in found] == [[3, 4, 8], [5, 6], [7]]  # type: ignore[union-attr]
    assert [piece.inputs.starts.tolist() for piece in found] == [[0, 2, 2, 3], [0, 2, 2, 2], [0, 1, 1, 1]]  # type: ignore[union-attr]
    assert [piece.answers.targets[:, 0].tolist() for piece in found if piece.answers] == [[30, 40, 80], [50, 60], [70]]
    assert [(piece.first_row, piece.goes_on) for piece in found] == [(0, True), (2, True), (4, False)]
    given = np.zeros((8, 1))
    for piece in found:
        piece.put(piece.inputs.values, given, 1)  # type: ignore[union-attr]
    assert given[:, 0].tolist() == [0, 3, 4, 5, 6, 7, 8, 0]


def test_pieces_of_networks_without_a_state_with_the_rules_of_numpy() -> None:
    case, rule = Case("no state"), RULES["adam"]
    problem = Problem(case.topology, "cross-entropy", 3)
    compiled = choose_backend(problem)
    if compiled.name == "numpy":
        pytest.skip("no compiled code")
    starts, found = case.inputs.starts, []
    targets, weights = (np.float32(own.values) for own in (case.samples.targets, case.samples.weights))  # type: ignore[union-attr]
    samples = Samples(case.inputs.astype(np.float32), Rows(targets, starts), Rows(weights, starts))
    for backend in (compiled, ReferenceBackend()):
        parameters = case.parameters.astype(np.float32)
        backend.open(problem, samples).sweep(parameters, rule, UpdateState.start(rule, parameters), np.arange(5), 2)
        found.append(parameters)
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=1e-5)


def test_samples_of_more_rows_than_the_compiled_code_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    case, parts = Case("no state"), []
    problem = Problem(case.topology)
    if choose_backend(problem).name == "numpy":
        pytest.skip("no compiled code")
    monkeypatch.setattr("anncli.backends.chain._MOST_SAMPLE_ROWS", max(LENGTHS) - 1)
    parameters = case.parameters.astype(np.float32)
    for backend in (choose_backend(problem), ReferenceBackend()):
        parts.append(backend.open(problem, Samples(case.inputs.astype(np.float32))).outputs(parameters))
    assert np.array_equal(*parts)


@pytest.mark.slow
def test_a_text_of_more_than_16_777_216_characters() -> None:
    n = (1 << 24) + 1
    problem = Problem(Topology(read_inputs("3 tokens"), ["1 embedding", "1 linear"]))
    tokens = Tokens(np.zeros(n, np.int32), np.ones(n, np.float32), np.array([0, n]), 3)
    outputs = choose_backend(problem).open(problem, Samples(tokens)).outputs(np.ones(5, np.float32))
    assert outputs.shape == (n, 1)
    assert (outputs == 2).all()


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_rows_that_come_in_parts_have_the_outputs_of_the_whole_sample(case: Case, backend: str) -> None:
    problem = Problem(case.topology)
    opened: Any = ReferenceBackend() if backend == "numpy" else choose_backend(problem)
    if opened.name == "numpy" and backend == "native":
        pytest.skip("no compiled code")
    parameters, states, found = case.parameters.astype(np.float32), None, []
    whole = case.part(3, 0, 9)[0].astype(np.float32)
    session = opened.open(problem, Samples(whole))
    for first, last in ((0, 1), (1, 2), (2, 6), (6, 9)):
        rows = case.part(3, first, last)[0].astype(np.float32)
        outputs, states = session.over(Samples(rows)).outputs_from(parameters, states)
        found.append(outputs)
    wanted = session.outputs(parameters)
    if backend == "native":
        assert np.array_equal(np.concatenate(found), wanted)
    else:
        np.testing.assert_allclose(np.concatenate(found), wanted, rtol=0, atol=1e-6)
        at_once, _ = session.outputs_from(parameters, None)
        assert np.array_equal(np.concatenate(found), at_once)
