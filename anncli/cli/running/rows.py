"""A prepared training run for commands that look at training without writing a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from anncli.cli.asking.options import file_layer
from anncli.options.layers import Given, training_options

if TYPE_CHECKING:
    from anncli.dataset.dataset import Dataset
    from anncli.network.network import Network
    from anncli.training.run import TrainingRun


def read(network_path: str, class_files: Sequence[str], data_format: str) -> tuple[Network, Dataset]:
    """The network, and the rows of its class files or of one file whose rows carry their classes."""
    from anncli.formats.data.assemble import read_sets
    from anncli.formats.networks.storage import load

    network = load(network_path)
    return network, read_sets({"training": class_files}, network=network, data_format=data_format)[0]


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
