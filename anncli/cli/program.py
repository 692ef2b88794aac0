"""The `ann` process: runs the command line, starting and ending fast."""

from __future__ import annotations

# Import only modules Python has already loaded; Ctrl-C during an import here would print a traceback.
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, TextIO


def program() -> NoReturn:
    """Run `ann` with the arguments of the process, and leave with its exit code."""
    # Starting creates 100,000 objects and hardly any garbage; collecting it would take 8 ms.
    gc.set_threshold(100_000)
    code, started, ending = 0, None, None
    try:
        from anncli.cli.interrupt import end_at_ctrl_c

        end_at_ctrl_c()
        from anncli.cli import launch

        if (started := launch.launch_of(os.environ)) is not None:
            # Not a module that every start loads.
            from anncli.cli.launched import run_launched

            ending = run_launched(started, sys.argv[1:])
        from anncli.cli.main import main

        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        # Ctrl-C while the command line was loading or leaving, before its own handler exists.
        code = 130
        _finish(sys.stderr, "ann: interrupted\n")
        if (interrupt := sys.modules.get("anncli.cli.interrupt")) is not None:
            _finish(sys.stdout, interrupt.interrupted_document().decode())
    # All files are written and closed; freeing modules and arrays one by one would take 10 ms.
    for stream in (sys.stdout, sys.stderr):
        _finish(stream)
    if started is not None:
        if ending is not None:
            ending.leave(code)
        # MPI takes a process that leaves in another way for one that has failed.
        sys.exit(code)
    os._exit(code)


def _finish(stream: TextIO | None, last: str = "") -> None:
    """Write `last` and flush the stream, if it is still there."""
    try:
        if stream is not None:
            stream.write(last)
            stream.flush()
    except (OSError, ValueError):
        pass
