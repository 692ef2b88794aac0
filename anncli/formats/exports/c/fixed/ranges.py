"""How large the values of a network get: its scaled inputs and its hidden values, on rows that were given or by the scaling."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.formats.exports.c.fixed.layers import RealLayer
from anncli.network.activations import ACTIVATIONS
from anncli.network.network import Network
from anncli.network.scaling import CLIP

# Without rows: how far scaled inputs go, in units of the scaling, and how many rows show the values of hidden units.
_DEVIATIONS = 4.0
_N_DRAWN = 1000
# How many times larger than on all these rows a hidden value may be before it is cut off.
MARGIN = 8.0


class Ranges(NamedTuple):
    """inputs: the largest |scaled input| (n_inputs,) before a logistic scaling; rows: scaled rows (n, n_inputs), float64,
    before a logistic scaling too; source: where both are from, in words."""

    inputs: Array
    rows: Array
    source: str


def ranges_of(network: Network, rows: Array | None) -> Ranges:
    """rows: raw rows (n, n_inputs) of the data, or None; what the scaling tells is counted in any case."""
    scaling = network.scaling
    widest, taken = _assumed(network)
    source = "the scaling and the self-test, as no rows were given"
    if rows is not None and len(rows):
        given = before_logistic(network, rows).astype(np.float64)
        widest, taken = np.maximum(widest, np.abs(given).max(axis=0)), np.concatenate([given, taken])
        source = f"{len(rows)} rows of the data, the scaling and the self-test"
    if scaling.activation == "soft-clip":
        # No scaled input is larger, whatever the raw one is.
        widest, taken = np.full(network.n_inputs, CLIP), np.clip(taken, -CLIP, CLIP)
    return Ranges(np.where(widest > 0, widest, 1.0), taken, source)


def before_logistic(network: Network, rows: Array) -> Array:
    """Scaled rows, float32, but for a logistic function, which the integers compute."""
    scaling = network.scaling
    if scaling.activation == "logistic":
        scaling = type(scaling)(**{**vars(scaling), "activation": "linear"})
    scaled: Array = scaling.apply(np.array(rows, dtype=np.float32))
    return scaled


def after_logistic(network: Network, rows: Array) -> Array:
    """What the first layer reads of Ranges.rows."""
    return ACTIVATIONS["logistic"].value(rows) if network.scaling.activation == "logistic" else rows


def _assumed(network: Network) -> tuple[Array, Array]:
    """The same where nobody gave rows: those of the self-test, and as far as the scaling tells."""
    low, high = _raw_ends(network)
    ends = before_logistic(network, np.stack([low, high]).astype(np.float32)) if _is_alone(network) else None
    drawn = np.random.default_rng(13).uniform(-1, 1, (_N_DRAWN, network.n_inputs))
    # Half of them are corners, where sums are largest.
    drawn[::2] = np.sign(drawn[::2])
    widest = _fitted_ends(network)
    if ends is not None:
        widest = np.maximum(widest, np.abs(ends).max(axis=0))
    rows = drawn * widest
    if network.self_test is not None:
        stored = before_logistic(network, network.self_test.vectors)
        widest = np.maximum(widest, np.abs(stored).max(axis=0))
        rows = np.concatenate([rows, stored])
    return widest, rows


def _is_alone(network: Network) -> bool:
    """Whether every input is scaled by itself."""
    return network.scaling.per_vector == "none"


def _fitted_ends(network: Network) -> Array:
    """The largest |scaled input| that the scaling alone tells (n_inputs,), 0 where it tells nothing."""
    scaling = network.scaling
    if scaling.per_vector != "none":
        ends = np.array([[-1.0], [1.0]]) if scaling.per_vector == "energy" else np.array([[0.1], [0.9]])
        ends = np.repeat(ends, network.n_inputs, axis=1)
        if scaling.add is not None and scaling.multiply is not None:
            ends = (ends + scaling.add) * scaling.multiply
        widest: Array = np.abs(ends).max(axis=0)
        return widest
    if scaling.add is None:
        return np.zeros(network.n_inputs)
    return np.full(network.n_inputs, _DEVIATIONS)


def _raw_ends(network: Network) -> tuple[Array, Array]:
    """The raw values (n_inputs,) that are sure to occur: of levels and indicators 0 and 1, of logarithms the floor, and what fills."""
    low, high = np.zeros(network.n_inputs), np.zeros(network.n_inputs)
    scaling = network.scaling
    if scaling.add is not None:
        low, high = -scaling.add.astype(np.float64), -scaling.add.astype(np.float64)
        low, high = np.clip(low, -1e30, 1e30), np.clip(high, -1e30, 1e30)
    elif network.self_test is None:
        low, high = low - 1, high + 1
    if scaling.log_floor is not None:
        taken = scaling.of_logarithms
        low[taken], high[taken] = 0, np.maximum(1.0, scaling.log_floor[taken])
    if network.encoder is not None:
        at = 0
        for column in network.encoder.columns:
            if column.kind == "number" and column.fill is not None:
                low[at], high[at] = min(low[at], column.fill), max(high[at], column.fill)
            marks = slice(at + (column.kind == "number"), at + column.width)
            low[marks], high[marks] = 0, 1
            at += column.width
    return low, high


def values_of(members: list[list[RealLayer]], rows: Array) -> list[list[tuple[Array, Array]]]:
    """For each member and layer z and the values (n, units) for scaled rows (n, n_inputs)."""
    found = []
    for layers in members:
        own, below = [], rows
        for layer in layers:
            with np.errstate(over="ignore", invalid="ignore"):
                z = below @ layer.weights + layer.biases
                below = ACTIVATIONS[layer.activation].value(z)
            own.append((z, below))
        found.append(own)
    return found
