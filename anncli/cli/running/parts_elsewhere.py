"""The restarts of `ann train`, or the networks of an ensemble, in other processes: when that can be, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from anncli.backends.crew import current_crew
from anncli.cli.asking.settings import TrainSettings
from anncli.cli.running.signals import Interruption
from anncli.cli.showing.console import Console
from anncli.errors import Interrupted, UsageError
from anncli.experiments.executors.base import Executor
from anncli.experiments.parts import Parts
from anncli.options.table import TrainingOptions
from anncli.training.attempt import EpochReport
from anncli.training.run import TrainingRun


class PartsElsewhere(Parts):
    """Parts, for whose ends a signal does not wait.

    interruption: set as soon as signals are watched.
    """

    def __init__(self, executor: Executor, console: Console) -> None:
        super().__init__(executor, console.warn, self._wait, self._see)
        self.interruption: Interruption | None = None
        self._done = 0

    def ended(self) -> int:
        """How many parts have ended, also those whose turn has not come."""
        return self._done

    def _see(self, done: int) -> None:
        self._done = done

    @contextmanager
    def _wait(self) -> Iterator[None]:
        assert self.interruption is not None
        with self.interruption.breaking():
            yield


def check_executor(settings: TrainSettings, options: TrainingOptions) -> None:
    """Raises UsageError, before data are read, for an executor that has nothing to do, or that cannot do it.

    Variables and config files serve many runs, so only the command line is refused.
    """
    if not settings.says_executor:
        return
    if options.restarts == 1 and options.ensemble == 1:
        message = "--executor runs the trainings of --restarts or --ensemble, and this is one training"
        raise UsageError(message, advice="leave it out, or add for example --restarts 4")
    if settings.executor is not None and (name := _only_here(settings, options)):
        message = f"{name} holds in this process alone, and {settings.executor_text} trains in others"
        raise UsageError(message, advice="leave one of the two out, or say --executor threads")


def _only_here(settings: TrainSettings, options: TrainingOptions) -> str:
    """An option that has no meaning in other processes, '' where there is none."""
    given = {
        "--time-limit": options.time_limit is not None,
        "--reproducible": settings.reproducible,
        "--device": settings.device != "cpu",
    }
    return next((name for name, is_given in given.items() if is_given), "")


def parts_elsewhere(settings: TrainSettings, options: TrainingOptions) -> PartsElsewhere | None:
    """What trains the parts of the run in other processes; None where it has none, or this process trains them."""
    has_parts = options.restarts > 1 or options.ensemble > 1
    # Ranks share the rows of every part.
    if settings.executor is None or not has_parts or current_crew().size > 1 or _only_here(settings, options):
        return None
    if settings.checkpoint:
        part = "network" if options.ensemble > 1 else "restart"
        settings.console.note(f"with {settings.executor_text}, a checkpoint is written when a {part} has ended")
    return PartsElsewhere(settings.executor, settings.console)


def until_broken(reports: Iterator[EpochReport], interruption: Interruption) -> Iterator[EpochReport]:
    """The reports, up to a signal that came while others worked."""
    try:
        yield from reports
    except KeyboardInterrupt:
        if interruption.caught is None:
            raise


def refuse_without_parts(interruption: Interruption, training: TrainingRun) -> None:
    """Raises Interrupted after a signal where nothing has come back yet that could be written."""
    if interruption.caught is not None and not any(one.history or one.diverged for one in training.attempts):
        part = "network" if training.setup.options.ensemble > 1 else "restart"
        raise Interrupted(f"interrupted before the first {part} had ended; nothing was written", interruption.caught)
