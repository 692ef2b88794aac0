"""Boxes in a picture, and which of those that overlap are kept."""

from __future__ import annotations

from typing import NamedTuple

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
    groups, gone = _by_height(boxes), np.zeros(len(boxes), dtype=bool)
    kept: list[int] = []
    counts: list[int] = []
    for best in np.argsort(-scores, kind="stable").tolist():
        if gone[best]:
            continue
        n_left = 0
        for group in groups:
            near = group.near(boxes[best])
            near = near[~gone[near]]
            beaten = near[overlaps(boxes[best], boxes[near]) > most]
            gone[beaten] = True
            n_left += int(np.count_nonzero(beaten != best))
        gone[best] = True
        kept.append(best)
        counts.append(1 + n_left)
    return np.array(kept, dtype=np.int64), np.array(counts, dtype=np.int64)


class _Group(NamedTuple):
    """Boxes of similar height: their numbers in the order of their upper edges, these edges, and the largest height."""

    numbers: Array
    tops: Array
    tallest: float

    def near(self, box: Array) -> Array:
        """The numbers of all boxes that reach into the rows of a box, and of some more."""
        start = np.searchsorted(self.tops, box[1] - self.tallest - 1.0)
        stop = np.searchsorted(self.tops, box[1] + box[3], side="right")
        numbers: Array = self.numbers[start:stop]
        return numbers


def _by_height(boxes: Array) -> list[_Group]:
    """So that each box is compared with the few that can overlap it: hundreds of thousands cannot all be compared."""
    octave = np.floor(np.log2(boxes[:, 3]))
    groups = []
    for which in np.unique(octave):
        numbers = np.flatnonzero(octave == which)
        numbers = numbers[np.argsort(boxes[numbers, 1], kind="stable")]
        groups.append(_Group(numbers, boxes[numbers, 1], float(boxes[numbers, 3].max())))
    return groups
