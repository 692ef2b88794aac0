"""Contours and regions over a grid of cells, as paths in the units of the grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.svg import Point, place

Segment = tuple[Point, Point]


def contour(values: Array, level: float) -> list[Segment]:
    """The line on which values (n, m) at the corners of a grid are `level`: a segment or two for each cell that it crosses.

    Points are (column, row), from 0. In a saddle the mean of the four corners decides which of them belong together.
    Source: marching squares, after Lorensen & Cline 1987, SIGGRAPH 21, 163-169.
    """
    above = values > level
    found = []
    for i, j in np.argwhere(_is_crossed(above)).tolist():
        corners = values[i, j], values[i, j + 1], values[i + 1, j + 1], values[i + 1, j]
        crossings = [_crossing((i, j), side, corners, level) for side in range(4)]
        points = [point for point in crossings if point is not None]
        # Of a saddle: where the middle is not on the side of the first corner, that one and its opposite are cut off.
        if len(points) == 4 and (sum(corners) / 4 > level) != bool(above[i, j]):
            found += [(points[3], points[0]), (points[1], points[2])]
            continue
        found += [(points[k], points[k + 1]) for k in range(0, len(points) - 1, 2)]
    return found


def _is_crossed(above: Array) -> Array:
    """(n - 1, m - 1): whether the four corners of a cell lie on both sides."""
    count = above[:-1, :-1].astype(int) + above[:-1, 1:] + above[1:, :-1] + above[1:, 1:]
    return (count > 0) & (count < 4)


def _crossing(cell: tuple[int, int], side: int, corners: tuple[float, ...], level: float) -> Point | None:
    """Where the level lies on one side of a cell: top, right, bottom or left; None where it does not cross it."""
    first, last = corners[side], corners[(side + 1) % 4]
    if (first > level) == (last > level):
        return None
    share = float((level - first) / (last - first))
    i, j = cell
    return ((j + share, i), (j + 1, i + share), (j + 1 - share, i + 1), (j, i + 1 - share))[side]


def regions(kinds: Array, corner: Point, size: Point) -> dict[int, str]:
    """A path for each kind of cell of a grid (n, m) of whole numbers; row 0 is at the top.

    Args: corner: the top left one of the grid; size: width and height of a cell. Neighbouring cells are one shape. Shapes that
    touch have the same numbers there, so that no gap is seen between them.
    """
    paths: dict[int, list[str]] = {}
    across = [place(corner[0] + size[0] * j) for j in range(kinds.shape[1] + 1)]
    down = [place(corner[1] + size[1] * i) for i in range(kinds.shape[0] + 1)]
    for i, row in enumerate(kinds.tolist()):
        start = 0
        for j in range(1, len(row) + 1):
            if j == len(row) or row[j] != row[start]:
                path = f"M{across[start]} {down[i]}H{across[j]}V{down[i + 1]}H{across[start]}z"
                paths.setdefault(row[start], []).append(path)
                start = j
    return {kind: "".join(parts) for kind, parts in sorted(paths.items())}


def joined(segments: Sequence[Segment]) -> list[list[Point]]:
    """Segments that meet, as lines of many points; one that closes has its first point at its end too."""
    ends: dict[Point, list[int]] = {}
    for number, segment in enumerate(segments):
        for point in segment:
            ends.setdefault(_rounded(point), []).append(number)
    free = set(range(len(segments)))
    # Open lines first, from their ends; what is left then are rings.
    starts = [numbers[0] for numbers in ends.values() if len(numbers) == 1]
    found = []
    for number in [*starts, *range(len(segments))]:
        if number not in free:
            continue
        first, last = segments[number]
        if len(ends[_rounded(last)]) == 1 and len(ends[_rounded(first)]) > 1:
            first, last = last, first
        line, following = [first, last], number
        free.discard(number)
        while (following := next((k for k in ends[_rounded(line[-1])] if k in free), -1)) >= 0:
            free.discard(following)
            one, other = segments[following]
            line.append(other if _rounded(one) == _rounded(line[-1]) else one)
        found.append(line)
    return found


def _rounded(point: Point) -> Point:
    """Two cells compute the same point on the side between them, up to rounding."""
    return round(point[0], 6), round(point[1], 6)
