"""The natural logarithm, with the same bits on every processor."""

from __future__ import annotations

import math

import numpy as np

from anncli.arrays import Array


def logarithm(values: Array) -> Array:
    """Natural logarithms of positive values of any shape, float64, with an error below 1e-13 and, unlike those of numpy, the
    same bits on every processor.

    With x = 2^e m and s = (m - 1) / (m + 1): log x = e log 2 + 2 (s + s^3/3 + s^5/5 + ...).
    """
    mantissas, exponents = np.frexp(values.astype(np.float64))
    small = mantissas < math.sqrt(0.5)
    mantissas[small] *= 2
    s = (mantissas - 1) / (mantissas + 1)
    square, total = s * s, np.zeros_like(s)
    for k in range(15, 0, -2):
        total = total * square + 1 / k
    found: Array = (exponents - small) * math.log(2) + 2 * s * total
    return found
