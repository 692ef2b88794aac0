"""tanh."""

from __future__ import annotations

import numpy as np

from anncli.network.activations import Activation

ACTIVATION = Activation(np.tanh, lambda z, a: 1 - a * a, lambda z, a: -2 * a * (1 - a * a))
