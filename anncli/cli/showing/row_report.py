"""The report of `ann gradcheck --show`: one sample forward and back, layer by layer, in formulas with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from anncli.analysis.one_row import RowPass
from anncli.arrays import Array, Inputs, Rows, Tokens
from anncli.cli.showing.row_lines import MOST_ROWS, columns, cut, equations, indented, matrix, more, values_of
from anncli.cli.showing.row_places import slopes, steps, sums_at_the_first_place
from anncli.cli.showing.row_words import (
    activation_text,
    factor,
    hidden_delta_text,
    loss_text,
    number,
    output_delta_text,
    slope_text,
    step_text,
    z_text,
)
from anncli.network.activations import ACTIVATIONS
from anncli.network.layers.recurrence import Recurrence


class RowWords(NamedTuple):
    """What the sample and its values are called.

    title: which it is, and its answer; raw: the sample before scaling; inputs: the names of the inputs; units: for each layer
    the names of its units.
    """

    title: str
    raw: Inputs
    inputs: Sequence[str]
    units: Sequence[Sequence[str]]


class RowReport:
    """Inputs, forward pass, loss, backward pass and, with `after`, one step of gradient descent.

    Args: after, learning_rate: what follows one step, and how large it is; both None for no step.
    """

    def __init__(self, found: RowPass, words: RowWords, after: RowPass | None, learning_rate: float | None) -> None:
        self._found, self._words, self._after, self._rate = found, words, after, learning_rate

    def text(self) -> str:
        found, every = self._found, range(len(self._found.layers))
        lines = [self._words.title, "", "inputs", *indented(self._inputs()), ""]
        lines.append("forward: z = bias + sum of weight*input, a = f(z)")
        for k in every:
            lines += [self._head(k), *indented(self._forward(k))]
        lines += ["", "loss", *indented(self._loss()), ""]
        lines.append("backward: delta = dE/dz; dE/dw = delta * the input of the weight, dE/db = delta")
        for k in reversed(every):
            lines += [self._head(k), *indented(self._backward(k))]
        if self._after is not None and self._rate is not None:
            lines += ["", f"one step of gradient descent: w - {number(self._rate)}*dE/dw"]
            for k in every:
                lines += [self._head(k), *indented(self._step(k, self._after, self._rate))]
            lines.append(f"loss after the step {number(self._after.loss)}, before it {number(found.loss)}")
        return "\n".join(lines)

    def _head(self, k: int) -> str:
        return f"layer {k + 1}: {self._found.topology.layers[k].text()}"

    def _has_formulas(self, k: int) -> bool:
        """Whether a layer is shown unit by unit: a dense one that has one row."""
        return self._found.topology.layers[k].kind == "dense" and len(self._found.layers[k].z) == 1

    def _operands(self, k: int) -> list[tuple[int, str, float]]:
        """What the weights of a dense layer are multiplied with: the row of the weights, the name, the value."""
        inputs, names = self._found.layers[k].inputs, self._words.inputs if k == 0 else self._words.units[k - 1]
        if isinstance(inputs, Tokens):
            sums: dict[int, float] = {}
            for index, value in zip(inputs.indices.tolist(), inputs.values.tolist(), strict=True):
                sums[index] = sums.get(index, 0.0) + value
            return [(index, f"token {index + self._found.first_token}", value) for index, value in sums.items()]
        return [(j, name, value) for j, (name, value) in enumerate(zip(names, inputs[0].tolist(), strict=True))]

    # The parts of the text

    def _inputs(self) -> Iterator[str]:
        raw, scaled = self._words.raw, self._found.inputs
        shape = self._found.topology.inputs
        if isinstance(raw, Rows) or shape.grid is not None:
            numbers, own = (given.values if isinstance(given, Rows) else np.asarray(given) for given in (raw, scaled))
            yield from values_of("x", numbers, shape)
            if scaled is not raw:
                yield from values_of("scaled x", own, shape)
            return
        if isinstance(raw, Tokens):
            rows = [[f"token {index:g}", number(value)] for index, value in self._numbers(raw)]
        else:
            ends = [[f"scaled {number(x)}"] if scaled is not raw else [] for x in self._numbers(scaled)[0]]
            values = zip(self._words.inputs, self._numbers(raw)[0], ends, strict=True)
            rows = [[name, number(x), *end] for name, x, end in values]
        yield from columns(rows[:MOST_ROWS])
        yield from more(len(rows) - MOST_ROWS, "input")

    def _forward(self, k: int) -> Iterator[str]:
        layer = self._found.layers[k]
        if isinstance(layer.outputs, Tokens):
            yield from self._spikes(k, "at", layer.outputs.values)
            return
        if not self._has_formulas(k):
            has_sums, is_linear = bool(layer.weights), self._found.topology.layers[k].activation == "linear"
            # Of gates there is no one z.
            has_sums = has_sums and not (is_linear and self._goes_back_in_time(k))
            if has_sums and not is_linear:
                yield from self._values("z", layer.z, k)
            yield from self._values("z = a" if has_sums and is_linear else "a", layer.outputs, k)
            yield from sums_at_the_first_place(self._found, k)
            return
        z, operands, rows = layer.z[0].tolist(), self._operands(k), []
        for unit, name in enumerate(cut(self._words.units[k])):
            pairs = [(float(layer.weights[0][j, unit]), value) for j, _, value in operands]
            rows.append([name, "z", z_text(float(layer.biases[0][unit]), pairs), number(z[unit])])
            text = activation_text(self._found.topology.layers[k].activation, z, unit)
            rows.append(["", "a", text, number(float(layer.outputs[0, unit]))])
        yield from equations(rows)
        yield from more(len(z) - len(cut(z)), "unit")

    def _goes_back_in_time(self, k: int) -> bool:
        """Whether what the layers above give is not all of the slope of a row: later rows add to it."""
        return isinstance(self._found.topology.layers[k], Recurrence)

    def _loss(self) -> Iterator[str]:
        found, outputs = self._found, self._found.layers[-1].outputs
        if len(outputs) > 1:
            yield from matrix("target", found.targets)
            left_out = [] if found.weights is None else [k for k, w in enumerate(found.weights.tolist(), 1) if not w]
            if left_out:
                yield f"rows without an answer, which add 0: {', '.join(map(str, left_out[:MOST_ROWS]))}"
            yield f"E = {found.loss_name}, mean over the rows = {number(found.loss)}"
            return
        targets = found.targets[0].tolist()
        rows = [
            [name, f"a {number(a)}", f"target {number(t)}"]
            for name, a, t in zip(self._words.units[-1], outputs[0].tolist(), targets, strict=True)
        ]
        yield from columns(rows[:MOST_ROWS])
        yield from more(len(rows) - MOST_ROWS, "output")
        text = loss_text(found.loss_name, outputs[0].tolist(), targets)
        yield f"E = {found.loss_name}{f' = {text}' if text else ''} = {number(found.loss)}"

    def _backward(self, k: int) -> Iterator[str]:
        layer, rows = self._found.layers[k], list[list[str]]()
        if not self._has_formulas(k):
            if isinstance(layer.outputs, Tokens):
                yield from self._spikes(k, "dE/dt", layer.delta)
            else:
                yield from self._values("dE/da above" if self._goes_back_in_time(k) else "delta", layer.delta, k)
            yield from slopes(self._found, k)
            return
        names, operands = self._words.units[k], self._operands(k)
        for unit, name in enumerate(cut(names)):
            rows += [[name if j == 0 else "", *row] for j, row in enumerate(self._delta(k, unit))]
            delta = factor(float(layer.delta[0, unit]))
            rows.append(["", "dE/db", "delta", number(float(layer.bias_slopes[0][unit]))])
            for j, source, value in cut(operands):
                slope = number(float(layer.weight_slopes[0][j, unit]))
                rows.append(["", f"dE/dw from {source}", f"{delta}*{factor(value)}", slope])
            rows += [["", line, "", ""] for line in more(len(operands) - len(cut(operands)), "weight")]
        yield from equations(rows)
        yield from more(len(names) - len(cut(names)), "unit")

    def _delta(self, k: int, unit: int) -> Iterator[list[str]]:
        """The lines of f'(z) and delta of one unit: what it is, the formula, the value."""
        found, layer, activation = self._found, self._found.layers[k], self._found.topology.layers[k].activation
        a, delta, is_output = float(layer.outputs[0, unit]), float(layer.delta[0, unit]), k == len(found.layers) - 1
        slope, text = 1.0, ""
        if activation != "softmax":
            slope = float(ACTIVATIONS[activation].derivative(layer.z, layer.outputs)[0, unit])
        if is_output:
            targets = found.targets[0].tolist()
            text = output_delta_text(found.loss_name, activation, a, slope, unit, targets)
        elif self._has_formulas(k + 1):
            above = found.layers[k + 1]
            pairs = list(zip(above.weights[0][unit].tolist(), above.delta[0].tolist(), strict=True))
            text = hidden_delta_text(pairs, slope, activation)
        if activation not in ("linear", "softmax") and (not is_output or found.loss_name == "mse"):
            yield ["f'(z)", slope_text(activation, a), number(slope)]
        yield ["delta", text, number(delta)]

    def _step(self, k: int, after: RowPass, rate: float) -> Iterator[str]:
        if not self._has_formulas(k):
            yield from steps(self._found, after, k, rate)
            return
        layer, moved, rows, names = self._found.layers[k], after.layers[k], list[list[str]](), self._words.units[k]
        operands = self._operands(k)
        for unit, name in enumerate(cut(names)):
            bias = step_text(float(layer.biases[0][unit]), float(layer.bias_slopes[0][unit]), rate)
            rows.append([name, "bias", bias, number(float(moved.biases[0][unit]))])
            for j, source, _ in cut(operands):
                text = step_text(float(layer.weights[0][j, unit]), float(layer.weight_slopes[0][j, unit]), rate)
                rows.append(["", f"from {source}", text, number(float(moved.weights[0][j, unit]))])
            rows += [["", line, "", ""] for line in more(len(operands) - len(cut(operands)), "weight")]
        yield from equations(rows)
        yield from more(len(names) - len(cut(names)), "unit")

    def _spikes(self, k: int, symbol: str, values: Array) -> Iterator[str]:
        """A number for each spike of a layer, in the order of their times."""
        fired: Any = self._found.layers[k].outputs
        rows = [[f"unit {unit + 1}", symbol, number(x)] for unit, x in zip(fired.indices, values, strict=True)]
        yield from columns(rows[:MOST_ROWS])
        yield from more(len(rows) - MOST_ROWS, "spike")

    def _values(self, symbol: str, values: Array, k: int) -> Iterator[str]:
        return values_of(symbol, values, self._found.topology.shapes[k + 1])

    # JSON

    def document(self) -> dict[str, Any]:
        """The same as JSON values, all of them."""
        found, after = self._found, self._after
        return {
            "names": list(self._words.inputs),
            "inputs": self._numbers(self._words.raw),
            "scaled": self._numbers(found.inputs),
            "targets": found.targets.tolist(),
            "loss": found.loss,
            "layers": [self._layer_document(k) for k in range(len(found.layers))],
            "learning_rate": self._rate,
            "loss_after": None if after is None else after.loss,
        }

    def _numbers(self, sample: Inputs) -> list[list[float]]:
        """The rows of a sample; of tokens the index, as in the data, and the value of each."""
        if isinstance(sample, Tokens):
            places = (sample.indices + self._found.first_token).tolist()
            return [[place, x] for place, x in zip(places, sample.values.tolist(), strict=True)]
        rows: list[list[float]] = (sample.values if isinstance(sample, Rows) else sample).tolist()
        return rows

    def _layer_document(self, k: int) -> dict[str, Any]:
        found, layer = self._found, self._found.layers[k]
        start, stop = found.topology.offsets[k : k + 2]
        moved = [None] * (stop - start) if self._after is None else self._after.parameters[start:stop].tolist()
        values = zip(found.parameters[start:stop].tolist(), found.gradient[start:stop].tolist(), moved, strict=True)
        names = (found.name_of(place) for place in range(start, stop))
        return {
            "layer": found.topology.layers[k].text(),
            "z": _plain(layer.z),
            "outputs": _plain(layer.outputs),
            "delta": layer.delta.tolist(),
            "weights": [
                {"name": name, "value": value, "gradient": gradient, "after": after}
                for name, (value, gradient, after) in zip(names, values, strict=True)
            ],
        }


def _plain(values: Any) -> list[Any]:
    """Rows of numbers, None for one that is not finite; of spikes the number of the unit and the time of each."""
    if isinstance(values, Tokens):
        return [[unit + 1, time] for unit, time in zip(values.indices.tolist(), values.values.tolist(), strict=True)]
    return [[x if isfinite(x) else None for x in row] for row in values.tolist()]
