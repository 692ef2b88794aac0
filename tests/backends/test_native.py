"""What only the native backend has: threads, its working memory, its limits, and the choice of a variant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from cases import REFERENCE, RULES, VARIANTS, Case, gradient_of, random_case, run_sweeps

from anncli.backends.base import PLAIN, Problem, Samples
from anncli.backends.choice import choose_backend
from anncli.backends.rules import UpdateState
from anncli.compiled import describe_backend
from anncli.network.topology import Layer, Topology

native = pytest.importorskip(
    "anncli.compiled._native", reason="the compiled kernels are not built (python setup.py build_ext --inplace)"
)

from anncli.backends import native_binding  # noqa: E402
from anncli.backends.native import NativeBackend  # noqa: E402
from anncli.backends.native_binding import Binding  # noqa: E402

WIDE = Topology(600, (Layer(600, "tanh"),))


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def threads_of(binding: Binding, batch_size: int, n_rows: int) -> int:
    with binding.threads_for("sgd", batch_size, n_rows) as threads:
        return threads


@pytest.mark.parametrize("sizes", [(9, 8, 1), (30, 37, 20, 3)], ids=str)
def test_any_number_of_threads_gives_the_same_bits(
    variant: str, sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native_binding, "_LEAST_WORK", 1)
    case = random_case(sizes, "tanh", "logistic", "binary-cross-entropy", n=301)
    assert threads_of(Binding(Problem(case.topology), 3, variant), 32, 100) == 3
    backends = [NativeBackend(threads, variant) for threads in (1, 2, 3, 0)]
    for rule, shown in RULES.values():
        for batch_size in (10, 64, 1000):
            first, *others = (run_sweeps(backend, case, rule, batch_size, shown) for backend in backends)
            for other in others:
                assert all(np.array_equal(first[name], other[name]) for name in first)
    for shown in (PLAIN, RULES["dropout"][1]):
        value, gradient = gradient_of(backends[0], case, 0.1, shown)
        for backend in backends[1:]:
            found = gradient_of(backend, case, 0.1, shown)
            assert found[0] == value
            assert np.array_equal(found[1], gradient)
    first, *others = (case.open(backend).outputs(case.parameters) for backend in backends)
    assert all(np.array_equal(first, other) for other in others)


def test_small_work_is_not_shared() -> None:
    assert threads_of(Binding(Problem(Topology(9, (Layer(8, "tanh"),))), 3, None), 32, 100) == 1
    assert threads_of(Binding(Problem(WIDE), 3, None), 1, 100) == 1


def test_auto_threads_time_only_work_worth_sharing_and_stop_when_it_is_decided() -> None:
    small, large = Binding(Problem(Topology(8, (Layer(8, "tanh"),))), 0, None), Binding(Problem(WIDE), 0, None)
    assert threads_of(small, 32, 100) == 1
    assert not small.trials
    large.threads_for("sgd", 200, 1000)
    (trial,) = large.trials.values()
    trial.gave_up = True
    assert threads_of(large, 200, 1000) == 1
    assert trial.alone == []


def test_sessions_that_share_a_plan_may_work_at_the_same_time(variant: str) -> None:
    case = random_case((20, 30, 1), "tanh", "logistic", "mse", n=400)
    samples, session = Samples(case.inputs, case.targets, case.weights), case.open(NativeBackend(variant=variant))

    def work(number: int) -> Any:
        rule, shown = list(RULES.values())[number % len(RULES)]
        parameters, state = case.parameters.copy(), UpdateState.start(rule, case.parameters)
        mine = session.over(samples)
        losses = [mine.sweep(parameters, rule, state, case.rows, (1, 16)[number % 2], shown) for _ in range(5)]
        return parameters.tobytes(), losses

    alone = [work(number) for number in range(2 * len(RULES))]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(2 * len(RULES)))) == alone


def test_nothing_is_written_outside_the_arrays(variant: str) -> None:
    case = random_case((7, 5, 3), "logistic", "logistic", "mse")
    guard, n = np.float32(-12345.5), case.topology.n_parameters
    for rule in (RULES["momentum"][0], RULES["adam"][0], RULES["l1-clip"][0]):
        for batch_size in (1, 4):
            space = np.full(5 * (n + 32), guard, dtype=np.float32)
            parts = [space[k * (n + 32) + 16 :][:n] for k in range(4)]
            parts[0][:] = case.parameters
            parts[1][:] = parts[2][:] = 0
            outputs = space[4 * (n + 32) + 16 :][: len(case.rows) * 3].reshape(-1, 3)
            session = case.open(NativeBackend(variant=variant))
            session.sweep(parts[0], rule, UpdateState(parts[1], parts[2]), case.rows, batch_size, PLAIN, outputs)
            for shown in (PLAIN, RULES["dropout"][1]):
                session.gradient(parts[0], parts[3], case.rows, shown, l2=0.1)
            used = np.zeros(space.shape, dtype=bool)
            for k in range(4):
                used[k * (n + 32) + 16 :][:n] = True
            used[4 * (n + 32) + 16 :][: outputs.size] = True
            assert (space[~used] == guard).all()
            assert not (space[used] == guard).any()


def test_denormal_numbers_live_on_outside(variant: str) -> None:
    tiny = np.array([1e-40, 3e-41], dtype=np.float32)
    before = tiny * np.float32(0.5)
    assert (before > 0).all()
    case = random_case((5, 4, 1), "tanh", "logistic", "mse")
    for batch_size in (1, 4):
        run_sweeps(NativeBackend(2, variant), case, RULES["momentum"][0], batch_size)
        gradient_of(NativeBackend(2, variant), case)
        assert np.array_equal(tiny * np.float32(0.5), before)


def test_large_batches_on_the_baseline_go_to_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "variants", lambda: ("baseline",))
    backend, forced = NativeBackend(), NativeBackend(variant="baseline")
    large, small = (random_case((64, units, 1), "tanh", "logistic", "mse", n=50) for units in (256, 255))
    wanted, odd = gradient_of(REFERENCE, large)[1], gradient_of(REFERENCE, small)[1]
    assert np.array_equal(gradient_of(backend, large)[1], wanted)
    assert not np.array_equal(gradient_of(forced, large)[1], wanted)
    assert not np.array_equal(gradient_of(backend, small)[1], odd)
    few = large._replace(rows=large.rows[:31])
    assert not np.array_equal(gradient_of(backend, few)[1], gradient_of(REFERENCE, few)[1])


def test_wrong_arrays_are_refused() -> None:
    case = random_case((5, 4, 1), "tanh", "logistic", "mse")
    assert case.weights is not None
    changes: list[tuple[dict[str, Any], str]] = [
        ({"parameters": case.parameters[:-1]}, "parameters has the wrong shape"),
        ({"inputs": case.inputs[:, :4].copy()}, "inputs has the wrong shape"),
        ({"targets": case.targets[:-1]}, "targets has the wrong shape"),
        ({"weights": case.weights[:-1]}, "weights has the wrong shape"),
    ]
    for change, fault in changes:
        for shown in (PLAIN, RULES["dropout"][1]):
            with pytest.raises(ValueError, match=fault):
                gradient_of(NativeBackend(), case._replace(**change), 0.0, shown)
    with pytest.raises(IndexError, match="row number"):
        gradient_of(NativeBackend(), case._replace(rows=np.array([0, len(case.inputs)])))
    with pytest.raises(ValueError, match="no kernel variant 'x86'"):
        NativeBackend(variant="x86")
    with pytest.raises(ValueError, match="-1 threads"):
        NativeBackend(-1)


def test_the_name_says_what_runs() -> None:
    assert NativeBackend(variant="baseline").name == "native baseline"
    if choose_backend().name != "numpy":
        assert describe_backend() == choose_backend().name


def test_opening_another_session_frees_what_a_closed_one_held() -> None:
    import gc
    import weakref

    case: Case = random_case((5, 4, 1), "tanh", "logistic", "mse")
    session = case.open(NativeBackend())
    binding = weakref.ref(session._binding)  # type: ignore[attr-defined]
    session.close()
    gc.collect()
    assert binding() is None
