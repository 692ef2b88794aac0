"""The executor of a device: specs that name it are trained there at once, the others on the CPU in turn."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing

from anncli import __version__
from anncli.errors import AnnError, UsageError
from anncli.experiments.executors.base import Work, never
from anncli.experiments.inputs import dataset_of, network_of
from anncli.experiments.spec import Failure, Result, Spec
from anncli.experiments.worker import failure_of, prepared, result_of_run
from anncli.training.on_device import OnDevice
from anncli.training.run import TrainingRun
from anncli.training.stacked.run import refusal
from anncli.training.step import Step, take_together

# The inputs that are held at once: each training scales them by its own rows.
_MOST_BYTES = 1 << 30


class Trainings:
    """Runs specs together whose `device` is not '', with the weights of the device from the first epoch to the final fit."""

    def __init__(self, work: Work, device: OnDevice) -> None:
        self.work, self.device = work, device._replace(keeps_weights=True)

    def run(self, specs: Sequence[Spec]) -> Iterator[Result]:
        waiting = deque(spec for spec in specs if spec.device)
        while waiting:
            yield from self._together(waiting)
        for spec in specs:
            if not spec.device:
                yield self.work(spec, never)

    def _together(self, waiting: deque[Spec]) -> Generator[Result, None, None]:
        """The results of the first specs, as many as the memory holds; they are taken out."""
        begin, held = time.perf_counter(), 0
        with ExitStack() as stack:
            opened: list[_Training] = []
            while waiting and (not opened or held < _MOST_BYTES):
                spec = waiting.popleft()
                one = _Training(spec, self.device)
                if one.failure is None:
                    held += one.n_bytes
                    stack.enter_context(closing(one.run))
                opened.append(one)
            while steps := [step for one in opened for step in one.next_steps()]:
                for _ in take_together(steps, self.device.run_jobs):
                    pass
            seconds = (time.perf_counter() - begin) / len(opened)
            found = [one.result(seconds) for one in opened]
        yield from found


class _Training:
    """A spec on a device. failure: why it has no result, or none any more."""

    def __init__(self, spec: Spec, device: OnDevice) -> None:
        self.spec, loaded = spec, False
        self.failure: Failure | None = None
        self.engine = f"anncli {__version__}, {device.title}"
        self._rounds: Iterator[list[Step]] = iter(())
        try:
            network, data = network_of(spec.network), dataset_of(spec.data)
            loaded = True
            self.run: TrainingRun = prepared(spec, network, data, device)
            setup = self.run.setup
            if (reason := refusal(setup.problem, setup.options)) is not None:
                self.run.close()
                raise UsageError(f"--device {device.name}: {reason}", advice="leave --device out")
            self.n_bytes, self._rounds = setup.inputs.nbytes, self.run.rounds(spec.epochs)
        except Exception as error:
            self._failed(error, loaded)

    def next_steps(self) -> list[Step]:
        """What is to be trained next; nothing at its end."""
        try:
            return next(self._rounds, [])
        except AnnError as error:
            self._failed(error, True)
            return []

    def result(self, seconds: float) -> Result:
        """The result, once there is nothing more to train; seconds: of the whole training."""
        if self.failure is None:
            try:
                return result_of_run(self.spec, self.run, {}, seconds, self.engine)
            except Exception as error:
                self._failed(error, True)
        return Result(self.spec.digest(), error=self.failure, engine=self.engine)

    def _failed(self, error: Exception, loaded: bool) -> None:
        self.failure = failure_of(error, loaded)
