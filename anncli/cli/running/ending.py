"""Ending at a signal: for commands of many trainings, which keep what is finished at every moment."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType

from anncli.cli.failing import Failure, failure_of, tell
from anncli.cli.interrupt import Interrupts
from anncli.cli.running.signals import CODES, SignalWatch
from anncli.cli.showing.json_output import OUTPUT
from anncli.errors import ExitCode, Interrupted

# Seconds that the main thread has, to end its workers and the program, before the program ends without it.
_GRACE = 1.0


class EndingAtSignals(SignalWatch):
    """SIGINT, SIGTERM and SIGHUP end what it encloses with Interrupted; `message` says what was kept.

    A main thread that is in a long call of compiled code does not see the exception before the call returns: after a
    second the program ends all the same, with the same message and exit code.
    """

    def __init__(self, message: Callable[[], str]) -> None:
        self._message = message
        self._caught: ExitCode | None = None
        self._left = threading.Event()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        super().__exit__(kind, error, trace)
        if isinstance(error, KeyboardInterrupt) and self._caught is not None:
            raise Interrupted(self._message(), self._caught) from None

    def handle(self, number: int, frame: FrameType | None) -> None:
        # Once: a second signal must not interrupt the clean-up that the first one began. No AnnError, which code that
        # turns errors of a training into results would catch.
        if self._caught is None:
            self._caught = CODES[signal.Signals(number)]
            raise KeyboardInterrupt

    def seen(self, number: int) -> None:
        if not self._left.wait(_GRACE):
            failure = failure_of(Interrupted(self._message(), CODES[signal.Signals(number)]))
            tell_at_once(failure)
            # With ranks, this one alone would leave the others and their launcher behind.
            Interrupts.leave(failure.exit_code)


def tell_at_once(failure: Failure) -> None:
    """Say why the program ends, from a thread, before it ends without its main thread."""
    with suppress(OSError, ValueError):
        tell(failure)
        OUTPUT.finish(failure.document())
        sys.stderr.flush()
        sys.stdout.flush()
