"""Layers whose units compute at several places, each with the same weights: a sum at the first place, and the slopes of the weights,
which are sums over the places. Of kinds that do not multiply weights with what they gather, the slopes alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anncli.analysis.one_row import LayerPass, RowPass
from anncli.cli.showing.row_lines import equations, more
from anncli.cli.showing.row_words import MOST_TERMS, number, signed, step_text, sum_of_products, z_text

MOST_UNITS, MOST_WEIGHTS, MOST_PRODUCTS = 4, 12, 9


def sums_at_the_first_place(found: RowPass, k: int) -> Iterator[str]:
    """z of some units at the first place, where the sums are short."""
    layer, shape = found.layers[k], found.topology.shapes[k + 1]
    if layer.gathered is None or layer.gathered.shape[1] > MOST_PRODUCTS:
        return
    n_units, rows = layer.weights[0].shape[1], []
    place = "at row 1, column 1" if shape.grid is not None and min(shape.grid[:2]) > 1 else "at the first place"
    for unit in range(min(n_units, MOST_UNITS)):
        pairs = list(zip(layer.weights[0][:, unit].tolist(), layer.gathered[0].tolist(), strict=True))
        text = z_text(float(layer.biases[0][unit]), pairs, MOST_PRODUCTS)
        rows.append([f"unit {unit + 1}", f"z {place}", text, number(float(layer.z.reshape(-1, n_units)[0, unit]))])
    yield from equations(rows)
    yield from more(n_units - MOST_UNITS, "unit")


def slopes(found: RowPass, k: int) -> Iterator[str]:
    """dE/dw of the first parameters of a layer by name, with the sums over the places where they are short."""
    shown, rest = _first_parameters(found, k)
    rows = []
    for one in shown:
        text = _sum_over_places(found.layers[k], one)
        rows.append([_name(found, k, one.place), "dE/dw", text, number(float(found.gradient[one.place]))])
    yield from equations(rows)
    yield from more(rest, "weight")


def steps(found: RowPass, after: RowPass, k: int, rate: float) -> Iterator[str]:
    """The same parameters before and after a step of gradient descent."""
    shown, rest = _first_parameters(found, k)
    rows = []
    for place, *_ in shown:
        text = step_text(float(found.parameters[place]), float(found.gradient[place]), rate)
        rows.append([_name(found, k, place), "", text, number(float(after.parameters[place]))])
    yield from equations(rows)
    yield from more(rest, "weight")


class _Parameter(NamedTuple):
    """place: in the parameter vector; unit: the number of its unit from 0, and source: of what its weight is multiplied with, -1
    for a bias; None where the layer does not work so."""

    place: int
    unit: int | None = None
    source: int | None = None


def _first_parameters(found: RowPass, k: int) -> tuple[list[_Parameter], int]:
    """The first parameters of a layer, unit by unit, and how many more there are."""
    topology, layer = found.topology, found.topology.layers[k]
    first, stop = topology.offsets[k : k + 2]
    count = min(stop - first, MOST_WEIGHTS)
    blocks = topology.blocks(topology.numbers)[k]
    if found.layers[k].gathered is None:
        by_column = np.concatenate([block.T.reshape(-1) for block in blocks]) if blocks else np.empty(0, int)
        # The vectors of tokens that are not in the sample have the slope 0.
        moving = by_column[found.gradient[by_column] != 0]
        shown = (moving if len(moving) else by_column)[:count]
        return [_Parameter(int(place)) for place in shown], stop - first - len(shown)
    (weights,), (biases,) = layer.weights(blocks), layer.biases(blocks)
    parameters: list[_Parameter] = []
    for unit, column in enumerate(weights.T[:MOST_WEIGHTS]):
        parameters.append(_Parameter(int(biases[unit]), unit, -1))
        parameters += [_Parameter(int(place), unit, j) for j, place in enumerate(column[:MOST_WEIGHTS])]
    return parameters[:count], stop - first - count


def _sum_over_places(layer: LayerPass, one: _Parameter) -> str:
    """dE/dw as a sum over the places where delta is not 0; '' where that is long."""
    if layer.gathered is None or one.unit is None or one.source is None:
        return ""
    deltas = layer.delta.reshape(-1, layer.weights[0].shape[1])[:, one.unit].tolist()
    if sum(delta != 0 for delta in deltas) > MOST_TERMS:
        return ""
    if one.source < 0:
        text = ""
        for delta in filter(None, deltas):
            text += signed(number(abs(delta)), not text, delta < 0)
        return text if sum(map(bool, deltas)) > 1 else ""
    values = layer.gathered[:, one.source].tolist()
    return sum_of_products((delta, value) for delta, value in zip(deltas, values, strict=True) if delta)


def _name(found: RowPass, k: int, place: int) -> str:
    return found.name_of(place).removeprefix(f"layer {k + 1}, ")
