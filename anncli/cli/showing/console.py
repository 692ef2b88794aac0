"""The console: notes and warnings to stderr, work in hand while it goes on, tables and JSON to stdout."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Protocol

import click

from anncli.cli.showing.json_output import OUTPUT
from anncli.errors import printable

if TYPE_CHECKING:
    from anncli.cli.showing.live import Live
    from anncli.cli.showing.work import Counted, Work


class Console:
    """Writes to stderr. quiet: errors only; verbose: more notes, by level; color: on a terminal, unless NO_COLOR is set."""

    def __init__(self, quiet: bool = False, verbose: int = 0, color: bool = True) -> None:
        self.quiet, self.verbose = quiet, verbose
        self._live: Live | None = None
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
        from anncli.cli.showing.line_fit import terminal_width

        for line in loss_lines(losses, terminal_width()):
            self._say(line)

    def _say(self, text: str) -> None:
        # A full log or a closed terminal must not end a training: the results are worth more than the remark.
        with self._live.hidden() if self._live is not None else nullcontext(), suppress(OSError, ValueError):
            click.echo(text, err=True, color=self.color)

    @contextmanager
    def showing(self, work: Work, delay: float = 0.0) -> Iterator[Callable[[], None]]:
        """Show work in hand: as a line on a terminal, from `delay` seconds on, and as a line every 30 seconds in a log. Gives a
        function to be called when the work has changed."""
        if self.quiet:
            yield _nothing
            return
        from anncli.cli.showing.live import Live

        with Live(work, _can_draw(), self.note, delay) as live:
            self._live = live
            try:
                yield live.touch
            finally:
                self._live = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Show how far data files are read, once that takes longer than a second."""
        from anncli.cli.showing.reading_work import ReadingWork

        with self.showing(ReadingWork(), delay=1.0):
            yield

    @contextmanager
    def progress(self, length: int, unit: str = "epoch", delay: float = 0.0) -> Iterator[Progress]:
        """Show work of `length` trainings, or other units, once it takes longer than `delay` seconds."""
        from anncli.cli.showing.work import Counted

        work = Counted(max(1, length), unit)
        with self.showing(work, delay) as touch:
            yield _Counting(work, touch)


def _can_draw() -> bool:
    """Whether stderr is a terminal that can return to the start of a line."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


class Progress(Protocol):
    def update(self, done: int, text: str) -> None: ...


class _Counting:
    """Counts, and shows the count."""

    def __init__(self, work: Counted, touch: Callable[[], None]) -> None:
        self._work, self._touch = work, touch

    def update(self, done: int, text: str) -> None:
        self._work.update(done, text)
        self._touch()


def _nothing() -> None:
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
