"""leaky-relu: z for z > 0, else 0.01 z."""

from __future__ import annotations

import numpy as np

from anncli.network.activations import Activation, zero

_LEAK = 0.01

ACTIVATION = Activation(
    lambda z: np.where(z > 0, z, z.dtype.type(_LEAK) * z),
    lambda z, a: np.where(z > 0, z.dtype.type(1), z.dtype.type(_LEAK)),
    zero,
)
