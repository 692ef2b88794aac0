"""The console: notes and warnings to stderr, a progress bar on a terminal, tables and JSON to stdout."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import click

from anncli.cli.showing.json_output import OUTPUT
from anncli.errors import printable


class Console:
    """Writes to stderr. quiet: errors only; verbose: more notes, by level; color: on a terminal, unless NO_COLOR is set."""

    def __init__(self, quiet: bool = False, verbose: int = 0, color: bool = True) -> None:
        self.quiet, self.verbose = quiet, verbose
        self.color = color and not os.environ.get("NO_COLOR") and _can_draw()

    def note(self, text: str, level: int = 0) -> None:
        """A remark on stderr, shown if the verbosity is at least `level`."""
        if not self.quiet and self.verbose >= level:
            self._say(f"ann: {printable(text)}")

    def warn(self, text: str) -> None:
        """A warning on stderr; --quiet hides it."""
        if not self.quiet:
            prefix = click.style("warning:", fg="yellow") if self.color else "warning:"
            self._say(f"ann: {prefix} {printable(text)}")

    def report(self, text: str) -> None:
        """A report on stderr, because stdout carries something else."""
        self._say(text)

    def loss_curves(self, losses: Mapping[str, Sequence[float | None]]) -> None:
        """Sparklines of losses by name on stderr, if that is a terminal; nothing in a log."""
        from anncli.cli.showing.sparkline import can_show, loss_lines

        if self.quiet or not _can_draw() or not can_show(sys.stderr.encoding):
            return
        import shutil

        for line in loss_lines(losses, shutil.get_terminal_size().columns):
            self._say(line)

    def _say(self, text: str) -> None:
        # A full log or a closed terminal must not end a training: the results are worth more than the remark.
        with suppress(OSError, ValueError):
            click.echo(text, err=True, color=self.color)

    @contextmanager
    def progress(self, length: int, unit: str = "epoch") -> Iterator[Progress]:
        """A bar over `length` epochs, or other units, on a terminal; nothing in a log."""
        if self.quiet or length < 1 or not _can_draw():
            yield _Silent()
            return
        bar = _Bar(length, unit)
        try:
            yield bar
        finally:
            bar.clear()


def _can_draw() -> bool:
    """Whether stderr is a terminal that can return to the start of a line."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


class Progress(Protocol):
    def update(self, done: int, text: str) -> None: ...


class _Silent:
    def update(self, done: int, text: str) -> None:
        pass


class _Bar:
    """One line that is overwritten, at most ten times a second: drawing must not take longer than training."""

    CELLS = 24

    def __init__(self, length: int, unit: str) -> None:
        self.length, self.unit, self.when = length, unit, 0.0

    def update(self, done: int, text: str) -> None:
        now = time.monotonic()
        if now - self.when < 0.1:
            return
        self.when = now
        filled = min(self.CELLS, self.CELLS * done // self.length)
        line = f"[{'#' * filled}{'-' * (self.CELLS - filled)}] {self.unit} {done}/{self.length}  {text}"
        import shutil

        self._draw(line[: shutil.get_terminal_size().columns - 1])

    def clear(self) -> None:
        if self.when:
            self._draw("")

    def _draw(self, line: str) -> None:
        # A closed terminal must not end the training.
        try:
            sys.stderr.write(f"\r\033[K{line}")
            sys.stderr.flush()
        except OSError:
            pass


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns separated by blanks: the first aligned to the left, the others to the right."""
    widths = [max(len(row[k]) for row in [header, *rows]) for k in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def print_json(document: dict[str, Any]) -> None:
    """The one JSON document of a --json run, which is written when the command ends; it must not contain nan or inf."""
    OUTPUT.keep(document)
