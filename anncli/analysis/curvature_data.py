"""What the curvature of a trained network is measured with: the loss, the penalty and the rows."""

from __future__ import annotations

from typing import NamedTuple

from anncli.analysis.curved_loss import CurvedLoss
from anncli.analysis.network_loss import problem_of, samples_of
from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError, asking
from anncli.network.names import check_loss
from anncli.network.network import Network
from anncli.network.patterns import refuse_without_gradient
from anncli.training.answers import check_loss_of

#: So many rows are taken where nobody says how many.
MOST_ROWS = 5000


class Asked(NamedTuple):
    """loss: None for that of the training; l2: None for the penalty of the training."""

    loss: str | None = None
    l2: float | None = None


def loss_of(network: Network, asked: Asked) -> str:
    """The loss asked for, or that of the training, or the one that fits the outputs where the file does not say.

    Raises: UsageError for a loss that does not fit the network.
    """
    if network.topology.is_spiking:
        message = "the loss of spiking neurons jumps where a spike appears, and has no second derivatives"
        raise UsageError(message, advice="ann plot surface draws it")
    refuse_without_gradient(network.topology)
    if asked.loss is None:
        return problem_of(network).loss
    with asking("--loss"):
        check_loss(asked.loss, network.topology.output_activation, network.topology.own_loss)
    check_loss_of(network.task or "classification", asked.loss)
    return asked.loss


def penalty_of(network: Network, asked: Asked) -> float:
    """The L2 penalty asked for, or that of the training; 0 where the file says nothing."""
    if asked.l2 is not None:
        return asked.l2
    return float(network.record.get("l2") or 0.0)


def curved_loss(network: Network, data: Dataset, rows: Array, loss: str) -> CurvedLoss:
    """The mean loss over the row numbers (n,), which have answers, at the weights of the network."""
    assert network.parameters is not None
    return CurvedLoss(network.topology, loss, samples_of(network, data, rows, loss), network.parameters)
