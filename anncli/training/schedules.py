"""A learning-rate schedule: the factor on the learning rate in each epoch of a run (no numpy)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from anncli.errors import did_you_mean


class ScheduleName(NamedTuple):
    """defaults: the numbers that may follow the name, after colons; formula: one line, t from 0 to 1 over the run."""

    defaults: tuple[float, ...]
    formula: str


SCHEDULE_NAMES: dict[str, ScheduleName] = {
    "constant": ScheduleName((), "1 in every epoch"),
    "step": ScheduleName((100.0, 0.1), "step:EVERY:FACTOR, times FACTOR after every EVERY epochs"),
    "cosine": ScheduleName((0.05,), "cosine:WARM, (1+cos(pi t))/2 after a linear rise over the share WARM"),
    "one-cycle": ScheduleName(
        (0.3,), "one-cycle:RISE, from 1/25 up to 1 over the share RISE, then down to 1e-4, along cosines"
    ),
    "warm-up": ScheduleName((10.0,), "warm-up:EPOCHS, linear rise over EPOCHS epochs, then 1"),
}


class Schedule(NamedTuple):
    """A named schedule with its numbers."""

    name: str
    numbers: tuple[float, ...]

    def factor(self, epoch: int, total: int | None) -> float:
        """The factor in `epoch` (from 0) of `total` epochs; a run of unknown length counts as one of two epochs.

        Sources: cosine, Loshchilov & Hutter 2017; one-cycle, Smith & Topin 2018.
        """
        return _FACTORS[self.name](epoch, max(total or 2, 1), self.numbers)

    def __str__(self) -> str:
        return ":".join([self.name, *(f"{number:g}" for number in self.numbers)])


def parse_schedule(text: str) -> Schedule:
    """'cosine', 'step:50:0.5' ...; raises ValueError saying what is wrong and what to write."""
    name, *words = str(text).split(":")
    if name not in SCHEDULE_NAMES:
        raise ValueError(f"unknown schedule '{name}'; {did_you_mean(name, SCHEDULE_NAMES)}")
    info = SCHEDULE_NAMES[name]
    if len(words) > len(info.defaults):
        raise ValueError(f"schedule {name} takes {len(info.defaults)} numbers at most, found '{text}'; {info.formula}")
    try:
        numbers = tuple(float(word) for word in words) + info.defaults[len(words) :]
    except ValueError:
        raise ValueError(f"schedule {name} takes numbers after colons, found '{text}'; {info.formula}") from None
    for number in numbers:
        if not math.isfinite(number) or number < 0:
            raise ValueError(f"the numbers of schedule {name} must not be negative, found '{text}'; {info.formula}")
    if name in ("cosine", "one-cycle") and numbers[0] >= 1:
        raise ValueError(f"the share of schedule {name} must be below 1, found '{text}'; {info.formula}")
    if name == "step" and numbers[0] < 1:
        raise ValueError(f"schedule step needs at least 1 epoch between steps, found '{text}'; {info.formula}")
    return Schedule(name, numbers)


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
