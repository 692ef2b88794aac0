"""relu: max(z, 0)."""

from __future__ import annotations

import numpy as np

from anncli.network.activations import Activation, zero

ACTIVATION = Activation(lambda z: np.maximum(z, 0), lambda z, a: (z > 0).astype(z.dtype), zero)
