"""Readers: each checks one value from the command line, a variable, YAML or Python and converts it, or raises ValueError."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from anncli.errors import did_you_mean
from anncli.options.specs import parse_average, parse_schedule, parse_stop

# Of 32-bit floats, the working precision.
_LARGEST = 3.4e38


def read_number(value: Any, what: str, example: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"must be {what}, found {value!r}; write for example {example}")
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"must be {what}, found '{value}'; write for example {example}")
    return number


def number(low: float = -math.inf, high: float = math.inf, *, open_low: bool = False, open_high: bool = False, example: str) -> Callable[[Any], float]:  # fmt: skip
    """A reader for finite numbers within bounds."""
    bounds = []
    if low > -math.inf:
        bounds.append(f"above {low:g}" if open_low else f"at least {low:g}")
    if high < math.inf:
        bounds.append(f"below {high:g}" if open_high else f"at most {high:g}")
    what = " ".join(["a number", " and ".join(bounds)]).strip()

    def read(value: Any) -> float:
        x = read_number(value, what, example)
        if x < low or x > high or (open_low and x == low) or (open_high and x == high):
            raise ValueError(f"must be {what}, found '{value}'; write for example {example}")
        return x

    return read


def integer(low: int, high: int = 2**31 - 1, *, example: str) -> Callable[[Any], int]:
    """A reader for whole numbers from `low` to `high`, by default what counts of rows, epochs and steps can be."""
    what = f"a whole number, at least {low}"

    def read(value: Any) -> int:
        # A long one would lose its last digits on the way through a float.
        exact = re.fullmatch(r"\s*[+-]?[0-9]{1,400}\s*", str(value), re.ASCII)
        x = int(str(value)) if exact else read_number(value, what, example)
        if x != int(x) or x < low:
            raise ValueError(f"must be {what}, found '{value}'; write for example {example}")
        if x > high:
            raise ValueError(f"must be at most {high}, found '{value}'; write for example {example}")
        return int(x)

    return read


def choice(names: Mapping[str, Any]) -> Callable[[Any], str]:
    """A reader for one of the known names."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise ValueError(f"'{value}' is not known here; {did_you_mean(str(value), names)}")
        return value

    return read


def flag(value: Any) -> bool:
    """A reader for yes or no."""
    if isinstance(value, bool):
        return value
    if value in (0, 1):
        return bool(value)
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if str(value).lower() not in words:
        raise ValueError(f"must be true or false, found '{value}'")
    return words[str(value).lower()]


def pair(value: Any) -> tuple[float, float]:
    """A reader for two different numbers, high first: '0.9,0.1' or [0.9, 0.1]."""
    items = value.split(",") if isinstance(value, str) else list(value) if isinstance(value, (list, tuple)) else [value]
    if len(items) != 2:
        raise ValueError(f"must be two numbers, found '{value}'; write for example 0.9,0.1")
    high, low = (read_number(item, "two numbers", "0.9,0.1") for item in items)
    if not high > low:
        raise ValueError(f"must name the higher value first, found '{value}'; write for example 0.9,0.1")
    return high, low


def or_auto(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A reader that also takes 'auto', which becomes None: the run decides by the data."""

    def read_or_auto(value: Any) -> Any:
        return None if value is None or value == "auto" else read(value)

    return read_or_auto


def class_weights(value: Any) -> str | tuple[float, ...] | None:
    """A reader for none, balanced, or one positive number per class."""
    if value in (None, "none"):
        return None
    if value == "balanced":
        return "balanced"
    items = value.split(",") if isinstance(value, str) else list(value) if isinstance(value, (list, tuple)) else [value]
    what = "'none', 'balanced' or a number above 0 per class"
    numbers = tuple(read_number(item, what, "balanced or 2,1") for item in items)
    if any(x <= 0 for x in numbers) or len(numbers) < 2:
        raise ValueError(f"must be {what}, found '{value}'; write for example balanced or 2,1")
    return numbers


def part(value: Any) -> float | tuple[str, ...]:
    """A reader for a held-out part: a share of the rows (0..0.9) or the files that hold it, one per class."""
    items = [value] if isinstance(value, (str, int, float)) else list(value)
    words = [str(word) for item in items for word in (item.split(",") if isinstance(item, str) else [item])]
    if len(words) == 1:
        try:
            share = float(words[0])
        except ValueError:
            return (words[0],)
        if not 0 <= share <= 0.9:
            raise ValueError(f"must be a share from 0 to 0.9 or files, found '{words[0]}'; write for example 0.2")
        return share
    if not all(words) or not all(isinstance(item, str) for item in items):
        raise ValueError(f"must be a share from 0 to 0.9 or files, one per class, found '{','.join(words)}'")
    return tuple(words)


def threshold(value: Any) -> float:
    """A reader for a number that scores can be compared with."""
    x = read_number(value, "a number", "0.5")
    if abs(x) > _LARGEST:
        raise ValueError(f"'{value}' is too large for a 32-bit number; write for example 0.5")
    return x


def validation(value: Any) -> float | tuple[str, ...] | None:
    """A reader for a held-out part or 'auto', which becomes None: the run decides by the data."""
    return None if value in (None, "auto", ["auto"]) else part(value)


def schedule(value: Any) -> str:
    """A reader for a learning-rate schedule with its numbers."""
    name, numbers = parse_schedule(value)
    return ":".join([name, *(f"{number:g}" for number in numbers)])


def stop(value: Any) -> str | None:
    """A reader for none or stop rules with their limits."""
    if value in (None, "none"):
        return None
    return ",".join(f"{name}:{limit:g}" for name, limit in parse_stop(value))


def average(value: Any) -> str | None:
    """A reader for none or an average with its number."""
    if value in (None, "none"):
        return None
    name, number = parse_average(value)
    return f"{name}:{number:g}"
