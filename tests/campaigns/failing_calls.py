"""The n-th call for a file fails, for every n: once and for good, with several errors, and with short reads and writes."""

from __future__ import annotations

import builtins
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from children import Report, run, small_folder

import anncli
from anncli.formats.files.checkpoint import load_checkpoint

COMMANDS = [
    "train net.nn pos.txt neg.txt 3 --checkpoint c --checkpoint-every 1 --history h -v",
    "train net.nn pos.txt neg.txt 3 --output - -q",
    "train net.nn pos.txt neg.txt 5 --resume c0 --output net.nn -q --refit no",
    "predict old.nn pos.txt",
    "test old.nn pos.txt neg.txt --json",
    "init net.nn --inputs 2 --force",
    "info old.nn",
    "train net.nn list.txt 2 -q",
    "bench net.nn pos.txt neg.txt 2 --trainers gd,adam --ledger l --plot p.svg --starts 1",
]
ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EMFILE": errno.EMFILE, "EACCES": errno.EACCES, "short": 0}
_CALLS = ("open", "write", "fsync", "replace", "unlink", "close", "stat", "fstat", "listdir", "ftruncate")


class Failing:
    """Counts the calls and lets number `at` fail, and with `lasting` all later ones."""

    def __init__(self, at: int, error: int, lasting: bool) -> None:
        self.at, self.error, self.lasting, self.made = at, error, lasting, 0

    def fails(self) -> bool:
        self.made += 1
        return self.made >= self.at if self.lasting else self.made == self.at

    def wrap(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **rest: Any) -> Any:
            if self.fails():
                if self.error:
                    raise OSError(self.error, os.strerror(self.error))
                if name == "write":
                    return call(arguments[0], bytes(arguments[1])[: max(1, len(arguments[1]) // 2)])
                if name == "read" and arguments:
                    return call(1)
            return call(*arguments, **rest)

        return wrapped

    def install(self) -> None:
        """In the child, before the command."""
        for name in _CALLS:
            setattr(os, name, self.wrap(name, getattr(os, name)))
        plain_open = builtins.open

        def opened(*arguments: Any, **rest: Any) -> Any:
            if self.fails() and self.error:
                raise OSError(self.error, os.strerror(self.error))
            return File(plain_open(*arguments, **rest), self)

        builtins.open = opened


class File:
    """An open file whose reads and writes are counted."""

    def __init__(self, file: Any, failing: Failing) -> None:
        self._file, self._failing = file, failing

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._file, name)
        return self._failing.wrap(name, found) if name in ("read", "read1", "write", "flush") else found

    def __enter__(self) -> File:
        return self

    def __exit__(self, *fault: Any) -> None:
        self._file.close()

    def __iter__(self) -> Any:
        return iter(self._file)


def prepared(folder: Path) -> Path:
    """A folder with everything that the commands read."""
    small_folder(folder)
    (folder / "list.txt").write_text("a 1\n1 2\nb 2\n-1 -2\nm.dat 1\n")
    (folder / "m.dat").write_bytes(b"\0\0\x80\x3f" * 4)
    (folder / "m.hea").write_text("2 2\n")
    (folder / "old.nn").write_text((folder / "net.nn").read_text())
    assert run(["train", "old.nn", "pos.txt", "neg.txt", "5", "-q"], folder).code == 0
    words = "train net.nn pos.txt neg.txt 3 --checkpoint c0 --refit no --output o.nn -q"
    assert run(words.split(), folder).code == 0
    return folder


def damage(folder: Path, before: bytes) -> str | None:
    """What the command left broken, or None."""
    try:
        if (folder / "net.nn").read_bytes() != before:
            anncli.load(folder / "net.nn")
        anncli.load(folder / "old.nn")
        load_checkpoint(folder / "c0")
        if (folder / "c").exists():
            load_checkpoint(folder / "c")
    except Exception as fault:
        return f"left broken: {fault}"
    return None


def campaign(folder: Path, step: int, errors: list[str]) -> Report:
    """Args: step: every how many calls one fails; errors: names of ERRORS."""
    report = Report("n-th call for a file fails")
    source = prepared(folder / "source")
    for number, command in enumerate(COMMANDS):
        for error in errors:
            for lasting in (False, True):
                at = 1 + (number * 7 + len(error)) % step
                # One call beyond the last, so that the command also runs undisturbed.
                while at <= _calls(source, folder, command) + step:
                    place = folder / "case"
                    _copy(source, place)
                    before = (place / "net.nn").read_bytes()
                    failing = Failing(at, ERRORS[error], lasting)
                    ended = run(command.split(), place, failing.install)
                    fault = _strange(ended) or damage(place, before)
                    if error == "short" and not lasting and ended.code:
                        fault = fault or f"a short call ended it: {ended.stderr[:200]}"
                    report.count(
                        f"{command!r}, {error} at call {at}{' and after' if lasting else ''}", ended.code, fault
                    )
                    at += step
    return report


def _strange(ended: Any) -> str | None:
    # With stderr itself failing, there may be no message.
    fault = ended.fault()
    return None if fault and fault.endswith("without a message") else fault


_known: dict[str, int] = {}


def _calls(source: Path, folder: Path, command: str) -> int:
    """How many calls the undisturbed command makes."""
    if command not in _known:
        place = folder / "count"
        _copy(source, place)
        failing = Failing(10**9, errno.EIO, False)

        def install() -> None:
            failing.install()
            leave = os._exit

            def count(code: int) -> None:
                Path(place / ".calls").write_text(str(failing.made))
                leave(code)

            os._exit = count  # type: ignore[assignment]

        run(command.split(), place, install)
        _known[command] = int((place / ".calls").read_text())
    return _known[command]


def _copy(source: Path, place: Path) -> None:
    place.mkdir(exist_ok=True)
    for path in place.iterdir():
        path.unlink()
    for path in source.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
