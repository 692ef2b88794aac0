"""The `ann` process: runs the command line, starting and ending fast."""

from __future__ import annotations

# Import only modules Python has already loaded; Ctrl-C during an import here would print a traceback.
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn, TextIO


def program() -> NoReturn:
    """Run `ann` with the arguments of the process, and leave with its exit code."""
    # Starting creates 100,000 objects and hardly any garbage; collecting it would take 8 ms.
    gc.set_threshold(100_000)
    code = 0
    try:
        _end_at_ctrl_c()
        from anncli.cli.main import main

        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        # Ctrl-C while the command line was loading or leaving, before its own handler exists.
        code = 130
        _finish(sys.stderr, "ann: interrupted\n")
    # All files are written and closed; freeing modules and arrays one by one would take 10 ms.
    for stream in (sys.stdout, sys.stderr):
        _finish(stream)
    os._exit(code)


def _end_at_ctrl_c() -> None:
    """Until the command begins, Ctrl-C ends the process at once: an exception inside an import would leave a traceback.

    cli.main takes over when the command begins. An interrupt that was ignored stays so (background jobs).
    """
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end_now)


def end_now(number: int, frame: FrameType | None) -> None:
    """A handler of SIGINT for moments at which there is nothing to lose."""
    try:
        os.write(2, b"ann: interrupted\n")
    finally:
        os._exit(130)


def _finish(stream: TextIO | None, last: str = "") -> None:
    """Write `last` and flush the stream, if it is still there."""
    try:
        if stream is not None:
            stream.write(last)
            stream.flush()
    except (OSError, ValueError):
        pass
