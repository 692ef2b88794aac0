"""Training in one call, for Python users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.network.network import Network
from anncli.options.layers import Given, read_layer, training_options
from anncli.options.table import TrainingOptions
from anncli.training.attempt import EpochReport
from anncli.training.beginning import begin
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun
from anncli.training.setup import prepare


def start_training(
    network: Network,
    data: Dataset,
    *,
    sets: Mapping[str, Array] | None = None,
    prior_precision: float | None = None,
    continue_training: bool = False,
    **options: Any,
) -> TrainingRun:
    """A prepared run: `for report in run.epochs(100): ...`, `run.finish().network`, `run.close()`; `network` does not change.

    A trained network is trained anew from its definition, as by `ann train`; continue_training goes on from its weights:
    then validation and test rows are drawn only from rows that have not trained it, and without `validation` there is
    no validation set. Networks of ann1dn always continue.

    Args: sets: row numbers of 'training', 'validation', 'test' in place of drawn sets; prior_precision: the default l2 penalty
        times the number of rows; options: by the names of the command line with underscores
        (trainer="sgd", learning_rate=0.1, validation=0.2). Other options are taken from
        network.source.training, then from the defaults. The weights of `data` (one per sample) count in the loss, the best epoch, and the tables.
    Raises: UsageError for unknown or impossible options, and for a network whose weights were not trained by ann unless
        continue_training or init says what to do with them; DataError for data that does not fit.
    """
    network, chosen = begin(network, _options(network, data, options), continue_training, options)
    return TrainingRun(prepare(network, data, chosen, sets=sets, prior_precision=prior_precision))


def train(
    network: Network, data: Dataset, epochs: int, *, sets: Mapping[str, Array] | None = None, **options: Any
) -> TrainingResult:
    """Train `network` in place on `data` for at most `epochs` epochs; arguments as in start_training().

    The network changes once, at the end; an error leaves it as it was.
    """
    with closing(start_training(network, data, sets=sets, **options)) as run:
        for _ in run.epochs(epochs):
            pass
        result = run.finish()
    _become(network, result.network)
    return result._replace(network=network)


def train_epochs(network: Network, data: Dataset, epochs: int, **options: Any) -> Iterator[EpochReport]:
    """As train(), but yields a report after every epoch; the network is trained when the iterator ends."""
    with closing(start_training(network, data, **options)) as run:
        yield from run.epochs(epochs)
        _become(network, run.finish().network)


def _become(network: Network, trained: Network) -> None:
    """Make the caller's network equal to the trained one."""
    vars(network).update(vars(trained))


def _options(network: Network, data: Dataset, options: Mapping[str, Any]) -> TrainingOptions:
    layers = [
        read_layer({name: Given(value, f"{place} {name}") for name, value in layer.items()})
        for place, layer in (("train()", options), ("training:", network.source.training))
    ]
    return training_options(layers, network.source.dialect, data.task)
