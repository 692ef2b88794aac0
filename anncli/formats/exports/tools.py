"""Running the programs that prove exports: compilers, interpreters, databases."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence

from anncli.formats.exports.base import ToolMissingError

# Seconds; a compiler that needs longer hangs.
_PATIENCE = 300


def find_tool(*names: str, install: str) -> str:
    """The path of the first of these programs that is there; raises ToolMissingError. install: how to get it."""
    for name in names:
        if path := shutil.which(name):
            return path
    raise ToolMissingError(f"{' or '.join(names)} is not installed; {install}")


def run_tool(command: Sequence[str], folder: str, text: bytes = b"") -> bytes:
    """What the program prints, given `text` on its standard input; raises RuntimeError with its first words of complaint."""
    try:
        done = subprocess.run(command, cwd=folder, input=text, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{command[0]} did not end within {_PATIENCE} s") from None
    if done.returncode:
        complaint = (done.stderr or done.stdout).decode(errors="replace").strip()[:2000]
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {complaint}")
    return done.stdout


def work_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for the files of one proof, which is removed afterwards."""
    return tempfile.TemporaryDirectory(prefix="ann-proof-")
