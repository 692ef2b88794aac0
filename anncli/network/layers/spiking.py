"""What layers of spiking neurons have in common: one block of weights without biases, and the constants of the neuron.

Parameters are float32 in files and trainers; times and all arithmetic of the events are float64.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.errors import ValueFault, quoted
from anncli.network.layers.affine import whole_units
from anncli.network.layers.base import Blocks, Key, KeyFault, LayerKind, Shape, Start
from anncli.network.spikes.code import sorted_spikes
from anncli.network.spikes.neuron import Neuron

_TEXT = re.compile(r"([1-9]\d{0,17})\s+(?:lif|first-spike|peak-voltage)((?:\s+\S+\s+\S+)*)", re.ASCII)
_UNITS = Key(int, "units: 200")
# Mean and standard deviation of the initial weights of a first layer, times the number of sources. These and `drive` are those
# of the authors' networks: 5-200-3 on Yin-Yang, and 784-350-10 on MNIST for peak-voltage.
_FIRST = (7.5, 3.9)
# A change of I - theta by more than this fraction of it bends the time of a spike too much for a difference.
_UNSTEADY = 1e-3


class Spiking(LayerKind):
    """One block (sources, units), all of it weights.

    Initial weights are normal, whatever the method asked for: with mean 0, as other methods draw them, no neuron would fire, and
    one that never fires learns nothing.
    """

    keys: ClassVar[Mapping[str, Key]]
    needs_given: ClassVar = True
    takes_tokens: ClassVar = True
    takes_spikes: ClassVar = True
    #: Whether its units fire at all.
    fires: ClassVar[bool] = True
    #: The constants that a text or a long form may give, with their defaults; None: by the number of sources.
    constants: ClassVar[Mapping[str, float | None]] = {
        "tau_m": 0.02, "tau_s": 0.005, "theta": 1.0, "mean": None, "sd": None,
    }  # fmt: skip
    #: Mean and standard deviation of the initial weights, times the number of sources, above other neurons.
    drive: ClassVar[tuple[float, float]] = (186.0, 20.0)

    def __init__(self, units: int, **given: Any) -> None:
        self.units = whole_units(units)
        if unknown := next((name for name in given if name not in self.constants), None):
            raise KeyFault(unknown, f"a {self.kind} layer has no `{unknown}`", f"its constants are {', '.join(self.constants)}")  # fmt: skip
        self.values = {**self.constants, **{name: _number(name, value) for name, value in given.items()}}
        for name, value in self.values.items():
            if value is not None and name != "mean" and not (value > 0 or (name == "sd" and value == 0)):
                raise KeyFault(
                    name,
                    f"`{name}` must be above 0, found {value:g}",
                    f"write for example `{name}: {self.constants[name] or 1:g}`",
                )
        if self.neuron.tau_m <= self.neuron.tau_s:
            raise KeyFault(
                "tau_m", f"`tau_m` must be above `tau_s`, found {self.neuron.tau_m:g} and {self.neuron.tau_s:g}", "write for example `tau_m: 0.02` and `tau_s: 0.005`, in seconds"
            )  # fmt: skip

    @classmethod
    def read(cls, text: str) -> Self:
        match, example = _TEXT.fullmatch(text), f"write for example `200 {cls.kind}` or `200 {cls.kind} tau_m 0.02`"
        if match is None:
            raise ValueFault(f"a {cls.kind} layer is its units, `{cls.kind}` and constants with their values, found {quoted(text)}", example)  # fmt: skip
        words = match[2].split()
        given = dict(zip(words[::2], words[1::2], strict=True))
        if len(given) < len(words) // 2:
            raise ValueFault(f"a constant stands twice in {quoted(text)}", example)
        return cls(int(match[1]), **given)

    def text(self) -> str:
        words = (f" {name} {value!r}" for name, value in self.values.items() if value != self.constants[name])
        return f"{self.units} {self.kind}{''.join(words)}"

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        if below.code is None and not below.spikes:
            raise ValueFault(
                f"{place}: `{self.text()}` reads spikes", "write `inputs: 5 spikes` or `inputs: {spikes: 5, code: latency, t_max: 0.03, bias_spike: 0.0}`" if place == "layer 1" else "put only `lif` layers before it"
            )  # fmt: skip
        if is_output and not self.can_be_output:
            raise ValueFault(f"{place}: `{self.text()}` cannot be the output layer", "add `K first-spike` or `K peak-voltage`")  # fmt: skip
        super().check(place, below, is_output)

    @property
    def neuron(self) -> Neuron:
        given: dict[str, Any] = {name: self.values[name] for name in Neuron._fields if name in self.values}
        return Neuron(**given)

    def spikes_of(self, inputs: Any) -> Tokens:
        """What the layer reads, in float64 and sorted by time: vectors are encoded."""
        assert self.given is not None
        return sorted_spikes(inputs) if self.given.code is None else self.given.code.encode(inputs)

    def slope_of(self, inputs: Any, spikes: Tokens, slopes: Array) -> Array:
        """The slope of what the layer is given, from that (T,) of its spikes; of spikes that were given unsorted, in sorted order."""
        code = None if self.given is None else self.given.code
        return slopes if code is None else code.slopes(inputs, spikes, slopes)

    def block_shapes(self, below: Shape) -> tuple[tuple[int, int], ...]:
        sources = below.columns if below.code is None else below.code.sources(below.columns)
        return ((sources, self.units),)

    def weights(self, blocks: Blocks) -> Blocks:
        return blocks

    def biases(self, blocks: Blocks) -> Blocks:
        return ()

    def initialize(self, blocks: Blocks, start: Start) -> None:
        block = blocks[0]
        mean, sd = self.initial(len(block), start.is_first)
        block[...] = start.rng.normal(mean, sd, block.shape)

    def initial(self, sources: int, is_first: bool) -> tuple[float, float]:
        """Mean and standard deviation of the initial weights."""
        mean, sd = _FIRST if is_first and self.kind == "lif" else self.drive
        own_mean, own_sd = self.values["mean"], self.values["sd"]
        return mean / sources if own_mean is None else own_mean, sd / sources if own_sd is None else own_sd

    @property
    def has_kink(self) -> bool:
        """The loss jumps where a spike appears or vanishes, and bends where another peak becomes the highest."""
        return True

    def column_text(self, place: str, n_rows: int) -> str:
        return f"a unit of {place} has {n_rows} weight{'s' * (n_rows != 1)}"

    def parameter_name(self, block: int, row: int, column: int, below: Callable[[int], str]) -> str:
        return f"unit {column + 1}, weight from {below(row + 1)}"

    def describe(self, below: Shape) -> dict[str, Any]:
        constants = {name: value for name, value in self.values.items() if value is not None}
        return {**super().describe(below), "units": self.units, **constants}


class SpikingOutput(Spiking):
    """An output layer of spiking neurons: probabilities of classes, which are the softmax of z."""

    can_be_output: ClassVar = True
    activation = "softmax"

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        super().check(place, below, is_output)
        if not is_output:
            raise ValueFault(
                f"{place}: `{self.text()}` is for the output layer only", "write `200 lif` for a hidden layer"
            )
        if self.units == 1:
            raise ValueFault(f"{place}: `{self.text()}` decides nothing", f"write `K {self.kind}` with K classes")

    def output(self, below: Shape) -> Shape:
        return Shape(self.units)


def probabilities(z: Array, dtype: Any) -> Array:
    """The softmax (n, K) of z, in which -inf stands for a unit that is silent; 0 everywhere where all are."""
    top = z.max(axis=1, keepdims=True)
    powers = np.exp(np.where(np.isfinite(z), z - np.where(np.isfinite(top), top, 0), -np.inf))
    total = powers.sum(axis=1, keepdims=True)
    shares: Array = (powers / np.where(total > 0, total, 1)).astype(dtype)
    return shares


def barely_fires(one: Array, other: Array, neuron: Neuron) -> bool:
    """Whether a spike is so near to not being one that its time changes out of proportion between two passes, which have the currents
    (T,) at equal spikes: with I just above theta the voltage hardly rises where it reaches the threshold."""
    excess = np.minimum(one, other) - neuron.theta
    return bool((np.abs(one - other) > _UNSTEADY * excess).any())


def keys_of(constants: Mapping[str, Any]) -> dict[str, Key]:
    """The keys of the long form of a kind with these constants."""
    return {"units": _UNITS, **{name: Key(str, f"{name}: 0.02", False) for name in constants}}


def _number(name: str, value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise KeyFault(
            name, f"`{name}` must be a number, found {quoted(str(value))}", f"write for example `{name}: 0.02`"
        )
    return found
