"""Real shells behind a pseudo-terminal, and what they make of a line when TAB is pressed."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from ann_process import ROOT, clean_environment

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>()][A-Z0-9]?|\x1b\][^\x07]*\x07|[\x00\x07\r]")
_DONE = "the-line-is:"

# How each shell starts without files of the user, and runs the script of `ann completion`.
_START = {
    "bash": (["bash", "--noprofile", "--norc", "-i"], 'eval "$(ann completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'eval "$(ann completion zsh)"'),
    "fish": (["fish", "--no-config", "-i"], "ann completion fish | source"),
}


class Shell:
    """An interactive shell in a folder, which is its home, with `ann` in its PATH and the completion installed."""

    def __init__(self, name: str, folder: Path, start: tuple[list[str], str] | None = None) -> None:
        """start: the command of the shell, and what is typed first, in place of the script of `ann completion`."""
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
        self.name = name
        programs = folder / ".programs"
        programs.mkdir(exist_ok=True)
        program = programs / "ann"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m anncli "$@"\n')
        program.chmod(0o755)
        # Prints the words that it is called with, one in each line, between marks.
        shown = programs / "show"
        shown.write_text(f"#!/bin/sh\nprintf '%s' {_DONE}; printf '[%s]' \"$@\"; echo :end\n")
        shown.chmod(0o755)
        environment = clean_environment(
            PATH=f"{programs}{os.pathsep}{os.environ['PATH']}", TERM="dumb", HOME=str(folder), PYTHONPATH=str(ROOT),
            LC_ALL="C.UTF-8", PS1="$ ", XDG_CONFIG_HOME=str(folder / ".config"), XDG_DATA_HOME=str(folder / ".share"),
        )  # fmt: skip
        command, install = start or _START[name]
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        self.say(f"cd {shlex.quote(str(folder))}; {install}; show ready\r")
        self.wait_for(_DONE + "[ready]:end")

    def say(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def wait_for(self, text: str, seconds: float = 20) -> str:
        """All that was written until `text` was."""
        seen, end = "", time.monotonic() + seconds
        while text not in seen:
            ready, _, _ = select.select([self.terminal], [], [], max(end - time.monotonic(), 0))
            assert ready, f"{self.name} did not write {text!r}: {seen!r}"
            try:
                seen += _CONTROL.sub("", os.read(self.terminal, 65536).decode("utf-8", "replace"))
            except OSError:
                raise AssertionError(f"{self.name} ended: {seen!r}") from None
        return seen

    def words_after(self, line: str, tabs: int = 1) -> list[str]:
        """The words of the line `ann LINE` after TAB was pressed, without `ann`.

        The beginning of the line is replaced, so that `show` prints the words in place of `ann` running.
        """
        self.say(f"ann {line}" + "\t" * tabs)
        self.settle()
        # Control-A goes to the beginning of the line in all three.
        self.say("\x01show \r")
        seen = self.wait_for(":end")
        found = re.search(re.escape(_DONE) + r"(.*):end", seen.replace("\n", ""))
        assert found is not None, seen
        return re.findall(r"\[([^\]]*)\]", found[1])[1:]

    def offered(self, line: str) -> str:
        """What is written when TAB is pressed twice, after the line."""
        self.say(f"ann {line}\t\t")
        seen = self.settle()
        self.say("\x03")
        self.settle(0.3)
        return seen

    def settle(self, seconds: float = 1.0) -> str:
        """What is written until nothing more comes for so long."""
        seen = ""
        while select.select([self.terminal], [], [], seconds)[0]:
            seen += _CONTROL.sub("", os.read(self.terminal, 65536).decode("utf-8", "replace"))
        return seen

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)
