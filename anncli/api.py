"""train(): a whole run in one call, for Python users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from anncli.arrays import Array
from anncli.dataset.dataset import Dataset
from anncli.network.network import Network
from anncli.options.layers import Given, read_layer, training_options
from anncli.training.attempt import EpochReport
from anncli.training.result import TrainingResult
from anncli.training.run import TrainingRun


def start_training(
    network: Network, data: Dataset, *, parts: Mapping[str, Array] | None = None, **options: Any
) -> TrainingRun:
    """A prepared run: `for report in run.epochs(100): ...` and then `run.finish()`.

    Args: options, by the names of the command line with underscores (trainer="sgd", learning_rate=0.1, validation=0.2);
        what is not given is taken from network.training, then the defaults; parts: row numbers of 'training',
        'validation', 'test' instead of shares.
    Raises: UsageError for unknown or impossible options, DataError for data that does not fit.
    """
    layers = [
        read_layer({name: Given(value, f"{place} {name}") for name, value in layer.items()})
        for place, layer in (("train()", options), ("training:", network.training))
    ]
    return TrainingRun(network, data, training_options(layers, network.dialect), parts=parts)


def train(
    network: Network, data: Dataset, epochs: int, *, parts: Mapping[str, Array] | None = None, **options: Any
) -> TrainingResult:
    """Train `network` in place on `data` for at most `epochs` epochs; arguments as start_training()."""
    run = start_training(network, data, parts=parts, **options)
    for _ in run.epochs(epochs):
        pass
    return run.finish()


def train_epochs(network: Network, data: Dataset, epochs: int, **options: Any) -> Iterator[EpochReport]:
    """As train(), but yields a report after every epoch; the network is complete when the iterator ends."""
    run = start_training(network, data, **options)
    yield from run.epochs(epochs)
    run.finish()
