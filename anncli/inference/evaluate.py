"""evaluate(): the metrics of a network on labelled rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from anncli.arrays import Array, Inputs, blocks_of_rows, row_numbers
from anncli.dataset.dataset import Dataset
from anncli.dataset.digests import digest_samples
from anncli.errors import DataError
from anncli.evaluation.answers import evaluate_answers
from anncli.evaluation.evaluation import evaluate_outputs, with_intervals
from anncli.evaluation.interval import Confidence
from anncli.evaluation.symbols import evaluate_symbols
from anncli.inference.predict import network_inputs, predict
from anncli.maps import map_of
from anncli.network.network import Network
from anncli.network.sample_lengths import check_lengths

if TYPE_CHECKING:
    from anncli.evaluation.evaluation import Evaluation


def evaluate(
    network: Network,
    dataset: Dataset,
    rows: Array | None = None,
    threshold: float | None = None,
    threads: int = 1,
    abstain: tuple[float, ...] | None = None,
    confidence: Confidence | None = None,
) -> Evaluation:
    """Evaluate a trained network on the rows of a dataset: row numbers (n,), a mask or a slice, None for all.

    The weights of the dataset count in every table; see evaluate_outputs().
    Args: threshold, abstain: instead of the network's own, see decide(); threads: see predict(); confidence: of the intervals,
        None for none.
    Raises: ValueError for an untrained network, DataError for data of another width, with other classes or targets, or for
    another task.
    """
    check_data(network, dataset)
    rows = None if rows is None else row_numbers(rows, dataset.n_samples)
    outputs = outputs_of(network, dataset.inputs, rows, threads)
    return evaluate_predictions(network, dataset, outputs, rows, threshold, abstain, confidence)


def check_data(network: Network, dataset: Dataset) -> None:
    """Raises DataError for data of another task, with other classes or targets than the network, or too short for it."""
    _check_task(network, dataset)
    _check_classes(network, dataset)
    check_lengths(network.topology, dataset.inputs, dataset.sources)


def evaluate_predictions(
    network: Network,
    dataset: Dataset,
    outputs: Array,
    rows: Array | None = None,
    threshold: float | None = None,
    abstain: tuple[float, ...] | None = None,
    confidence: Confidence | None = None,
) -> Evaluation:
    """Evaluate outputs (n, n_outputs), which the network, or another model in its place, gave for the row numbers (n,) of a
    dataset that fits it (see check_data()); None for all rows."""
    limit = network.decision_threshold if threshold is None else threshold
    if dataset.targets is not None:
        options: dict[str, Any] = {"names": network.target_names, "quantiles": network.quantiles, "threshold": limit}
        return evaluate_answers(dataset, outputs, rows, **options, confidence=confidence)
    labels = dataset.labels_of(rows)
    options = {
        "threshold": limit,
        "abstain": (network.abstain if abstain is None else abstain) or None,
        "targets": network.score_targets,
        "weights": dataset.weights_of(rows),
    }
    classes = network.classes or (dataset.classes if dataset.n_classes == network.n_classes else ())
    if network.predicts_next:
        return evaluate_symbols(outputs, labels, classes, network.next_noun)
    found = evaluate_outputs(outputs, labels, classes=classes, **options)
    return with_intervals(found, outputs, labels, confidence, **options)


def outputs_of(network: Network, inputs: Inputs, rows: Array | None = None, threads: int = 1) -> Array:
    """The outputs (n, n_outputs) for the row numbers (n,) of inputs, None for all; block by block if they lie on the disk."""
    if not isinstance(inputs, np.ndarray) or map_of(inputs) is None:
        return predict(network, inputs if rows is None else inputs[rows], threads=threads)
    places = blocks_of_rows(len(inputs) if rows is None else len(rows), inputs.shape[1])
    chosen = (inputs[place if rows is None else rows[place]] for place in places)
    found = [predict(network, values, threads=threads) for values in chosen]
    return np.concatenate(found) if found else np.empty((0, network.n_outputs), dtype=np.float32)


def rows_seen(network: Network, dataset: Dataset) -> Array | None:
    """bool (n_samples,): whether the row, or an equal one, trained the network; None where the network does not hold it.

    Of the other rows, one in ten thousand counts as seen if more than 20,000 rows trained the network.
    """
    return (
        None
        if network.row_digests is None
        else network.row_digests.contains(digest_samples(network_inputs(network, dataset.inputs)))
    )


def _check_task(network: Network, dataset: Dataset) -> None:
    """Raises DataError when the data are for another task, or have other targets."""
    task = network.task or "classification"
    if dataset.task != task:
        raise DataError(f"the data are for {dataset.task}, the network is for {task}")
    if dataset.n_targets != network.n_targets:
        raise DataError(f"the data have {dataset.n_targets} targets, the network predicts {network.n_targets}")
    if network.target_names and dataset.target_names and dataset.target_names != network.target_names:
        raise DataError(
            f"the targets of the data are {', '.join(dataset.target_names)}, in the network {', '.join(network.target_names)}",
            advice="give the targets in the network's order",
        )


def _check_classes(network: Network, dataset: Dataset) -> None:
    """Raises DataError when a label number would mean another class in the network than in the data."""
    if dataset.n_classes > network.n_classes:
        raise DataError(f"the data have {dataset.n_classes} classes, the network knows {network.n_classes}")
    if network.classes != dataset.classes and sorted(network.classes) == sorted(dataset.classes):
        raise DataError(
            f"the classes of the data are {', '.join(dataset.classes)}, in the network {', '.join(network.classes)}",
            advice="give the classes in the network's order",
        )
