"""Ctrl-C: while the program is loading or leaving it ends the process at once; while a command runs it is an exception, and so
are SIGTERM and SIGHUP.

Imported before everything else, so it imports nothing that Python has not loaded already.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType


def end_at_ctrl_c() -> None:
    """End the process at an interrupt: an exception inside an import would leave a traceback, and nothing is at stake.

    An interrupt that was ignored when the program started stays so, as in background jobs.
    """
    Interrupts.is_process = True
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end_now)


def end_now(number: int, frame: FrameType | None) -> None:
    """A handler of SIGINT for moments at which there is nothing to lose."""
    try:
        os.write(2, b"ann: interrupted\n")
        os.write(1, interrupted_document())
    finally:
        Interrupts.leave(130)


def interrupted_document() -> bytes:
    """What --json promises of a command that Ctrl-C ended before it began; nothing where the command writes it itself."""
    if Interrupts.have_begun or "--json" not in sys.argv:
        return b""
    return (
        b'{"schema": 3, "command": null, "error": {"kind": "interrupted", "exit_code": 130, "message": "interrupted", '
        b'"path": null, "line": null, "column": null, "advice": null}}\n'
    )


class Interrupts:
    """From begin() to end(), Ctrl-C, SIGTERM and SIGHUP raise KeyboardInterrupt(exit code).

    seen: the exit code of the signal, 0 without one; is_process: whether the process is `ann`; have_begun: whether a command
    has. A signal that is ignored, as in background jobs, stays so, and where Python runs `ann` nothing changes. leave(exit code):
    ends the process at once, and with it the other ranks of a training.
    """

    seen = 0
    is_process = have_begun = False
    leave = staticmethod(os._exit)

    def begin(self) -> None:
        Interrupts.have_begun = True
        self._before = {}
        # Windows has no SIGHUP.
        for name in ("SIGINT", "SIGTERM", "SIGHUP") if self.is_process else ():
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) in (end_now, signal.SIG_DFL):
                self._before[number] = signal.signal(number, self._handle)

    def end(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.seen = 128 + number
        raise KeyboardInterrupt(self.seen)


def unraisable(fault: sys.UnraisableHookArgs) -> None:
    """What Python cannot raise, as in a callback of the import system or in a generator that is dropped."""
    if isinstance(fault.exc_value, KeyboardInterrupt):
        end_now(signal.SIGINT, None)
    if os.environ.get("ANN_DEBUG"):
        sys.__unraisablehook__(fault)
