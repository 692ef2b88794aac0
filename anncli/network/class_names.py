"""What the outputs of a network are called, and the columns that it takes."""

from __future__ import annotations

from collections.abc import Sequence

from anncli.network.network import Network


def class_names(network: Network) -> list[str]:
    """The names of the classes, of the labels, or of the outputs that are numbers; without names they are numbered."""
    if network.classes:
        return list(network.classes)
    n = network.n_targets or network.n_classes
    names = list(network.target_names) or [str(k) for k in range(1, n + 1)]
    quantiles = network.quantiles
    return [f"{name}_{q:g}" for name in names for q in quantiles] if quantiles else names


def prediction_columns(names: Sequence[str], task: str | None, n_outputs: int) -> tuple[list[str], list[str]]:
    """How the columns of a table of predictions are called: of the decisions, none where numbers are predicted, and of the outputs.

    names: as of class_names(); task, n_outputs: as of Network.
    """
    if task == "regression":
        return [], ["predicted"] if len(names) == 1 else [f"predicted_{name}" for name in names]
    decisions = [f"predicted_{name}" for name in names] if task == "multi-label" else ["predicted"]
    return decisions, [f"score_{name}" for name in names[:n_outputs]]


def column_names(network: Network) -> list[str]:
    """The names of the columns of a raw row, in order: of the table for a network with an encoder; without names they are numbered."""
    if network.encoder is not None:
        return [column.name for column in network.encoder.columns]
    return list(network.columns) or [str(k) for k in range(1, network.n_inputs + 1)]
