"""Parts of one training run as specs: its attempts, or the networks of its ensemble, trained by any executor.

A part is trained from the setup of the run, which is sent, and its state comes back: what a checkpoint would hold of it. So
the run goes on as if it had trained the part itself, with the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext

from anncli.experiments.executors.base import Executor, IsStopped, Notice, Stopped, ignore
from anncli.experiments.inputs import forget, register_setup, setup_of
from anncli.experiments.ledger import run_with_ledger
from anncli.experiments.spec import DataRef, Result, Spec
from anncli.formats.files.checkpoint import Checkpoint, checkpoint_bytes, checkpoint_of
from anncli.training.attempt import Attempt, EpochReport
from anncli.training.elsewhere import Begun, State
from anncli.training.member import Member
from anncli.training.restarts import make_attempt
from anncli.training.setup import Setup

# What a part is called.
_TITLES = {"attempt": "restart", "member": "network"}


class Parts:
    """Trains parts of runs in an executor; see training.elsewhere.Elsewhere.

    Args: warn: told where another process has another one; waiting: what is entered while
        nothing but the end of a part is waited for; progress: told after each end how many parts have ended, in any order.
    """

    def __init__(
        self,
        executor: Executor,
        warn: Notice = ignore,
        waiting: Callable[[], AbstractContextManager[object]] = nullcontext,
        progress: Callable[[int], None] = lambda done: None,
    ) -> None:
        self.executor, self.warn, self.waiting, self.progress = executor, warn, waiting, progress

    def attempts(self, setup: Setup, begun: Sequence[Begun], limit: int) -> Iterator[State]:
        return self._run("attempt", setup, begun, limit)

    def members(self, setup: Setup, begun: Sequence[Begun], limit: int) -> Iterator[State]:
        return self._run("member", setup, begun, limit)

    def _run(self, mode: str, setup: Setup, begun: Sequence[Begun], limit: int) -> Iterator[State]:
        """Raises: the error of the first part that has one, when its turn comes."""
        if not begun:
            return
        data, engines = register_setup(setup), {setup.backend.name}
        specs = [_spec(mode, data, part, limit) for part in begun]
        try:
            running = run_with_ledger(specs, self.executor, progress=lambda done, spec: self.progress(done))
            with closing(running) as results:
                for _ in specs:
                    with self.waiting():
                        result = next(results)
                    if result.error is not None:
                        raise result.error.error()
                    if result.engine not in engines:
                        engines.add(result.engine)
                        self.warn(
                            f"trained with the backend '{result.engine}', here is '{setup.backend.name}': the last digits may differ"
                        )
                    yield _state_of(result.state)
        finally:
            forget(data)


def _spec(mode: str, data: DataRef, part: Begun, limit: int) -> Spec:
    begun = b"" if part.state is None else _bytes_of(part.state)
    labels = {_TITLES[mode]: part.number}
    return Spec(b"", data, None, {}, limit, mode=mode, part=part.number, begun=begun, labels=labels)


def run_part(spec: Spec, is_stopped: IsStopped) -> Result:
    """The result of a spec of the modes attempt and member; raises Stopped when is_stopped() says so after an epoch."""
    setup = setup_of(spec.data)
    state = (_attempt if spec.mode == "attempt" else _member)(spec, setup, is_stopped)
    return Result(spec.digest(), state=_bytes_of(state), engine=setup.backend.name)


def _attempt(spec: Spec, setup: Setup, is_stopped: IsStopped) -> State:
    with closing(make_attempt(Attempt, setup, spec.part)) as attempt:
        if spec.begun:
            attempt.restore(_state_of(spec.begun))
        for _ in attempt.epochs(spec.epochs - len(attempt.history), spec.epochs):
            _go_on(is_stopped)
        return attempt.state()


def _member(spec: Spec, setup: Setup, is_stopped: IsStopped) -> State:
    with closing(Member(setup, number=spec.part)) as member:
        if spec.begun:
            member.restore(_state_of(spec.begun))
        refit: list[EpochReport] = []
        for report in member.epochs(spec.epochs):
            refit += [report] if report.phase == "refit" else []
            _go_on(is_stopped)
        return member.ended_state(refit)


def _go_on(is_stopped: IsStopped) -> None:
    if is_stopped():
        raise Stopped


def _bytes_of(state: State) -> bytes:
    return checkpoint_bytes(Checkpoint(b"", {}, dict(state)))


def _state_of(data: bytes) -> State:
    return checkpoint_of(data, "the state of a part").state
