"""Fitting the scaling of pictures: one add and multiply for each channel, the same for all pixels.

A pixel at the edge of pictures is nearly always the same. Scaled by its own deviation, the few pictures in which it is not would
have enormous values there, and a unit that slides over all pixels would see the same stroke in another size at each place.
"""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, row_numbers
from anncli.dataset.statistics import FittedScaling, fit_scaling

# Values of evenly spaced pictures that are looked at: all of them, where there are no more.
_MOST_VALUES = 1 << 22


def fit_channels(method: str, pictures: Array, rows: Array, channels: int) -> FittedScaling:
    """What fit_scaling() finds for each channel over all pixels, as add, multiply and log_floor (n_inputs,) for the pixels.

    Args: pictures (N, n_inputs), the channels of a pixel side by side; rows (n,), those of the training set.
    """
    n_inputs = pictures.shape[1]
    taken = rows[:: max(1, -(-len(rows) * n_inputs // _MOST_VALUES))]
    # The pixels stay where they are: a copy would take as much memory as the pictures.
    pixels, per_picture = pictures.reshape(-1, channels), n_inputs // channels
    first = row_numbers(taken.astype(np.int64) * per_picture, len(pixels))[:, None]
    found = fit_scaling(method, pixels, (first + np.arange(per_picture, dtype=first.dtype)).ravel())

    def everywhere(of_channels: Array | None) -> Array | None:
        return None if of_channels is None else np.tile(of_channels, n_inputs // channels)

    return found._replace(
        add=everywhere(found.add), multiply=everywhere(found.multiply), log_floor=everywhere(found.log_floor)
    )
