"""A learning-rate schedule: the factor on the learning rate in each epoch of a run (no numpy)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from anncli.options.specs import parse_schedule


class Schedule(NamedTuple):
    """A named schedule with its numbers."""

    name: str
    numbers: tuple[float, ...]

    def factor(self, epoch: int, total: int | None) -> float:
        """The factor in `epoch`, counted from 0, of `total` epochs; for None, as in a run of two epochs.

        Sources: cosine, Loshchilov & Hutter 2017; one-cycle, Smith & Topin 2018.
        """
        return _FACTORS[self.name](epoch, max(total or 2, 1), self.numbers)


def make_schedule(text: str) -> Schedule:
    """A schedule from 'cosine', 'step:50:0.5' ...; raises ValueError as parse_schedule() does."""
    return Schedule(*parse_schedule(text))


def _constant(epoch: int, total: int, numbers: Sequence[float]) -> float:
    return 1.0


def _step(epoch: int, total: int, numbers: Sequence[float]) -> float:
    every, factor = numbers
    return float(factor ** (epoch // int(every)))


def _cosine(epoch: int, total: int, numbers: Sequence[float]) -> float:
    rise = round(numbers[0] * total)
    if epoch < rise:
        return (epoch + 1) / (rise + 1)
    return (1 + math.cos(math.pi * min(1.0, (epoch - rise) / (total - rise)))) / 2


def _one_cycle(epoch: int, total: int, numbers: Sequence[float]) -> float:
    low, end = 1 / 25, 1e-4
    rise = numbers[0] * (total - 1)
    if epoch < rise:
        return low + (1 - low) * (1 - math.cos(math.pi * epoch / rise)) / 2
    fall = max(total - 1 - rise, 1e-9)
    return end + (1 - end) * (1 + math.cos(math.pi * min(1.0, (epoch - rise) / fall))) / 2


def _warm_up(epoch: int, total: int, numbers: Sequence[float]) -> float:
    return min(1.0, (epoch + 1) / (numbers[0] + 1))


_FACTORS: dict[str, Callable[[int, int, Sequence[float]], float]] = {
    "constant": _constant,
    "step": _step,
    "cosine": _cosine,
    "one-cycle": _one_cycle,
    "warm-up": _warm_up,
}
