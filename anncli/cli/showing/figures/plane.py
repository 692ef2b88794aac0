"""The plane of a decision boundary: two inputs that vary, and what the others are held at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.cli.showing.figures.facts import Facts
from anncli.errors import UsageError, did_you_mean, quoted


class Plane(NamedTuple):
    """columns: places of the two inputs; names: theirs; base: float32 (n_inputs,) what the others are held at; words: that in
    words, '' where there are no others."""

    columns: tuple[int, int]
    names: tuple[str, str]
    base: Array
    words: str

    def inputs(self, across: Array, down: Array) -> Array:
        """(n, n_inputs) for the points whose two inputs are across (n,) and down (n,)."""
        rows = np.repeat(self.base[None, :], len(across), axis=0)
        rows[:, self.columns[0]], rows[:, self.columns[1]] = across, down
        return rows


def make_plane(facts: Facts, wanted: tuple[str, ...]) -> Plane:
    """Raises UsageError for a network with one input, or more than two of which `wanted` does not name two numbers."""
    names = facts.inputs
    if len(names) < 2:
        raise UsageError("a boundary needs two inputs, and the network has one", advice="draw another figure")
    if not wanted and len(names) > 2:
        numbers = _number_columns(facts)
        example = ",".join(numbers[:2]) if len(numbers) > 1 else "A,B"
        message = f"the network has {len(names)} inputs, and a boundary is over two of them"
        raise UsageError(message, advice=f"say which: --column {example}")
    if wanted and len(wanted) != 2:
        raise UsageError(f"--column names {len(wanted)}, not two", advice="write for example --column height,width")
    one, other = (_column(facts, name) for name in wanted) if wanted else (0, 1)
    if one == other:
        raise UsageError(f"--column names {quoted(wanted[0])} twice", advice="name two columns")
    assert facts.data is not None
    base = _held(facts, facts.data.vectors)
    others = len(names) - 2
    words = "the other inputs are held at their median or most frequent value" if others else ""
    return Plane((one, other), (names[one], names[other]), base, words)


def _number_columns(facts: Facts) -> list[str]:
    """Names of the inputs that are numbers of the data."""
    encoder = facts.network.encoder
    return list(facts.inputs) if encoder is None else [c.name for c in encoder.columns if c.kind == "number"]


def _column(facts: Facts, name: str) -> int:
    """The input of this name, or at this position from 1; raises UsageError."""
    numbers = _number_columns(facts)
    if name in numbers:
        return facts.inputs.index(name)
    if name.isdecimal() and facts.network.encoder is None and 1 <= int(name) <= len(facts.inputs):
        return int(name) - 1
    encoder = facts.network.encoder
    if encoder is not None and any(c.name == name for c in encoder.columns):
        raise UsageError(f"--column: {quoted(name)} is a category, not a number", advice="name columns of numbers")
    raise UsageError(f"--column: no input is called {quoted(name)}", advice=did_you_mean(name, numbers))


def _held(facts: Facts, inputs: Array) -> Array:
    """float32 (n_inputs,): medians of numbers, the most frequent value of each category."""
    base = np.median(inputs, axis=0).astype(np.float32)
    encoder = facts.network.encoder
    start = 0
    for column in () if encoder is None else encoder.columns:
        if column.kind != "number":
            block = inputs[:, start : start + column.width]
            found, counts = np.unique(block, axis=0, return_counts=True)
            base[start : start + column.width] = found[np.argmax(counts)]
        start += column.width
    return base
