"""A sparkline: how numbers go up and down, as one line of block characters for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

BARS = "▁▂▃▄▅▆▇█"
# Where a number is not finite.
GAP = " "


def sparkline(values: Sequence[float | None], width: int = 32, *, logarithmic: bool = True) -> str:
    """One character for each value, or the mean of each of `width` equal runs of them where there are more.

    The lowest value is the lowest bar. logarithmic: heights follow the logarithms where all values are above 0, as losses
    fall by factors. Values that are None or not finite are left out of the means; a run without any is a blank.
    """
    finite = [value if value is not None and math.isfinite(value) else None for value in values]
    n = min(max(width, 1), len(finite))
    runs = [_mean(finite[len(finite) * k // n : len(finite) * (k + 1) // n]) for k in range(n)]
    known = [value for value in runs if value is not None]
    if logarithmic and known and min(known) > 0:
        runs = [None if value is None else math.log(value) for value in runs]
        known = [value for value in runs if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    return "".join(GAP if value is None else BARS[_step(value, low, high)] for value in runs)


def loss_lines(losses: Mapping[str, Sequence[float | None]], width: int) -> list[str]:
    """A line for each name: its values drawn, and the first and the last of them; `width`: of the terminal."""
    lines = []
    margin = max(map(len, losses), default=0) + 2
    for name, values in losses.items():
        known = [value for value in values if value is not None and math.isfinite(value)]
        if known:
            ends = f"  {known[0]:.4g} to {known[-1]:.4g}"
            lines.append(f"{name:<{margin}}{sparkline(values, min(48, width - margin - len(ends) - 1))}{ends}")
    return lines


def can_show(encoding: str | None) -> bool:
    """Whether a stream of this encoding has the characters."""
    try:
        BARS.encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _mean(run: Sequence[float | None]) -> float | None:
    known = [value for value in run if value is not None]
    # Divided first: the sum of large losses could overflow.
    return sum(value / len(known) for value in known) if known else None


def _step(value: float, low: float, high: float) -> int:
    """0 to 7. Equal values are all low: nothing happened."""
    if high <= low:
        return 0
    # Halved, because the difference of two large numbers can overflow.
    return min(len(BARS) - 1, int(len(BARS) * ((value / 2 - low / 2) / (high / 2 - low / 2))))
