"""Reading: the class files of a command, for its network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from anncli.arrays import Array
from anncli.dataset.dataset import UNLABELLED, Dataset
from anncli.errors import UsageError
from anncli.formats.data.assemble import read_dataset, read_parts
from anncli.network.network import Network


def class_names(network: Network) -> list[str]:
    """The names of the classes, or their numbers from 1 if the network has no names."""
    return list(network.classes) or [str(k) for k in range(1, network.n_classes + 1)]


def read_data(network: Network, class_files: Sequence[str], data_format: str) -> Dataset:
    """One file per class, or one file whose rows carry their classes; raises UsageError for another number of files."""
    check_number_of_files(network, class_files)
    return read_dataset(
        class_files,
        class_names=_names_for(network, class_files),
        n_inputs=network.n_inputs,
        data_format=data_format,
    )


def read_sets(
    network: Network, files: Mapping[str, tuple[str, ...]], data_format: str
) -> tuple[Dataset, dict[str, Array]]:
    """The files of the training set and of others that have files, in one Dataset, and the row numbers of each set.

    Raises: UsageError for a wrong number of training files, or a single one whose rows have no classes.
    """
    training = files["training"]
    check_number_of_files(network, training)
    data, sets = read_parts(
        files, class_names=_names_for(network, training), n_inputs=network.n_inputs, data_format=data_format
    )
    if len(training) == 1 and (data.labels[sets["training"]] == UNLABELLED).all():
        raise _wrong_number(network, 1)
    return data, sets


def check_number_of_files(network: Network, class_files: Sequence[str]) -> None:
    """Raises UsageError unless there is one file per class, or a single one."""
    if len(class_files) not in (1, network.n_classes):
        raise _wrong_number(network, len(class_files))


def _wrong_number(network: Network, n_files: int) -> UsageError:
    order = f" in the order {', '.join(network.classes)}" if network.classes else ", positive first"
    order = order if network.classes or network.n_classes == 2 else ""
    return UsageError(
        f"{n_files} class file{'' if n_files == 1 else 's'} for a network of {network.n_classes} classes",
        advice=f"give one file per class{order}, or one file whose rows carry their classes",
    )


def _names_for(network: Network, class_files: Sequence[str]) -> Sequence[str] | None:
    """The names of the classes; None if they are those of the files."""
    by_file = not network.classes and len(class_files) == network.n_classes
    return None if by_file else class_names(network)
