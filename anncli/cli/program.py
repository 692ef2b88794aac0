"""The `ann` process: the command line with the fast start and end that a short-lived program can have."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import NoReturn


def program() -> NoReturn:
    """Run `ann` with the arguments of the process, and leave with its exit code."""
    # Starting makes a hundred thousand objects and hardly any garbage: looking for it takes 8 ms.
    gc.set_threshold(100_000)
    from anncli.cli.main import main

    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    # Everything is written and closed by now; taking modules and arrays apart one by one would cost 10 ms more.
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    os._exit(code)
