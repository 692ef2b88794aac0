"""The `ann` process: the command line with the fast start and end that a short-lived program can have."""

from __future__ import annotations

# Only what is loaded by now: as long as this module loads, Ctrl-C is a traceback.
import gc
import os
import sys
from typing import NoReturn, TextIO


def program() -> NoReturn:
    """Run `ann` with the arguments of the process, and leave with its exit code."""
    # Starting makes a hundred thousand objects and hardly any garbage: looking for it takes 8 ms.
    gc.set_threshold(100_000)
    code = 0
    try:
        from anncli.cli.main import main

        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        # While the command line itself was loading or leaving, where nothing of its own can catch it.
        code = 130
        _finish(sys.stderr, "ann: interrupted\n")
    # Everything is written and closed by now; taking modules and arrays apart one by one would cost 10 ms more.
    for stream in (sys.stdout, sys.stderr):
        _finish(stream)
    os._exit(code)


def _finish(stream: TextIO | None, last: str = "") -> None:
    """Bring out what a stream still holds, as far as it can."""
    try:
        if stream is not None:
            stream.write(last)
            stream.flush()
    except (OSError, ValueError):
        pass
