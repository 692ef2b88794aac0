"""The report of many classes: those that are found worst and the most frequent confusions, as wide as the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from anncli.cli.showing.console import table

#: With more classes the whole matrix is left to --matrix and --json.
MOST_CLASSES = 10
#: Lines of each of the two tables.
_LINES = 10
_NARROWEST, _GAP = 8, 4


class _Listed(NamedTuple):
    """A table: its title, the heading and the lines, and the places of the cells that are names of classes."""

    title: str
    rows: list[list[str]]
    names: tuple[int, int]


def many_classes(name: str, e: Any) -> str:
    """Two tables, side by side where the terminal has room for both; name: of the set. No wider than the terminal, which has
    80 columns where there is none, as far as names of 8 characters allow."""
    width, strip = _columns(), _common(e.classes)
    both = _worst(name, e), _confusions(name, e)
    # Names are cut where that is needed to fit, and rather than put the tables below each other.
    beside = [_fitted(*one, (width - _GAP) // 2, strip) for one in both]
    if sum(map(_width, beside)) + _GAP <= width:
        return _beside(*beside)
    return "\n\n".join(_fitted(*one, width, strip) for one in both)


def _columns() -> int:
    """Of the terminal that stdout is; COLUMNS before it, as a user sets it, and 80 where there is none."""
    # Not sys.__stdout__, as shutil has it: the command line detaches that one.
    with suppress(OSError, ValueError, AttributeError):
        if not os.environ.get("COLUMNS") and (columns := os.get_terminal_size(sys.stdout.fileno()).columns):
            return columns
    return shutil.get_terminal_size().columns


def _worst(name: str, e: Any) -> _Listed:
    """Of the classes with the lowest F1."""
    counts = e.class_counts
    order = sorted((k for k, count in enumerate(counts) if count), key=lambda k: (e.f1[k] or 0.0, e.recall[k] or 0.0))
    order = [k for k in order if (e.f1[k] or 0.0) < 1][:_LINES]
    n_classes = sum(count > 0 for count in counts)
    rows = [["class", "n", "recall %", "precision %", "F1 %", "taken for"]]
    for k in order:
        wrong = np.where(np.arange(len(counts)) == k, 0, e.matrix[k])
        other = e.classes[int(wrong.argmax())] if wrong.any() else ""
        rates = [
            "undefined" if rate is None else f"{100 * rate:.2f}" for rate in (e.recall[k], e.precision[k], e.f1[k])
        ]
        rows.append([e.classes[k], f"{counts[k]:g}", *rates, other])
    return _Listed(f"{name}: worst {len(order)} of {n_classes} classes", rows, (0, 5))


def _confusions(name: str, e: Any) -> _Listed:
    """Of the most frequent wrong predictions."""
    wrong = e.matrix.astype(np.float64)
    np.fill_diagonal(wrong, 0)
    # Of equally frequent ones the first in the order of the classes.
    order = np.argsort(-wrong, axis=None, kind="stable")[:_LINES]
    rows = [["actual", "predicted", "n", "% of class"]]
    for place in order:
        actual, predicted = divmod(int(place), len(wrong))
        if wrong[actual, predicted]:
            share = 100 * wrong[actual, predicted] / e.class_counts[actual]
            rows.append([e.classes[actual], e.classes[predicted], f"{wrong[actual, predicted]:g}", f"{share:.2f}"])
    return _Listed(f"{name}: most frequent confusions", rows, (0, 1))


def _fitted(title: str, rows: list[list[str]], names: tuple[int, int], room: int, strip: int) -> str:
    """The table below its title, with names cut until it is no wider than `room`; strip: characters that all names begin with."""
    text = title
    for most in range(max(len(row[k]) for row in rows for k in names), _NARROWEST - 1, -1):
        cut = [[_cut(cell, most, strip) if k in names else cell for k, cell in enumerate(row)] for row in rows[1:]]
        text = f"{title}\n{table(rows[0], cut)}"
        if _width(text) <= room:
            break
    return text


def _cut(name: str, most: int, strip: int) -> str:
    """At most so many characters of a name, of those that tell it from others."""
    if len(name) <= most:
        return name
    short = f"...{name[strip:]}" if strip > 3 else name
    return short if len(short) <= most else f"{short[: most - 3]}..."


def _common(names: Sequence[str]) -> int:
    """How many characters all names begin with."""
    first, last = min(names), max(names)
    return next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))


def _width(text: str) -> int:
    return max(map(len, text.splitlines()))


def _beside(left: str, right: str) -> str:
    one, other, width = left.splitlines(), right.splitlines(), _width(left)
    lines = max(len(one), len(other))
    pairs = zip(one + [""] * (lines - len(one)), other + [""] * (lines - len(other)), strict=True)
    return "\n".join(f"{a.ljust(width + _GAP)}{b}".rstrip() for a, b in pairs)
