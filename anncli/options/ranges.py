"""Ranges: values of `ann search` that stand for many, `2..64`, `tanh/relu` or `auto/1e-5..0.1` (no numpy).

A slash separates alternatives. A range is LOW..HIGH; with commas, as in `8..64,4..16`, each item may be one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from anncli.errors import ValueFault, quoted
from anncli.limits import decimal
from anncli.options.readers import Reader
from anncli.options.table import option_names

_DOTS, _SLASH = "..", "/"
# A range is drawn from on a logarithmic scale if its ends are as far apart as this.
DECADE = 10.0
# Training options that say what a trial is held against, when it ends, or where its rows come from; a search keeps them.
_FIXED = ("validation", "test", "seed", "time_limit", "threshold", "dividetrain", "metric", "keep")
# What a new network is like, and the number of epochs.
_OTHERS = ("hidden", "activation", "epochs")


class Range(NamedTuple):
    """Numbers from low to high, both included; whole: whole numbers only."""

    low: float
    high: float
    whole: bool

    @property
    def is_log(self) -> bool:
        """Whether the logarithm is drawn evenly: between numbers above 0 that are a decade or more apart."""
        return self.low > 0 and self.high >= DECADE * self.low

    def text(self, number: float) -> str:
        """A number of this range as it is typed: three digits are enough, and a limit is not passed by rounding."""
        number = min(max(number, self.low), self.high)
        if self.whole:
            return str(round(number))
        rounded = float(f"{number:.3g}")
        return f"{rounded if self.low <= rounded <= self.high else number:.15g}"


# The items of a value between its commas: as they are typed, or ranges.
Alternative = tuple["str | Range", ...]


class Searched(NamedTuple):
    """An option with several values: its name, the text that said so, and the alternatives in it."""

    name: str
    text: str
    alternatives: tuple[Alternative, ...]

    @property
    def is_log(self) -> bool:
        """Whether a range in it is drawn on a logarithmic scale."""
        return any(isinstance(item, Range) and item.is_log for each in self.alternatives for item in each)


def is_searchable(name: str) -> bool:
    """Whether `ann search` takes several values of this option."""
    return name in _OTHERS or (name in option_names() and name not in _FIXED)


def read_searched(name: str, value: Any, read: Reader) -> Any:
    """The value of an option as its reader gives it, or, of a text with a range or with alternatives, what is Searched.

    Raises: ValueFault for a range without numbers in order, and as `read` for each of its ends and alternatives.
    """
    if not isinstance(value, str) or not is_searchable(name) or not (_DOTS in value or _SLASH in value):
        return read(value)
    words = [word.strip() for word in value.split(_SLASH)]
    if not all(words):
        raise ValueFault(f"a value is empty in '{value}'", "separate values by single slashes, for example 8/16")
    return Searched(name, value, tuple(_alternative(word, read) for word in words))


def _alternative(word: str, read: Reader) -> Alternative:
    if _DOTS not in word:
        read(word)
        return (word,)
    ends = [_ends(item.strip()) for item in word.split(",")]
    lows, highs = (_numbers(",".join(end[side] for end in ends), word, read) for side in (0, 1))
    return tuple(
        low_text if low_text == high_text else _range(low, high, word)
        for (low_text, high_text), low, high in zip(ends, lows, highs, strict=True)
    )


def _ends(item: str) -> tuple[str, str]:
    """Both ends of a range, which are the same for an item that is none."""
    if _DOTS not in item:
        return item, item
    low, _, high = (part.strip() for part in item.partition(_DOTS))
    if not low or not high or _DOTS in high or high.startswith("."):
        raise ValueFault(f"a range is LOW..HIGH, found '{item}'", "write for example 2..64")
    # `5..5` would count as an item that is no range.
    if low == high:
        raise ValueFault(f"the ends of a range differ, found '{item}'", f"write {low}")
    return low, high


def _numbers(text: str, word: str, read: Reader) -> Sequence[float]:
    """One end of every range in a value, as the reader of the option understands it."""
    values = read(text)
    items = values if isinstance(values, tuple) else (values,)
    if len(items) != text.count(",") + 1 or not all(type(item) in (int, float) for item in items):
        raise ValueFault(f"a range is between numbers, found {quoted(word)}", "separate names by slashes: tanh/relu")
    return items


def _range(low: float, high: float, word: str) -> Range:
    if not low < high:
        raise ValueFault(f"a range begins with its lower end, found '{word}'", f"write {high:g}..{low:g}")
    return Range(low, high, isinstance(low, int) and isinstance(high, int))


def range_between(name: str, low: float, high: float, whole: bool = False) -> Searched:
    """The option `name` between two numbers; whole: whole numbers only."""
    low, high = (round(low), round(high)) if whole else (low, high)
    return Searched(name, f"{low:.3g}{_DOTS}{high:.3g}", ((Range(low, high, whole),),))


def shown_number(text: str) -> float | None:
    """The number that a value is, None for words and lists: what a picture can place on an axis."""
    number = decimal(text)
    return number if number == number else None
