"""elu: z for z > 0, else exp(z) - 1."""

from __future__ import annotations

import numpy as np

from anncli.network.activations import Activation

ACTIVATION = Activation(
    lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    lambda z, a: np.where(z > 0, z.dtype.type(1), a + 1),
    lambda z, a: np.where(z > 0, 0, a + 1).astype(z.dtype),
)
