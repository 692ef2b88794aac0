"""A prepared training run for commands that look at training without writing a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from anncli.cli.asking.options import file_layer
from anncli.errors import UsageError
from anncli.options.layers import Given, training_options

if TYPE_CHECKING:
    from anncli.dataset.dataset import Dataset
    from anncli.network.network import Network
    from anncli.training.run import TrainingRun


def read(network_path: str, class_files: Sequence[str], data_format: str) -> tuple[Network, Dataset]:
    """The network and its class files; raises UsageError where their numbers of classes differ."""
    from anncli.formats.networks.storage import load

    network = load(network_path)
    return network, read_data(network, class_files, data_format)


def read_data(network: Network, class_files: Sequence[str], data_format: str) -> Dataset:
    """The class files of a network; raises UsageError where their numbers of classes differ."""
    from anncli.formats.data.assemble import read_dataset

    if len(class_files) != network.n_classes:
        raise UsageError(
            f"{len(class_files)} class file{'s' if len(class_files) != 1 else ''} for a network that tells {network.n_classes} classes apart",
            advice="give one file per class, positive first",
        )
    return read_dataset(
        class_files, class_names=network.classes or None, n_inputs=network.n_inputs, data_format=data_format
    )


def prepare(
    network_path: str, class_files: Sequence[str], layers: list[dict[str, Given]], data_format: str
) -> TrainingRun:
    """A run on all rows of the class files, ready for its first epoch."""
    from anncli.training.run import TrainingRun
    from anncli.training.setup import prepare as prepare_setup

    network, data = read(network_path, class_files, data_format)
    everything = {"validation": Given(0.0, "default"), "test": Given(0.0, "default")}
    chosen = training_options([everything, *layers, file_layer(network, network_path)], network.source.dialect)
    return TrainingRun(prepare_setup(network, data, chosen))
