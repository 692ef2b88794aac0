"""Recall in Python: what raw rows remind a network of."""

from __future__ import annotations

from typing import Any

from anncli.arrays import vectors_of
from anncli.errors import UsageError
from anncli.inference.recall import STEPS, Recalled
from anncli.inference.recall import recall as of_rows
from anncli.network.network import Network
from anncli.python.frames import read_table
from anncli.python.use import check_network, inputs_for


def recall(network: Network, inputs: Any, *, steps: int = STEPS) -> Recalled:
    """What the rows recall: the outputs are given back to the network, at most `steps` times, until they stay; see Recalled for the
    patterns that are nearest.

    Raises: TypeError for what is no table, ValueError for an untrained network, DataError for rows that do not fit it, UsageError for a
        network whose outputs are not its inputs.
    """
    check_network(network)
    refuse_other_outputs(network)
    return of_rows(network, vectors_of(inputs_for(network, read_table(inputs))), steps)


def refuse_other_outputs(network: Network) -> None:
    if network.n_outputs != network.n_inputs or network.task != "regression" or not network.topology.takes_vectors:
        raise UsageError("recall is for networks whose answers are their inputs", advice="train one with label inputs")
