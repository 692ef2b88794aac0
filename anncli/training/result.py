"""A training result: the trained network, how its run ended, and what led there."""

from __future__ import annotations

from typing import NamedTuple

from anncli.arrays import Array
from anncli.network.network import Network
from anncli.training.attempt import EpochReport


class Start(NamedTuple):
    """What one set of initial weights came to: value is the validation loss of the epoch kept, or without a validation
    part the training loss at its end, None where it diverged without a best epoch."""

    number: int
    epochs: int
    best_epoch: int | None
    value: float | None


class TrainingResult(NamedTuple):
    """How a run ended: epochs run, the epoch whose weights were kept, the reason in words, rows of each part, all reports.

    starts: one entry per set of initial weights, start: the number of the one that was kept; epochs and history are its own.
    refit_epochs: epochs of the final fit on training and validation rows together, 0 without one; then
    validation_parameters (P,) are the weights that the validation part judged, before that fit, else None.
    """

    network: Network
    epochs: int
    best_epoch: int | None
    kept_epoch: int
    stop_reason: str
    rows: dict[str, Array]
    history: tuple[EpochReport, ...]
    warnings: tuple[str, ...]
    refit_epochs: int = 0
    validation_parameters: Array | None = None
    start: int = 1
    starts: tuple[Start, ...] = ()
