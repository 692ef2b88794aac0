"""evaluate(): the metrics of a network on labelled rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anncli.arrays import Array, row_numbers, take_rows
from anncli.backends.choice import active_kernel
from anncli.dataset.dataset import Dataset
from anncli.errors import DataError
from anncli.evaluation.evaluation import evaluate_outputs
from anncli.inference.predict import predict
from anncli.network.network import Network, default_targets

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


def evaluate(
    network: Network,
    dataset: Dataset,
    rows: Array | None = None,
    threshold: float | None = None,
    inputs_are_scaled: bool = False,
    threads: int = 1,
) -> Evaluation:
    """Judge a trained network on the rows (n,) of a dataset, on all of them when None.

    Args: threshold: instead of the network's own; inputs_are_scaled: the inputs already went through network.scaling;
        threads: of the compiled kernel, 0 = as many as pay.
    Raises: ValueError for an untrained network, DataError for data of another width or with other classes.
    """
    _check_classes(network, dataset)
    rows = None if rows is None else row_numbers(rows, dataset.n_samples)
    if inputs_are_scaled:
        if network.parameters is None:
            raise ValueError("the network is untrained: it has no weights yet")
        outputs = active_kernel(threads).forward(network.topology, network.parameters, dataset.inputs, rows)
    else:
        outputs = predict(network, dataset.inputs if rows is None else dataset.inputs[rows], threads=threads)
    return evaluate_outputs(
        outputs,
        dataset.labels if rows is None else take_rows(dataset.labels, rows),
        threshold=network.decision_threshold if threshold is None else threshold,
        targets=network.targets or default_targets(network.topology.output_activation, "mse"),
        classes=network.classes or _names_that_fit(dataset, network.n_classes),
    )


def _check_classes(network: Network, dataset: Dataset) -> None:
    """Raises DataError when labels would name another class in the network than in the data."""
    if dataset.n_classes > network.n_classes:
        raise DataError(f"the data have {dataset.n_classes} classes, the network knows {network.n_classes}")
    if network.classes != dataset.classes and sorted(network.classes) == sorted(dataset.classes):
        raise DataError(
            f"the classes of the data are {', '.join(dataset.classes)}, in the network {', '.join(network.classes)}",
            advice="give the classes in the network's order",
        )


def _names_that_fit(dataset: Dataset, n_classes: int) -> tuple[str, ...]:
    return dataset.classes if dataset.n_classes == n_classes else ()
