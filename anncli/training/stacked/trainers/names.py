"""The trainers that a device has (no numpy)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class StackedTrainerName(NamedTuple):
    """module: its file in this folder; vectors: how many vectors of float32 it keeps of the parameters, beside them; per: an option that
    multiplies some of them, with how many each; of_parameters: how many for each parameter."""

    module: str
    vectors: int
    per: tuple[str, int] = ("", 0)
    of_parameters: int = 0

    def vectors_of(self, options: Mapping[str, Any], n_parameters: int) -> int:
        """How many vectors (P,) of float32 a network takes."""
        name, each = self.per
        return self.vectors + (each * int(options[name]) if name else 0) + self.of_parameters * n_parameters


STACKED_TRAINERS: dict[str, StackedTrainerName] = {
    **dict.fromkeys(("irprop+", "irprop-", "rprop+", "rprop-"), StackedTrainerName("rprop", 8)),
    **dict.fromkeys(("gd", "gdm", "gda", "gdx"), StackedTrainerName("gradient_descent", 6)),
    **dict.fromkeys(("sgd", "adam", "adamw"), StackedTrainerName("minibatch", 8)),
    # Pairs of float64 for every remembered step, and as many while one is added.
    "lbfgs": StackedTrainerName("lbfgs", 24, ("memory", 8)),
    "scg": StackedTrainerName("scg", 20),
    # Matrices of float64: the sum, that of a block of rows, the damped one and its factor.
    "lm": StackedTrainerName("levenberg_marquardt", 16, of_parameters=8),
    "es": StackedTrainerName("evolution", 4, ("population", 4)),
}

#: Options of trainers that shape the computation, and so are those of all attempts that are trained together.
SHAPING = ("batch_size", "memory", "population", "nesterov")

#: The most parameters of a network that lm trains on a device: a matrix of each is kept there.
MOST_LM_PARAMETERS = 300
