"""The ranking of scores: how well positives are told from negatives whatever the threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def area_under_curve(scores: Array, is_positive: npt.NDArray[np.bool_]) -> float | None:
    """Share of (positive, negative) pairs in which the positive has the higher score; equal scores count a half.

    Args: scores (n,), finite; is_positive (n,). Returns None unless both classes are there. Time O(n log n).
    Source: Mann & Whitney 1947; Hanley & McNeil 1982, Radiology 143, 29-36 (it is the area under the ROC curve).
    """
    values, place = np.unique(scores, return_inverse=True)
    positives = np.bincount(place[is_positive], minlength=len(values))
    negatives = np.bincount(place[~is_positive], minlength=len(values))
    pairs = int(positives.sum()) * int(negatives.sum())
    if not pairs:
        return None
    below = np.cumsum(negatives) - negatives
    # Twice the count of won pairs is a whole number, so nothing is rounded before the one division.
    return int((positives * (2 * below + negatives)).sum()) / (2 * pairs)
