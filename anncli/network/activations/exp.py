"""exp: exp(z), for outputs that are means of counts (the inverse of the log link of a Poisson model)."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.network.activations import Activation

# The largest argument whose exponential is a float32 number; the compiled code ends there too.
_MOST = 88.0


def _value(z: Array) -> Array:
    value: Array = np.exp(np.minimum(z, z.dtype.type(_MOST)))
    return value


ACTIVATION = Activation(_value, lambda z, a: a.copy(), lambda z, a: a.copy())
