"""Pruning: the smallest weights of a trained network are set to 0, and stay so while the others are trained on.

Source: Y. Le Cun, J. Denker, S. Solla, Optimal Brain Damage, NIPS 2, 1989, 598-605, and S. Han et al., Learning both Weights and
Connections for Efficient Neural Networks, NIPS 28, 2015, 1135-1143, which takes the magnitude alone.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, UsageError
from anncli.network.network import Network
from anncli.network.topology import Topology
from anncli.options.table import TrainingOptions
from anncli.options.wording import long_name

# --prune-loss tries this many fractions, evenly spaced; of smaller networks every number of weights.
_STEPS = 200


class Pruning(NamedTuple):
    """places (P,): True for weights that are removed; n_weights: of the network, without biases; losses: of the validation
    set before and after the removal, where they decided how many are removed, or None."""

    places: Array
    n_weights: int
    losses: tuple[float, float] | None = None

    @property
    def n_removed(self) -> int:
        return int(np.count_nonzero(self.places))

    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = {"weights": self.n_removed, "of": self.n_weights}
        if self.losses is not None:
            found |= {
                f"loss_{name}": float(f"{x:.6g}") for name, x in zip(("before", "after"), self.losses, strict=True)
            }
        return found

    def text(self) -> str:
        """'removed 48 of 160 weights (30 %), the smallest ones: they are 0, and stay so'."""
        removed = (
            f"removed {self.n_removed} of {self.n_weights} weights ({100 * self.n_removed / self.n_weights:.3g} %)"
        )
        text = f"{removed}, the smallest ones: they are 0, and stay so"
        if self.losses is None:
            return text
        before, after = self.losses
        return f"{text}; by this alone the validation loss went from {before:.6g} to {after:.6g}"


def check_pruning(network: Network | None, options: TrainingOptions, continues: bool) -> None:
    """Raises UsageError where weights are to be removed and that is not possible, before any data file is read.

    Args: network: None for one that is yet to be made; continues: training goes on from the weights of the network.
    """
    asked = [name for name in ("prune", "prune_loss") if getattr(options, name) is not None]
    if not asked:
        return
    option = long_name(asked[0])
    if len(asked) > 1:
        raise UsageError(
            "--prune and --prune-loss both say how many weights are removed", advice="leave one of the two out"
        )
    if network is None or not network.is_trained:
        raise UsageError(
            f"{option} removes weights of a trained network, and this one has none", advice="train it first"
        )
    if not continues:
        message = f"{option} removes weights of a trained network, and without --continue it is trained anew"
        raise UsageError(message, advice="add --continue")
    if options.init is not None:
        raise UsageError(
            f"{option} removes weights of a trained network, and --init draws new ones", advice="leave --init out"
        )
    if options.prune_loss is not None and not options.validation:
        message = (
            "--prune-loss measures the loss on validation rows, which have not trained the network, and there are none"
        )
        raise UsageError(message, advice="add --validation FILES, or --validation 20% of data that are new to it")


def refuse_without_new_rows(rows: Array) -> None:
    """Raises UsageError where no row of the validation set is new to the network."""
    if not len(rows):
        message = (
            "--prune-loss measures the loss on rows that have not trained the network, and the validation set has none"
        )
        raise UsageError(message, advice="name files of other rows by --validation, or say how many by --prune")


def choose_pruning(network: Network, options: TrainingOptions, loss: Callable[[Array], float]) -> Pruning | None:
    """Which weights are removed, None where nobody asked.

    Args: loss: of the validation set, for parameters (P,).
    Raises: DataError where no weight can be removed at that price.
    """
    if options.prune is None and options.prune_loss is None:
        return None
    assert network.parameters is not None
    topology, parameters = network.topology, network.parameters
    n_weights = int(np.count_nonzero(topology.weights_mask()))
    if options.prune is not None:
        # Of 0.3 times 10 the nearest float is below 3.
        return Pruning(smallest(topology, parameters, int(options.prune * n_weights + 1e-9)), n_weights)
    assert options.prune_loss is not None
    before, best = loss(parameters), None
    for count in sorted({round(k * n_weights / _STEPS) for k in range(1, _STEPS)} - {0, n_weights}):
        places = smallest(topology, parameters, count)
        after = loss(np.where(places, np.float32(0), parameters))
        if after <= before * (1 + options.prune_loss):
            best = Pruning(places, n_weights, (before, after))
    if best is None:
        message = f"without any weight the validation loss, {before:.6g}, would rise by more than {options.prune_loss:g} times itself"
        raise DataError(message, advice="allow more by --prune-loss, or say how many by --prune")
    return best


def smallest(topology: Topology, parameters: Array, count: int) -> Array:
    """bool (P,): the `count` weights nearest to 0, of equal ones those that come first, and all that are 0 already. No biases."""
    numbers = np.flatnonzero(topology.weights_mask())
    sizes = np.abs(parameters[numbers])
    places = np.zeros(len(parameters), dtype=bool)
    places[numbers[np.argsort(sizes, kind="stable")[:count]]] = True
    places[numbers[sizes == 0]] = True
    return places


class Zeros(NamedTuple):
    """weights: that are 0, without biases; units: hidden ones that no weight leaves or enters, which the others do not need."""

    weights: int
    units: int


def count_zeros(topology: Topology, parameters: Array) -> Zeros:
    """The weights of `parameters` (P,) that are 0. Units are counted in chains of dense layers only."""
    views = topology.weights(parameters)
    found = sum(int(np.count_nonzero(view == 0)) for view in views)
    if any(layer.kind != "dense" for layer in topology.layers):
        return Zeros(found, 0)
    without = [~below.any(axis=0) | ~above.any(axis=1) for below, above in pairwise(views)]
    return Zeros(found, sum(int(np.count_nonzero(units)) for units in without))
