"""Lines that fit a terminal: how many columns a text takes, which pieces of a line have room, and spans of time in words."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

_SPACE = "  "
_DEFAULT_WIDTH = 80
# From here on there is room for a long bar.
_WIDE = 120


class Piece(NamedTuple):
    """A piece of a line; where not all have room, those of the highest rank come first."""

    text: str
    rank: int


def terminal_width() -> int:
    """Columns of the terminal that stderr is, now: it may be resized, and stdout may be a file."""
    with suppress(OSError, ValueError, AttributeError):
        if columns := os.get_terminal_size(sys.stderr.fileno()).columns:
            return columns
    return _DEFAULT_WIDTH


def columns_of(text: str) -> int:
    """Columns that a text takes on a terminal: East Asian characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("F", "W") else 1 for c in text
    )


def cut(text: str, width: int) -> str:
    """The beginning of a text that takes at most `width` columns."""
    while columns_of(text) > width:
        text = text[:-1]
    return text


def fitted(pieces: Sequence[Piece], width: int) -> str:
    """The pieces that fit on the line, in their order; at least the one of the highest rank, cut off if need be."""
    kept: list[Piece] = []
    for piece in sorted((piece for piece in pieces if piece.text), key=lambda piece: -piece.rank):
        if not kept or columns_of(_joined([*kept, piece])) <= width:
            kept.append(piece)
    return cut(_joined([piece for piece in pieces if piece in kept]), max(width, 0))


def _joined(pieces: Sequence[Piece]) -> str:
    return _SPACE.join(piece.text for piece in pieces)


def bar(done: float, width: int) -> str:
    """A bar of which a fraction, 0 to 1, is done, for a terminal of so many columns."""
    cells = 24 if width >= _WIDE else 10
    filled = min(cells, max(0, int(cells * done)))
    return f"[{'#' * filled}{'-' * (cells - filled)}]"


def clock(seconds: float) -> str:
    """'0:07', '12:30', '1:02:03'."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(seconds: float) -> str:
    """'45 s', '3 min', '1 h 20 min', as one says it."""
    if seconds < 90:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
