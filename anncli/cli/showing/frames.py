"""Frames of boxes in a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from anncli.arrays import Array

# Seen on light and on dark: a bright line with a dark one on each side.
_BRIGHT, _DARK = (60.0, 255.0, 60.0), (0.0, 0.0, 0.0)
_THICKEST = 1 / 256


def framed(pixels: Array, boxes: Sequence[Sequence[int]]) -> Array:
    """A picture in colour (height, width, 3) with a frame round each box.

    Args: pixels, (height, width[, 3]), 0 to 255; boxes: x, y, width, height of each.
    """
    picture = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels.copy()
    thick = max(1, round(max(picture.shape[:2]) * _THICKEST))
    # The best box comes first, and is drawn last.
    for x, y, width, height in reversed(boxes):
        for inset, colour in ((-1, _DARK), (thick, _DARK), (0, _BRIGHT)):
            _frame(
                picture, (x + inset, y + inset, x + width - inset, y + height - inset), 1 if inset else thick, colour
            )
    return picture


def _frame(picture: Array, corners: tuple[int, int, int, int], thick: int, colour: Sequence[float]) -> None:
    """Lines on the inner side of the corners left, top, right and bottom."""
    left, top, right, bottom = corners
    for y0, y1, x0, x1 in (
        (top, top + thick, left, right), (bottom - thick, bottom, left, right),
        (top, bottom, left, left + thick), (top, bottom, right - thick, right),
    ):  # fmt: skip
        picture[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = colour
