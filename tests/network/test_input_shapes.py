"""What `inputs:` of a network file may say."""

from __future__ import annotations

import pytest

from anncli.errors import ValueFault
from anncli.network.input_shapes import inputs_text, read_inputs
from anncli.network.layers.base import Shape


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("9", Shape(9)),
        ("28x28", Shape(784, 1, (28, 28, 1))),
        ("5x4x3", Shape(60, 1, (5, 4, 3))),
        ("any x 12", Shape(12, None)),
        ("500 tokens", Shape(500, None, None, True)),
    ],
)
def test_each_form_is_read_and_written(text: str, shape: Shape) -> None:
    assert read_inputs(text) == shape
    assert inputs_text(shape) == text


@pytest.mark.parametrize("text", ["0", "x3", "3x0", "any", "any x", "tokens", "any x 0", "12 words", "1x2x3x4"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueFault, match="unknown form of inputs") as caught:
        read_inputs(text)
    assert "`any x 12`" in str(caught.value.advice)
