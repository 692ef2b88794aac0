"""Command lines in forked children of a process that has all modules loaded: a few milliseconds each."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pickle
import pkgutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import anncli

# Seconds after which a child counts as hanging.
PATIENCE = 30.0
# What `ann` may end with when nobody sends a signal; docs/exit-codes.md.
DOCUMENTED = {0, 1, 2, 3, 4, 5}

POSITIVE = "1.0 2.0\n1.5 2.5\n2.0 1.0\n2.5 1.5\n1.2 1.9\n2.2 2.1\n1.7 2.6\n2.4 1.1\n"
NEGATIVE = "".join(f"-{line.replace(' ', ' -')}\n" for line in POSITIVE.splitlines())
NETWORK = "# a small network\nanncli: 1\ninputs: 2\nlayers: [3 tanh, 1 logistic]\n"


class Ended(NamedTuple):
    """code: the exit status, negative for a signal, None for a child that hung; peak: the most memory it held, in bytes."""

    code: int | None
    stdout: bytes
    stderr: str
    peak: int = 0

    def fault(self) -> str | None:
        """What is wrong with this end whatever the command was, or None."""
        if self.code is None:
            return "hangs"
        if self.code not in DOCUMENTED:
            return f"ended with {self.code}"
        for word in ("Traceback", "internal error", "Warning:", "Exception ignored"):
            if word in self.stderr:
                return f"{word!r} on stderr: {self.stderr[:300]}"
        if self.code and not self.stderr.startswith("ann: "):
            return f"code {self.code} without a message"
        return None


def load_everything() -> None:
    """Import every module now, so that the children need not."""
    for module in pkgutil.walk_packages(anncli.__path__, "anncli."):
        if not module.name.endswith("__main__"):
            with contextlib.suppress(ImportError):
                importlib.import_module(module.name)
    gc.freeze()


def small_folder(folder: Path) -> Path:
    """net.nn (2-3-1, untrained), pos.txt and neg.txt in a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "net.nn").write_text(NETWORK)
    (folder / "pos.txt").write_text(POSITIVE)
    (folder / "neg.txt").write_text(NEGATIVE)
    return folder


def start(words: Sequence[object], folder: Path, before: Callable[[], None] | None = None) -> int:
    """Begin `ann WORDS` in the folder; returns the process. Its output goes to .stdout and .stderr there."""
    # Held until `ann` begins: before that a signal would meet this file.
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        return child
    code, begun = 70, False
    try:
        os.chdir(folder)
        for number, name in ((1, ".stdout"), (2, ".stderr")):
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            os.dup2(descriptor, number)
            os.close(descriptor)
        sys.stdin = open(os.devnull)  # noqa: SIM115
        sys.stdout, sys.stderr = (os.fdopen(n, "w", closefd=False) for n in (1, 2))
        signal.signal(signal.SIGINT, signal.default_int_handler)
        from anncli.cli.interrupt import end_at_ctrl_c
        from anncli.cli.main import main

        # As the process does it.
        end_at_ctrl_c()
        if before is not None:
            before()
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        begun = True
        main([str(word) for word in words])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and not begun:
            code = 128 + signal.SIGINT
        else:
            import traceback

            traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(code)


def wait(child: int, folder: Path, patience: float = PATIENCE) -> Ended:
    """The end of a child; one that hangs is killed."""
    limit = time.monotonic() + patience
    status, peak = None, 0
    while status is None:
        done, found, usage = os.wait4(child, os.WNOHANG)
        if done:
            status, peak = found, usage.ru_maxrss << 10
        elif time.monotonic() > limit:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            break
        else:
            time.sleep(0.001)
    code = None if status is None else os.waitstatus_to_exitcode(status)
    return Ended(code, (folder / ".stdout").read_bytes(), (folder / ".stderr").read_text("utf-8", "replace"), peak)


def run(words: Sequence[object], folder: Path, before: Callable[[], None] | None = None) -> Ended:
    """`ann WORDS` in the folder, from start to end."""
    return wait(start(words, folder, before), folder)


def run_in_turn(calls: Iterable[tuple[Sequence[object], Callable[[], None]]], folder: Path) -> list[Ended]:
    """Command lines in the folder, one after the other in ONE child, each after its `before`: faster than run(), and what
    one leaves behind meets the next. Returns their ends, as far as the child came: it may crash, or hang and be killed.
    """
    results = folder / ".results"
    child = os.fork()
    if not child:
        try:
            os.chdir(folder)
            sys.stdin = open(os.devnull)  # noqa: SIM115
            with open(results, "wb", buffering=0) as file:
                for words, before in calls:
                    before()
                    file.write(pickle.dumps(_one_of_many(words)))
        finally:
            os._exit(0)
    wait(child, folder, 4 * PATIENCE)
    ends = []
    with open(results, "rb") as file, contextlib.suppress(EOFError, pickle.UnpicklingError):
        while True:
            ends.append(pickle.load(file))
    return ends


def _one_of_many(words: Sequence[object]) -> Ended:
    """`ann WORDS` in this process."""
    from anncli.cli.main import main

    for number, name in ((1, ".stdout"), (2, ".stderr")):
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdout, sys.stderr = (os.fdopen(n, "w", closefd=False) for n in (1, 2))
    # From now on the most memory held counts anew.
    Path("/proc/self/clear_refs").write_text("5")
    code = 0
    try:
        main([str(word) for word in words])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:
        code = 70
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) << 10
    return Ended(code, Path(".stdout").read_bytes(), Path(".stderr").read_text("utf-8", "replace"), peak)


class Report:
    """Counts of one campaign; failures: what went wrong, in words that let it be repeated."""

    def __init__(self, title: str) -> None:
        self.title, self.tried = title, 0
        self.failures: list[str] = []
        #: How often each exit code was seen.
        self.codes: Counter[int | None] = Counter()

    def count(self, what: str, code: int | None, fault: str | None) -> None:
        self.tried += 1
        self.codes[code] += 1
        if fault:
            self.failures.append(f"{what}: {fault}")

    def join(self, other: Report) -> None:
        """Add the counts of another."""
        self.tried += other.tried
        self.failures += other.failures
        self.codes += other.codes
