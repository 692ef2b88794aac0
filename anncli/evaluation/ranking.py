"""The ranking of scores: how well positives are told from negatives whatever the threshold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from anncli.arrays import Array, blocks


def area_under_curve(scores: Array, is_positive: npt.NDArray[np.bool_]) -> float | None:
    """Share of (positive, negative) pairs in which the positive has the higher score; equal scores count a half.

    Args: scores (n,), finite; is_positive (n,). Returns None unless both classes are there. Time O(n log n).
    Source: Mann & Whitney 1947; Hanley & McNeil 1982, Radiology 143, 29-36 (it is the area under the ROC curve).
    """
    n, n_positive = len(scores), int(np.count_nonzero(is_positive))
    pairs = n_positive * (n - n_positive)
    if not pairs:
        return None
    # Only the smaller class is copied and sorted as a whole, the other one a block at a time.
    few_are_positive = 2 * n_positive <= n
    few = scores[is_positive == few_are_positive]
    few.sort()
    # How many of the few are below and how many are not above, of every other: twice the pairs the other ones win, which is
    # a whole number, so nothing is rounded before the one division.
    won = 0
    for block in blocks(n):
        others = scores[block][is_positive[block] != few_are_positive]
        others.sort()
        for side in ("left", "right"):
            won += int(np.searchsorted(few, others, side=side).sum())
    return (2 * pairs - won if few_are_positive else won) / (2 * pairs)
