"""Readers: each checks one value from the command line, a variable, YAML or Python and converts it.

A reader raises ValueFault, which says what the value must be and what to write; the caller knows where it stood.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from anncli.errors import ValueFault, did_you_mean, known_name, quoted
from anncli.evaluation.names import parse_rule
from anncli.limits import COUNT_MAX, FLOAT32_MAX, NUMBER_MAX, decimal, vanishes
from anncli.network.names import parse_loss
from anncli.options.specs import SpecNumber, parse_average, parse_schedule, parse_stop

Reader = Callable[[Any], Any]


def read_number(value: Any, what: str, example: str) -> float:
    """A finite number; `what` says in words what the value must be."""
    number = math.nan
    if isinstance(value, str):
        if vanishes(value):
            raise ValueFault(f"'{value}' is too close to 0 for a number", f"write for example {example}")
        number = decimal(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.nan
    if not math.isfinite(number):
        raise ValueFault(f"must be {what}, found '{value}'", f"write for example {example}")
    return number


def number(low: float = -math.inf, high: float = math.inf, *, open_low: bool = False, open_high: bool = False, example: str) -> Reader:  # fmt: skip
    """A reader for finite numbers within bounds, and never beyond 1e30: float32 could not hold what is computed with it."""
    limits = SpecNumber(0.0, low, high, open_low, open_high)
    what = "a number" if low == -math.inf else str(limits)

    def read(value: Any) -> float:
        x = read_number(value, what, example)
        if limits.refusal(x):
            raise ValueFault(f"must be {what}, found '{value}'", f"write for example {example}")
        if abs(x) > NUMBER_MAX:
            raise ValueFault(f"must be at most {NUMBER_MAX:g}, found '{value}'", f"write for example {example}")
        return x

    return read


def integer(low: int, high: int = COUNT_MAX, *, example: str) -> Callable[[Any], int]:
    """A reader for whole numbers from `low` to `high`, by default the largest count of rows, epochs or steps."""
    what = f"a whole number, at least {low}"

    def read(value: Any) -> int:
        # Without this a long number would pass through a float and lose its last digits.
        exact = re.fullmatch(r"\s*[+-]?[0-9]{1,400}\s*", str(value), re.ASCII)
        x = int(str(value)) if exact else read_number(value, what, example)
        if x != int(x) or x < low:
            raise ValueFault(f"must be {what}, found '{value}'", f"write for example {example}")
        if x > high:
            raise ValueFault(f"must be at most {high}, found '{value}'", f"write for example {example}")
        return int(x)

    return read


def says(value: Any, *words: str) -> bool:
    """Whether the value is one of these words, in any case."""
    return isinstance(value, str) and value.lower() in words


LEAVE_ONE_OUT = "loo"


def folds(value: Any) -> int | str:
    """A number of folds, at least 2, or LEAVE_ONE_OUT."""
    if says(value, LEAVE_ONE_OUT, "leave-one-out"):
        return LEAVE_ONE_OUT
    return integer(2, example=f"10, or {LEAVE_ONE_OUT}")(value)


def choice(names: Iterable[str], what: str = "") -> Callable[[Any], str]:
    """A reader for one of the known names, in any case; `what`: how errors call it, for example 'loss'."""
    known = tuple(names)

    def read(value: Any) -> str:
        name = known_name(value, known) if isinstance(value, str) else None
        if name is None:
            raise ValueFault(f"unknown {what or 'value'} '{value}'", did_you_mean(str(value), known))
        return name

    return read


_FLAG_WORDS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def flag(value: Any) -> bool:
    """A reader for yes or no."""
    if value in (0, 1):
        return bool(value)
    word = str(value).lower()
    if word not in _FLAG_WORDS:
        raise ValueFault(f"must be true or false, found '{value}'")
    return _FLAG_WORDS[word]


def text(value: Any) -> str:
    """A reader for one value taken as it is."""
    if value is None or isinstance(value, (list, tuple, dict)):
        raise ValueFault(f"expected one value, found {'nothing' if value is None else value}")
    return str(value)


def file_or_none(value: Any) -> str:
    """A reader for the name of a file, or 'none'."""
    return "none" if says(value, "none") else text(value)


def _items(value: Any) -> list[Any]:
    """The items of a list, or of a text with commas."""
    if isinstance(value, str):
        return value.split(",")
    return list(value) if isinstance(value, (list, tuple)) else [value]


def pair(value: Any) -> tuple[float, float]:
    """A reader for two different numbers, high first: '0.9,0.1' or [0.9, 0.1]."""
    items = _items(value)
    if len(items) != 2:
        raise ValueFault(f"must be two numbers, found '{value}'", "write for example 0.9,0.1")
    high, low = (read_number(item, "two numbers", "0.9,0.1") for item in items)
    if not high > low:
        raise ValueFault(f"must name the higher value first, found '{value}'", "write for example 0.9,0.1")
    return high, low


def or_auto(read: Reader, word: str = "auto") -> Reader:
    """A reader that also takes 'auto', which becomes None: the run decides from the data; word: another one in its place."""

    def read_or_auto(value: Any) -> Any:
        return None if value is None or says(value, word) else read(value)

    return read_or_auto


def keeping_auto(read: Reader) -> Reader:
    """A reader that also takes 'auto', which stays, where None means none."""
    return lambda value: "auto" if says(value, "auto") else read(value)


def class_weights(value: Any) -> str | tuple[float, ...] | None:
    """A reader for none, balanced, or one positive number per class."""
    if value is None or says(value, "none"):
        return None
    if says(value, "balanced"):
        return "balanced"
    what, example = "'none', 'balanced' or a number above 0 per class", "balanced or 2,1"
    numbers = tuple(read_number(item, what, example) for item in _items(value))
    if any(x <= 0 for x in numbers) or len(numbers) < 2:
        raise ValueFault(f"must be {what}, found '{value}'", f"write for example {example}")
    return numbers


def held_out(value: Any) -> float | tuple[str, ...]:
    """A reader for a held-out set: a fraction of the rows (0 to 0.9, or 0% to 90%), or the files that hold it, one per class."""
    items = [value] if isinstance(value, (str, int, float)) else list(value)
    words = [str(word) for item in items for word in (item.split(",") if isinstance(item, str) else [item])]
    what = "a fraction from 0 to 0.9 or files"
    if len(words) == 1:
        if percent := re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*%\s*", words[0]):
            words = [str(float(percent[1]) / 100)]
        try:
            # What Python takes for a number is not the name of a file: 1_0 and nan are refused.
            float(words[0])
        except ValueError:
            return (words[0],)
        fraction = read_number(words[0], what, "0.2")
        if not 0 <= fraction <= 0.9:
            raise ValueFault(f"must be {what}, found '{words[0]}'", "write for example 0.2")
        return fraction
    if not all(words) or not all(isinstance(item, str) for item in items):
        raise ValueFault(f"must be {what}, one per class, found '{','.join(words)}'")
    return tuple(words)


def validation(value: Any) -> float | tuple[str, ...] | None:
    """A reader for a held-out set or 'auto', which becomes None: the run decides from the data."""
    return None if value in (None, "auto", ["auto"], ("auto",)) else held_out(value)


def threshold(value: Any) -> float:
    """A reader for a number that scores, which are float32, can be compared with."""
    x = read_number(value, "a number", "0.5")
    if abs(x) > FLOAT32_MAX:
        raise ValueFault(f"'{value}' is too large for a 32-bit number", "write for example 0.5")
    return x


def threshold_or_rule(value: Any) -> float | str:
    """A reader for a threshold, or for a rule that chooses one, which stays text."""
    if isinstance(value, str) and math.isnan(decimal(value)):
        return str(parse_rule(value))
    return threshold(value)


def abstain(value: Any) -> tuple[float, ...] | None:
    """A reader for scores that are no decision: two numbers, the lower one first, one number, or none, which is ()."""
    if value is None:
        return None
    if says(value, "none"):
        return ()
    numbers = tuple(threshold(item) for item in _items(value))
    if len(numbers) > 2:
        raise ValueFault(f"must be one or two numbers, found '{value}'", "write for example 0.4,0.6")
    if len(numbers) == 2 and not numbers[0] < numbers[1]:
        raise ValueFault(f"must name the lower score first, found '{value}'", "write for example 0.4,0.6")
    return numbers


def schedule(value: Any) -> str:
    """A reader for a learning-rate schedule with its numbers."""
    name, numbers = parse_schedule(value)
    return ":".join([name, *(f"{number:g}" for number in numbers)])


def loss(value: Any) -> str:
    """A reader for a loss with its numbers."""
    return str(parse_loss(str(value)))


def stop(value: Any) -> str | None:
    """A reader for none or stop rules with their limits."""
    if value is None or says(value, "none"):
        return None
    return ",".join(f"{name}:{limit:g}" for name, limit in parse_stop(value))


def average(value: Any) -> str | None:
    """A reader for none or an average with its number."""
    if value is None or says(value, "none"):
        return None
    name, number = parse_average(value)
    return f"{name}:{number:g}"


def threads(value: Any) -> int:
    """A reader for a number of threads, or 'auto', which becomes 0."""
    return 0 if says(value, "auto") else integer(1, example="2")(value)


def hidden(value: Any) -> tuple[int, ...]:
    """A reader for units per hidden layer: '16,8'; '0' or nothing for no hidden layer."""
    if str(value).strip() in ("0", ""):
        return ()
    return tuple(integer(1, example="16")(item.strip() if isinstance(item, str) else item) for item in _items(value))


def file_list(value: Any) -> tuple[str, ...]:
    """A reader for file names, as a list or separated by commas; a query of a database (`FILE::SELECT a, b`) keeps them."""
    items = value if isinstance(value, (list, tuple)) else [value]
    words = [word for item in map(text, items) for word in ([item] if "::" in item else item.split(","))]
    if not all(words):
        raise ValueFault(f"a file name is empty in '{','.join(words)}'", "separate names by single commas")
    return tuple(words)


def named_values(value: Any) -> tuple[tuple[str, str], ...]:
    """A reader for NAME=VALUE entries, as (name, value) pairs; the values are not checked here."""
    pairs = []
    for entry in value if isinstance(value, (list, tuple)) else [value]:
        name, equals, word = str(entry).partition("=")
        if not equals:
            raise ValueFault(f"expected NAME=VALUE, found '{entry}'")
        pairs.append((name.strip().replace("-", "_"), word))
    return tuple(pairs)


def delimiter(value: Any) -> str:
    """A reader for the text between the values of a line, which must not occur in numbers."""
    word = text(value).replace("\\t", "\t")
    if not word or re.search(r'[0-9+\-.eE"\r\n]', word):
        raise ValueFault(f"{quoted(word)} cannot separate numbers", "use for example , or ; or a blank")
    return word


def layer_texts(value: Any) -> tuple[str, ...]:
    """A reader for short forms of layers, a list or a text with commas between them."""
    texts = tuple(str(item).strip() for item in _items(value))
    if not all(texts):
        raise ValueFault(
            f"must be layers with commas between them, found '{value}'", "write for example '8 tanh, 1 logistic'"
        )
    return texts
