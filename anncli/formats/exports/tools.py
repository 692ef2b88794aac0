"""Running the programs that prove exports: compilers, interpreters, databases."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence

from anncli.formats.exports.base import ToolMissingError

# Seconds; a compiler that needs longer hangs.
_PATIENCE = 300
_PIPE = subprocess.PIPE


def find_tool(*names: str, install: str) -> str:
    """The path of the first of these programs that is there; raises ToolMissingError. install: how to get it."""
    for name in names:
        if path := shutil.which(name):
            return path
    raise ToolMissingError(f"{' or '.join(names)} is not installed; {install}")


def run_tool(command: Sequence[str], folder: str, text: bytes = b"") -> bytes:
    """What the program prints, given `text` on its standard input; raises RuntimeError with its first words of complaint.

    Where the time is up, or a signal ends `ann`, the program ends with all that it has started, as compilers start others.
    """
    process = None
    try:
        with _waiting_signals():
            process = subprocess.Popen(command, cwd=folder, stdin=_PIPE, stdout=_PIPE, stderr=_PIPE, process_group=0)
        printed, complained = process.communicate(text, timeout=_PATIENCE)
    except BaseException as fault:
        if process is None:
            if isinstance(fault, OSError):
                raise RuntimeError(_refusal(command[0], fault, folder)) from None
        else:
            with process:
                _end(process)
            if isinstance(fault, subprocess.TimeoutExpired):
                raise RuntimeError(f"{command[0]} did not end within {_PATIENCE} s") from None
        raise
    if process.returncode:
        complaint = (complained or printed).decode(errors="replace").strip()[:2000]
        raise RuntimeError(f"{command[0]} ended with {process.returncode}{complaint and f': {complaint}'}")
    return printed


def _refusal(program: str, fault: OSError, folder: str) -> str:
    is_ours = fault.errno == errno.EACCES and program.startswith(folder)
    advice = "; TMPDIR names another folder for it" if is_ours else ""
    return f"{program} cannot be run: {fault.strerror}{advice}"


@contextlib.contextmanager
def _waiting_signals() -> Iterator[None]:
    """Signals that end `ann` wait: an exception between the start of a program and the note of its number would leave it running.

    They are not blocked, because the system then gives them to another thread, and Python runs their handlers all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    seen: list[int] = []
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: handler for number in numbers if callable(handler := signal.getsignal(number))}
    for number in before:
        signal.signal(number, lambda number, frame: seen.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in seen:
            before[number](number, None)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and its children, which are a group of their own where the system has groups."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


@contextlib.contextmanager
def work_folder() -> Iterator[str]:
    """A folder for the files of one proof, which is removed afterwards; raises RuntimeError where it cannot be written to."""
    try:
        with tempfile.TemporaryDirectory(prefix="ann-proof-") as folder:
            yield folder
    except OSError as fault:
        message = f"its files cannot be written for the proof: {fault.strerror}; TMPDIR names another folder for them"
        raise RuntimeError(message) from None
