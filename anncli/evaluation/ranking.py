"""The ranking of scores: how well positives are told from negatives whatever the threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Places in the other class are looked up for so many scores at a time: eight bytes each, for all of a large file a lot.
_BLOCK = 1 << 16


def area_under_curve(scores: Array, is_positive: npt.NDArray[np.bool_]) -> float | None:
    """Share of (positive, negative) pairs in which the positive has the higher score; equal scores count a half.

    Args: scores (n,), finite; is_positive (n,). Returns None unless both classes are there. Time O(n log n).
    Source: Mann & Whitney 1947; Hanley & McNeil 1982, Radiology 143, 29-36 (it is the area under the ROC curve).
    """
    positives, negatives = np.sort(scores[is_positive]), np.sort(scores[~is_positive])
    pairs = len(positives) * len(negatives)
    if not pairs:
        return None
    # Twice the count of won pairs is a whole number, so nothing is rounded before the one division.
    won = 0
    for start in range(0, len(positives), _BLOCK):
        block = positives[start : start + _BLOCK]
        for side in ("left", "right"):
            won += int(np.searchsorted(negatives, block, side=side).sum())
    return won / (2 * pairs)
