"""The reading of data files as work in hand."""

from __future__ import annotations

from anncli.cli.showing.line_fit import Piece, bar, clock, fitted, span
from anncli.cli.showing.work import Pace
from anncli.formats.files.reading import READING, Reading


class ReadingWork:
    """The file that is read now, each at its own pace."""

    def __init__(self, reading: Reading = READING) -> None:
        self._reading, self._pace, self._name = reading, Pace(), ""
        # What an earlier reading of the same process left there.
        reading.name, reading.done, reading.total = "", 0, 0

    def line(self, width: int) -> str:
        name, done, total = self._now()
        if not name:
            return ""
        left = self._pace.left(total) if total else None
        pieces = [
            Piece(bar(done / total, width) if total else "", 1),
            Piece(f"reading {name}", 9),
            Piece(f"{100 * done / total:.0f} % of {size(total)}" if total else size(done) if done else "", 7),
            Piece(clock(self._pace.elapsed), 6),
            Piece("" if left is None else f"{clock(left)} left", 5),
        ]
        return fitted(pieces, width)

    def sentence(self) -> str:
        name, done, total = self._now()
        if not name:
            return ""
        left = self._pace.left(total) if total else None
        much = f" {100 * done / total:.0f} % of {size(total)}," if total else f" {size(done)}," if done else ""
        text = f"reading {name}:{much} {span(self._pace.elapsed)}"
        return text if left is None or done >= total else f"{text}, about {span(left)} left"

    def _now(self) -> tuple[str, int, int]:
        """Name, bytes read and bytes in all; the pace is that of this file."""
        name, done, total = self._reading.name, self._reading.done, self._reading.total
        if name != self._name:
            self._name, self._pace = name, Pace()
        self._pace.see(done)
        return name, min(done, total) if total else done, total


def size(count: int) -> str:
    """'812 bytes', '1.5 MB'."""
    if count < 1000:
        return f"{count} bytes"
    value = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5 or unit == "TB":
            break
    return f"{value:.3g} {unit}"
