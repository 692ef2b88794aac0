"""Boxes in a picture, and which of those that overlap are kept."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array


def overlaps(box: Array, boxes: Array) -> Array:
    """(n,): the area that a box has in common with each of boxes (n, 4), divided by the area that the two cover together.

    A box is x, y, width, height.
    """
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:])
    common = np.maximum(high - low, 0.0).prod(axis=1)
    found: Array = common / (box[2:].prod() + boxes[:, 2:].prod(axis=1) - common)
    return found


def without_overlaps(boxes: Array, scores: Array, most: float) -> tuple[Array, Array]:
    """The numbers of the boxes that stay, best first, and how many boxes each of them stands for, itself included: the box of
    the highest score stays, all that overlap it by more than `most` go, and so on with the rest. Of equal scores the
    earlier box wins.

    Args: boxes (n, 4): x, y, width, height; scores (n,), finite; most, a fraction of the area, see overlaps().
    Source: non-maximum suppression as in Dalal 2006, Finding People in Images and Videos; the numbers of boxes as in Rowley,
        Baluja, Kanade 1998, Neural Network-Based Face Detection, IEEE PAMI 20(1), section 2.2.
    """
    left = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    counts: list[int] = []
    while len(left):
        best, others = int(left[0]), left[1:]
        left = others[overlaps(boxes[best], boxes[others]) <= most]
        kept.append(best)
        counts.append(1 + len(others) - len(left))
    return np.array(kept, dtype=np.int64), np.array(counts, dtype=np.int64)
