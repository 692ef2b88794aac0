"""Normal equations of an objective, for trainers that take Gauss-Newton steps: in float64, whatever the network has."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.backends.base import NormalEquations
from anncli.backends.gauss_newton import all_at_once
from anncli.errors import UsageError
from anncli.network.topology import Topology
from anncli.training.objective import Objective

# The most parameters of a network whose layers cannot give the gradients of all rows at once: each takes a pass of its own.
_MOST_ONE_BY_ONE = 2000


def refuse_without_row_gradients(trainer: str, topology: Topology) -> None:
    """Raises UsageError for a network whose Jacobian cannot be computed."""
    reason = topology.lacks("row_gradients")
    if topology.inputs.tokens:
        reason = "its inputs are tokens, and a sample touches few of its parameters"
    elif not all_at_once(topology) and topology.n_parameters > _MOST_ONE_BY_ONE:
        reason = reason or "its samples have several rows"
        reason += f", and one pass for each answer is too slow for more than {_MOST_ONE_BY_ONE} parameters"
    else:
        reason = None
    if reason:
        raise UsageError(f"trainer {trainer} cannot train this network: {reason}", advice="use --trainer lbfgs")


def normal_equations(objective: Objective, point: Array) -> NormalEquations:
    """Those over the training set at `point` (P,), float64, without the penalty; 0 for weights that were removed."""
    equations = objective.session.normal(point.astype(np.float64, copy=False), objective.rows)
    pruned = objective.pruned
    if pruned is not None:
        equations.matrix[pruned] = equations.matrix[:, pruned] = equations.vector[pruned] = 0
    return equations
