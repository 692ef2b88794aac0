"""Pictures as arrays (height, width) or (height, width, 3): without colours, and scaled by the mean of the area that a pixel covers."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, blocks

# ITU-R BT.601: how bright red, green and blue look.
_GREY = np.array([0.299, 0.587, 0.114])
_BLOCK_ROWS = 64


def grey_of(pixels: Array) -> Array:
    """How bright the pixels (height, width, 3) of red, green and blue look: float64 (height, width)."""
    grey: Array = pixels @ _GREY
    return grey


def scaled_to(pixels: Array, size: tuple[int, int]) -> Array:
    """float64 (height, width[, 3]) of the size (height, width): every new pixel is the mean of the area that it covers."""
    down, across = _covered(pixels.shape[0], size[0]), _covered(pixels.shape[1], size[1])
    scaled = np.empty((*size, *pixels.shape[2:]))
    # In blocks: all rows of a large picture in float64 would take eight times its memory.
    for block in blocks(size[0], _BLOCK_ROWS):
        rows = _means(pixels, 0, down[0][block], down[1][block])
        scaled[block] = _means(rows, 1, *across)
    return scaled


def _means(pixels: Array, axis: int, places: Array, weights: Array) -> Array:
    """Sums over k of weights[:, k] times the lines places[:, k] along an axis."""
    shape = [1] * pixels.ndim
    shape[axis] = len(places)
    total: Array = np.zeros(())
    for line, weight in zip(places.T, weights.T, strict=True):
        total = total + pixels.take(line, axis) * weight.reshape(shape)
    return total


def _covered(n_old: int, n_new: int) -> tuple[Array, Array]:
    """Which old pixels every new one covers, and how much of its area each of them has: both (n_new, most that one covers).

    Each row of the second adds up to 1; where a new pixel covers fewer, the others have 0.
    """
    edges = np.arange(n_new + 1) * (n_old / n_new)
    most = int(np.ceil(n_old / n_new)) + 1
    old = np.floor(edges[:-1, None]).astype(np.int64) + np.arange(most)
    low, high = np.maximum(edges[:-1, None], old), np.minimum(edges[1:, None], old + 1)
    weights: Array = np.maximum(high - low, 0.0) / (n_old / n_new)
    return np.minimum(old, n_old - 1), weights
