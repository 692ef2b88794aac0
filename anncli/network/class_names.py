"""What the outputs of a network are called, and the columns that it takes."""

from __future__ import annotations

from anncli.network.network import Network


def class_names(network: Network) -> list[str]:
    """The names of the classes, of the labels, or of the outputs that are numbers; without names they are numbered."""
    if network.classes:
        return list(network.classes)
    n = network.n_targets or network.n_classes
    names = list(network.target_names) or [str(k) for k in range(1, n + 1)]
    quantiles = network.quantiles
    return [f"{name}_{q:g}" for name in names for q in quantiles] if quantiles else names


def column_names(network: Network) -> list[str]:
    """The names of the columns of a raw row, in order: of the table for a network with an encoder; without names they are numbered."""
    if network.encoder is not None:
        return [column.name for column in network.encoder.columns]
    return list(network.columns) or [str(k) for k in range(1, network.n_inputs + 1)]
