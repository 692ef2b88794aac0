"""Sums in 64 chunks: the same bits for any number of workers, and close to the sum in one piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from cases import NAMES, REFERENCE, RULES, Array, Case, make_backend, random_case
from fake_crew import FakeCrew

from anncli.arrays import Rows
from anncli.backends import chunked_session, chunks, native_binding
from anncli.backends.base import PLAIN, Backend, Problem, Runs, Samples, Session, Shown
from anncli.backends.chunked_session import ChunkedSession, open_session
from anncli.backends.crew import Crew, LocalCrew, current_crew, use_crew
from anncli.backends.fixed_sums import FixedSum
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.network.layers.base import Shape
from anncli.network.topology import Topology

WORKERS = (1, 2, 3, 5, 64)
CASE = random_case((3, 4, 2), "tanh", "softmax", "cross-entropy", n=700)


@pytest.fixture(autouse=True)
def _few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks from 600 rows on, and of sweeps from batches of 128 on."""
    monkeypatch.setattr(chunks, "LEAST_ROWS", 600)
    monkeypatch.setattr(chunked_session, "LEAST_ROWS", 600)
    monkeypatch.setattr(chunks, "LEAST_BATCH", 128)


@pytest.fixture(params=[name for name in NAMES if name != "numpy"])
def variant(request: pytest.FixtureRequest) -> str:
    """Every kernel variant of this machine."""
    return str(request.param)


def opened(case: Case, backend: Backend, crew: Crew) -> Session:
    problem, samples = Problem(case.topology, case.loss), Samples(case.inputs, case.targets, case.weights)
    return ChunkedSession(backend.open(problem, samples), problem, samples, crew)


def crews(backend: Backend) -> Iterator[Crew]:
    yield LocalCrew()
    for size in WORKERS:
        yield FakeCrew(backend, size)


def gradient(session: Session, parameters: Array, **more: Any) -> tuple[float, bytes]:
    out = np.empty_like(parameters)
    return session.gradient(parameters, out, **more), out.tobytes()


def swept(session: Session, case: Case, rule: UpdateRule, shown: Shown, order: Array, size: int) -> list[Any]:
    parameters = case.parameters.copy()
    state = UpdateState.start(rule, parameters)
    losses = []
    for epoch in range(2):
        now = shown.after(epoch * len(order))
        losses.append(session.sweep(parameters, rule, state, order, size, now))
    return [*losses, parameters.tobytes()]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shown", [PLAIN, Shown(0.4, 0.2, 99, 7)])
def test_any_number_of_workers_gives_the_same_bits(backend: Backend, dtype: Any, shown: Shown) -> None:
    case = CASE.as_type(dtype)
    rows = np.random.default_rng(5).permutation(700)[:650].astype(np.int32)
    found = set()
    for crew in crews(backend):
        session = opened(case, backend, crew)
        value = session.loss(case.parameters, rows, l2=0.1)
        found.add((value, *gradient(session, case.parameters, rows=rows, shown=shown, l2=0.1)))
        session.close()
    assert len(found) == 1
    with_one = gradient(case.open(backend), case.parameters, rows=np.sort(rows), shown=shown, l2=0.1)
    ((_, value, bits),) = found
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    assert value == pytest.approx(with_one[0], rel=tolerance)
    np.testing.assert_allclose(
        np.frombuffer(bits, dtype), np.frombuffer(with_one[1], dtype), rtol=tolerance, atol=tolerance / 10
    )


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["momentum-l2", "adamw", "l1-clip", "dropout-adam"])
def test_sweeps_of_any_number_of_workers_give_the_same_bits(backend: Backend, rule: str) -> None:
    order = np.random.default_rng(6).permutation(700)[:690].astype(np.int32)
    found = set()
    for crew in crews(backend):
        session = opened(CASE, backend, crew)
        found.add(tuple(swept(session, CASE, *RULES[rule], order, 130)))
        session.close()
    assert len(found) == 1


@pytest.mark.parametrize("rule", ["momentum-l2", "adamw", "l1-clip"])
def test_sweeps_are_close_to_those_in_one_piece(backend: Backend, rule: str) -> None:
    order = np.random.default_rng(6).permutation(700)[:690].astype(np.int32)
    session = opened(CASE, backend, LocalCrew())
    found = swept(session, CASE, *RULES[rule], order, 130)
    wanted = swept(CASE.open(backend), CASE, *RULES[rule], order, 130)
    assert found[:2] == pytest.approx(wanted[:2], rel=1e-5)
    np.testing.assert_allclose(
        np.frombuffer(found[2], np.float32), np.frombuffer(wanted[2], np.float32), rtol=2e-4, atol=1e-5
    )


def test_the_order_of_rows_does_not_matter_and_a_set_is_held_once(backend: Backend) -> None:
    crew = FakeCrew(backend, 2)
    session = opened(CASE, backend, crew)
    rows = np.arange(10, 690, dtype=np.int64)
    first = gradient(session, CASE.parameters, rows=rows)
    mask = np.zeros(700, dtype=bool)
    mask[rows] = True
    for same in (rows[::-1], np.random.default_rng(1).permutation(rows), mask, slice(10, 690)):
        assert gradient(session, CASE.parameters, rows=same) == first
    swept(session, CASE, *RULES["adam"], np.random.default_rng(2).permutation(rows), 128)
    assert crew.holds == 1
    with pytest.raises(IndexError):
        session.loss(CASE.parameters, np.arange(10, 701))
    session.close()


def test_a_row_may_come_twice(backend: Backend) -> None:
    rows = np.concatenate([np.arange(650), np.arange(30)])
    one, other = opened(CASE, backend, LocalCrew()), opened(CASE, backend, FakeCrew(backend, 3))
    assert gradient(one, CASE.parameters, rows=rows) == gradient(other, CASE.parameters, rows=rows)
    assert one.loss(CASE.parameters, rows) == pytest.approx(CASE.open(backend).loss(CASE.parameters, rows), rel=1e-6)
    found = [swept(session, CASE, *RULES["adam"], rows, 200) for session in (one, other)]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("largest", "is_finite"), [(1.0, True), (1e12, True), (1e28, True), (3e38, True), (np.inf, False)]
)
def test_gradients_of_any_size(largest: float, is_finite: bool) -> None:
    """2^36 is the limit of exponent 0, 2^86 that of 50."""
    backend = REFERENCE
    weights = np.ones(700, dtype=np.float32)
    weights[::3] = largest
    case = random_case((3, 4, 2), "tanh", "linear", "mse", n=700)._replace(weights=weights)
    found = set()
    with np.errstate(all="ignore"):
        for crew in crews(backend):
            found.add(gradient(opened(case, backend, crew), case.parameters)[1])
        wanted = np.frombuffer(gradient(case.open(backend), case.parameters)[1], np.float32)
    assert len(found) == 1
    values = np.frombuffer(found.pop(), np.float32)
    if is_finite and np.isfinite(wanted).all():
        np.testing.assert_allclose(values, wanted, rtol=1e-5, atol=1e-6 * largest)
    elif not is_finite:
        assert np.isnan(values).all()


@pytest.mark.parametrize("shown", [PLAIN, Shown(0.4, 0.2, 99, 7)])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("long", [0, 5000])
@pytest.mark.parametrize("sizes", [(3, 4, 2), (5, 33, 17, 3)])
def test_gradients_of_runs_have_the_bits_of_calls_of_their_own(
    variant: str, shown: Shown, threads: int, long: int, sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Empty runs and runs of one row too; a run that is longer than those before it must not lose the weights."""
    monkeypatch.setattr(native_binding, "_LEAST_WORK", 1)
    case = random_case(sizes, "tanh", "softmax", "cross-entropy", n=900 + long)
    session = case.open(make_backend(variant, threads))
    rows = np.random.default_rng(3).permutation(900 + long).astype(np.int32)
    starts = np.array([0, 1, 1, 40, 700 + long, 880 + long, 900 + long])
    total, losses = FixedSum(len(case.parameters)), np.full(6, 9.0)
    assert session.add_gradients(total, losses, Runs(rows, starts, 1000), case.parameters, shown)
    wanted, out = FixedSum(len(case.parameters)), np.empty_like(case.parameters)
    for k in (0, 2, 3, 4, 5):
        own = rows[starts[k] : starts[k + 1]]
        value = session.gradient(case.parameters, out, own, shown.after(int(starts[k])))
        assert value == losses[k]
        wanted.add_by_numpy(out, len(own) / 1000)
    assert losses[1] == 9.0
    assert total.words.tolist() == wanted.words.tolist()


@pytest.mark.parametrize("loss", ["mse", "cross-entropy"])
def test_normal_equations_and_hessian_products_are_those_in_one_piece(loss: str) -> None:
    """Both are computed in float64 by numpy, whatever the backend."""
    case = random_case((3, 4, 2), "tanh", "softmax", loss, n=700)
    point, direction = case.parameters.astype(np.float64), np.linspace(-1, 1, len(case.parameters))
    rows, plain, found = np.arange(5, 690), case.open(REFERENCE), set()
    for crew in crews(REFERENCE):
        session = opened(case, REFERENCE, crew)
        equations, product = session.normal(point, rows), session.hessian(point, direction, rows, l2=0.2)
        found.add((equations.matrix.tobytes(), equations.vector.tobytes(), *equations[2:], product.tobytes()))
        session.close()
    assert len(found) == 1
    wanted = plain.normal(point, rows)
    np.testing.assert_allclose(equations.matrix, wanted.matrix, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(equations.vector, wanted.vector, rtol=1e-11, atol=1e-11)
    assert equations[2:] == (pytest.approx(wanted.loss_sum, rel=1e-12), wanted.n_residuals, wanted.scale)
    np.testing.assert_allclose(product, plain.hessian(point, direction, rows, l2=0.2), rtol=1e-11, atol=1e-13)


def tagger(n: int) -> tuple[Problem, Array, Samples]:
    """A chain that answers for every row of samples of 1 to 6 rows, and weights of the answers."""
    rng = np.random.default_rng(8)
    topology = Topology(Shape(4, None), ("5 lstm", "3 softmax"))
    starts = np.r_[0, np.cumsum(rng.integers(1, 7, n))]
    m = int(starts[-1])
    inputs = Rows(rng.normal(size=(m, 4)).astype(np.float32), starts)
    targets = Rows(np.eye(3, dtype=np.float32)[rng.integers(0, 3, m)], starts)
    weights = Rows(rng.uniform(0.5, 2, (m, 1)).astype(np.float32), starts)
    parameters = rng.normal(0, 0.5, topology.n_parameters).astype(np.float32)
    return Problem(topology, "cross-entropy"), parameters, Samples(inputs, targets, weights)


def test_rows_with_answers_of_their_own_count_by_answers(backend: Backend) -> None:
    """A chunk of long samples weighs more: the mean is over answers."""
    problem, parameters, samples = tagger(700)
    plain = backend.open(problem, samples)
    wanted, out = np.empty_like(parameters), np.empty_like(parameters)
    value = plain.gradient(parameters, wanted)
    found = set()
    for crew in crews(backend):
        session = ChunkedSession(backend.open(problem, samples), problem, samples, crew)
        assert session.gradient(parameters, out) == pytest.approx(value, rel=1e-5)
        np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-6)
        rule = UpdateRule("adam", 0.01)
        moved = parameters.copy()
        loss = session.sweep(moved, rule, UpdateState.start(rule, moved), np.arange(700)[::-1], 150)
        found.add((loss, out.tobytes(), moved.tobytes()))
    assert len(found) == 1


def test_below_the_limit_nothing_is_in_chunks(backend: Backend) -> None:
    session, plain = opened(CASE, backend, FailingCrew()), CASE.open(backend)
    rows, order = np.arange(599), np.arange(700)
    assert gradient(session, CASE.parameters, rows=rows) == gradient(plain, CASE.parameters, rows=rows)
    assert session.loss(CASE.parameters, rows) == plain.loss(CASE.parameters, rows)
    assert session.outputs(CASE.parameters).tobytes() == plain.outputs(CASE.parameters).tobytes()
    for taken, size in ((order, 127), (rows, 599)):
        args = (CASE, *RULES["adam"], taken, size)
        assert swept(session, *args) == swept(plain, *args)
    with pytest.raises(AssertionError, match="asked"):
        session.loss(CASE.parameters)


class FailingCrew:
    size = 2

    def hold(self, *_: Any) -> Any:
        raise AssertionError("asked")


def test_sessions_of_few_samples_stay_as_they_are(backend: Backend) -> None:
    problem, samples = Problem(CASE.topology, CASE.loss), Samples(CASE.inputs, CASE.targets, CASE.weights)
    few = Samples(*(None if part is None else part[:599] for part in samples))
    assert not isinstance(open_session(backend, problem, few), ChunkedSession)
    session = open_session(backend, problem, samples)
    assert isinstance(session, ChunkedSession)
    assert not isinstance(session.over(few), ChunkedSession)
    assert isinstance(session.over(samples), ChunkedSession)


def test_use_crew_holds_for_its_block() -> None:
    crew = FailingCrew()
    with use_crew(crew):
        assert current_crew() is crew
    assert isinstance(current_crew(), LocalCrew)
