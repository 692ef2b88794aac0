"""What a sample is, as a network file says it under `inputs:`: `9`, `28x28`, `28x28x3`, `any x 12`, `500 tokens`, `5 spikes`, a code that
makes spikes of vectors, or rows that become Fisher vectors."""

from __future__ import annotations

import re
from math import prod

from anncli.errors import ValueFault, quoted
from anncli.network.encoders.descriptors import Descriptors
from anncli.network.layers.base import Shape
from anncli.network.names import INPUT_ADVICE, INPUT_FORMS
from anncli.network.spikes.code import LatencyCode

_NUMBER, _GRID, _ROWS, _TOKENS, _SPIKES, _CODE, _DESCRIPTORS = (
    re.compile(INPUT_FORMS[name]) for name in ("vectors", "pictures", "rows", "tokens", "spikes", "code", "descriptors")
)
_ADVICE = f"{INPUT_ADVICE}, `{{table: auto}}` for tables"


def read_inputs(text: str) -> Shape:
    """The shape of a sample.

    `9`: a vector; `28x28` or `28x28x3`: a vector that is laid out as rows, columns and channels, the last varying fastest;
    `any x 12`: any number of rows of 12 numbers; `500 tokens`: any number of tokens out of 500; `5 spikes`: any number of spikes of 5 sources; `{spikes: 5, code: latency, ...}`:
    vectors that become spikes, see LatencyCode; `{descriptors: 64, fisher: 16}`: rows that become one vector, see Descriptors.
    Raises: ValueFault for another text.
    """
    text = text.strip()
    if match := _NUMBER.fullmatch(text):
        return Shape(int(text))
    if match := _GRID.fullmatch(text):
        height, width, channels = int(match[1]), int(match[2]), int(match[3] or 1)
        return Shape(prod((height, width, channels)), 1, (height, width, channels))
    if match := _ROWS.fullmatch(text):
        return Shape(int(match[1]), None)
    if match := _TOKENS.fullmatch(text):
        return Shape(int(match[1]), None, None, True)
    if match := _SPIKES.fullmatch(text):
        return Shape(int(match[1]), None, None, True, spikes=True)
    if _CODE.fullmatch(text):
        return coded(*LatencyCode.parse(text))
    if _DESCRIPTORS.fullmatch(text):
        return described(Descriptors.parse(text))
    raise ValueFault(f"unknown form of inputs {quoted(text)}", _ADVICE)


def coded(sources: int, code: LatencyCode) -> Shape:
    """The vectors that a code makes spikes of so many sources of."""
    return Shape(code.columns(sources), code=code)


def described(descriptors: Descriptors) -> Shape:
    """The vectors that such rows become."""
    return Shape(descriptors.width, descriptors=descriptors)


def inputs_text(shape: Shape) -> str:
    """The text that read_inputs() reads as this shape, in one spelling."""
    if shape.descriptors is not None:
        return shape.descriptors.text()
    if shape.code is not None:
        return shape.code.text(shape.code.sources(shape.columns))
    if shape.spikes:
        return f"{shape.columns} spikes"
    if shape.tokens:
        return f"{shape.columns} tokens"
    if shape.rows is None:
        return f"any x {shape.columns}"
    if shape.grid is None:
        return str(shape.columns)
    height, width, channels = shape.grid
    return f"{height}x{width}" + (f"x{channels}" if channels > 1 else "")
