"""The units of a FANN network as layers of ann."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.formats.networks.chain import Chain
from anncli.formats.networks.graph import Graph, Unit


class FannFunction(NamedTuple):
    """name: in FANN; activation: of ann, None where there is none, for factor * steepness * sum; then its value is
    multiplied by `scale` and `shift` is added, and lies within `bounds`; is_exact: whether that is what FANN computes;
    saturates: whether the value hardly changes for sums beyond 10."""

    name: str
    activation: str | None = None
    factor: float = 1.0
    scale: float = 1.0
    shift: float = 0.0
    bounds: tuple[float, float] | None = None
    is_exact: bool = True
    saturates: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether the activation alone is the function."""
        return self.scale == 1 and self.shift == 0 and self.bounds is None


FANN_FUNCTIONS: dict[int, FannFunction] = {
    0: FannFunction("FANN_LINEAR", "linear", saturates=False),
    1: FannFunction("FANN_THRESHOLD"),
    2: FannFunction("FANN_THRESHOLD_SYMMETRIC"),
    3: FannFunction("FANN_SIGMOID", "logistic", 2.0),
    4: FannFunction("FANN_SIGMOID_STEPWISE", "logistic", 2.0, is_exact=False),
    5: FannFunction("FANN_SIGMOID_SYMMETRIC", "tanh"),
    6: FannFunction("FANN_SIGMOID_SYMMETRIC_STEPWISE", "tanh", is_exact=False),
    7: FannFunction("FANN_GAUSSIAN"),
    8: FannFunction("FANN_GAUSSIAN_SYMMETRIC"),
    9: FannFunction("FANN_GAUSSIAN_STEPWISE"),
    10: FannFunction("FANN_ELLIOT", "softsign", 1.0, 0.5, 0.5, saturates=False),
    11: FannFunction("FANN_ELLIOT_SYMMETRIC", "softsign", saturates=False),
    12: FannFunction("FANN_LINEAR_PIECE", "linear", bounds=(0.0, 1.0)),
    13: FannFunction("FANN_LINEAR_PIECE_SYMMETRIC", "linear", bounds=(-1.0, 1.0)),
    14: FannFunction("FANN_SIN_SYMMETRIC"),
    15: FannFunction("FANN_COS_SYMMETRIC"),
    16: FannFunction("FANN_SIN"),
    17: FannFunction("FANN_COS"),
    18: FannFunction("FANN_LINEAR_PIECE_RECT", "relu", saturates=False),
    19: FannFunction("FANN_LINEAR_PIECE_RECT_LEAKY", "leaky-relu", saturates=False),
}

# FANN bounds steepness * sum at this number divided by the steepness.
SUM_BOUND = 150.0
# Beyond these sums a sigmoid is 0 or 1 to all digits of float32; a bound from these on is never reached.
_FLAT, _FAR = 10.0, 1e6


class FannUnits(NamedTuple):
    """sizes: units of each layer, those that are always 1 among them; n_outputs; functions, steepness (n_units,);
    sources, targets, weights (n_connections,): units by number, from 0, in the order of the layers."""

    sizes: list[int]
    n_outputs: int
    functions: Array
    steepness: Array
    sources: Array
    targets: Array
    weights: Array


def build_layers(chain: Chain, units: FannUnits) -> None:
    """Tell the chain the layers; raises NetworkError for what it cannot hold, by its name."""
    _check_bounds(chain, units)
    starts = np.cumsum([0, *units.sizes])
    has_links = np.bincount(units.targets, minlength=starts[-1]) > 0
    if any(not _is_layer(units, starts, has_links, number) for number in range(1, len(units.sizes))):
        _build_graph(chain, units, starts, has_links)
        return
    for number in range(1, len(units.sizes)):
        _add_layer(chain, units, starts, has_links, number)


def _check_bounds(chain: Chain, units: FannUnits) -> None:
    """Refuse sigmoids whose ends FANN cuts off, and say where other values are bounded or not exact."""
    for unit in np.unique(units.targets).tolist():
        function, steepness = FANN_FUNCTIONS[int(units.functions[unit])], float(units.steepness[unit])
        bound = SUM_BOUND / steepness if steepness else np.inf
        if function.saturates and function.bounds is None and bound < _FLAT:
            chain.fail(f"has units of the steepness {steepness:g}, whose sums FANN bounds at {bound:.3g}")
        if not function.saturates and bound < _FAR:
            chain.remark(f"FANN bounds the sums of {function.name} units at {bound:g}, ann does not")
        if not function.is_exact:
            chain.remark(f"{function.name} units, lines that follow a sigmoid, are read as the sigmoid itself")


def _layer(starts: Array, number: int) -> range:
    return range(int(starts[number]), int(starts[number + 1]))


def _own(units: FannUnits, starts: Array, has_links: Array, number: int) -> Array:
    """The units of a layer that compute; all outputs do, also one that reads nothing."""
    numbers = np.array(_layer(starts, number))
    if number == len(units.sizes) - 1:
        return numbers[: units.n_outputs]
    return numbers[has_links[numbers]]


def _is_layer(units: FannUnits, starts: Array, has_links: Array, number: int) -> bool:
    """Whether the units of a layer have one function and read only the layer below."""
    below, own = _layer(starts, number - 1), _own(units, starts, has_links, number)
    links = (units.targets >= starts[number]) & (units.targets < starts[number + 1])
    sources = units.sources[links]
    near = bool(((sources >= below.start) & (sources < below.stop)).all())
    return near and len(own) > 0 and len(np.unique(units.functions[own])) == 1 and bool(has_links[own].all())


def _add_layer(chain: Chain, units: FannUnits, starts: Array, has_links: Array, number: int) -> None:
    below, own = _layer(starts, number - 1), _own(units, starts, has_links, number)
    chain.check_next(len(own))
    links = (units.targets >= starts[number]) & (units.targets < starts[number + 1])
    function = FANN_FUNCTIONS[int(units.functions[own[0]])]
    column = np.full(starts[-1], -1)
    column[own] = np.arange(len(own))
    block = np.zeros((len(below), len(own)))
    np.add.at(block, (units.sources[links] - below.start, column[units.targets[links]]), units.weights[links])
    steepness = units.steepness[own]
    if is_relu := function.bounds == (0.0, 1.0) and bool((steepness * _FAR <= 1).all()):
        # The line from 0 to 1 ends beyond all sums.
        function = FannFunction(function.name, "relu")
    else:
        block *= function.factor * steepness
    # Units without connections are 1: what reads them is a bias.
    values = np.array(below)
    computes = np.arange(len(values)) < len(values) - 1 if number == 1 else has_links[values]
    if gaps := int(computes.sum()) * len(own) - int(computes[units.sources[links] - below.start].sum()):
        chain.remark(f"{gaps} connections that the file does not have are weights of 0, which training may change")
    chain.affine(block[computes], block[~computes].sum(axis=0))
    chain.activate(str(function.activation))
    if is_relu:
        chain.each(factor=steepness)
    elif function.bounds is not None:
        chain.clip(np.full(len(own), function.bounds[0]), np.full(len(own), function.bounds[1]))
    elif not function.is_plain:
        chain.each(factor=function.scale, shift=function.shift)


def _build_graph(chain: Chain, units: FannUnits, starts: Array, has_links: Array) -> None:
    """Units of different functions in a layer, or such that read several layers."""
    n_inputs = units.sizes[0] - 1
    inputs = [str(number) for number in range(n_inputs)]
    found: dict[str, Unit] = {}
    order = np.argsort(units.targets, kind="stable")
    bounds = np.searchsorted(units.targets[order], np.arange(starts[-1] + 1))
    outputs = _own(units, starts, has_links, len(units.sizes) - 1).tolist()
    for unit in range(units.sizes[0], int(starts[-1])):
        if not has_links[unit]:
            if unit in outputs:
                chain.fail(f"unit {unit} is an output and has no connections")
            continue
        function = FANN_FUNCTIONS[int(units.functions[unit])]
        if not function.is_plain:
            chain.fail(f"unit {unit} has the activation function {function.name} beside others, or a shortcut, which a chain of layers cannot hold")  # fmt: skip
        links = order[bounds[unit] : bounds[unit + 1]]
        factor = function.factor * float(units.steepness[unit])
        bias, sources = 0.0, dict[str, float]()
        for source, weight in zip(units.sources[links].tolist(), units.weights[links].tolist(), strict=True):
            if source >= n_inputs and not has_links[source]:
                bias += factor * weight
            else:
                sources[str(source)] = sources.get(str(source), 0.0) + factor * weight
        found[str(unit)] = Unit(str(unit), str(function.activation), bias, sources)
    Graph(chain, inputs, found, [str(unit) for unit in outputs]).build()
