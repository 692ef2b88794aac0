"""How vectors become spikes: the latency code, each value the time of one spike."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from anncli.arrays import Array, Tokens, blocks_of_rows, joined
from anncli.errors import DataError, ValueFault, count_of, quoted

ADVICE = (
    "write `{spikes: 5, code: latency, t_max: 0.03, bias_spike: 0.0}` for 4 columns, or `5 spikes` for files of spikes"
)
CODE_KEYS = ("spikes", "code", "t_max", "bias_spike", "range", "first", "off")
_PAIR = re.compile(r"\s*([A-Za-z_]+)\s*:\s*([^\s,]+)\s*")


class CodeFault(ValueFault):
    """A value under one key of the code; key is None where it is none of one."""

    def __init__(self, key: str | None, message: str, advice: str | None = None) -> None:
        self.key = key
        super().__init__(message, advice)


class LatencyCode(NamedTuple):
    """A value from `low` to `high` is a part x from 0 to 1 of this range, and becomes a spike of the source of its column at t_max * x
    seconds, or with `first` = 'high' at t_max * (1 - x).

    t_max: in seconds; bias_spike: the time of one more source, the last one, that fires in every sample, None for none; off:
    values up to this one give no spike, None: all do. A value outside the range is refused where it is read; noise on values
    leads no further than to its ends.
    """

    t_max: float
    bias_spike: float | None = None
    first: str = "low"
    off: float | None = None
    low: float = 0.0
    high: float = 1.0

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> tuple[int, Self]:
        """The number of sources and the code that a mapping describes; raises CodeFault."""
        for key in given:
            if key not in CODE_KEYS:
                raise CodeFault(key, f"unknown key `{key}`", f"use {', '.join(CODE_KEYS)}")
        sources = given.get("spikes")
        if not isinstance(sources, int) or isinstance(sources, bool) or sources < 1:
            raise CodeFault("spikes", f"`spikes` is the number of sources, found {_shown(sources)}", ADVICE)
        if given.get("code") != "latency":
            raise CodeFault("code" if "code" in given else None, f"`code` must be latency, found {_shown(given.get('code'))}", ADVICE)  # fmt: skip
        t_max, bias, off = (_number(given, key) for key in ("t_max", "bias_spike", "off"))
        if t_max is None or t_max <= 0:
            raise CodeFault("t_max" if "t_max" in given else None, f"`t_max` must be a time in seconds above 0, found {_shown(given.get('t_max'))}", ADVICE)  # fmt: skip
        if bias is not None and bias < 0:
            raise CodeFault("bias_spike", f"`bias_spike` must be a time of 0 or later, found {bias:g}", ADVICE)
        if bias is not None and sources < 2:
            raise CodeFault("spikes", "one of the sources is the bias spike, and none is left", ADVICE)
        first = given.get("first", "low")
        if first not in ("low", "high"):
            raise CodeFault(
                "first", f"`first` says which values fire first, low or high, found {_shown(first)}", ADVICE
            )
        return sources, cls(t_max, bias, first, off, *_range(given.get("range", 1)))

    @classmethod
    def parse(cls, text: str) -> tuple[int, Self]:
        """The same for a text `{spikes: 5, ...}`."""
        given: dict[str, Any] = {}
        for part in text.strip().removeprefix("{").removesuffix("}").split(","):
            match = _PAIR.fullmatch(part)
            if match is None:
                raise CodeFault(None, f"expected `key: value`, found {quoted(part.strip())}", ADVICE)
            given[match[1]] = int(match[2]) if match[2].isdecimal() else match[2]
        return cls.read(given)

    def text(self, sources: int) -> str:
        """What parse() and a network file read as this code, in one spelling."""
        values = {"spikes": sources, "code": "latency", "t_max": f"{self.t_max!r}"}
        if self.bias_spike is not None:
            values["bias_spike"] = f"{self.bias_spike!r}"
        if (self.low, self.high) != (0, 1):
            values["range"] = f"{self.low!r}..{self.high!r}" if self.low else f"{self.high!r}"
        if self.first != "low":
            values["first"] = self.first
        if self.off is not None:
            values["off"] = f"{self.off!r}"
        return f"{{{', '.join(f'{key}: {value}' for key, value in values.items())}}}"

    def sources(self, columns: int) -> int:
        """How many sources fire for so many columns."""
        return columns + (self.bias_spike is not None)

    def columns(self, sources: int) -> int:
        return sources - (self.bias_spike is not None)

    def width_fault(self, columns: int, sources: int) -> tuple[str, str]:
        """What is wrong with a table of so many columns, and what to do."""
        bias = " and the bias spike" if self.bias_spike is not None else ""
        message = f"the table has {count_of(columns, 'input column')}, and {sources} sources are {count_of(self.columns(sources), 'column')}{bias}"
        return message, f"write `spikes: {self.sources(columns)}` under `inputs:` in the network file"

    def encode(self, values: Array) -> Tokens:
        """The spikes of vectors (n, columns), sorted by time and of one time by source; times in float64. A value that is nan gives
        none."""
        sources = self.sources(values.shape[1])
        # Some vectors at a time: what they are sorted in takes much more memory than their spikes.
        parts = [self._encode(values[block]) for block in blocks_of_rows(len(values), sources)]
        if len(parts) < 2:
            return parts[0] if parts else self._encode(values)
        spikes = joined(parts)
        assert isinstance(spikes, Tokens)
        return spikes

    def _encode(self, values: Array) -> Tokens:
        n, columns = values.shape
        sources = self.sources(columns)
        numbers = np.clip((values.astype(np.float64) - self.low) / (self.high - self.low), 0.0, 1.0)
        times = np.full((n, sources), self.bias_spike or 0.0)
        times[:, :columns] = self.t_max * (numbers if self.first == "low" else 1.0 - numbers)
        fires = np.ones((n, sources), dtype=bool)
        fires[:, :columns] = ~np.isnan(values) if self.off is None else values > self.off
        times[~fires] = np.inf
        order = np.argsort(times, axis=1, kind="stable")
        taken = np.take_along_axis(fires, order, axis=1)
        starts = np.concatenate([[0], np.cumsum(fires.sum(axis=1))])
        return Tokens(order[taken], np.take_along_axis(times, order, axis=1)[taken], starts, sources)

    def slopes(self, values: Array, spikes: Tokens, slopes: Array) -> Array:
        """The slopes (n, columns) of values, from those (T,) of the spikes that encode() made of them; 0 outside the range."""
        samples = np.repeat(np.arange(len(spikes)), spikes.lengths)
        found = np.zeros((len(spikes), spikes.width))
        found[samples, spikes.indices] = slopes * self.t_max / (self.high - self.low)
        found = found[:, : values.shape[1]] if self.first == "low" else -found[:, : values.shape[1]]
        return np.where((values >= self.low) & (values <= self.high), found, 0.0)

    def check(self, values: Array, place: Callable[[int], tuple[str | None, int | None]] | None = None) -> None:
        """Raises DataError for values (n, columns) outside the range; place: the file and the line of a row, where they are known."""
        for block in blocks_of_rows(len(values), values.shape[1]):
            outside = (values[block] < np.float32(self.low)) | (values[block] > np.float32(self.high))
            if outside.any():
                row, column = map(int, np.argwhere(outside)[0])
                row += block.start
                path, line = (None, None) if place is None else place(row)
                where = f"value {column + 1}" if line is not None else f"row {row + 1}, value {column + 1}"
                message = (
                    f"{where} is {values[row, column]:.8g}, and the latency code takes {self.low:g} to {self.high:g}"
                )
                advice = "correct it, or train with `range: LOW..HIGH` under `inputs:` in the network file, as in `range: -1..1`"
                raise DataError(message, path=path, line=line, advice=advice)


def _range(value: Any) -> tuple[float, float]:
    """`255` or `-1..1` as the lowest and the highest value; raises CodeFault."""
    low, dots, high = str(value).partition("..")
    try:
        found = (float(low), float(high)) if dots else (0.0, float(low))
    except ValueError:
        found = (0.0, math.nan)
    if isinstance(value, bool) or not (all(map(math.isfinite, found)) and found[0] < found[1]):
        raise CodeFault("range", f"`range` must be the highest value or LOW..HIGH, found {_shown(value)}", "write for example `range: 255` or `range: -1..1`")  # fmt: skip
    return found


def _number(given: Mapping[str, Any], key: str) -> float | None:
    value = given.get(key)
    if value is None:
        return None
    try:
        found = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise CodeFault(key, f"`{key}` must be a number, found {_shown(value)}", ADVICE)
    return found


def _shown(value: Any) -> str:
    return "none" if value is None else quoted(str(value))


def without(given: Array | Tokens, dropped: Array) -> Array | Tokens:
    """The inputs of a spiking network without some spikes: dropped (n, columns) of vectors that become such, (T, 1) of spikes."""
    if not isinstance(given, Tokens):
        return np.where(dropped, np.nan, given)
    stays = ~dropped[:, 0]
    starts = np.concatenate([[0], np.cumsum(stays)])[given.starts]
    return given.taken(stays, starts)


def sorted_spikes(spikes: Tokens) -> Tokens:
    """The same spikes in float64, in the order of their times within each sample; of one time in the order they have."""
    times = spikes.values.astype(np.float64)
    begins = np.zeros(len(times) + 1, dtype=bool)
    begins[spikes.starts] = True
    if (begins[1:-1] | (times[1:] >= times[:-1])).all():
        return Tokens(spikes.indices, times, spikes.starts, spikes.width)
    order = np.lexsort((times, np.repeat(np.arange(len(spikes)), spikes.lengths)))
    return Tokens(spikes.indices[order], times[order], spikes.starts, spikes.width)
