"""The network format `fann`: the networks of FANN (libfann), versions 1.1, 2.0 and 2.1, with floating or fixed point.

    FANN_FLO_2.1
    num_layers=3 ... layer_sizes=3 4 2        the bias units count: the last unit of every layer, or of the inputs
    scale_included=0                          or 1, and eight lines that fann_scale_input() and fann_descale_output() use
    neurons (num_inputs, activation_function, activation_steepness)=(0, 0, 0.0) ...
    connections (connected_to_neuron, weight)=(0, 3.78) ...

A unit computes function(steepness * sum); a unit without connections gives 1. Source: FANN reference manual 2.2, fann_data.h.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, NoReturn

import numpy as np

from anncli.arrays import Array
from anncli.errors import count_of, quoted
from anncli.formats.files.textfile import Path, place_of
from anncli.formats.networks.chain import Chain, set_answers
from anncli.formats.networks.fann_units import FANN_FUNCTIONS, FannUnits, build_layers
from anncli.formats.networks.faults import Faults
from anncli.formats.networks.numbers import MAX_LAYERS, MAX_UNITS
from anncli.limits import decimal
from anncli.network.network import Network
from anncli.network.target_scaling import TargetScaling

_VERSION = re.compile(r"FANN_(FLO|FIX|DBL)_([0-9]+\.[0-9]+)[ \t]*\r?\n")
_KEY = re.compile(r"^([a-z_]+)=(.*?)\r?$", re.MULTILINE)
_NEURONS = "neurons (num_inputs, activation_function, activation_steepness)="
_CONNECTIONS = "connections (connected_to_neuron, weight)="
_PUNCTUATION = str.maketrans("(),", "   ")
_DAMAGED = "the file is cut short or damaged"
_LAYERED, _SHORTCUT = 0, 1
# (mean, deviation, new_min, factor) of the inputs and of the outputs.
_SCALE = ("mean", "deviation", "new_min", "factor")


class Fann:
    """The format `fann`."""

    def parse(self, data: bytes, path: Path) -> Network:
        # Numbers that are too large are found at the end, when they become 32-bit numbers.
        with np.errstate(over="ignore", invalid="ignore"):
            return _File(data.decode("latin-1"), path).network()


FORMAT = Fann()


class _Scale(NamedTuple):
    """float64 (n,): scaled = (value + add) * factor."""

    add: Array
    factor: Array

    @property
    def is_identity(self) -> bool:
        return not self.add.any() and bool((self.factor == 1).all())


class _File:
    """The text of a file, taken apart."""

    def __init__(self, text: str, path: Path) -> None:
        self._text, self._path = text, path
        self._faults = Faults(path)
        match = _VERSION.match(text)
        if match is None or match[2] not in ("1.1", "2.0", "2.1"):
            found = text.split("\n", 1)[0].strip()
            self._faults.fail(
                f"is a file of the version {quoted(found)}; 1.1, 2.0 and 2.1 are read", "save it with a newer FANN", 1
            )
        self._is_fixed, self._version, self._after = match[1] == "FIX", match[2], match.end()
        self._keys: dict[str, tuple[str, int]] = {}

    def network(self) -> Network:
        units = self._old_units() if self._version == "1.1" else self._units()
        n_inputs = units.sizes[0] - 1
        chain = Chain(n_inputs, "fann", self._path)
        scales = self._scales(n_inputs, units.n_outputs)
        if scales is not None and not scales[0].is_identity:
            chain.each(add=scales[0].add, factor=scales[0].factor)
        build_layers(chain, units)
        if self._is_fixed:
            chain.remark(
                "the fixed-point numbers are read as fractions: inputs and outputs are not multiplied, sigmoids are exact"
            )
        has_numbers = scales is not None and not scales[1].is_identity
        network = set_answers(chain.network(), task="regression" if has_numbers else None)
        if scales is not None and has_numbers:
            network.target_scaling = self._target_scaling(scales[1])
        return network

    def _target_scaling(self, scale: _Scale) -> TargetScaling:
        """The file scales outputs as it would scale targets; the inverse gives numbers in the units of the data."""
        offset, spread = (-scale.add).astype(np.float32), (1 / scale.factor).astype(np.float32)
        if not ((spread > 0) & np.isfinite(spread) & np.isfinite(offset)).all():
            self._fail("the scaling of an output has numbers that are not finite, or a deviation that is not above 0")
        return TargetScaling("zscore", offset, spread)

    # Versions 2.0 and 2.1

    def _units(self) -> FannUnits:
        neurons_at, connections_at = self._text.find(_NEURONS), self._text.find(_CONNECTIONS)
        if not 0 <= neurons_at < connections_at:
            self._fail("has no list of neurons and connections", _DAMAGED)
        for match in _KEY.finditer(self._text, self._after, neurons_at):
            self._keys.setdefault(match[1], (match[2], match.start(2)))
        unit = 2.0 ** -self._whole("decimal_point", 0, 30) if self._is_fixed else 1.0
        sizes = self._sizes(self._list("layer_sizes"), self._whole("num_layers", 2, MAX_LAYERS))
        kind = self._whole("network_type", 0, 1)
        neurons = self._table(neurons_at + len(_NEURONS), connections_at, 3)
        connections = self._table(connections_at + len(_CONNECTIONS), len(self._text), 2)
        functions, steepness = neurons[:, 1].astype(np.int64), neurons[:, 2] * unit
        return self._checked(
            sizes, kind, neurons[:, 0], functions, steepness, connections[:, 0], connections[:, 1] * unit
        )

    def _table(self, start: int, end: int, width: int) -> Array:
        """float64 (n, width): the numbers of the lists in brackets; the first ones of each are whole and not below 0."""
        text = self._text[start:end].rstrip()
        if not text.endswith(")"):
            self._fail("expected a bracket at the end", _DAMAGED, start + len(text))
        words = text.translate(_PUNCTUATION).split()
        if len(words) % width:
            self._fail(
                f"expected lists of {width} numbers in brackets, the last has {len(words) % width}", _DAMAGED, start
            )
        numbers = self._numbers(words, start).reshape(-1, width)
        whole = numbers[:, : width - 1]
        if len(whole) and not ((whole >= 0) & (whole <= 2.0**31) & (whole == np.floor(whole))).all():
            self._fail("expected whole numbers", _DAMAGED, start)
        return numbers

    def _numbers(self, words: list[str], start: int) -> Array:
        try:
            found = np.array(list(map(float, words)), dtype=np.float64)
        except ValueError:
            found = np.array([np.nan])
        if not np.isfinite(found).all():
            bad = next((word for word in words if not np.isfinite(decimal(word))), "nan")
            at = max(self._text.find(bad, start), start)
            self._fail(f"expected a number, found {quoted(bad)}", _DAMAGED, at)
        return found

    # Version 1.1: a line of parameters, sizes of layers, connections of each neuron, then (source weight) pairs.

    def _old_units(self) -> FannUnits:
        body, _, pairs = self._text[self._after :].partition("(")
        words = body.split()
        unit = 1.0
        if self._is_fixed:
            if not words or not re.fullmatch("[0-9]{1,2}", words[0]) or int(words[0]) > 30:
                self._fail("expected the decimal point", _DAMAGED, self._after)
            unit = 2.0 ** -int(words.pop(0))
        if len(words) < 8:
            self._fail("expected eight numbers about the network", _DAMAGED, self._after)
        head, rest = self._numbers(words[:8], self._after), words[8:]
        if not (np.abs(head[[0, 3, 4, 5]]) <= MAX_UNITS).all():
            self._fail("expected eight numbers about the network", _DAMAGED, self._after)
        n_layers, kind = int(head[0]), int(head[3])
        if not 2 <= n_layers <= MAX_LAYERS or len(rest) < n_layers or kind not in (0, 1):
            self._fail("expected the sizes of the layers", _DAMAGED, self._after)
        sizes = self._sizes(rest[:n_layers], n_layers)
        counts = self._numbers(rest[n_layers:], self._after)
        if not pairs.rstrip().endswith(")"):
            self._fail("expected a bracket at the end", _DAMAGED, len(self._text.rstrip()))
        table = self._numbers(pairs.translate(_PUNCTUATION).split(), self._after)
        if len(table) % 2 or len(counts) != sum(sizes) or (counts < 0).any():
            self._fail(
                f"{count_of(len(counts), 'neuron')} and {len(table) / 2:g} connections do not fit the layers", _DAMAGED
            )
        is_output = np.arange(sum(sizes)) >= sum(sizes[:-1])
        functions = np.where(is_output, head[5], head[4]).astype(np.int64)
        steepness = np.where(is_output, head[7], head[6]) * unit
        return self._checked(sizes, kind, counts, functions, steepness, table[0::2], table[1::2] * unit)

    # Both

    def _checked(
        self,
        sizes: list[int],
        kind: int,
        counts: Array,
        functions: Array,
        steepness: Array,
        sources: Array,
        weights: Array,
    ) -> FannUnits:
        if len(counts) != sum(sizes):
            self._fail(f"the layers have {sum(sizes)} neurons, {len(counts)} are listed", _DAMAGED)
        if counts.sum() != len(sources):
            self._fail(f"the neurons have {counts.sum():.0f} connections, {len(sources)} are listed", _DAMAGED)
        n_inputs, n_outputs = sizes[0] - 1, sizes[-1] - (kind == _LAYERED)
        if n_inputs < 1 or n_outputs < 1:
            self._fail(f"{count_of(n_inputs, 'input')} and {count_of(n_outputs, 'output')} are no network", None)
        targets = np.repeat(np.arange(len(counts)), counts.astype(np.int64))
        if ((sources >= len(counts)) | (sources >= targets)).any():
            self._fail("a neuron reads a neuron that does not stand before it", _DAMAGED)
        own = np.unique(targets)
        for number in np.unique(functions[own]).tolist():
            if number not in FANN_FUNCTIONS or FANN_FUNCTIONS[number].activation is None:
                name = FANN_FUNCTIONS[number].name if number in FANN_FUNCTIONS else str(number)
                self._fail(f"has units with the activation function {name}, which ann does not have", None)
        if (steepness[own] < 0).any():
            self._fail("the steepness of a unit is below 0", None)
        return FannUnits(sizes, n_outputs, functions, steepness, sources.astype(np.int64), targets, weights)

    def _scales(self, n_inputs: int, n_outputs: int) -> tuple[_Scale, _Scale] | None:
        """Of inputs and of outputs; None for a file without them."""
        if "scale_included" not in self._keys or self._whole("scale_included", 0, 1) == 0:
            return None
        return self._scale("in", n_inputs), self._scale("out", n_outputs)

    def _scale(self, where: str, n: int) -> _Scale:
        """((x - mean) / deviation + 1) * factor + new_min as one sum and one product."""
        mean, deviation, least, factor = (self._vector(f"scale_{what}_{where}", n) for what in _SCALE)
        if (deviation == 0).any() or (factor == 0).any():
            self._fail(
                f"scale_deviation_{where} or scale_factor_{where} is 0", "leave out the constant column and train anew"
            )
        return _Scale(-mean + deviation * (1 + least / factor), factor / deviation)

    def _vector(self, key: str, n: int) -> Array:
        found = self._numbers(self._list(key), self._keys[key][1])
        if len(found) != n:
            self._fail(f"{key} has {count_of(len(found), 'number')}, needs {n}", _DAMAGED, self._keys[key][1])
        return found

    def _list(self, key: str) -> list[str]:
        if key not in self._keys:
            self._fail(f"has no {key}", _DAMAGED)
        return self._keys[key][0].split()

    def _whole(self, key: str, low: int, high: int) -> int:
        text = " ".join(self._list(key))
        if not re.fullmatch("[0-9]{1,9}", text, re.ASCII) or not low <= int(text) <= high:
            message = f"{key} must be a whole number from {low} to {high}, found {quoted(text)}"
            self._fail(message, None, self._keys[key][1])
        return int(text)

    def _sizes(self, words: list[str], n_layers: int) -> list[int]:
        fits = len(words) == n_layers and all(re.fullmatch("[0-9]{1,9}", word, re.ASCII) for word in words)
        if not fits or not all(1 <= int(word) <= MAX_UNITS + 1 for word in words):
            self._fail(f"expected {n_layers} sizes of layers, found {quoted(' '.join(words))}", _DAMAGED)
        return [int(word) for word in words]

    def _fail(self, message: str, advice: str | None = None, at: int | None = None) -> NoReturn:
        place: dict[str, Any] = {}
        if at is not None:
            place = dict(zip(("line", "column"), place_of(self._text, at), strict=True))
        self._faults.fail(message, advice, **place)
