"""bipolar-sigmoid: tanh(z / 2)."""

from __future__ import annotations

import numpy as np

from anncli.network.activations import Activation

ACTIVATION = Activation(lambda z: np.tanh(z / 2), lambda z, a: (1 - a * a) / 2, lambda z, a: -a * (1 - a * a) / 2)
