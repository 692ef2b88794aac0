"""C text of recurrent layers: their numbers in the order of the functions, and the lines that call these."""

from __future__ import annotations

from typing import Any

from anncli.arrays import Array
from anncli.formats.exports.c.layers import activation_function, blocked
from anncli.formats.exports.c.member import Place, Step
from anncli.network.layers.base import Blocks

#: The kinds of layers that read their own outputs for the row before.
RECURRENT_KINDS = ("recurrent", "lstm", "gru")
# How many times as many numbers as units the functions work on, beside a row and the last outputs.
_WORK = {"recurrent": 0, "lstm": 4, "gru": 5}
_CALLED = {"recurrent": (), "lstm": ("lstm_units",), "gru": ("gru_units",)}


def recurrent_numbers(layer: Any, blocks: Blocks, n_tokens: int) -> list[Array]:
    """The parameters of a layer in the order in which its function reads them, one direction after the other.

    n_tokens: how many different tokens it is given, 0 where it reads rows. Of a token only one row of weights is needed, so that these
    lie row by row, before the others.
    """
    parts = []
    for place, (weights, biases) in enumerate(zip(layer.weights(blocks), layer.biases(blocks), strict=True)):
        # Every third block of a gru reads its own last outputs alone.
        n_rows = 0 if layer.kind == "gru" and place % 3 == 2 else n_tokens
        parts += [weights[:n_rows], blocked(weights[n_rows:]), biases]
    return parts


def recurrent(step: Step) -> Place:
    """Write the calls of both directions, or of the one."""
    member, layer, below = step.member, step.layer, step.below
    units, width, of_tokens = layer.units, step.above.columns, below.tokens
    name = layer.kind + ("_of_tokens" if of_tokens else "")
    one = "sums_of_token" if of_tokens else "sums_of_row"
    member.used |= {name, one, *_CALLED[layer.kind]}
    target = member.target(step.number, step.above, step.source.pointer)
    work = (0 if of_tokens else below.columns + units) + _WORK[layer.kind] * units
    for back in range(width // units):
        given = ["indices", "values"] if of_tokens else [step.source.pointer]
        given.append(member.state(2 * units if layer.kind == "lstm" else units))
        if work:
            given.append(member.patch(work))
        if layer.kind == "recurrent":
            given.append("0" if layer.activation == "linear" else activation_function(layer.activation))
        given.append(f"{target} + {units}" if back else target)
        numbers = [step.source.rows, below.columns, units, back, width]
        member.line(f"w = $n_{name}({', '.join(map(str, ['w', *numbers, *given]))});")
    return Place(target, step.source.rows)
