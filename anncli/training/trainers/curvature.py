"""Curvature: what networks have second derivatives, and the product of the Hessian of an objective with a vector."""

from __future__ import annotations

from anncli.arrays import Array
from anncli.errors import UsageError
from anncli.network.topology import Topology
from anncli.training.objective import Objective


def refuse_without_second_order(trainer: str, topology: Topology) -> None:
    """Raises UsageError for a network whose Hessian products cannot be computed."""
    if reason := topology.lacks("second_order"):
        raise UsageError(f"trainer {trainer} cannot train this network: {reason}", advice="use --trainer lbfgs")


def hessian_product(objective: Objective, parameters: Array, direction: Array) -> Array:
    """H v (P,) of the objective, penalty included, at `parameters` for the direction v (P,), in their dtype."""
    return objective.session.hessian(parameters, direction, objective.rows, l2=objective.l2)
