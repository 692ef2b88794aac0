"""Ensembles: the outputs of several networks of one shape, averaged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from anncli.arrays import Array


def mean_outputs(outputs: Callable[[Array], Array], parameters: Array) -> Array:
    """float32 (n, n_outputs): outputs(parameters) of one network (P,), or the mean over those of an ensemble (n_members, P).

    The mean is taken in float64 and in the order of the members, so that it does not depend on who computes it.
    """
    if parameters.ndim == 1:
        return outputs(parameters)
    total = outputs(parameters[0]).astype(np.float64)
    for own in parameters[1:]:
        total += outputs(own)
    mean: Array = (total / len(parameters)).astype(np.float32)
    return mean
