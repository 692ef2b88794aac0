"""Rescue: what is left of a training whose ranks have lost one of them."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from anncli.backends.crew import LocalCrew, current_crew, use_crew
from anncli.backends.ranks.watch import Lost, RankLost
from anncli.cli.asking.settings import TrainSettings
from anncli.cli.failing import failure_of, tell
from anncli.cli.running.logs import Logs
from anncli.cli.showing.json_output import OUTPUT
from anncli.errors import AnnError, printable
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun

# The state is copied after an epoch if that takes no more than this part of the time since the last copy.
_PART = 0.05


class Rescue:
    """Keeps the state of a training after its epochs; where a rank is lost inside the block, the network and the checkpoint of
    that state are written, by this process alone, and the block raises RankLost, which says so.

    The middle of an epoch is no state to go on from: trainers change their weights on the way.

    Args: write: writes the network of a result.
    """

    def __init__(
        self, settings: TrainSettings, training: TrainingRun, logs: Logs, write: Callable[[TrainingResult], None]
    ) -> None:
        self._settings, self._training, self._logs, self._write = settings, training, logs, write
        self._state: dict[str, Any] | None = None
        self._kept_at, self._took, self._saving = 0.0, 0.0, threading.Lock()

    def __enter__(self) -> Self:
        current_crew().on_stuck(self._save_from_thread)
        if any(attempt.history for attempt in self._training.attempts):
            self.keep()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, RankLost):
            raise self._saved(error.lost) from None

    def keep(self) -> None:
        """After an epoch. Raises: RankLost where a rank is gone that had nothing to do."""
        crew = current_crew()
        if crew.size == 1:
            return
        begin = time.monotonic()
        if (begin - self._kept_at) * _PART >= self._took:
            self._state = self._training.state()
            self._kept_at = time.monotonic()
            self._took = self._kept_at - begin
        crew.check()

    def _saved(self, lost: Lost) -> RankLost:
        with self._saving, use_crew(LocalCrew()):
            return RankLost(lost, *self._save())

    def _save(self) -> tuple[str, str | None]:
        """Writes what there is; returns what was written, in words, and what to do."""
        settings = self._settings
        if self._state is None:
            return "nothing was written, because no epoch had ended", None
        self._training.restore(self._state)
        self._logs.keep()
        done, advice = "", None
        if settings.checkpoint is not None:
            advice = f"continue with --resume {printable(self._logs.checkpoint or settings.checkpoint)}"
        if not settings.keep_on_interrupt:
            return "no network was written (--no-keep-on-interrupt)", advice
        place = "stdout" if settings.output == "-" else printable(settings.output)
        try:
            result = self._training.finish("a rank was lost")
            self._write(result)
            done = f"the network of epoch {result.kept_epoch} was written to {place}"
            self._logs.raise_faults()
        except (AnnError, OSError) as fault:
            done = f"{done}; {fault}" if done else f"no network was written: {fault}"
        return done, advice

    def _save_from_thread(self, lost: Lost) -> None:
        """The main thread is held by MPI and will not come back."""
        failure = failure_of(self._saved(lost))
        with suppress(OSError, ValueError):
            tell(failure)
            OUTPUT.finish(failure.document())
            sys.stderr.flush()
            sys.stdout.flush()
