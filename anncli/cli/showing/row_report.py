"""The report of `ann gradcheck --show`: one row forward and back, layer by layer, in formulas with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from anncli.analysis.one_row import LayerPass, RowPass
from anncli.arrays import Array
from anncli.cli.showing.row_words import (
    activation_text,
    factor,
    hidden_delta_text,
    loss_text,
    number,
    output_delta_text,
    slope_text,
    z_text,
)
from anncli.errors import printable
from anncli.network.activations import ACTIVATIONS

# Longer lists are cut on the terminal; JSON has all.
MOST_UNITS, MOST_WEIGHTS, MOST_ROWS, MOST_COLUMNS = 8, 8, 6, 8


class RowWords(NamedTuple):
    """What the row and the values are called.

    title: which row it is, and its answer; raw (n, n_inputs): the inputs before scaling; inputs: their names; units: for each
    layer the names of its units.
    """

    title: str
    raw: Array
    inputs: Sequence[str]
    units: Sequence[Sequence[str]]


def row_text(found: RowPass, words: RowWords, after: RowPass | None, learning_rate: float | None) -> str:
    """Inputs, forward pass, loss, backward pass and, with `after`, one step of gradient descent."""
    lines = [words.title, "", "inputs", *_inputs(found, words), "", "forward: z = bias + sum of weight*input, a = f(z)"]
    for k in range(len(found.layers)):
        lines += [_head(found, k), *_indented(_forward(found, words, k))]
    lines += ["", "loss", *_indented(_loss(found, words)), ""]
    lines.append("backward: delta = dE/dz; dE/dw = delta * the input of the weight, dE/db = delta")
    for k in reversed(range(len(found.layers))):
        lines += [_head(found, k), *_indented(_backward(found, words, k))]
    if after is not None and learning_rate is not None:
        lines += ["", f"one step of gradient descent: w - {number(learning_rate)}*dE/dw"]
        for k in range(len(found.layers)):
            lines += [_head(found, k), *_indented(_step(found, after, words, k, learning_rate))]
        lines.append(f"loss after the step {number(after.loss)}, before it {number(found.loss)}")
    return "\n".join(lines)


def row_document(found: RowPass, words: RowWords, after: RowPass | None) -> dict[str, Any]:
    """The same as JSON values, all of them."""
    return {
        "names": list(words.inputs),
        "inputs": words.raw.tolist(),
        "scaled": found.inputs.tolist(),
        "targets": found.targets.tolist(),
        "loss": found.loss,
        "layers": [_layer_document(found, after, k) for k in range(len(found.layers))],
        "loss_after": None if after is None else after.loss,
    }


def _layer_document(found: RowPass, after: RowPass | None, k: int) -> dict[str, Any]:
    layer, start = found.layers[k], found.topology.offsets[k]
    stop = found.topology.offsets[k + 1]
    moved = [None] * (stop - start) if after is None else after.parameters[start:stop].tolist()
    values = zip(found.parameters[start:stop].tolist(), found.gradient[start:stop].tolist(), moved, strict=True)
    names = (found.topology.parameter_name(place) for place in range(start, stop))
    return {
        "layer": found.topology.layers[k].text(),
        "z": layer.z.tolist(),
        "outputs": layer.outputs.tolist(),
        "delta": layer.delta.tolist(),
        "weights": [
            {"name": name, "value": value, "gradient": gradient, "after": after}
            for name, (value, gradient, after) in zip(names, values, strict=True)
        ],
    }


# Parts of the text


def _head(found: RowPass, k: int) -> str:
    return f"layer {k + 1}: {found.topology.layers[k].text()}"


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _has_formulas(found: RowPass, k: int) -> bool:
    """Whether a layer is shown unit by unit: a dense one that has one row."""
    return found.topology.layers[k].kind == "dense" and len(found.layers[k].z) == 1


def _inputs(found: RowPass, words: RowWords) -> Iterator[str]:
    if len(words.raw) > 1:
        yield from _indented(_matrix("x", words.raw))
        return
    is_scaled = bool((found.inputs != words.raw).any())
    pairs = zip(words.raw[0].tolist(), found.inputs[0].tolist(), strict=True)
    rows = [
        [name, number(raw), *([f"scaled {number(scaled)}"] if is_scaled else [])]
        for name, (raw, scaled) in zip(words.inputs, pairs, strict=True)
    ]
    yield from _indented(_columns(rows[:MOST_UNITS]))
    yield from _indented(_more(len(rows) - MOST_UNITS, "input"))


def _forward(found: RowPass, words: RowWords, k: int) -> Iterator[str]:
    layer = found.layers[k]
    if not _has_formulas(found, k):
        yield from _matrix("z", layer.z)
        yield from _matrix("a", layer.outputs)
        return
    z, block, inputs = layer.z[0].tolist(), layer.blocks[0], layer.inputs[0].tolist()
    rows = []
    for unit, name in enumerate(words.units[k][:MOST_UNITS]):
        pairs = list(zip(block[1:, unit].tolist(), inputs, strict=True))
        rows.append([name, "z", z_text(float(block[0, unit]), pairs), number(z[unit])])
        text = activation_text(found.topology.layers[k].activation, z, unit)
        rows.append(["", "a", text, number(float(layer.outputs[0, unit]))])
    yield from _equations(rows)
    yield from _more(len(z) - MOST_UNITS, "unit")


def _loss(found: RowPass, words: RowWords) -> Iterator[str]:
    outputs = found.layers[-1].outputs
    if len(outputs) > 1:
        yield from _matrix("target", found.targets)
        yield f"{found.loss_name} = {number(found.loss)}"
        return
    rows = [
        [name, f"a {number(a)}", f"target {number(t)}"]
        for name, a, t in zip(words.units[-1], outputs[0].tolist(), found.targets[0].tolist(), strict=True)
    ]
    yield from _columns(rows[:MOST_UNITS])
    yield from _more(len(rows) - MOST_UNITS, "output")
    activation = found.topology.output_activation
    text = loss_text(found.loss_name, activation, outputs[0].tolist(), found.targets[0].tolist())
    yield f"E = {found.loss_name}{f' = {text}' if text else ''} = {number(found.loss)}"


def _backward(found: RowPass, words: RowWords, k: int) -> Iterator[str]:
    if not _has_formulas(found, k):
        yield from _matrix("delta", found.layers[k].delta)
        yield from _named_gradients(found, k)
        return
    layer, names, rows = found.layers[k], words.units[k], []
    sources = words.inputs if k == 0 else words.units[k - 1]
    for unit, name in enumerate(names[:MOST_UNITS]):
        rows += [[name if j == 0 else "", *row] for j, row in enumerate(_delta_rows(found, k, unit))]
        delta, gradient = factor(float(layer.delta[0, unit])), layer.gradient[0][:, unit].tolist()
        rows.append(["", "dE/db", "delta", number(gradient[0])])
        for source, value, slope in list(zip(sources, layer.inputs[0].tolist(), gradient[1:], strict=False))[
            :MOST_WEIGHTS
        ]:
            rows.append(["", f"dE/dw from {source}", f"{delta}*{factor(value)}", number(slope)])
        if (more := len(gradient) - 1 - MOST_WEIGHTS) > 0:
            rows.append(["", f"... {more} more weights", "", ""])
    yield from _equations(rows)
    yield from _more(len(names) - MOST_UNITS, "unit")


def _delta_rows(found: RowPass, k: int, unit: int) -> Iterator[list[str]]:
    """The lines of f'(z) and delta of one unit: what it is, the formula, the value."""
    layer, activation = found.layers[k], found.topology.layers[k].activation
    a, delta, is_output = float(layer.outputs[0, unit]), float(layer.delta[0, unit]), k == len(found.layers) - 1
    slope, text = _slope(layer, activation, unit), ""
    if is_output:
        targets = found.targets[0].tolist()
        ends = (a, targets[unit], slope, len(targets), sum(targets))
        text = output_delta_text(found.loss_name, activation, *ends)
    elif _has_formulas(found, k + 1):
        above = found.layers[k + 1]
        pairs = list(zip(above.blocks[0][1 + unit].tolist(), above.delta[0].tolist(), strict=True))
        text = hidden_delta_text(pairs, slope, activation)
    if activation not in ("linear", "softmax") and (not is_output or found.loss_name == "mse"):
        yield ["f'(z)", slope_text(activation, a), number(slope)]
    yield ["delta", text, number(delta)]


def _slope(layer: LayerPass, activation: str, unit: int) -> float:
    if activation == "softmax":
        return 1.0
    return float(ACTIVATIONS[activation].derivative(layer.z, layer.outputs)[0, unit])


def _step(found: RowPass, after: RowPass, words: RowWords, k: int, rate: float) -> Iterator[str]:
    if not _has_formulas(found, k):
        yield from _named_steps(found, after, k, rate)
        return
    layer, names, rows = found.layers[k], words.units[k], []
    sources = ["bias", *(words.inputs if k == 0 else words.units[k - 1])]
    for unit, name in enumerate(names[:MOST_UNITS]):
        columns = (block[0][:, unit].tolist() for block in (layer.blocks, layer.gradient, after.layers[k].blocks))
        for j, (source, old, slope, new) in enumerate(list(zip(sources, *columns, strict=True))[: MOST_WEIGHTS + 1]):
            text = f"{number(old)} - {number(rate)}*{factor(slope)}"
            rows.append([name if j == 0 else "", source if j == 0 else f"from {source}", text, number(new)])
        if (more := len(sources) - 1 - MOST_WEIGHTS) > 0:
            rows.append(["", f"... {more} more weights", "", ""])
    yield from _equations(rows)
    yield from _more(len(names) - MOST_UNITS, "unit")


def _named_gradients(found: RowPass, k: int) -> Iterator[str]:
    start, stop = found.topology.offsets[k], found.topology.offsets[k + 1]
    shown = range(start, min(stop, start + MOST_WEIGHTS))
    rows = [[_short_name(found, k, place), number(float(found.parameters[place])), f"dE/dw {number(float(found.gradient[place]))}"] for place in shown]  # fmt: skip
    yield from _columns(rows)
    yield from _more(stop - start - MOST_WEIGHTS, "weight")


def _named_steps(found: RowPass, after: RowPass, k: int, rate: float) -> Iterator[str]:
    start, stop = found.topology.offsets[k], found.topology.offsets[k + 1]
    rows = []
    for place in range(start, min(stop, start + MOST_WEIGHTS)):
        old, slope, new = (float(vector[place]) for vector in (found.parameters, found.gradient, after.parameters))
        rows.append([_short_name(found, k, place), "", f"{number(old)} - {number(rate)}*{factor(slope)}", number(new)])
    yield from _equations(rows)
    yield from _more(stop - start - MOST_WEIGHTS, "weight")


def _short_name(found: RowPass, k: int, place: int) -> str:
    return found.topology.parameter_name(place).removeprefix(f"layer {k + 1}, ")


# Lines


def _equations(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows (name, symbol, formula, value) as `name  symbol = formula = value`, in columns; without formula `= value`."""
    names = _padded([row[0] for row in rows])
    symbols = _padded([row[1] for row in rows])
    formulas = _padded([row[2] for row in rows])
    for name, symbol, formula, (*_, value) in zip(names, symbols, formulas, rows, strict=True):
        if not value:
            yield f"{name}  {symbol}".rstrip()
        elif formula.strip():
            yield f"{name}  {symbol} = {formula} = {value}"
        else:
            yield f"{name}  {symbol} = {value}"


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    columns = [_padded(column) for column in zip(*rows, strict=True)]
    for row in zip(*columns, strict=True):
        yield "  ".join(row).rstrip()


def _padded(texts: Sequence[str]) -> list[str]:
    texts = [printable(text) for text in texts]
    width = max(map(len, texts), default=0)
    return [text.ljust(width) for text in texts]


def _more(count: int, noun: str) -> Iterator[str]:
    if count > 0:
        yield f"... {count} more {noun}{'s' * (count != 1)} (--json has all)"


def _matrix(symbol: str, values: Array) -> Iterator[str]:
    """A line for each row, of its first values."""
    texts = [[number(value) for value in row[:MOST_COLUMNS].tolist()] for row in values[:MOST_ROWS]]
    width = max((len(text) for row in texts for text in row), default=0)
    for k, row in enumerate(texts):
        label = symbol if len(values) == 1 else f"{symbol} of row {k + 1}"
        more = f"  ... {values.shape[1] - len(row)} more" if values.shape[1] > len(row) else ""
        yield f"{label}  {'  '.join(text.rjust(width) for text in row)}{more}"
    yield from _more(len(values) - MOST_ROWS, "row")
