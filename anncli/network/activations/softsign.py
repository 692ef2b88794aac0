"""softsign: z / (1 + |z|)."""

from __future__ import annotations

import numpy as np

from anncli.network.activations import Activation

ACTIVATION = Activation(
    lambda z: z / (1 + np.abs(z)),
    lambda z, a: (1 - np.abs(a)) ** 2,
    lambda z, a: -2 * np.sign(z) / (1 + np.abs(z)) ** 3,
)
