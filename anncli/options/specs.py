"""Specs: values of the form NAME[:NUMBER...], such as `ema:0.9` or `step:50:0.5`, in one grammar."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import zip_longest
from typing import NamedTuple

from anncli.errors import ValueFault, did_you_mean, known_name
from anncli.limits import decimal, vanishes


class SpecNumber(NamedTuple):
    """One number after the name: its default and its range; open_low, open_high: the limit itself is not allowed."""

    default: float
    low: float = 0.0
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    whole: bool = False

    def refusal(self, number: float) -> bool:
        """Whether `number` is outside the range; nan always is."""
        inside = self.low <= number <= self.high and math.isfinite(number)
        at_limit = (self.open_low and number == self.low) or (self.open_high and number == self.high)
        return not inside or at_limit or (self.whole and number != int(number))

    def __str__(self) -> str:
        bounds = [f"above {self.low:g}" if self.open_low else f"at least {self.low:g}"]
        if self.high < math.inf:
            bounds.append(f"below {self.high:g}" if self.open_high else f"at most {self.high:g}")
        return f"{'a whole number' if self.whole else 'a number'} {' and '.join(bounds)}"


class SpecName(NamedTuple):
    """numbers: what may follow the name, after colons; meaning: one line for help and errors."""

    numbers: tuple[SpecNumber, ...]
    meaning: str

    @property
    def defaults(self) -> tuple[float, ...]:
        return tuple(number.default for number in self.numbers)


def parse_spec(text: str, names: Mapping[str, SpecName], what: str) -> tuple[str, tuple[float, ...]]:
    """'step:50' as ('step', (50.0, 0.1)): the name and all its numbers, missing ones filled in by their defaults.

    Args: names, the known names; what, how errors call the name, for example 'schedule'.
    Raises: ValueFault for an unknown name, too many numbers, or a number that is out of range.
    """
    word, *words = str(text).strip().split(":")
    name = known_name(word, names)
    if name is None:
        raise ValueFault(f"unknown {what} '{word}'", did_you_mean(word, names))
    info = names[name]
    if len(words) > len(info.numbers):
        most = (
            f"at most {len(info.numbers)} number{'s' if len(info.numbers) > 1 else ''}" if info.numbers else "no number"
        )
        raise ValueFault(f"{what} {name} takes {most}, found '{text}'", info.meaning)
    numbers = []
    for word, expected in zip_longest(words, info.numbers):
        number = expected.default if word is None else _number(word)
        if expected.refusal(number):
            raise ValueFault(f"{what} {name} needs {expected}, found '{text}'", info.meaning)
        numbers.append(number)
    return name, tuple(numbers)


def _number(word: str) -> float:
    return math.nan if vanishes(word) else decimal(word)


AVERAGE_NAMES: dict[str, SpecName] = {
    "ema": SpecName(
        (SpecNumber(0.9, high=1, open_high=True),),
        "ema:D, exponential moving average: D times the average plus 1-D times the new weights (D = 0.9)",
    ),
    "swa": SpecName(
        (SpecNumber(0.75, high=1, open_high=True),),
        "swa:S, mean of all epochs after the first fraction S of the run (S = 0.75)",
    ),
}


def parse_average(text: str) -> tuple[str, float]:
    """'ema:0.95' as ('ema', 0.95); raises ValueFault as parse_spec() does."""
    name, (number,) = parse_spec(text, AVERAGE_NAMES, "average")
    return name, number


STOP_NAMES: dict[str, SpecName] = {
    "gl": SpecName((SpecNumber(5, open_low=True),), "gl:A, validation loss more than A % above its lowest (A = 5)"),
    "pq": SpecName(
        (SpecNumber(0.5, open_low=True),),
        "pq:A, that excess in % over training progress in per mille above A (A = 0.5)",
    ),
    "up": SpecName(
        (SpecNumber(4, open_low=True, whole=True),),
        "up:S, validation loss rose in S strips of 5 epochs in a row (S = 4)",
    ),
    "progress": SpecName(
        (SpecNumber(0.1, open_low=True),), "progress:A, training progress in 5 epochs below A per mille (A = 0.1)"
    ),
}
# The rules that need a validation set.
NEED_VALIDATION = ("gl", "pq", "up")


def parse_stop(text: str) -> tuple[tuple[str, float], ...]:
    """'gl:5,progress:0.1' as (('gl', 5.0), ('progress', 0.1)); raises ValueFault as parse_spec() does."""
    rules = [parse_spec(word, STOP_NAMES, "stop rule") for word in str(text).split(",")]
    return tuple((name, limit) for name, (limit,) in rules)


_FRACTION = SpecNumber(0.0, high=1, open_high=True)
SCHEDULE_NAMES: dict[str, SpecName] = {
    "constant": SpecName((), "constant learning rate"),
    "step": SpecName((SpecNumber(100, low=1), SpecNumber(0.1)), "step:EVERY:FACTOR, times FACTOR every EVERY epochs"),
    "cosine": SpecName(
        (_FRACTION._replace(default=0.05),), "cosine:WARM, (1+cos(pi t))/2 after a linear rise over the fraction WARM"
    ),
    "one-cycle": SpecName(
        (_FRACTION._replace(default=0.3),),
        "one-cycle:RISE, from 1/25 up to 1 over the fraction RISE, then down to 1e-4, along cosines",
    ),
    "warm-up": SpecName((SpecNumber(10),), "warm-up:EPOCHS, linear rise over EPOCHS epochs, then 1"),
}


def parse_schedule(text: str) -> tuple[str, tuple[float, ...]]:
    """'step:50:0.5' as ('step', (50.0, 0.5)); raises ValueFault as parse_spec() does."""
    return parse_spec(text, SCHEDULE_NAMES, "schedule")
