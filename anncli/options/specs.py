"""Specs: options of the form NAME:NUMBER, such as `ema:0.9` or `gl:5,progress:0.1`."""

from __future__ import annotations

import math
from typing import NamedTuple

from anncli.errors import did_you_mean

AVERAGE_NAMES: dict[str, str] = {
    "ema": "ema:D, the older average counts D and the new epoch 1-D (D = 0.9)",
    "swa": "swa:S, the plain mean of all epochs after the share S of the run (S = 0.75)",
}
_AVERAGE_DEFAULTS = {"ema": 0.9, "swa": 0.75}


def parse_average(text: str) -> tuple[str, float]:
    """'ema:0.95' as name and number; raises ValueError saying what is wrong and what to write."""
    name, colon, word = str(text).partition(":")
    if name not in AVERAGE_NAMES:
        raise ValueError(f"unknown average '{name}'; {did_you_mean(name, AVERAGE_NAMES)}")
    try:
        number = float(word) if colon else _AVERAGE_DEFAULTS[name]
    except ValueError:
        number = math.nan
    if not 0 <= number < 1:
        raise ValueError(
            f"average {name} needs a number from 0 to below 1, found '{text}'; write for example {name}:{_AVERAGE_DEFAULTS[name]:g}"
        )
    return name, number


STOP_NAMES: dict[str, str] = {
    "gl": "gl:A, the validation loss is more than A % above its lowest (A = 5)",
    "pq": "pq:A, that excess in % over the progress of training in per mille is above A (A = 0.5)",
    "up": "up:S, the validation loss rose in S strips of 5 epochs in a row (S = 4)",
    "progress": "progress:A, training makes less than A per mille of progress in 5 epochs (A = 0.1)",
}
# Those that look at the validation loss.
JUDGING = ("gl", "pq", "up")
_STOP_DEFAULTS = {"gl": 5.0, "pq": 0.5, "up": 4.0, "progress": 0.1}


def parse_stop(text: str) -> tuple[tuple[str, float], ...]:
    """'gl:5,progress:0.1' as names and limits; raises ValueError saying what is wrong and what to write."""
    rules = []
    for word in str(text).split(","):
        name, colon, limit = word.strip().partition(":")
        if name not in STOP_NAMES:
            raise ValueError(f"unknown stop rule '{name}'; {did_you_mean(name, STOP_NAMES)}")
        try:
            number = float(limit) if colon else _STOP_DEFAULTS[name]
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number > 0):
            raise ValueError(f"stop rule {name} needs a number above 0, found '{word}'; {STOP_NAMES[name]}")
        if name == "up" and number != int(number):
            raise ValueError(f"stop rule up needs a whole number, found '{word}'; {STOP_NAMES[name]}")
        rules.append((name, number))
    return tuple(rules)


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


def parse_schedule(text: str) -> tuple[str, tuple[float, ...]]:
    """'cosine', 'step:50:0.5' ... as name and numbers; raises ValueError saying what is wrong and what to write."""
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
    return name, numbers
