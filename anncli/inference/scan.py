"""scan(): where in a picture a network finds what it has learnt, and scan_pixels(): at which of its pixels.

A picture of all sizes is a pyramid: the picture itself, and copies of it that are smaller and smaller. A patch is compared
with every place of every one of them. The windows are copied block by block: all of them together would take a thousand times
the memory of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from anncli.arrays import Array, blocks_of_rows
from anncli.dataset.picture_areas import scaled_to
from anncli.errors import DataError
from anncli.inference.boxes import without_overlaps
from anncli.inference.patches import Patch
from anncli.inference.predict import decide, predict
from anncli.network.network import Network


class Sought(NamedTuple):
    """What is looked for: classes, by number; threshold: a score has to be above it, None: the network's own decision."""

    classes: tuple[int, ...] = (0,)
    threshold: float | None = None


class Sweep(NamedTuple):
    """How a picture is searched: scale, by how much the picture is smaller from one level to the next, 1 for its own size
    only; step, pixels between two windows of a level; overlap, see without_overlaps(); neighbours: windows that a box has to
    stand for, itself included; threads: see predict()."""

    scale: float = 1.2
    step: int = 2
    overlap: float = 0.3
    neighbours: int = 1
    threads: int = 1


class Box(NamedTuple):
    """x, y: the left upper corner, in whole pixels of the picture from 0; score; class_index; neighbours: windows that it stands
    for, itself included; level, row, column: its window."""

    x: int
    y: int
    width: int
    height: int
    score: float
    class_index: int
    neighbours: int
    level: int
    row: int
    column: int


class Found(NamedTuple):
    """boxes: best first; n_windows: how many were looked at; n_not_finite: of these, those with a score that is no number."""

    boxes: list[Box]
    n_windows: int
    n_not_finite: int


def level_sizes(height: int, width: int, patch: Patch, scale: float) -> list[tuple[int, int]]:
    """The sizes of the levels, from the picture's own to the smallest one that a patch fits in; [] where it fits in none."""
    sizes: list[tuple[int, int]] = []
    factor, last = 1.0, (0, 0)
    while True:
        size = round(height / factor), round(width / factor)
        if size[0] < patch.height or size[1] < patch.width:
            return sizes
        if not sizes or size != sizes[-1]:
            sizes.append(size)
        if scale <= 1.0:
            return sizes
        steps = 1.0
        if size == last:
            # A factor near 1: all those that give this size again are passed over at once.
            change = min(height / (size[0] - 0.5), width / (size[1] - 0.5)) / factor
            steps = max(1.0, math.log(change) // math.log(scale)) if change > 1.0 else 1.0
        last = size
        factor *= scale**steps


def level_of(pixels: Array, size: tuple[int, int]) -> Array:
    """A level of the pyramid: the picture in this size, float32. Each is made of the picture itself, and so is sharp."""
    return pixels if pixels.shape[:2] == size else scaled_to(pixels, size).astype(np.float32)


def count_windows(sizes: Sequence[tuple[int, int]], patch: Patch, step: int) -> int:
    """How many windows these levels have."""
    return sum(((h - patch.height) // step + 1) * ((w - patch.width) // step + 1) for h, w in sizes)


def windows_of(level: Array, patch: Patch, step: int) -> Iterator[tuple[Array, Array, Array]]:
    """The windows of a level row by row, in blocks: their rows (n,) and columns (n,) in it, and the inputs (n, n_inputs)."""
    views = sliding_window_view(level, (patch.height, patch.width), axis=(0, 1))[::step, ::step]
    if level.ndim == 3:
        views = np.moveaxis(views, 2, -1)
    across = views.shape[1]
    for block in blocks_of_rows(views.shape[0] * across, patch.height * patch.width * patch.channels):
        rows, columns = np.divmod(np.arange(block.start, min(block.stop, views.shape[0] * across)), across)
        yield rows * step, columns * step, patch.inputs(views[rows, columns])


def scan(
    network: Network,
    pixels: Array,
    patch: Patch,
    sought: Sought,
    sweep: Sweep,
    progress: Callable[[int], None] | None = None,
) -> Found:
    """The boxes of a picture, float32 (height, width[, 3]) as Patch.seen() gives it; progress is told the windows done.

    Raises: DataError for a picture that is smaller than the patch.
    """
    height, width = pixels.shape[:2]
    sizes = level_sizes(height, width, patch, sweep.scale)
    if not sizes:
        message = f"is {height}x{width} pixels (rows x columns), smaller than the patch of {patch.size}"
        raise DataError(message, advice="give a larger picture")
    hits: list[Array] = []
    done = n_not_finite = 0
    for number, size in enumerate(sizes):
        for rows, columns, inputs in windows_of(level_of(pixels, size), patch, sweep.step):
            outputs = predict(network, inputs, in_place=True, threads=sweep.threads)
            is_hit, scores, classes = _decided(network, outputs, sought)
            at = np.flatnonzero(is_hit)
            hits.append(np.stack([scores[at], classes[at], np.full(len(at), number), rows[at], columns[at]], axis=1))
            done, n_not_finite = done + len(rows), n_not_finite + int((~np.isfinite(scores)).sum())
            if progress is not None:
                progress(done)
    found = np.concatenate(hits)
    ratio = np.array([(height / h, width / w) for h, w in sizes])[found[:, 2].astype(np.int64)]
    y, x = found[:, 3] * ratio[:, 0], found[:, 4] * ratio[:, 1]
    boxes = np.stack([x, y, patch.width * ratio[:, 1], patch.height * ratio[:, 0]], axis=1)
    kept = zip(*without_overlaps(boxes, found[:, 0], sweep.overlap), strict=True)
    return Found([_box(boxes[k], found[k], n) for k, n in kept if n >= sweep.neighbours], done, n_not_finite)


def scan_pixels(
    network: Network,
    pixels: Array,
    patch: Patch,
    sought: Sought,
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> tuple[Array, int]:
    """bool (height, width): the pixels of a picture, as Patch.seen() gives it, that belong to the classes; and how many
    scores are no numbers."""
    n, n_not_finite = pixels.shape[0] * pixels.shape[1], 0
    values, mask = pixels.reshape(n, 1, 1, patch.channels), np.empty(n, dtype=bool)
    for block in blocks_of_rows(n, patch.channels):
        outputs = predict(network, patch.inputs(values[block].copy()), in_place=True, threads=threads)
        mask[block], scores, _ = _decided(network, outputs, sought)
        n_not_finite += int((~np.isfinite(scores)).sum())
        if progress is not None:
            progress(min(block.stop, n))
    return mask.reshape(pixels.shape[:2]), n_not_finite


def box_windows(
    pixels: Array, patch: Patch, boxes: Sequence[Box], sizes: Sequence[tuple[int, int]]
) -> Iterator[tuple[Box, Array]]:
    """Each box with its window, float32 (height, width[, 3]) of the size of the patch, as the network was shown it."""
    for number in sorted({box.level for box in boxes}):
        level = level_of(pixels, sizes[number])
        for box in boxes:
            if box.level == number:
                yield box, level[box.row : box.row + patch.height, box.column : box.column + patch.width]


def _decided(network: Network, outputs: Array, sought: Sought) -> tuple[Array, Array, Array]:
    """For each row whether it is found, its score and its class."""
    classes = decide(network, outputs, sought.threshold if network.n_outputs == 1 else None)
    scores = outputs[:, 0] if network.n_outputs == 1 else outputs[np.arange(len(outputs)), np.maximum(classes, 0)]
    is_hit = np.isin(classes, sought.classes) & np.isfinite(scores)
    if network.n_outputs > 1 and sought.threshold is not None:
        is_hit &= scores > np.float32(sought.threshold)
    return is_hit, scores, classes


def _box(box: Array, found: Array, neighbours: int) -> Box:
    (x, y), (right, bottom) = (np.rint(corner).astype(int).tolist() for corner in (box[:2], box[:2] + box[2:]))
    score, class_index, *window = found.tolist()
    return Box(x, y, right - x, bottom - y, score, int(class_index), int(neighbours), *map(int, window))
