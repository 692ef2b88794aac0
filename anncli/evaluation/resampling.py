"""A bootstrap of sums over rows: every metric that is a function of such sums gets an interval from the same few matrix products."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, blocks, random_stream
from anncli.evaluation.distributions import normal_distribution, normal_quantile
from anncli.evaluation.interval import Interval

#: Draws of rows: a quantile of 2.5 % then has a standard error of a fortieth of the interval.
DRAWS = 2000
#: More rows than these are dealt out at random to so many groups of equal size, and groups are drawn.
MOST_GROUPS = 2000
# Sums that are held at a time, and products of one bootstrap: they bound memory and time.
_MOST_SUMS, _MOST_PRODUCTS = 200_000, 400_000_000
_DRAWS_AT_A_TIME = 250
# Bits of a sum of a group: with 2^11 groups in a draw, sums of draws are exact in float64 and do not depend on their order.
_BITS = 41

#: From sums (..., c) to a metric (...), or to several (..., m); nan where it is undefined.
Statistic = Callable[[Array], Array]


class Part(NamedTuple):
    """What is summed: 1 for each row, or values (n,), in one of n_cells cells; places (n,): the cell of each row, None: the first."""

    places: Array | None = None
    n_cells: int = 1
    values: Array | None = None


class Resampler:
    """Draws n rows with replacement, always the same for a seed; weights (n,) above 0 multiply what is summed.

    A group of equally many rows, put together at random, has the variance of as many single rows, so drawing groups gives the
    distribution of drawing rows, in a time that does not grow with the rows (Kleiner et al. 2014, J. R. Stat. Soc. B 76,
    795-816, have the same aim).
    """

    def __init__(self, n: int, confidence: float, seed: int, weights: Array | None = None) -> None:
        self.n, self.confidence, self.seed, self.weights = n, confidence, seed, weights
        self._order: Array | None = None

    def sums(self, *parts: Part, n_cells: int | None = None) -> Array:
        """Sums (groups, c) of the cells of all parts, one part after the other, over the rows of each group.

        Args: n_cells: to have as many groups as that many cells have, so that draws of several calls are of the same rows.
        """
        n_groups = self._n_groups(n_cells or sum(part.n_cells for part in parts))
        found = [np.zeros(n_groups * part.n_cells) for part in parts]
        for block in blocks(self.n, 1 << 20):
            groups, weights = self._groups(block, n_groups), None if self.weights is None else self.weights[block]
            for part, total in zip(parts, found, strict=True):
                cells = groups if part.places is None else groups * part.n_cells + part.places[block]
                added = weights
                if part.values is not None:
                    added = part.values[block] if weights is None else part.values[block] * weights
                total += np.bincount(cells, added, minlength=len(total))
        return np.concatenate([total.reshape(n_groups, -1) for total in found], axis=1)

    def draws(self, sums: Array, statistic: Statistic) -> tuple[Array, Array]:
        """The statistic of every draw (d, ...), and of all rows but those of one group (groups, ...)."""
        exact, scale = _exact(sums)
        n_groups, n_columns = exact.shape
        n_draws = min(DRAWS, max(200, _MOST_PRODUCTS // (n_groups * n_columns)))
        rng, found = random_stream(self.seed, "bootstrap"), []
        with np.errstate(divide="ignore", invalid="ignore"):
            for start in range(0, n_draws, _DRAWS_AT_A_TIME):
                count = min(_DRAWS_AT_A_TIME, n_draws - start)
                chosen = rng.integers(0, n_groups, (count, n_groups)) + n_groups * np.arange(count)[:, None]
                times = np.bincount(chosen.reshape(-1), minlength=count * n_groups).reshape(count, n_groups)
                found.append(statistic(times.astype(np.float64) @ exact * scale))
            left = statistic((exact.sum(axis=0) - exact) * scale)
        return np.concatenate(found), left

    def interval(self, value: float | None, drawn: Array, left: Array) -> Interval | None:
        """Of a metric of this value, from draws(), see bias_corrected(); None for one that is undefined."""
        return None if value is None else bias_corrected(value, drawn, left, self.confidence)

    def means(self, values: Mapping[str, float | None], of_rows: Mapping[str, Array]) -> dict[str, Interval | None]:
        """Of metrics that are means over rows, by name; of_rows: what each is the mean of, (n,)."""
        names = [name for name in of_rows if values.get(name) is not None]
        if not names:
            return {}
        sums = self.sums(Part(), *(Part(values=of_rows[name]) for name in names))
        drawn, left = self.draws(sums, lambda s: s[..., 1:] / s[..., :1])
        return {name: self.interval(values[name], drawn[:, k], left[:, k]) for k, name in enumerate(names)}

    def _n_groups(self, n_columns: int) -> int:
        return max(1, min(self.n, MOST_GROUPS, max(200, _MOST_SUMS // n_columns)))

    def _groups(self, block: slice, n_groups: int) -> Array:
        """The group of each row of the block."""
        if n_groups == self.n:
            return np.arange(*block.indices(self.n))
        if self._order is None:
            # The rows may stand in the order of their classes, so neighbours must not be in one group.
            self._order = random_stream(self.seed, "bootstrap", 2).permutation(np.arange(self.n, dtype=np.int32))
        return self._order[block].astype(np.int64) % n_groups


def bias_corrected(value: float, drawn: Array, left: Array, confidence: float) -> Interval | None:
    """The interval BCa of a metric with this value, from its draws (d,) and from what it is without each of the rows, or groups of
    rows (g,); nan where undefined. It has no width where all draws are equal. None where fewer than half are defined.

    Source: Efron 1987, JASA 82, 171-185; Efron & Tibshirani 1993, An Introduction to the Bootstrap, section 14.3.
    """
    known, left = drawn[np.isfinite(drawn)], left[np.isfinite(left)]
    if not len(drawn) or 2 * len(known) < len(drawn):
        return None
    near = 1e-12 * max(1.0, abs(value))
    below = (np.count_nonzero(known < value - near) + np.count_nonzero(known <= value + near)) / (2 * len(known))
    # Where the value is at an end of all draws, the next draw might have been on its other side.
    bias = normal_quantile(min(max(below, 0.5 / len(known)), 1 - 0.5 / len(known)))
    away = left.mean() - left if len(left) else np.zeros(1)
    spread = float((away**2).sum()) ** 1.5
    acceleration = float((away**3).sum()) / (6 * spread) if spread > 0 else 0.0
    ends = []
    for z in (bias + normal_quantile((1 - confidence) / 2), bias + normal_quantile((1 + confidence) / 2)):
        room = 1 - acceleration * z
        level = normal_distribution(bias + z / room) if room > 0 else float(z > 0)
        ends.append(float(np.quantile(known, level)))
    return Interval(min(ends[0], value), max(ends[1], value))


def _exact(sums: Array) -> tuple[Array, Array]:
    """Whole numbers (groups, c) and scales (c,), powers of two, whose product are the sums, rounded to _BITS bits of the largest of
    their column."""
    largest = np.abs(sums).max(axis=0, initial=0.0)
    scale = np.ldexp(1.0, np.frexp(largest)[1] - _BITS)
    return np.rint(sums / scale), scale
